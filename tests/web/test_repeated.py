"""A transaction that the database broke off in favour of another is done again, a few times."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from core.base.demo import DOMAIN
from core.errors import DatabaseBusy
from core.orm.env import Env
from core.web import requests
from core.web.records import saving
from tests.web import kit
from tests.web.test_actions import LEADS, undo_form
from tests.web.test_saved_views import HOT

DEWI = f"dewi@{DOMAIN}"


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


@pytest.mark.parametrize(("times", "saved"), [(2, True), (3, False)])
def test_who_was_overtaken_for_long_stands_in_line_again(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch, times: int, saved: bool
) -> None:
    """The embedded database lets in whoever asks at the right moment, and tells the others that it is locked."""
    monkeypatch.setattr(requests, "PAUSE", 0)
    visitor = served.sign_in("dewi", "en")
    before, create, left = served.count("crm.lead"), saving._created, [None] * times

    def overtaken(*args: Any) -> Any:
        if left:
            left.pop()
            raise DatabaseBusy("It is locked.")
        return create(*args)

    monkeypatch.setattr(saving, "_created", overtaken)
    with contextlib.nullcontext() if saved else pytest.raises(AssertionError, match="503 SERVICE"):
        assert visitor.fill("/app/crm.lead/new", {"title": "Gudang"}).status_code == 303
    assert len(left) == 0
    assert served.count("crm.lead") == before + saved


@pytest.mark.slow
def test_eight_who_write_at_once_are_all_served(served: kit.Served) -> None:
    """D16: on PostgreSQL they meet in one row, on SQLite in the one lock there is. Nobody gets an error."""
    people, before = [served.sign_in("made") for _number in range(8)], served.count("crm.lead")

    def work(number: int) -> list[int]:
        made = [
            people[number].fill("/app/crm.lead/new", {"title": f"Bersama {number}"}) for _time in range(5)
        ]
        return [answer.status_code for answer in made]

    with ThreadPoolExecutor(8) as pool:
        assert [code for codes in pool.map(work, range(8)) for code in codes] == [303] * 40
    assert served.count("crm.lead") == before + 40


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets the database break off the next transaction of a page at its end, once for each name put in."""
    monkeypatch.setattr(requests, "PAUSE", 0)
    left: list[str] = []
    whole = requests.writing

    @contextlib.contextmanager
    def writing() -> Iterator[Env]:
        with whole() as env:
            yield env
            if left:
                raise sa.exc.OperationalError(left.pop(), {}, BrokenOff())

    monkeypatch.setattr(requests, "writing", writing)
    return left


def test_each_action_is_done_again_and_once(served: kit.Served, broken: list[str]) -> None:
    visitor, lead, before = served.sign_in("dewi"), served.first("crm.lead"), served.count("crm.lead")
    here, token = f"{LEADS}/{lead}", visitor.token("/")

    def act(path: str, **data: str) -> kit.Answer:
        broken.append(path)
        answer = visitor.post(path, {"csrf_token": token, **data})
        assert answer.status_code in (302, 303) and not broken, path
        return visitor.get(answer.headers["Location"])

    for many in ("", str(lead)):
        chosen = {"row": many} if many else {}
        for action, archived in (("archive", True), ("restore", False)):
            shown = act(f"{LEADS if many else here}/{action}", **chosen)
            assert served.value("crm.lead", lead, "archived") is archived
    act(undo_form(shown)["action"])
    assert served.value("crm.lead", lead, "archived") is True
    act(f"{here}/delete", version=str(served.value("crm.lead", lead, "version")))
    assert served.count("crm.lead") == before - 1
    views = f"{LEADS}/views"
    act(views, name="Panas", query=HOT)
    view = served.first("base.saved_view")
    act(f"{views}/{view}", name="Dingin")
    assert served.value("base.saved_view", view, "name") == "Dingin" and served.count("base.saved_view") == 1
    act(f"{views}/{view}/delete")
    assert served.count("base.saved_view") == 0
    act("/theme", theme="dark")
    assert served.value("base.user", served.first("base.user", email=DEWI), "theme") == "dark"
