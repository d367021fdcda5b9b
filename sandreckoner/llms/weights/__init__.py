"""Fetching model weights once, checked by their checksum before use."""
