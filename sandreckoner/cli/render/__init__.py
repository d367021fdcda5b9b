"""Rendering of answers, runs and tables: on the screen, as JSON, and as pages."""
