"""Data sets, questions and scorers."""
