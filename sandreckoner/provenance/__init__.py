"""Trace each number of a program or an answer to its source."""
