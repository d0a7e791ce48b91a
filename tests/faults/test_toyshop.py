"""The toy shop while nobody kills it: each door takes an order with all that belongs to it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from core.orm.database import Database
from core.web.dispatcher import Dispatcher
from core.web.requests import TOKEN_COOKIE
from tests.faults import books
from tests.faults.buyers import CHECKOUT, FORM
from tests.faults.harness import plan
from tests.faults.shop import Shop, addons
from tests.web.markup import read, typed

SECRET = "a secret of tests that is long enough"
Sent = dict[str, str | list[str]]


@pytest.fixture
def buyer(shop: Shop) -> Iterator[Client]:
    """Somebody who is signed in."""
    with closing(Dispatcher({"*": shop.url}, SECRET, addons())) as dispatcher:
        client = Client(dispatcher)
        client.set_cookie(TOKEN_COOKIE, shop.tokens(1)[0])
        yield client


def by_form(buyer: Client, shop: Shop, quantity: int) -> Sent:
    """The form of the product, filled in."""
    form = typed(read(buyer.get(FORM).text).one("main").one("form", method="post", action=FORM))
    rows = {f"lines-new{row}-product": str(shop.products[row]) for row in (1, 2)}
    rows |= {f"lines-new{row}-quantity": str(quantity) for row in (1, 2)}
    return {**form, "reference": "one", "customer": str(shop.customers[0]), **rows}


def by_page(buyer: Client, shop: Shop, quantity: int) -> Sent:
    """What the shop's own page takes."""
    first, second = shop.products[:2]
    form = typed(read(buyer.get(FORM).text).one("main").one("form", method="post", action=FORM))
    sent = {"key": "one", "reference": "one", "customer": str(shop.customers[0])}
    return {**sent, "items": f"{first}:{quantity},{second}:{quantity}", "csrf_token": form["csrf_token"]}


DOORS = {FORM: by_form, CHECKOUT: by_page}


def orders(shop: Shop) -> int:
    """How many there are."""
    with closing(Database(shop.url)) as database, database.reading.connect() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM toyshop_order")) or 0)


@pytest.mark.parametrize("door", DOORS)
def test_an_order_that_comes_twice_is_taken_once(shop: Shop, buyer: Client, door: str) -> None:
    sent = DOORS[door](buyer, shop, 2)
    answers = [buyer.post(door, data=sent) for _time in range(2)]
    assert [answer.status_code for answer in answers] in ([303, 303], [200, 200])
    assert answers[0].headers.get("Location") == answers[1].headers.get("Location")
    assert orders(shop) == 1
    assert books.breaches(shop.url, ["one"], thorough=True) == []


@pytest.mark.parametrize("door", DOORS)
def test_an_order_that_is_refused_leaves_nothing(shop: Shop, buyer: Client, door: str) -> None:
    """The stock is looked at last of all, when the rest is written: a page of an addon is undone as a form is."""
    answer = buyer.post(door, data=DOORS[door](buyer, shop, books.STOCK + 1))
    assert answer.status_code in (400, 422)
    assert "Beras" in answer.text
    assert orders(shop) == 0
    assert books.breaches(shop.url, []) == []


def test_a_seed_gives_the_same_kills() -> None:
    assert plan("a", 50) == plan("a", 50) != plan("b", 50)


def test_the_books_tell_of_an_order_that_was_acknowledged_and_is_not_there(shop: Shop) -> None:
    assert books.breaches(shop.url, ["lost"]) == ["acknowledged orders that are not there: 1, as lost"]
