"""Normalized answers: which are the same, which are not, and the laws of equality."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.chains.strategies.voting import majority, tally
from sandreckoner.reading.normalize import equal, normalise, undecided

WRITTEN = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789.,-−$%/()[]{} xand\\frac", max_size=20),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.fractions().map(str),
    st.dates().map(lambda day: day.strftime("%m/%d/%Y")),
    st.tuples(st.integers(-999, 999), st.integers(-400, 400)).map(lambda pair: f"{pair[0]}e{pair[1]}"),
    st.integers().map(lambda n: f"${n:,}"),
    st.sampled_from(
        ["60%", "0.6", "60", "(B)", "b) 12", "yes", "True", "twelve", "[1, 2]", "{2, 1}", "1.2e3"]
    ),
)


@pytest.mark.parametrize(
    "same",
    [
        [
            "18",
            "18.0",
            "$18",
            "18 dollars",
            "18.",
            "**18**",
            "£18.00",
            "018",
            r"\boxed{18}",
            "x = 18",
            "eighteen",
        ],
        ["-7", "−7", "- 7", "-$7", "$-7", "-7.0"],
        ["1234", "1,234", "1 234", "1,234.00", "1.234e3", r"1.234 \times 10^{3}", r"1{,}234"],
        ["0.75", "3/4", r"\frac{3}{4}", r"$\dfrac34$", ".75", "¾"],
        ["2.5", "2 1/2", "2½", "5/2"],
        ["4100000", "$4.1 million", "4.1M", "4,100,000"],
        ["-512.3", "(512.3)", "($512.3)"],
        [
            "05/01/2021",
            "5/1/2021",
            "2021-05-01",
            "May 1, 2021",
            "1 May 2021",
            "1st May 2021",
            "2021-05-01 00:00:00",
        ],
        ["(B)", "B", "B.", "b)", "(b)", "option B", "B) 12 hours", r"\text{(B)}"],
        ["yes", "Yes.", "True", "correct"],
        ["no", "No", "FALSE"],
        ["[1, 2]", "(1, 2)", "1, 2", "1 and 2", "1,2"],
        ["{2, 1}", "{1, 2}", r"\{1, 2\}"],
        ["3", "[3]", "(3)", "{3}"],
        ["The cat", "cat.", "CAT"],
        [r"90^\circ", "90", "90°", "90 degrees"],
        ["33.333333333333336", "100/3", "33.3333333333"],
        [r"1\frac{4}{5}", "1 4/5", "1.8", "9/5"],
    ],
)
def test_the_same(same: list[str]) -> None:
    assert len({normalise(text) for text in same}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", "-7"),
        ("18", "1.8"),
        ("1,234", "1.234"),
        ("60", "0.6"),
        ("B", "C"),
        ("yes", "no"),
        ("05/01/2021", "04/30/2021"),
        ("[1, 2]", "[2, 1]"),
        ("cat", "dog"),
        ("", "0"),
        ("3 hours and 20 minutes", "3"),
        ("12345678901", "12345678902"),
        ("5x + 3", "5"),
        ("y = -2x", "-2"),
        ("1e999999999", "1"),
        ("2^3", "2"),
        ("16 - 3", "16"),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    assert not equal(one, other)


def test_a_per_cent_has_two_readings() -> None:
    assert (
        equal("60%", "60") and equal("60%", "0.6") and equal("60 percent", "60%") and not equal("60", "0.6")
    )
    assert not equal("60%", "0.6%")
    assert equal("[60%, 5]", "[0.6, 5]")


@pytest.mark.parametrize(
    ("one", "other", "asks"),
    [
        (r"\sqrt{8}", r"2\sqrt{2}", True),
        ("x^2 - 1", "(x-1)(x+1)", True),
        ("2.82842712", r"2\sqrt{2}", True),
        ("1, -2", "-2, 1", True),
        ("5", "6", False),
        ("cat", "dog", False),
        ("x^2", "x^2", False),
        ("forty-two of them", "half/half of them", False),
    ],
)
def test_the_sandbox_is_asked_only_where_algebra_may_change_the_verdict(one, other, asks) -> None:
    assert undecided(normalise(one), normalise(other)) is asks
    assert undecided(normalise(other), normalise(one)) is asks


@given(WRITTEN)
def test_normalising_is_idempotent(text: str) -> None:
    normal = normalise(text)
    assert normalise(normal.text) == normal


@given(WRITTEN, WRITTEN)
def test_equality_is_symmetric(one: str, other: str) -> None:
    assert equal(one, other) == equal(other, one)
    assert equal(one, one)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**4))
def test_a_number_keeps_its_value(above: int, below: int) -> None:
    value = normalise(f"{above}/{below}").value
    assert value is not None
    assert abs(value - Fraction(above, below)) <= max(abs(Fraction(above, below)) / 10**8, 0) or above == 0


@given(st.lists(st.one_of(st.none(), WRITTEN), max_size=8), st.randoms())
def test_order_changes_a_vote_only_where_there_is_a_tie(votes: list[str | None], random: object) -> None:
    polls = tally(votes)
    if len(polls) > 1 and polls[0].weight == polls[1].weight:
        assert polls[0].voters[0] < polls[1].voters[0]
        return
    reversed_winner = majority(votes[::-1])
    assert (reversed_winner is None) == (majority(votes) is None)
    if polls and reversed_winner is not None:
        assert equal(reversed_winner, polls[0].answer) or normalise(polls[0].answer).kind == "percent"


def test_votes() -> None:
    assert majority(["18", "20", "18.0", None, "$20", "18 eggs"]) == "18"
    assert majority(["1", "2"]) == "1"
    assert majority([None, None]) is None
    assert majority([]) is None
    assert majority(["1", "2"], weights=[0.4, 0.6]) == "2"
    with pytest.raises(ValueError):
        majority(["1"], weights=[1.0, 2.0])


def test_a_per_cent_joins_the_number_that_others_voted_for() -> None:
    assert [poll.voters for poll in tally(["60%", "0.6", "7"])] == [(0, 1), (2,)]
    assert [poll.voters for poll in tally(["0.6", "60%", "60"])] == [(1, 2), (0,)]
    assert [poll.voters for poll in tally(["60%", "7"])] == [(0,), (1,)]


@pytest.mark.parametrize(
    "text",
    [
        "7!",
        "7 !",
        "3i",
        "7i",
        "7 i",
        "7e",
        "up to 7",
        "log 7",
        "ln 7",
        "sqrt 7",
        "not 7",
        "less than 7",
        "more than 7",
        "at least 7",
        "at most 7",
        "fewer than 7",
        "under 7",
        "over 7",
        "no more than 7",
        "7 dozen",
        "7 squared",
        "7 cubed",
        "7 factorial",
        "half of 7",
        "twice 7",
        "7 mod 5",
        "7 times",
        "f(7)",
        "g(-7)",
        "between 7",
        "sin 7",
        "-log 7",
        "7 or more",
        "7 and a half",
        "exp(7)",
        "7 pairs",
        "double 7",
        "7 choose 2",
    ],
)
def test_what_stands_beside_a_number_may_make_it_another(text: str) -> None:
    for number in ("7", "-7", "3", "49"):
        assert not equal(text, number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("negative 7", "-7"),
        ("minus 7", "-7"),
        ("a loss of 7", "-7"),
        ("a loss of $7", "-7"),
        ("Minus 7.5", "-7.5"),
        ("a net loss of 7 million", "-7000000"),
        ("a deficit of 7", "-7"),
        ("negative $7", "-7"),
        ("about 7", "7"),
        ("approximately 7 dollars", "7"),
        ("it is 7", "7"),
        ("a total of 7 eggs", "7"),
        ("7 left", "7"),
        ("exactly 7 hours", "7"),
        ("7 more apples", "7"),
        ("the number 7", "7"),
        ("USD 7", "7"),
        ("7 m", "7"),
        ("they need 7 cans of paint", "7"),
        ("7 apples.", "7"),
    ],
)
def test_what_may_stand_beside_a_number_leaves_it_as_it_is(text: str, number: str) -> None:
    assert equal(text, number)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("(2,3)", "[2,3]", False),
        ("[2, 3]", "(2, 3)", False),
        ("(2,3]", "[2,3]", False),
        ("(2,3]", "(2,3)", False),
        ("(2,3)", "(2, 3)", True),
        ("[2,3]", "2, 3", True),
        ("(3,2)", "[3,2]", True),
        ("x=3", "y=3", False),
        ("x = 3", "x=3.0", True),
        ("x = 3", "3", True),
        ("$x = 3$", "$y = 3$", False),
        ("x_1 = 3", "x_2 = 3", False),
        ("total = 3", "sum = 3", True),
        ("(A) and (B)", "(A)", False),
        ("(J)", "J", True),
        ("(R)", "r)", True),
    ],
)
def test_brackets_and_names_matter(one: str, other: str, same: bool) -> None:
    assert equal(one, other) is same and equal(other, one) is same
