"""Functions of the host that programs and agents may call; performs `Use`."""
