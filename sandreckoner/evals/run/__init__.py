"""Running an evaluation or a batch: engines, workspaces and the log."""
