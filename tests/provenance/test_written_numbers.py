"""Numbers whose unit, scale or sign stands elsewhere: in ranges, cells, headings, captions, other notations.

Each case is a document and what a program takes from it: a variable, its value, and what is said of its
source (`there`, `nowhere`, or words of its note).
"""

from __future__ import annotations

import pytest

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_numbers

LONG = (
    "\nThe group reports to its board every month about its business in several regions and its outlook." * 20
)

Cases = list[tuple[str, list[tuple[str, str, str]]]]


def check(document: str, taken: list[tuple[str, str, str]]) -> None:
    passage = Passage(document, "report.md", 1, 0, len(document))
    for name, literal, expected in taken:
        program = f"{name} = {literal}\nanswer = {name} * base"
        (source, *_) = trace_numbers(program, "How did it go?", [passage])
        said = "nowhere" if source.origin == "unsourced" else f"there: {source.note}"
        assert expected in said, (name, literal)


RANGES: Cases = [
    (
        "We expect growth of 10-12 % next year." + LONG,
        [("growth_low", "0.10", "there"), ("growth_high", "0.12", "there"), ("growth", "0.11", "nowhere")],
    ),
    (
        "We expect growth of 10 to 12 percent next year." + LONG,
        [("growth_low", "0.10", "there"), ("growth_high", "0.12", "there"), ("growth", "10", "there")],
    ),
    (
        "We expect growth of 10–12% next year." + LONG,
        [("growth_low", "0.10", "there"), ("growth_high", "0.12", "there")],
    ),
    (
        "We expect growth between 10 and 12 percent next year." + LONG,
        [("growth_low", "0.10", "there"), ("growth_high", "0.12", "there")],
    ),
    (
        "Capital spending of $10-12 million is planned." + LONG,
        [
            ("spending_low", "10000000", "there"),
            ("spending_high", "12e6", "there"),
            ("spending", "11e6", "nowhere"),
        ],
    ),
    (
        "Capital spending of 110 to 125 million is planned." + LONG,
        [("spending_low", "110000000", "there"), ("spending_high", "125e6", "there")],
    ),
    (
        "Capital spending of $1.2–1.4bn is planned." + LONG,
        [("low", "1200000000", "there"), ("high", "1.4e9", "there")],
    ),
    (
        "Rates of 5, 6 and 7 percent applied in the three regions." + LONG,
        [
            ("rates_a", "0.05", "there"),
            ("rates_b", "0.06", "there"),
            ("rates_c", "0.07", "there"),
            ("rates", "0.08", "nowhere"),
        ],
    ),
    (
        "Rates of 3.5% to 4.25% applied." + LONG,
        [("b", "0.0425", "there")],
    ),
    (
        "Rates from 3.5 up to 4.25 per cent applied." + LONG,
        [("rates", "0.035", "there"), ("b", "0.0425", "there")],
    ),
    (
        "Margin fell 150 to 175 basis points." + LONG,
        [("b", "0.0175", "there")],
    ),
    (
        "Prices of €3.5-4 million were paid." + LONG,
        [("prices", "4000000", "there")],
    ),
    (
        "There were 10-12 staff; 5 % left." + LONG,
        [("staff_rate", "0.10", "nowhere")],
    ),
    (
        "In 2023, 12% of staff left." + LONG,
        [("rate", "20.23", "nowhere")],
    ),
    (
        "Sales grew 8 or 9 percent." + LONG,
        [("sales_growth", "0.08", "there")],
    ),
    (
        "Sales grew eight to nine percent." + LONG,
        [("sales_growth", "0.08", "there"), ("sales_growth_b", "0.09", "there")],
    ),
    (
        "Sales of two to three million units." + LONG,
        [("sales_low", "2000000", "there"), ("sales_high", "3000000", "there")],
    ),
    (
        "Sales of 2.5 - 3.5 billion dollars." + LONG,
        [("sales_low", "2.5e9", "there")],
    ),
    (
        "A 10% - 12% range for growth." + LONG,
        [("growth", "0.1", "there"), ("growth", "0.12", "there")],
    ),
    (
        "Guidance: 10 % bis 12 % Wachstum." + LONG,
        [("wachstum", "0.1", "there")],
    ),
]

