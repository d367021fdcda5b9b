"""A table as documents give it: units, sections with the same labels, a note mark, a blank and a minus."""

from __future__ import annotations

from sandreckoner.core.table import Cell, Column, Row, Table

YEAR = "Year ended June 30, "


def cells(*texts: str | None) -> tuple[Cell | None, ...]:
    return tuple(Cell(text) if text is not None else None for text in texts)


STATEMENT = Table(
    document="annual.pdf",
    page=24,
    title="Consolidated statements of income",
    caption="(in millions, except per share amounts)",
    unit="USD",
    scale=1_000_000,
    columns=(Column(f"{YEAR}2024"), Column(f"{YEAR}2023"), Column("2024 vs. 2023 (%)", unit="%")),
    rows=(
        Row("Net sales (1)", (), (Cell("$ 8,412", 120, 127), Cell("$ 7,950", 130, 137), Cell("5.8"))),
        Row("Cost of sales", (), (Cell("(5,130)", 150, 157), Cell("(4,970)", 160, 167), Cell("3.2"))),
        Row("Other income (expense), net", (), cells("(42.7)", "—", None)),
        Row("Basic", ("Earnings per share",), cells("$ 2.31", "$ 2.10", None), unit="USD/share"),
        Row("Diluted", ("Earnings per share",), cells("2.25", "2.05", None), unit="USD/share"),
        Row("Basic", ("Weighted-average shares",), cells("210,500", "205,000", None), "shares", 1_000),
        Row("Effective tax rate", (), cells("21.5 %", "19.0%", None)),
        Row("Days sales outstanding", (), cells("45", "47", None), unit="days"),
        Row("Auditor", (), cells("Northwell LLP", "n/a", None)),
    ),
)
