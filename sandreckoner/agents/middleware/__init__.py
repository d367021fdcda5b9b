"""Middleware of the tool agent: limits, guards, repairs and recording."""
