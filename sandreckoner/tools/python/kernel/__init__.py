"""Wall three: what the operating system enforces. Each wall is a file; nothing here knows the others."""
