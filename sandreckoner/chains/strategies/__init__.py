"""Inference strategies, one a file: how many candidates to draw, which to keep, when to stop."""
