"""Chunks are slices, together they are the page, and a table is never cut inside a row."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.tools.retrieval.split import split

LINES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=300),
    st.sampled_from(
        ["", "# One", "## Two", "| a | 1,234 |", "|---|---|", "A sentence. Another one; and more."]
    ),
    st.integers(1, 400).map(lambda n: "word " * n),
)
PAGES = st.lists(LINES, max_size=40).map("\n".join)


@given(PAGES, st.integers(20, 400), st.integers(0, 60))
def test_chunks_cover_the_page(text: str, size: int, overlap: int) -> None:
    covered = bytearray(len(text))
    chunks = list(split(text, size=size, overlap=overlap))
    for chunk in chunks:
        assert 0 <= chunk.start < chunk.end <= len(text)
        assert text[chunk.start : chunk.end].strip() == text[chunk.start : chunk.end]
        covered[chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
    assert all(mark or character.isspace() for mark, character in zip(covered, text, strict=True))
    for before, after in pairwise(chunks):
        assert before.start < after.start
        assert before.end < after.end
        assert after.start >= before.end - overlap - size


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200), st.integers(60, 300))
def test_a_table_is_cut_between_rows_only(values: list[int], size: int) -> None:
    rows = "".join(f"| row {index} | {value:,} |\n" for index, value in enumerate(values))
    text = f"# Sales\n\nIn millions.\n\n| what | 2024 |\n|---|---:|\n{rows}\nAfter the table."
    for chunk in split(text, size=size):
        slice_ = text[chunk.start : chunk.end]
        assert chunk.start == 0 or text[chunk.start - 1] == "\n"
        assert chunk.end == len(text) or text[chunk.end] == "\n"
        if slice_.startswith("| row"):
            assert chunk.heading == "Sales › | what | 2024 |"
        if slice_.endswith(("| what | 2024 |", "|---|---:|")):
            raise AssertionError("a header was left without a row")


def test_a_table_of_up_to_two_sizes_stays_whole() -> None:
    rows = "".join(f"| row {index:02} | {index} |\n" for index in range(60))
    text = f"| what | 2024 |\n|---|---:|\n{rows}\n" + "Prose after it. " * 50
    first = next(split(text, size=800))
    assert text[first.start : first.end].count("\n") == 61


def test_a_heading_begins_a_chunk() -> None:
    text = "# A\n\n" + "First part. " * 30 + "\n\n## B\n\n" + "Second part. " * 30
    assert [(text[p.start : p.start + 3], p.heading) for p in split(text)] == [("# A", "A"), ("## ", "A › B")]


def test_one_line_at_the_top_moves_few_borders() -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "It goes on for a while. " * (n % 17) for n in range(300))
    before = {text[chunk.start : chunk.end] for chunk in split(text)}
    longer = "A new first line.\n\n" + text
    after = {longer[chunk.start : chunk.end] for chunk in split(longer)}
    assert len(after - before) <= 5 < len(before) / 10


def test_a_word_longer_than_a_chunk_is_cut() -> None:
    assert [(chunk.start, chunk.end) for chunk in split("x" * 250, size=100)] == [
        (0, 100),
        (100, 200),
        (200, 250),
    ]
