"""Numbers as people say them, in a question or a short passage: what the text says counts, else nothing."""

from __future__ import annotations

import pytest

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_numbers


def origin(text: str, literal: str, *, in_passage: bool) -> str:
    program = f"value = {literal}\nanswer = value * base"
    if in_passage:
        passage = Passage(text, "story.txt", 1, 0, len(text))
        return trace_numbers(program, "What is the value?", [passage])[0].origin
    return trace_numbers(program, text)[0].origin


SAID = [
    ("The tray holds a dozen eggs.", "12"),
    ("The tray holds two dozen eggs.", "24"),
    ("The tray holds half a dozen eggs.", "6 0.5"),
    ("The tray holds a dozen and a half eggs.", "18"),
    ("The tray holds 1.5 dozen eggs.", "18"),
    ("Twenty dozen cups were sold.", "240 20"),
    ("She sold two thirds of her stamps.", "2 3 0.667 0.6667"),
    ("She sold one third of her stamps.", "3 0.333 0.3333"),
    ("Three sevenths of them left.", "3 7 0.4286"),
    ("Five ninths of them left.", "5 9 0.5556"),
    ("The drive takes 2 1/2 hours.", "2.5 150"),
    ("The drive takes 2½ hours.", "2.5 150"),
    ("The drive takes two and a half hours.", "2.5 150"),
    ("The drive takes three and three quarters hours.", "3.75 225"),
    ("The drive takes an hour and a half.", "1.5 90"),
    ("The drive takes three quarters of an hour.", "0.75 45"),
    ("The drive takes half an hour.", "0.5 30"),
    ("He stays a year and a half.", "1.5 18"),
    ("It takes 2 hours and 30 minutes.", "2.5 150"),
    ("It is 6 feet 2 inches tall.", "74 72"),
    ("Half a million people came.", "500000 0.5"),
    ("Three quarters of a million people came.", "750000"),
    ("Two and a half million people came.", "2500000 2.5"),
    ("A million and a half people came.", "1500000"),
    ("One hundred and twenty-three people came.", "123"),
    ("Two hundred fifty thousand people came.", "250000"),
    ("She gave him one fifty-dollar bill.", "50 1"),
    ("Sales rose threefold.", "3"),
    ("Sales rose ten-fold.", "10"),
    ("Sales rose 2.5-fold.", "2.5"),
    ("Sales rose 4x.", "4"),
    ("The rate rose by 25 basis points.", "25 0.0025 0.25"),
    ("The rate rose by fifty basis points.", "0.005 0.5"),
    ("The price fell by ten per cent.", "10 0.1 0.9"),
    ("The price fell by twenty-five percent.", "25 0.25 0.75"),
    ("The price fell by half a percentage point.", "0.5 0.005"),
    ("The price fell by 3/4 of a percent.", "0.75 0.0075"),
    ("The price fell by three and a half percent.", "3.5 0.035"),
    ("He ran a quarter of the way.", "4 0.25"),
    ("She bought a couple of hats.", "2"),
    ("He ran twice as far.", "2"),
    ("Sales quintupled.", "5"),
    ("Sales halved.", "2 0.5"),
    ("It is half again as long.", "1.5"),
    ("It grew by a third.", "1.333"),
    ("It fell by two fifths.", "0.6"),
    ("She lives on the third floor.", "3"),
    ("She lives on the twenty-first floor.", "21"),
    ("She came on her 30th birthday.", "30"),
    ("One in five left.", "5 0.2"),
    ("Three out of four left.", "0.75"),
    ("3 out of every 4 left.", "0.75"),
    ("He stays a fortnight.", "14 2"),
    ("He bought a gross of pens and a score of pencils.", "144 20"),
    ("Every other house is red.", "2"),
    ("Nobody came.", "0"),
    ("They met at 7:30 pm.", "7.5 19"),
    ("He has a nickel and a dime.", "5 0.05 10 0.1"),
    ("She pays 75¢.", "0.75"),
    ("It weighs 3 kg.", "3000"),
]
UNSAID = [
    ("The tray holds a dozen eggs.", "13 6 2"),
    ("She sold two thirds of her stamps.", "0.67676 0.7 4 0.6"),
    ("The drive takes 2 1/2 hours.", "3 21 212 152"),
    ("Half a million people came.", "600000 5"),
    ("Sales rose threefold.", "4 30"),
    ("The rate rose by 25 basis points.", "2.5 0.025 250 26"),
    ("The price fell by ten per cent.", "11 0.01"),
    ("She lives on the third floor.", "4"),
    ("Sales doubled.", "3"),
    ("Three out of four left.", "5 0.34"),
    ("The second half was quiet.", "3 5"),
    ("She gave him one fifty-dollar bill.", "51"),
    ("She ate one and two thirds pies.", "4"),
]


@pytest.mark.parametrize(("text", "literals"), SAID)
@pytest.mark.parametrize("in_passage", [False, True])
def test_what_a_text_says_is_its_source(text: str, literals: str, in_passage: bool) -> None:
    found = [origin(text, literal, in_passage=in_passage) for literal in literals.split()]
    assert "unsourced" not in found, dict(zip(literals.split(), found, strict=True))


@pytest.mark.parametrize(("text", "literals"), UNSAID)
@pytest.mark.parametrize("in_passage", [False, True])
def test_what_it_does_not_say_has_none(text: str, literals: str, in_passage: bool) -> None:
    for literal in literals.split():
        assert origin(text, literal, in_passage=in_passage) == "unsourced", literal
