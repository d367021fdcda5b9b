"""The subcommands of `reckon`, one a file."""