CELLS: Cases = [
    (
        "| | 2023 | | 2022 |  |\n"
        "|---|---|---|---|--- |\n"
        "| Tax rate | 14.8 | % | 17.5 | % |\n"
        "| Employees | 1,204 | | 1,150 | |",
        [
            ("tax_rate_2023", "0.148", "there"),
            ("tax_rate_2022", "0.175", "there"),
            ("employees", "12.04", "nowhere"),
            ("employees", "1204", "there"),
        ],
    ),
    (
        "| Country | Rate (%) | Sales |\n|---|---|--- |\n| Norway | 22.5 | 410 |\n| Spain | 25.2 | 377 |",
        [
            ("rate_norway", "0.225", "there"),
            ("rate_spain", "0.252", "there"),
            ("sales_norway", "4.10", "nowhere"),
            ("x", "0.226", "nowhere"),
        ],
    ),
    (
        "| Measure | 2023 |\n|---|--- |\n| Gross margin, % | 41.7 |\n| Gross profit | 612 |",
        [("gross_margin", "0.417", "there"), ("gross_profit", "6.12", "nowhere")],
    ),
    (
        "| Measure | 2023 |\n|---|--- |\n| Gross margin (in percent) | 41.7 |\n| Gross profit | 612 |",
        [("gross_margin", "0.417", "there")],
    ),
    (
        "| Measure | Unit | 2023 |\n|---|---|--- |\n| Gross margin | % | 41.7 |\n| Gross profit | $m | 612 |",
        [
            ("gross_margin", "0.417", "there"),
            ("gross_profit", "612000000", "there"),
            ("gross_profit", "6.12", "nowhere"),
        ],
    ),
    (
        "| Spread over base (bps) | 2023 |\n|---|--- |\n| Term loan | 175 |\n| Bonds | 210 |",
        [("spread_term_loan", "0.0175", "there")],
    ),
    (
        "| Item | $m | % |\n|---|---|--- |\n| Wages | 310 | 62.5 |\n| Rent | 186 | 37.5 |",
        [("share_wages", "0.625", "there"), ("wages", "310000000", "there"), ("wages", "3.10", "nowhere")],
    ),
    (
        "| In thousands | 2023 |\n|---|--- |\n| Wages | 310 |\n| Tax rate (%) | 21.5 |",
        [("wages", "310000", "there"), ("tax", "21500", "nowhere"), ("tax", "0.215", "there")],
    ),
    (
        "| % of revenue | 2023 |\n|---|--- |\n| Wages | 31.5 |\n| Rent | 18.6 |",
        [("wages_share", "0.315", "there")],
    ),
    (
        "| As a percentage of revenue | 2023 |\n|---|--- |\n| Wages | 31.5 |\n| Rent | 18.6 |",
        [("wages_share", "0.315", "there")],
    ),
    (
        "| Year | Growth in % | Sales |\n|---|---|--- |\n| 2021 | 4.15 | 802 |\n| 2022 | 5.35 | 845 |",
        [
            ("growth_2021", "0.0415", "there"),
            ("growth_2022", "0.0535", "there"),
            ("sales_2021", "8.02", "nowhere"),
        ],
    ),
    (
        "| Key figures | 2023 |\n|---|--- |\n| Percentages |  |\n| Margin | 31.5 |\n| Return | 18.6 |",
        [("margin", "0.315", "there")],
    ),
    (
        "Margins in per cent\n| Unit | 2023 |\n|---|--- |\n| Steel | 31.5 |\n| Wood | 18.6 |",
        [("margin_steel", "0.315", "there")],
    ),
    (
        "Operating margin (%) 14.8 15.2 16.1\nSales 512 498 475\n",
        [("operating_margin", "0.148", "there"), ("sales", "5.12", "nowhere")],
    ),
    (
        "| Item | 2023 |\n|---|--- |\n| Wages | 310 % |\n| Rent | 18.6 |",
        [("wages", "3.1", "there")],
    ),
    (
        "| Fee | Pct |\n|---|--- |\n| Entry | 1.25 |\n| Exit | 0.75 |",
        [("entry_fee", "0.0125", "there")],
    ),
    (
        "| Fee | Percent |\n|---|--- |\n| Entry | 1.25 |\n| Exit | 0.75 |",
        [("entry_fee", "0.0125", "there")],
    ),
    (
        "| Notes at 5% | 2023 |\n|---|--- |\n| Series A | 41.7 |\n| Series B | 61.2 |",
        [("series_a", "0.417", "nowhere"), ("series_a", "41.7", "there")],
    ),
]

