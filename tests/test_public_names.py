"""The names that users import."""

from __future__ import annotations

import sandreckoner


def test_the_public_names_are_these_and_no_others() -> None:
    assert sandreckoner.__all__ == [
        "Answer",
        "Budget",
        "Problem",
        "Sandbox",
        "chain",
        "load_model",
        "open_library",
    ]
    for name in sandreckoner.__all__:
        assert getattr(sandreckoner, name).__module__.startswith("sandreckoner.")
