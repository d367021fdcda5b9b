"""Prompting methods, one a file: how to prompt, and how to read a reply into a candidate."""