NOTATIONS: Cases = [
    (
        "Der Umsatz stieg auf 1.234.567,89 EUR, die Marge auf 12,5 %. Im Vorjahr waren es 1.204 EUR.",
        [
            ("umsatz", "1234567.89", "there"),
            ("marge", "0.125", "there"),
            ("vorjahr", "1204", "there"),
            ("vorjahr", "1.204", "nowhere"),
            ("marge", "125", "nowhere"),
        ],
    ),
    (
        "Le chiffre d'affaires a atteint 1 234 567 € et la marge 12,5 %. Les effectifs sont de 4 "
        "210 personnes.",
        [
            ("ca", "1234567", "there"),
            ("marge", "0.125", "there"),
            ("effectifs", "4210", "there"),
            ("x", "234", "nowhere"),
        ],
    ),
    (
        "Ventas: 12.345,6 millones. Margen 3,75 %.",
        [("ventas", "12345.6", "there"), ("ventas", "12345600000", "there"), ("margen", "0.0375", "there")],
    ),
    (
        "| Posten | 2023 | 2022 |\n"
        "|---|---|--- |\n"
        "| Umsatz | 4.512 | 4.317 |\n"
        "| Marge (%) | 12,5 | 11,9 |\n"
        "| EBIT | 564,0 | 513,7 |",
        [
            ("umsatz_2023", "4512", "there"),
            ("marge", "0.125", "there"),
            ("ebit", "564", "there"),
            ("ebit", "513.7", "there"),
            ("umsatz", "4.512", "nowhere"),
        ],
    ),
    (
        "| Poste | 2023 |\n|---|--- |\n| Ventes | 12 345 |\n| Achats | 7 890 |\n| Marge | 36,1 |",
        [
            ("ventes", "12345", "there"),
            ("achats", "7890", "there"),
            ("marge", "36.1", "there"),
            ("x", "345", "nowhere"),
            ("y", "890", "nowhere"),
        ],
    ),
    (
        "Sales were 1,234.5 and costs 1.204 per unit.",
        [("sales", "1234.5", "there"), ("costs", "1.204", "there"), ("costs", "1204", "nowhere")],
    ),
    (
        "Sales were 12,345 and costs 1,204.",
        [("sales", "12345", "there"), ("costs", "1204", "there"), ("costs", "1.204", "nowhere")],
    ),
    (
        "Omzet 2,5 miljoen, winst 0,75 miljoen euro.",
        [("omzet", "2.5", "there"), ("winst", "0.75", "there")],
    ),
    (
        "Preis 3,99 € statt 4,49 €; 1.500 Stück.",
        [("preis", "3.99", "there"), ("alt", "4.49", "there"), ("stueck", "1500", "there")],
    ),
    (
        "Am 31.12.2023 betrug die Bilanzsumme 5.678,9 Mio. EUR und am 31.12.2022 4.321 Mio. EUR.",
        [("b2023", "5678.9", "there"), ("b2022", "4321", "there"), ("b2022", "4.321", "nowhere")],
    ),
    (
        "Tulot 1 234,5 miljoonaa, kulut 987,6.",
        [("tulot", "1234.5", "there"), ("kulut", "987.6", "there")],
    ),
    (
        "CHF 1'234'567.80 Umsatz, 12.5 % Marge",
        [("umsatz", "1234567.80", "there"), ("marge", "0.125", "there")],
    ),
    (
        "In 2023 500 people worked here, in 2022 480 people.",
        [("people", "500", "there"), ("people", "2023500", "nowhere")],
    ),
    (
        "Net sales 512 498 475\nCosts 300 280 260\n",
        [("net_sales", "512", "there"), ("net_sales", "498", "there"), ("net_sales", "512498475", "nowhere")],
    ),
    (
        "The list 1,5 and 2,5 of items: the price is 3,75.",
        [("price", "3.75", "there")],
    ),
    (
        "Przychody 2 345 678 zł, marża 4,5 %.",
        [("a", "2345678", "there"), ("b", "0.045", "there")],
    ),
    (
        "The budget is R$ 1.250.000,00 with 7,5% interest.",
        [("a", "1250000", "there"), ("b", "0.075", "there")],
    ),
]

