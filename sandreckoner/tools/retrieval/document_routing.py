"""Route a question to documents by the company and the year that it names.

Both are read from file names (`ADOBE_2022_10K.pdf`), where people who keep many reports put them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandreckoner.tools.retrieval.document import name_in_words

_YEAR = re.compile(r"(?<!\d)(19\d\d|20\d\d)(?!\d)")
_SHORT_YEAR = re.compile(r"\bFY\s?'?(\d\d)(?!\d)", re.IGNORECASE)
_QUARTER = re.compile(
    r"\b(?:19\d\d|20\d\d)?\s?(q[1-4])|\b(first|second|third|fourth)[ -](?:fiscal )?quarter", re.IGNORECASE
)
_ORDER = ("first", "second", "third", "fourth")
# Kinds of report, as questions and as file names have them.
_FORMS = {
    "10-K": re.compile(r"(?<![^\W_])10-? ?k(?![^\W_])|annual report", re.IGNORECASE),
    "10-Q": re.compile(r"(?<![^\W_])10-? ?q(?![^\W_])|quarterly report", re.IGNORECASE),
    "8-K": re.compile(r"(?<![^\W_])8-? ?k(?![^\W_])", re.IGNORECASE),
    "earnings": re.compile(r"\d\S* earnings$|earnings (?:release|call|presentation|report)", re.IGNORECASE),
}
_WORD = re.compile(r"[^\W\d_]+")
_OF_A_QUARTER = 0.8
_BONUS = 0.5  # tuned on half of the questions to real filings: the wrong year is the wrong report
# Question words and kinds of report; none of them is taken for a company.
_COMMON_WORDS = """
    what which who whose when where why how does did do was were is are has have had can could should would
    will the and for from its this that there according annual report reports quarterly earnings results form
    filing statement statements financial notes letter press release dated inc plc ltd corp group company
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def named_sources(question: str, sources: Iterable[str]) -> tuple[str, ...]:
    """The documents whose company the question names; empty if it names none.

    The company is the part of a file's name before its first number. A question names it by a capitalised
    word that is one of its words or a prefix of one (`MGM` for `MGMRESORTS`), by all its words together
    (`Best Buy` for `BESTBUY`), or by their initials (`JnJ` for `JOHNSON_JOHNSON`). A word in small letters
    is no name: `sales.csv` is not named by whoever asks for sales.

    >>> named_sources("What did Best Buy earn?", ["BESTBUY_2023_10K.pdf", "BOEING_2022_10K.pdf"])
    ('BESTBUY_2023_10K.pdf',)
    """
    words = [word for word in _WORD.findall(question) if word.lower() not in _COMMON and word[0].isupper()]
    joined = "".join(word.lower() for word in words)
    names = [word.lower() for word in words if len(word) > 2]
    return tuple(source for source in sources if _names(_company(source), names, joined))


def _names(company: list[str], names: list[str], joined: str) -> bool:
    if not company:
        return False
    together = "".join(company)
    letters = {glue.join(word[0] for word in company) for glue in ("", "n")} if len(company) > 1 else set()
    return (
        (len(together) > 4 and together in joined)
        or any(name in letters for name in names)
        or any(word.startswith(name) for name in names for word in company)
    )


def _company(source: str) -> list[str]:
    name = re.split(r"\d", name_in_words(source).lower(), maxsplit=1)[0]
    return [word for word in _WORD.findall(name) if len(word) > 2 and word not in _COMMON]


def date_bonus(question: str, source: str) -> float:
    """The score added for a document of the year and quarter that a question names, between 0 and 0.5.

    A report has figures of its own year and of the year before; its own year counts more.
    """
    asked, own = years_in(question), years_in(name_in_words(source))
    if not asked or not own:
        return 0.0
    covered = asked & (own | {year - 1 for year in own})
    share = len(covered) / len(asked) * (1.0 if asked & own else 0.5)
    quarters, of = _quarters(question), _quarters(name_in_words(source))
    if quarters and not quarters & of:
        share /= 2
    elif of and not quarters:  # a whole year is asked about: its annual report first
        share *= _OF_A_QUARTER
    forms, own_forms = forms_in(question), forms_in(name_in_words(source))
    if forms and own_forms and not forms & own_forms:
        share /= 2
    return _BONUS * share


def forms_in(text: str) -> frozenset[str]:
    """The kinds of report that a text names.

    >>> sorted(forms_in("the 10-K and the earnings release")), sorted(forms_in("AMCOR 2023Q2 10Q"))
    (['10-K', 'earnings'], ['10-Q'])
    """
    return frozenset(form for form, words in _FORMS.items() if words.search(text))


def years_in(text: str) -> frozenset[int]:
    """The years that a text names, including the form `FY23`.

    >>> sorted(years_in("from FY2021 to FY 23"))
    [2021, 2023]
    """
    full = {int(year) for year in _YEAR.findall(text)}
    return frozenset(full | {2000 + int(year) for year in _SHORT_YEAR.findall(text)})


def _quarters(text: str) -> frozenset[str]:
    found = _QUARTER.findall(text)
    return frozenset(short.lower() or f"q{_ORDER.index(long.lower()) + 1}" for short, long in found)
