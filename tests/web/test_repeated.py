"""A transaction that the database broke off in favour of another is done again, a few times."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from core.web import requests
from core.web.records import saving
from tests.web import kit


class BrokenOff(Exception):
    """What a driver raises."""

    sqlstate = "40P01"


def breaking(times: int, work: Callable[..., Any]) -> Callable[..., Any]:
    """`work`, but that many times it comes to nothing at its end."""
    left = [times]

    def do(*args: Any) -> Any:
        done = work(*args)
        if left[0]:
            left[0] -= 1
            raise sa.exc.OperationalError("UPDATE", {}, BrokenOff())
        return done

    return do


@pytest.mark.parametrize(("times", "saved"), [(1, True), (4, True), (5, False)])
def test_a_deadlock_is_no_error_of_the_user(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch, times: int, saved: bool
) -> None:
    monkeypatch.setattr(requests, "PAUSE", 0)
    visitor = served.sign_in("dewi")
    monkeypatch.setattr(saving, "_created", breaking(times, saving._created))
    title = f"Gudang {times}"
    with contextlib.nullcontext() if saved else pytest.raises(AssertionError, match="503 SERVICE"):
        assert visitor.fill("/app/crm.lead/new", {"title": title}).status_code == 303
    found = visitor.get(f"/app/crm.lead?title__eq={title}").main.all("tbody")
    rows = [row for body in found for row in body.all("tr")]
    assert len([row for row in rows if title in row.text]) == saved
