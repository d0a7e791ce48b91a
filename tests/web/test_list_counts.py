"""How many rows a list has: exact up to a limit; of one that is far longer it is remembered for a moment."""

from __future__ import annotations

import pytest

from core.access.overrides import raise_version
from core.web.listing import crowds, page
from tests.web import kit
from tests.web.conftest import Statements

LONG = "/app/crm.lead?limit=20"
MIDDLING, SHORT = (f"{LONG}&id__in={','.join(map(str, range(1, most + 1)))}" for most in (30, 8))


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leads are a crowd, as if there were twenty thousand of them."""
    monkeypatch.setattr(page, "COUNT_LIMIT", 25)
    monkeypatch.setattr(page, "CROWD", 50)


def counted(visitor: kit.Visitor, statements: Statements, path: str) -> tuple[int, str]:
    """The statements that count, and what the page says of where it is."""
    statements.clear()
    spans = visitor.get(path).main.all("span", role="status")
    said = next(span.text for span in spans if "–" in span.text)
    asked = [text for text, _values in statements if "count(*)" in text and "base_notification" not in text]
    return len(asked), said.split()[-1]


def test_a_crowd_is_counted_once(served: kit.Served, statements: Statements) -> None:
    dewi = served.sign_in("dewi")
    assert [counted(dewi, statements, LONG) for _turn in range(3)] == [(1, "25+"), (0, "25+"), (0, "25+")]
    assert counted(dewi, statements, f"{LONG}&title__ne=x") == (1, "25+"), "other filters are another list"
    assert counted(dewi, statements, f"{LONG}&page=2") == (0, "25+")


def test_it_is_forgotten_soon(
    served: kit.Served, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    dewi = served.sign_in("dewi")
    monkeypatch.setattr(crowds, "SECONDS", -1.0)
    assert [counted(dewi, statements, LONG) for _turn in range(2)] == [(1, "25+"), (1, "25+")]


def test_what_one_reader_was_told_is_told_to_nobody_else(served: kit.Served, statements: Statements) -> None:
    counted(served.sign_in("dewi"), statements, LONG)
    assert counted(served.sign_in("made"), statements, LONG) == (1, "25+")


def test_nor_to_the_same_reader_with_other_rights(served: kit.Served, statements: Statements) -> None:
    dewi = served.sign_in("dewi")
    counted(dewi, statements, LONG)
    with served.env() as env:
        raise_version(env.session.core_connection())
    assert counted(dewi, statements, LONG) == (1, "25+")


def test_a_list_that_may_get_short_is_counted_each_time(served: kit.Served, statements: Statements) -> None:
    dewi = served.sign_in("dewi")
    assert [counted(dewi, statements, MIDDLING) for _turn in range(2)] == [(1, "25+"), (1, "25+")]
    assert counted(dewi, statements, SHORT) == (0, "8"), "all of it stands on the page"
    with served.env() as env:
        gone = env.read(env["crm.lead"], range(21, 31))
        env.write(gone, {"archived": True})
    assert counted(dewi, statements, f"{MIDDLING}&sort=id") == (1, "20")


def test_what_was_found_long_is_not_kept_without_end(
    served: kit.Served, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "MOST_KNOWN", 1)
    dewi, other = served.sign_in("dewi"), f"{LONG}&title__ne=x"
    assert [counted(dewi, statements, path)[0] for path in (LONG, LONG, other, other, LONG)] == [
        1,
        0,
        1,
        0,
        1,
    ]
