"""Rows of a database: each told by its key, whole, and never the password."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.tools.retrieval import Index, sql_rows


@pytest.fixture
def shop(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.executescript(
            """
            create table orders (customer text, amount numeric, day date, paid blob, id integer primary key);
            insert into orders values ('North | Sons', 1152.80, '2024-03-01', null, 17);
            insert into orders values ('South Ltd', 98, '2024-02-01', x'0102', 4);
            create view large as select * from orders where amount > 1000;
            """
        )
    database.close()
    return f"sqlite:///{tmp_path}/shop.db"


def test_rows_stand_by_their_key(shop: str, tmp_path: Path) -> None:
    document = sql_rows(shop, "orders")
    assert (document.source, document.title) == ("shop.db/orders", "orders, rows by id")
    assert document.pages[0].splitlines()[2:] == [
        "| id | customer | amount | day | paid |",
        "|---|---|---|---|---|",
        "| 4 | South Ltd | 98 | 2024-02-01 | (2 bytes) |",
        "| 17 | North \\| Sons | 1152.8 | 2024-03-01 |  |",
    ]
    with Index(tmp_path / "index") as index:
        index.put([document])
        (found,) = index.search(Search("order of North", 1))
        assert found.source == "shop.db/orders" and "| 17 | North" in found.text
        whole = index.whole_table("shop.db/orders")
        assert whole is not None and whole.n_rows == 2
        assert [column.heading for column in whole.columns][:2] == ["id", "customer"]


def test_columns_key_and_length_can_be_chosen(shop: str) -> None:
    document = sql_rows(shop, "large", key=["customer"], columns=["amount"])
    assert document.pages[0].splitlines()[-1] == "| North \\| Sons | 1152.8 |"
    short = sql_rows(shop, "orders", max_rows=1)
    assert short.notes == ("rows after the first 1 were not read",) and "North" not in short.pages[0]


def test_what_cannot_be_read_is_one_line(shop: str) -> None:
    for table, options, why in (
        ("missing", {}, "there is no table 'missing'"),
        ("large", {}, "has no primary key"),
        ("orders", {"key": ["no"]}, "has no column 'no'; it has customer, amount"),
        ("orders; drop table orders", {}, "there is no table"),
    ):
        with pytest.raises(UsageError, match=why):
            sql_rows(shop, table, **options)  # type: ignore[arg-type]
    with pytest.raises(LibraryError, match="cannot be read"):
        sql_rows("sqlite:////no/such/folder/shop.db", "orders")
    assert len(sql_rows(shop, "orders").tables[0].rows) == 2
