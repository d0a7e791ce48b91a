"""How SQLite goes about a page of a list: along the index that has the rows in order, not by sorting all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.orm.database import Database
from tests.copies import Copies
from tests.web import kit
from tests.web.conftest import Statements


def plan_of(
    copies: Copies, serve: Callable[..., Any], statements: Statements, page: str, order: str
) -> list[str]:
    """How the statement of a page goes about what it reads in an order."""
    with copies.copy("sqlite") as url, serve({"*": url}) as application:
        kit.Served(url, application).sign_in("dewi").get(page)
        text, values = next(said for said in statements if f"ORDER BY {order}" in said[0])
        assert "company_id" in text, "the rule of companies is in it"
        database = Database(url)
        with database.reading.connect() as connection:
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
        database.close()
    return plan


def test_contacts_of_my_companies_are_not_sorted_for_a_page(
    copies: Copies, serve: Callable[..., Any], statements: Statements
) -> None:
    plan = plan_of(copies, serve, statements, "/app/base.partner?sort=name", "base_partner.name")
    assert any("ix_base_partner__name" in step for step in plan), plan
    assert not any("B-TREE" in step for step in plan), plan


def test_what_is_listed_by_its_beginning_is_not_sorted_for_a_page(
    copies: Copies, serve: Callable[..., Any], statements: Statements
) -> None:
    """50,000 deals were sorted for each page of their list."""
    plan = plan_of(copies, serve, statements, "/app/crm.deal", "crm_deal.created_at DESC")
    assert any("ix_crm_deal__created_at__id" in step for step in plan), plan
    assert not any("B-TREE" in step for step in plan), plan
