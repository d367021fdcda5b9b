"""Read dates as people write them."""

from __future__ import annotations

import datetime
import re

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATES = (
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?:[T ]00:00(?::00)?)?"),
    re.compile(r"(?P<month>\d{1,2})[/.-](?P<day>\d{1,2})[/.-](?P<year>\d{4})"),
    re.compile(_MONTH + r"\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})", re.IGNORECASE),
    re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+" + _MONTH + r",?\s+(?P<year>\d{4})", re.IGNORECASE),
)


def read_date(text: str) -> str | None:
    """Return a date in ISO form; None where the text is not a date.

    Of `04/05/2021` the month comes first; of `30/04/2021` it cannot.
    """
    for pattern in _DATES:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        named = match.groupdict().get("name")
        month = _MONTHS.index(named[:3].lower()) + 1 if named else int(match["month"])
        day = int(match["day"])
        if not named and month > 12 >= day:
            month, day = day, month  # 30/04/2021: there is no thirtieth month
        try:
            return datetime.date(int(match["year"]), month, day).isoformat()
        except ValueError:
            return None
    return None
