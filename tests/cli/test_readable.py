"""Numbers for people: what is rounded and grouped, and what must be left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.cli.render.blocks import readable_seconds
from sandreckoner.cli.render.readable import readable, readable_number

GROWTH = "By what percentage did total revenue grow from 2023 to 2024?"


@pytest.mark.parametrize(
    ("text", "question", "shown"),
    [
        ("10.3474681726811", GROWTH, "10.35 %"),
        ("-3.5", "What percent of sales was lost?", "-3.5 %"),
        ("12", "How much is it in %?", "12 %"),
        ("32.1999999", "By how much did sales rise, in millions of dollars?", "$32.2 million"),
        ("-32.1999999", "What was the change in thousands?", "-32.2 thousand"),
        ("1234.5", "What does it cost in dollars?", "$1,234.50"),
        ("3", "How many people live in million-dollar houses?", "3"),
        ("10.3474681726811", "By how many percentage points did it rise?", "10.35"),
        ("397.8", "What is 17 % of 2,340?", "397.8"),
        ("210", "What is the salary after the percentage increase of 5 on 200?", "210"),
        ("5.125", "Calculate the average annual percentage increase.", "5.13 %"),
        ("0.103474681726811", GROWTH, "0.1035"),  # a share or a percentage: nobody knows
        ("10.3474681726811%", GROWTH, "10.35%"),
        ("1234567.891", "", "1,234,567.89"),
        ("1234567", "", "1,234,567"),
        ("1102.31", "", "1,102.31"),
        ("-1234567.899", "", "-1,234,567.9"),
        ("12.0", "", "12"),
        ("2.675", "", "2.68"),
        ("0.000123456", "", "0.0001235"),
        ("0.0", "", "0"),
        ("-0.0", "", "0"),
        ("0.99999", "", "1"),
        ("1.23456789e-09", "", "1.235e-09"),
        ("$108.1 million", "", "$108.1 million"),
        ("$108123456.785", "", "$108,123,456.79"),
        ("$1234.5", "", "$1,234.50"),
        ("1234567.891 EUR", "", "1,234,567.89 EUR"),
        ("108.123456 million dollars", "", "108.12 million dollars"),
        ("12345.678 km", "", "12,345.68 km"),
        ("108,123.456", "", "108,123.46"),
        ("Fraction(3, 7)", "", "3/7"),
        ("9" * 40 + ".125", "", "9,999,999,999,999,999,999,999,999,999,999,999,999,999.13"),
        (
            "{2023: 1234567.891, net sales: 12345, b: 0.1}",
            "",
            "{2023: 1,234,567.89, net sales: 12,345, b: 0.1}",
        ),
        ("265252859812191058636308480000000", "", "265,252,859,812,191,058,636,308,480,000,000"),
    ],
)
def test_a_number_is_rounded_and_grouped(text: str, question: str, shown: str) -> None:
    assert readable(text, question) == shown


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("2024", ""),
        ("1987", "In which year was it founded?"),
        ("19870412", "On which date was it founded?"),
        ("2024-05-01", ""),
        ("12:30", ""),
        ("555-0199", ""),
        ("+4930123456789", ""),
        ("4930123456789", "What is their phone number?"),
        ("007", ""),
        ("0049301234567", ""),
        ("978-3-16-148410-0", ""),
        ("9783161484100", "What is its ISBN?"),
        ("1.2.3", ""),
        ("v2.10001", ""),
        ("3.14159", "Which version is installed?"),
        ("[1234567.891, 2]", ""),
        ("{a: [1.23456, 2]}", ""),
        ("(1234567.891, 2)", ""),
        ("1234567.891 and 2345678.912", ""),
        ("12,34,567.891", ""),
        ("1.234.567,891", ""),
        ("A1234567", ""),
        ("3/7", ""),
        ("nan", ""),
        ("True", ""),
        ("", ""),
        ("The sum is 1234567.891.", ""),
        ("9" * 3_000, ""),
        ("1e999", ""),
        ("12345 Elm Street", ""),
    ],
)
def test_what_is_no_plain_number_stays(text: str, question: str) -> None:
    assert readable(text, question) == text


def test_long_spans_are_minutes_and_hours() -> None:
    assert [readable_seconds(s) for s in (0.04, 89.94, 90, 754, 9000)] == [
        "0.0 s", "89.9 s", "1.5 min", "12.6 min", "2.5 h"
    ]  # fmt: skip


@given(st.integers())
def test_an_integer_keeps_its_digits(value: int) -> None:
    assert int(readable_number(str(value)).replace(",", "")) == value


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_a_float_is_moved_by_its_rounding_only(value: float) -> None:
    exact = repr(value)
    shown = float(readable(exact).replace(",", ""))
    if abs(value) >= 1 and "e" not in exact:
        assert abs(shown - value) <= 0.005 + 1e-9 * abs(value)
    else:
        assert shown == pytest.approx(value, rel=5.1e-4)


@given(st.text(max_size=60))
def test_any_text_comes_back(text: str) -> None:
    assert isinstance(readable(text, text), str)
