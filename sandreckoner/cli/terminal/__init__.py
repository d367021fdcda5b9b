"""The terminal that `reckon` alone opens: a conversation with programs, saved as it happens."""
