"""Untrusted text on a screen: its control characters are shown, never obeyed."""

# Shown instead of executed: an escape sequence of a model or a document could move the cursor, rename the
# window or hide text, and a bidirectional override could show digits in another order than they have.
_UNSEEN = {code: 0x2400 + code for code in range(32) if code not in (9, 10)}
_UNSEEN |= dict.fromkeys((0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)


def visible(text: str) -> str:
    """An untrusted text with its control characters made visible."""
    return text.replace("\r\n", "\n").translate(_UNSEEN)
