"""Numbers as people write them: values, offsets, readings."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.provenance.number_index import possible_values
from sandreckoner.reading.number_words import caption_scales
from sandreckoner.reading.numbers import find_numbers


@pytest.mark.parametrize(
    ("text", "value", "scale", "unit"),
    [
        ("1,234.5", "1234.5", 1, ""),
        ("(512.3)", "-512.3", 1, ""),
        ("$ (4,512)", "-4512", 1, "$"),
        ("$(5)", "-5", 1, "$"),
        ("(12.5%)", "-12.5", 1, "%"),
        ("(12)%", "-12", 1, "%"),
        ("(-3)", "-3", 1, ""),
        ("$4.1 million", "4.1", 10**6, "$"),
        ("US$5bn", "5", 10**9, "US$"),
        ("EUR 5 million", "5", 10**6, "EUR"),
        ("1.2bn", "1.2", 10**9, ""),
        ("5k", "5", 1000, ""),
        ("12%", "12", 1, "%"),
        ("36.5 %", "36.5", 1, "%"),
        ("12 percent", "12", 1, "%"),
        ("25 basis points", "25", 1, "bp"),
        ("€3", "3", 1, "€"),
        ("−7", "-7", 1, ""),
        ("-$5", "-5", 1, "$"),
        ("$-5", "-5", 1, "$"),
        ("1.2E3", "1200", 1, ""),
        ("1.5 × 10^6", "1500000", 1, ""),
        ("3/4", "3/4", 1, ""),
        ("2½", "5/2", 1, ""),
        ("1 1/2", "3/2", 1, ""),
        ("12,34,567", "1234567", 1, ""),
        ("1.234,56", "1234.56", 1, ""),
        ("1'234", "1234", 1, ""),
        (".5", "1/2", 1, ""),
        ("twelve", "12", 1, ""),
        ("two hundred and five thousand", "205000", 1, ""),
        ("twenty-five", "25", 1, ""),
        ("three quarters", "3/4", 1, ""),
        ("half", "1/2", 1, ""),
        ("a dozen", "12", 1, ""),
        ("twice", "2", 1, ""),
    ],
)
def test_one_number(text: str, value: str, scale: int, unit: str) -> None:
    (number,) = find_numbers(text)
    assert (number.value, number.scale, number.unit) == (Fraction(value), scale, unit)
    assert (number.start, number.end) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("5-3", [5, 3]),
        ("16 - 3 - 4 = 9", [16, 3, 4, 9]),
        ("2019–2020", [2019, 2020]),
        ("$1.5-$2.0", [1.5, 2]),
        ("04/30/2021", [4, 30, 2021]),
        ("2021-04-30", [2021, 4, 30]),
        ("FY2019 Q3", [2019, 3]),
        ("| (5) | $(6) | - 7 % |", [-5, -6, -7]),
        ("x = -3 and y = 4", [-3, 4]),
        ("1,2,3", [1, 2, 3]),
        ("It cost $5. In 2019, it cost 7.", [5, 2019, 7]),
        ("(in thousands, except 2 shares)", [2]),
        ("5 apples (6 pears)", [5, 6]),
        ("1/0", []),
        ("9" * 100, []),
        ("no number", []),
    ],
)
def test_several_numbers(text: str, values: list[float]) -> None:
    assert [number.value for number in find_numbers(text)] == [Fraction(str(value)) for value in values]


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("$4.1 million", ["4100000", "4.1"]),
        ("12%", ["12", "0.12"]),
        ("25 bps", ["25", "0.0025", "0.25"]),
        ("(7)", ["-7", "7"]),
        ("512.3", ["512.3"]),
    ],
)
def test_every_value_that_a_number_may_stand_for(text: str, readings: list[str]) -> None:
    (number,) = find_numbers(text)
    assert possible_values(number) == tuple(Fraction(reading) for reading in readings)


@pytest.mark.parametrize(
    ("caption", "scales"),
    [
        ("(in millions)", (10**6,)),
        ("(Dollars in thousands, except per share)", (1000,)),
        ("Amounts in millions of U.S. dollars", (10**6,)),
        ("$'000", (1000,)),
        ("€m", (10**6,)),
        ("| (million) |", (10**6,)),
        ("Net sales", ()),
    ],
)
def test_what_a_caption_says(caption: str, scales: tuple[int, ...]) -> None:
    assert caption_scales(caption) == scales


@given(st.text(alphabet="0123456789.,-−–()$€%/ eE×^½mbk|abc\n", max_size=60))
def test_offsets_are_exact_and_numbers_do_not_overlap(text: str) -> None:
    numbers = find_numbers(text)
    for number in numbers:
        assert text[number.start : number.end] == number.text
        assert number.text and not number.text.isspace()
        for part in number.parts:
            assert text[part.start : part.end] == part.text
    for one, other in pairwise(numbers):
        assert one.end <= other.start


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**12, places=2))
def test_a_figure_comes_back_however_it_is_dressed(value: object) -> None:
    for dressed in (f"{value:,}", f"${value:,}", f"{value}", f"{value:,}%"):
        (number,) = find_numbers(f"it was {dressed} then")
        assert number.value == Fraction(str(value))


@pytest.mark.timeout(20)
def test_hostile_text_does_not_stall_the_reader() -> None:
    for piece in ("1,", "(", "1 ", "one ", "1", "$-", "1/", "1e", ".", "(1", "half "):
        find_numbers(piece * (40_000 // len(piece)))