SCRIPTS: Cases = [
    (
        "营业收入1.2万元，增长12.5%。",
        [("a", "12000", "there"), ("b", "0.125", "there"), ("c", "1.3", "nowhere")],
    ),
    (
        "営業利益は3億円、従業員は1,200人。",
        [("a", "300000000", "there"), ("b", "1200", "there")],
    ),
    (
        "人口は4.5千万人です。",
        [("a", "45000000", "there")],
    ),
    (
        "매출은 5억 원, 비용은 3만 원.",
        [("a", "500000000", "there"), ("b", "30000", "there")],
    ),
    (
        "بلغت الإيرادات ٤٥٫٢ مليون والنسبة ١٢٫٥٪",
        [("a", "45.2", "there"), ("b", "0.125", "there"), ("c", "45.3", "nowhere")],
    ),
    (
        "الإيرادات ١٬٢٣٤ ريال",
        [("a", "1234", "there")],
    ),
    (
        "درآمد ۱۲۳۴ ریال",
        [("a", "1234", "there")],
    ),
    (
        "売上高は１，２３４．５、利益率は１２．５％。",
        [("a", "1234.5", "there"), ("b", "0.125", "there")],
    ),
    (
        "राजस्व १२३४ करोड़",
        [("a", "1234", "there")],
    ),
    (
        "收入12.5亿元，成本8000万元",
        [("a", "1250000000", "there"), ("b", "80000000", "there")],
    ),
    (
        "資本金は100百万円",
        [("a", "100000000", "there")],
    ),
    (
        "投资额３００万",
        [("a", "3000000", "there")],
    ),
]

SIGNS: Cases = [
    (
        "| Item | 2023 |\n|---|--- |\n| Net loss | 1,234.5- |\n| Sales | 812 |",
        [("net_loss", "-1234.5", "there"), ("net_loss", "1234.5", "with a minus")],
    ),
    (
        "Balance 512.30 CR\nOpening 811.20 DR\nCharges 45.10 DR\n",
        [("balance", "-512.30", "there"), ("balance", "512.30", "credit"), ("opening", "811.20", "there")],
    ),
    (
        "| Item | 2023 |\n|---|--- |\n| Net loss | 1,234.5 - |\n| Sales | 812 |",
        [("net_loss", "-1234.5", "there")],
    ),
    (
        "| Item | 2023 |\n|---|--- |\n| Net loss | 1,234.5− |\n| Sales | 812 |",
        [("net_loss", "-1234.5", "there")],
    ),
    (
        "| Item | 2023 |\n|---|--- |\n| Net loss | 1,234.5 Cr. |\n| Sales | 812 |",
        [("net_loss", "-1234.5", "there"), ("net_loss", "1234.5", "credit")],
    ),
    (
        "| Item | 2023 |\n|---|--- |\n| Net loss | -1,234.5 |\n| Sales | 812 |",
        [("net_loss", "1234.5", "minus there"), ("net_loss", "-1234.5", "there")],
    ),
    (
        "| Item | 2023 |\n|---|--- |\n| Net loss | (1,234.5) |\n| Sales | 812 |",
        [("net_loss", "1234.5", "in brackets")],
    ),
    (
        "| Item | 2023 |\n|---|--- |\n| Net loss | 45.5 crore |\n| Sales | 812 |",
        [("net_loss", "45.5", "there"), ("net_loss", "455000000", "there")],
    ),
]

