"""Whether a question asks for a figure or for words."""

from __future__ import annotations

import re

# Of 718 questions of TAT-QA that are computed 717 have one of these, of 918 that are quoted 717.
_OF_FIGURES = re.compile(
    r"\d\s*%|percent|\bhow (?:much|many|large|big|long|high|low|fast|old)\b"
    r"|\bwhat (?:is|was|are|were) the (?:net|gross)\b"
    r"|\b(?:grow\w*|grew|chang\w+|increas\w+|decreas\w+|declin\w+|drop\w*|rose|rises?|fell|falls?|improv\w+"
    r"|differen\w+|compar\w+|larg\w+|high\w+|low\w+|great\w+|liabilit\w+|comput\w+|calculat\w+"
    r"|ratios?|rates?|margins?|averages?|means?|totals?|sums?|amounts?|numbers?|counts?|values?|days|turnover"
    r"|conversion|revenues?|sales|incomes?|costs?|cogs|expenses?|expenditures?|profits?|loss(?:es)?|earnings"
    r"|ebitda|ebit|capex|capital|dividends?|assets?|debts?|cash|best|worst|most|least|proportion|shares?|times"
    r"|multiple|balances?|prices?|fees?|paid|payments?|yields?|returns?|interest|tax|leverage|eps|roa|roe|dpo"
    r"|dso)\b",
    re.IGNORECASE,
)


def asks_for_figure(question: str) -> bool:
    """Whether a question has a word of quantities, so that its answer may have to be computed.

    >>> asks_for_figure("What was the margin in 2024?"), asks_for_figure("Who approved the statements?")
    (True, False)
    """
    return _OF_FIGURES.search(question) is not None
