"""Training data from verified answers, for TRL and other trainers."""
