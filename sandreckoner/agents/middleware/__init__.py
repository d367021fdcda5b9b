"""Middleware of the tool agent: what watches, limits and mends it."""
