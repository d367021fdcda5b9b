"""One reader per file format: takes bytes, gives pages of text with tables as Markdown.

A reader has `pages(data, tell)`. It raises ValueError with a message to follow the file's name, and calls
`tell` with a line for whatever it leaves out of a file that it reads: a scanned page, a formula without a
value. An empty line is a sign of life from a reader that takes long.
"""

from collections.abc import Callable
from typing import TypeAlias

Tell: TypeAlias = Callable[[str], None]


def ignored(line: str) -> None:
    """Takes what a reader tells, where nobody listens."""
