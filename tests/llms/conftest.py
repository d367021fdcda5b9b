"""Fixtures of the tests of models."""

from models import small_chat, small_model

__all__ = ["small_chat", "small_model"]
