"""How SQLite goes about a page of a list: along the index that has the rows in order, not by sorting all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.orm.database import Database
from tests.copies import Copies
from tests.web import kit
from tests.web.conftest import Statements


def test_contacts_of_my_companies_are_not_sorted_for_a_page(
    copies: Copies, serve: Callable[..., Any], statements: Statements
) -> None:
    with copies.copy("sqlite") as url, serve({"*": url}) as application:
        kit.Served(url, application).sign_in("dewi").get("/app/base.partner?sort=name")
        text, values = next(said for said in statements if "ORDER BY base_partner.name" in said[0])
        assert "base_partner.company_id" in text, "the rule of companies is in it"
        database = Database(url)
        with database.reading.connect() as connection:
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
        database.close()
    assert any("ix_base_partner__name" in step for step in plan), plan
    assert not any("B-TREE" in step for step in plan), plan
