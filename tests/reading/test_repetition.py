"""A reply that goes in circles is recognised, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.reading.repetition import RepetitionWatch

_HEAD = "Let us compute it.\n\n"


def circles(text: str, size: int = 3) -> bool:
    watch = RepetitionWatch()
    return any(watch.feed(text[at : at + size]) for at in range(0, len(text), size))


@pytest.mark.parametrize(
    "loop",
    [
        "So the answer is 4.\n",
        "total += price\n",
        "    total += price   \n",
        "wait, no.\n\n",
        "- It is 4.\n- No, it is 5.\n",
        "a = 1\n\nb = 2\n",
        "one\ntwo\nthree\n",
        "one\ntwo\nthree\nfour\n",
        "| Revenue | 4 |\r\n",
        "答え\n",
    ],
)
def test_eight_times_the_same_lines_are_a_circle_and_seven_are_not(loop: str) -> None:
    assert circles(_HEAD + loop * 8)
    assert not circles(_HEAD + loop * 7 + "and so it is 5.\n")


@pytest.mark.parametrize(
    "text",
    [
        "payments = [\n" + "    100,\n" * 12 + "]\n",
        "\n" * 100,
        "|---|---|\n" * 10,
        "".join(f"year_{year} = year_{year - 1} * 1.05\n" for year in range(1, 40)),
        "".join(f"{line}\n" for line in ("a", "b") * 7) + "c\n",
        "so on and so on " * 40,
        "".join(f"x = {n}\nprint(x)\n" for n in range(20)),
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert not circles(text)


def test_numbers_alone_need_longer() -> None:
    assert circles("0,\n" * 64)


@given(st.lists(st.sampled_from(["a", "b", "  ", "7"]), max_size=80), st.integers(1, 9))
def test_the_size_of_the_pieces_does_not_matter(lines: list[str], size: int) -> None:
    text = "".join(f"{line}\n" for line in lines)
    assert circles(text, size) == circles(text, 1)
