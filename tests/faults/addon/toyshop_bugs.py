"""Faults that the harness must find: TOYSHOP_BUG names the one that this process has.

Each of them is a thing that programs do. Where it would show only now and then, it waits a moment at the worst place.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import toyshop
from flask import Response, after_this_request, request
from sqlalchemy import select
from toyshop import Line, Order, Product
from werkzeug.datastructures import ImmutableMultiDict

from core import Addon, Env, Event, _, hookimpl
from core.orm.env import open_env
from core.web import requests
from core.web.forms.drawn import Drawn
from core.web.records import saving

MOMENT = 0.05
"""Seconds."""

addon = Addon("toyshop_bugs", version="1.0", label=_("Faults of the toy shop"), depends=("toyshop",))
BUG = os.environ.get("TOYSHOP_BUG", "")
CHECKOUT, NUMBER, ASK = toyshop.checkout, toyshop.number, toyshop.ask_to_confirm


# ----------------------------------------------------------------- no lock
def take_as_it_was_read(env: Env, lines: Sequence[Line]) -> None:
    """Takes from the stock that was read when the request began."""
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.product.id] += line.quantity
    for key, quantity in wanted.items():
        before, product = requests.env().get(Product, key), env.get(Product, key)
        assert before is not None and product is not None
        product.stock = before.stock - quantity


# ----------------------------------------------------------------- the answer before the commit
def answer_first(env: Env) -> str:
    """Says that the order is taken, and takes it then."""
    work = partial(_take, env, request.form.copy())
    after_this_request(partial(_then, work))
    return "taken"


def _then(work: Callable[[], None], response: Response) -> Response:
    response.call_on_close(work)
    return response


def _take(before: Env, sent: dict[str, str]) -> None:
    time.sleep(MOMENT)
    with open_env(before.registry, before.database, before.user) as env:
        customer = env.get(toyshop.Customer, int(sent["customer"]))
        row = {"key": sent["key"], "reference": sent["reference"], "customer": customer}
        order = env.create(Order, [row])[0]
        env.create(Line, [row | {"order": order} for row in toyshop.items(env, sent["items"])])


# ----------------------------------------------------------------- keys
def take_without_key(env: Env) -> str:
    """Makes a key of its own for each try."""
    request.form = ImmutableMultiDict({**request.form, "key": secrets.token_hex(32)})
    return CHECKOUT(env)


def new_each_time(drawn: Drawn, form: Mapping[str, str] | None = None) -> str:
    """Knows no form of the product again."""
    return secrets.token_hex(32)


def is_buyer_known(env: Env, key: str) -> bool:
    """Takes the key of a buyer for that of an order."""
    mine = env[Order].key.startswith(key.rpartition("-")[0])
    return env.scalar(select(env[Order].id).where(mine).limit(1)) is not None


# ----------------------------------------------------------------- a second transaction
def not_yet(env: Env, orders: Sequence[Order]) -> None:
    """Is done after the commit instead."""


@hookimpl
def after_commit(env: Env, events: Sequence[Event]) -> None:
    """A moment between a commit and what follows it: the answer, or a second transaction."""
    keys = [
        key
        for event in events
        if (event.kind, event.model) == ("created", "toyshop.order")
        for key in event.ids
    ]
    if not keys:
        return
    later = {"number later": NUMBER, "job later": ASK}.get(BUG)
    if later is not None or BUG == "no key":
        time.sleep(MOMENT)
    if later is not None:
        later(env, env.read(Order, keys))


PATCHES: dict[str, list[tuple[Any, str, Callable[..., Any]]]] = {
    "no lock": [(toyshop, "take_from_stock", take_as_it_was_read)],
    "answer first": [(toyshop, "checkout", answer_first)],
    "no key": [(toyshop, "checkout", take_without_key), (saving, "fingerprint", new_each_time)],
    "key of another": [(toyshop, "is_known", is_buyer_known)],
    "number later": [(toyshop, "number", not_yet)],
    "job later": [(toyshop, "ask_to_confirm", not_yet)],
}
for room, name, fault in PATCHES.get(BUG, ()):
    setattr(room, name, fault)
