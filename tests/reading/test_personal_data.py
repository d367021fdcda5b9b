"""Personal data that has a form is found, and the figures of a report are left alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sandreckoner.core.errors import MissingExtra
from sandreckoner.reading.personal_data import KINDS, masked, personal_data
from sandreckoner.workspace.redactors import redactor

LINES = Path(__file__).with_name("personal_data.jsonl")

FOUND = [
    ("EMAIL", "ann.miller+x@mail.example.co.uk"),
    ("IBAN", "DE89 3704 0044 0532 0130 00"),
    ("IBAN", "GB29NWBK60161331926819"),
    ("IBAN", "FR1420041010050500013M02606"),
    ("CARD", "4111 1111 1111 1111"),
    ("CARD", "378282246310005"),
    ("CARD", "5500-0000-0000-0004"),
    ("NATIONAL", "536-90-4399"),
    ("NATIONAL", "AB 12 34 56 C"),
    ("NATIONAL", "12345678Z"),
    ("NATIONAL", "RSSMRA85T10A562S"),
    ("IP", "192.168.10.254"),
    ("IP", "2001:db8::8a2e:370:7334"),
    ("PHONE", "(415) 555-2671"),
    ("PHONE", "415-555-2671"),
    ("PHONE", "1-415-555-2671"),
    ("PHONE", "415.555.2671"),
    ("PHONE", "+1 415 555 2671"),
    ("PHONE", "+49 (0)30 1234567"),
    ("PHONE", "030/1234567"),
    ("PHONE", "0171 2345678"),
    ("PHONE", "01 42 68 53 00"),
    ("PHONE", "020 7946 0958"),
    ("PHONE", "+33 6 12 34 56 78"),
    ("PHONE", "090-1234-5678"),
    ("PHONE", "+81-3-1234-5678"),
    ("PHONE", "98765 43210"),
    ("PHONE", "+86 138 1234 5678"),
]
FIGURES = [
    "Net sales were 512.3 million in 2024 and 480.1 million in 2023",
    "Revenue 1,234,567,890 against (987,654,321)",
    "due 2025-03-14, filed 12/31/2024 at 10:15:30",
    "fiscal years 2019-2020",
    "ISBN 978-3-16-148410-0",
    "version 1.2.3 of section 4.5.6",
    "Totals 4111 1111 1111 1112",
    "shares 415 555 2671",
    "order 12345678 of lot 20240114",
    "-415.55 to +415.55 basis points",
    "$0.00012345 per gram",
    "CIK 0001234567",
]


@pytest.mark.parametrize(("kind", "text"), FOUND)
@pytest.mark.parametrize("line", ["{}", "call {} before two", "from {}.", "contact ({}), total 1,250.00"])
def test_it_is_found_whole(kind: str, text: str, line: str) -> None:
    written = line.format(text)
    assert [(found.kind, written[found.start : found.end]) for found in personal_data(written)] == [
        (kind, text)
    ]


@pytest.mark.parametrize("line", FIGURES)
def test_figures_are_left_alone(line: str) -> None:
    assert list(personal_data(line)) == []


def test_of_300_made_lines_nearly_all_is_found_and_no_figure_is_masked() -> None:
    lines = [json.loads(line) for line in LINES.read_text().splitlines()]
    missed = []
    for line in lines:
        found = list(personal_data(line["text"]))
        wanted = [place for place in line["found"] if place[2] in KINDS]
        assert all(any(each.start < end and each.end > start for start, end, _ in wanted) for each in found)
        missed += [
            line["text"]
            for start, end, _ in wanted
            if not any(each.start <= start and each.end >= end for each in found)
        ]
    assert len(lines) == 300 and len(missed) <= 3, missed


@pytest.mark.parametrize(
    "row",
    [
        "2023 2024 2025 2026 2027 Thereafter",
        "91 119 63 76 309 278",
        "737-10 2017 2024",
        "Nominees Pty Ltd (ABN 75 071 346 506)",
        "version 4.5.6.7",
    ],
)
def test_rows_of_real_filings_that_look_like_numbers_of_people_are_left_alone(row: str) -> None:
    assert masked(row) == row


@pytest.mark.parametrize("text", [text for _, text in FOUND] + ["::1", "a@b.c"])
def test_a_mask_is_as_long_as_what_it_hides(text: str) -> None:
    line = f"from {text}, total 1,250.00"
    assert len(masked(line)) == len(line) and text not in masked(line)
    assert masked(line).endswith(", total 1,250.00")


def test_what_needs_another_package_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    assert redactor("off") is None
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(MissingExtra, match="spacy download"):
        redactor("names")