CAPTIONS: Cases = [
    (
        "(in millions)\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Sales | 512.3 |\n"
        "\n"
        "Headcount by region (in thousands)\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Asia | 41.7 |",
        [
            ("sales", "512300000", "there"),
            ("sales", "512300", "nowhere"),
            ("asia", "41700", "there"),
            ("asia", "41700000", "nowhere"),
        ],
    ),
    (
        "(in millions)\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Sales | 512.3 |\n"
        "\n"
        "Staff by region\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Asia | 417 |",
        [("sales", "512300000", "there"), ("asia", "417", "there"), ("asia", "417000000", "nowhere")],
    ),
    (
        "All amounts in this report are in thousands of dollars.\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Sales | 512.3 |\n"
        "\n"
        "Other\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Costs | 417 |",
        [("sales", "512300", "there"), ("costs", "417000", "there")],
    ),
    (
        "Consolidated results\n| $'000 | 2023 |\n|---|--- |\n| Sales | 5,123 |",
        [("sales", "5123000", "there"), ("sales", "5123000000", "nowhere")],
    ),
    (
        "| | 2023 $m | 2022 $m |\n|---|---|--- |\n| Sales | 512.3 | 498.1 |",
        [("sales_2023", "512300000", "there")],
    ),
    (
        "Income (in millions, except per share)\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Sales | 512.3 |\n"
        "| Earnings per share | 4.17 |",
        [("sales", "512300000", "there"), ("eps", "4170000", "nowhere"), ("eps", "4.17", "there")],
    ),
    (
        "CONSOLIDATED STATEMENTS\n"
        "(in thousands)\n"
        "Years ended 2024 2023\n"
        "Sales 512,300 498,100\n"
        "Costs 300,200 290,100\n"
        "The group operates in several regions and reports to its board every month about its "
        "business and outlook in some detail.\n"
        "Staff 417 411\n"
        "Sites 128 121\n",
        [("sales_2024", "512300000", "there"), ("staff", "417000", "nowhere"), ("staff", "417", "there")],
    ),
    (
        "The contract is worth $4.1 million.\n| | 2023 |\n|---|--- |\n| Sales | 512.3 |",
        [("sales", "512300000", "nowhere")],
    ),
    (
        "Net sales (EUR m)\n| | 2023 |\n|---|--- |\n| Asia | 41.7 |",
        [("asia", "41700000", "there")],
    ),
    (
        "Umsatz in Mio. EUR\n| | 2023 |\n|---|--- |\n| Asien | 41,7 |\n| Europa | 112,5 |",
        [("asien", "41700000", "there")],
    ),
    (
        "(unaudited, in 000s)\n| | 2023 |\n|---|--- |\n| Asia | 4,170 |",
        [("asia", "4170000", "there")],
    ),
    (
        "£000\n| | 2023 |\n|---|--- |\n| Asia | 4,170 |",
        [("asia", "4170000", "there")],
    ),
    (
        "Amounts in Rs. crore\n| | 2023 |\n|---|--- |\n| Asia | 4,170 |",
        [("asia", "41700000000", "there")],
    ),
    (
        "Dollars in billions\n| | 2023 |\n|---|--- |\n| Asia | 4.17 |",
        [("asia", "4170000000", "there"), ("asia", "4170000", "nowhere")],
    ),
    (
        "Table 1. Sales in thousands\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Asia | 4,170 |\n"
        "Table 2. Sites\n"
        "| | 2023 |\n"
        "|---|--- |\n"
        "| Asia | 5,180 |",
        [("asia_sales", "4170000", "there"), ("asia_sites", "5180000", "nowhere")],
    ),
]


@pytest.mark.parametrize(("document", "taken"), RANGES)
def test_the_unit_behind_a_range_holds_for_all_of_it(
    document: str, taken: list[tuple[str, str, str]]
) -> None:
    check(document, taken)


@pytest.mark.parametrize(("document", "taken"), CELLS)
def test_the_unit_of_a_cell_stands_beside_or_above_it(
    document: str, taken: list[tuple[str, str, str]]
) -> None:
    check(document, taken)


@pytest.mark.parametrize(("document", "taken"), NOTATIONS)
def test_a_text_is_read_in_its_own_notation(document: str, taken: list[tuple[str, str, str]]) -> None:
    check(document, taken)


@pytest.mark.parametrize(("document", "taken"), SCRIPTS)
def test_digits_of_other_scripts_are_digits(document: str, taken: list[tuple[str, str, str]]) -> None:
    check(document, taken)


@pytest.mark.parametrize(("document", "taken"), SIGNS)
def test_a_minus_behind_a_number_is_told(document: str, taken: list[tuple[str, str, str]]) -> None:
    check(document, taken)


@pytest.mark.parametrize(("document", "taken"), CAPTIONS)
def test_a_caption_belongs_to_its_own_table(document: str, taken: list[tuple[str, str, str]]) -> None:
    check(document, taken)
