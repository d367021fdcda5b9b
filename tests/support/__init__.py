"""Helpers that tests of several rooms share: `from support.pairwise import pairwise`."""
