"""Wall two: the processes on the far side. Nothing in here runs in the host."""
