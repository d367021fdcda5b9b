"""Tables and figures as programs see them. Runs inside the sandbox, trusted, loaded before any program."""
