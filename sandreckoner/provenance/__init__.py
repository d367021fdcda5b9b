"""Where each number of a program or an answer came from."""
