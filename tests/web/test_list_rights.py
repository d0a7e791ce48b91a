"""Who may not read something learns nothing of it by a filter, order, group, column or file of the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.web import kit
from tests.web.listed import LEADS, cells_of, count, groups, keys, rows, table

USERS = "/app/base.user"
HIDDEN = "Toko Rahasia Zamrud"


NEVER = "qqqqq"
"""A field that no model has."""


def plain(answer: kit.Answer, asked: str = "", instead: str = "") -> str:
    """A page without its number and tokens; another word in the place of the one that was asked for."""
    text = re.sub(r"[0-9A-F]{4}-[0-9A-F]{4}|name=\"csrf_token\" value=\"[^\"]+\"", "", answer.text)
    return text.replace(asked, instead) if asked else text


# ----------------------------------------------------------------- closed fields
def ways(name: str) -> list[tuple[str, str]]:
    """Every way to name a field of a list in its address."""
    operators = ("eq", "ne", "contains", "in", "isnull", "lt", "ge")
    return [
        *[(f"{name}__{operator}", "true") for operator in operators],
        ("sort", name),
        ("sort", f"-{name}"),
        ("group", name),
        ("columns", name),
        ("columns", f"name,{name}"),
        ("filter_field", name),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("person", ["ayu", "dewi"])
def test_a_closed_field_is_as_good_as_none(shared: kit.Served, person: str) -> None:
    """Answered by the very same page as a field that never was; an administrator reads it."""
    visitor, admin = shared.sign_in(person), shared.sign_in("made")
    for name in ("email", "phone", "lang", "tz", "active", "roles"):
        for (parameter, value), (other, nothing) in zip(ways(name), ways(NEVER), strict=True):
            for extra in ({}, {"format": "csv"}):
                closed = visitor.get(USERS, query_string={parameter: value, **extra})
                never = visitor.get(USERS, query_string={other: nothing, **extra})
                assert closed.status_code == never.status_code == 400, (parameter, value)
                assert plain(closed) == plain(never, NEVER, name), (parameter, value)
    for address in ("email__contains=a", "sort=email", "group=lang", "columns=email", "active__eq=true"):
        assert admin.get(f"{USERS}?{address}").status_code == 200


def test_nor_does_it_open_at_the_end_of_a_path(shared: kit.Served) -> None:
    visitor, admin = shared.sign_in("ayu"), shared.sign_in("made")
    for path in ("owner.email", "partner.owner.email", "owner.roles.name", "owner.roles", "owner.active"):
        closed, never = (visitor.get(f"{LEADS}?{name}__isnull=false") for name in (path, NEVER))
        assert closed.status_code == never.status_code == 400, path
        assert plain(closed) == plain(never, NEVER, path)
    assert admin.get(f"{LEADS}?owner.email__contains=ayu").status_code == 200


def test_what_is_closed_is_in_no_menu_and_no_file(shared: kit.Served) -> None:
    answer = shared.sign_in("ayu", lang="en").get(USERS)
    offered = {
        item.get("value") for item in answer.main.all("option") + answer.main.all("input", type="checkbox")
    }
    assert "name" in offered and not offered & {
        "email",
        "phone",
        "lang",
        "tz",
        "active",
        "roles",
        "theme",
        "shortcuts",
    }
    heads, *lines = table(shared.sign_in("ayu", lang="en").get(f"{USERS}?format=csv"))
    assert "Email" not in heads and not any("@" in cell for line in lines for cell in line)
    assert "Email" in table(shared.sign_in("made", lang="en").get(f"{USERS}?format=csv"))[0]


# ----------------------------------------------------------------- leads of another team
def test_leads_of_another_team_are_nowhere(shared: kit.Served) -> None:
    """In no page, search, filter, order, group, count, sum or file of a seller; the manager has them all."""
    with shared.env() as env:
        lead = env["crm.lead"]
        ayu = kit.record(env, "base.user", shared.first("base.user", name="Ayu Lestari"))
        team = [item.id for item in ayu.teams]
        everything = list(env.scalars(sa.select(lead)))
        mine = [item for item in everything if item.owner is ayu or (item.team and item.team.id in team)]
        seen, unseen = (
            {item.id for item in mine},
            {item.id for item in everything} - {item.id for item in mine},
        )
        titles = {item.title for item in everything if item.id in unseen} - {item.title for item in mine}
        total = sum(item.revenue or 0 for item in mine)
    assert seen and unseen and titles
    visitor, manager = shared.sign_in("ayu", lang="en"), shared.sign_in("dewi", lang="en")
    for address in (
        "",
        "sort=title",
        "sort=-revenue",
        "q=a",
        "title__contains=a",
        "id__ne=0",
        "owner.name__ne=x",
        "columns=title,owner",
        "group=owner",
        "team__isnull=false",
        "group=state&sort=owner",
    ):
        assert set(keys(visitor, f"{LEADS}?{address}")) <= seen, address
        assert set(keys(manager, f"{LEADS}?{address}")) & unseen, address
    assert set(keys(visitor, LEADS)) == seen
    assert count(visitor.get(LEADS)) == len(seen)
    for key in sorted(unseen)[:3]:
        assert visitor.get(f"{LEADS}?id__eq={key}").main.all("table") == []
    file = visitor.get(f"{LEADS}?format=csv")
    assert not [title for title in titles if title in file.text]
    for title in sorted(titles)[:3]:
        assert visitor.get(LEADS, query_string={"title__eq": title}).main.all("table") == []
        assert visitor.get(LEADS, query_string={"q": f'"{title}"'}).main.all("table") == []
    shown = groups(visitor.get(f"{LEADS}?group=kind"))
    assert sum(number for _label, number, _sums in shown) == len(seen)
    assert sum(int(re.sub(r"\D", "", sums[0])) for _label, _number, sums in shown) == total
    assert len(table(file)) == 1 + len(seen)


# ----------------------------------------------------------------- links to what may not be read
@pytest.fixture
def narrowed(served: kit.Served) -> Iterator[tuple[kit.Served, int, int]]:
    """Users read the partners that they own; a lead of ayu's leads to one that she does not own."""
    with served.env() as env:
        ayu = kit.record(env, "base.user", served.first("base.user", name="Ayu Lestari"))
        bima = kit.record(env, "base.user", served.first("base.user", name="Bima Saputra"))
        [partner] = env.create(env["base.partner"], [{"name": HIDDEN, "owner": bima, "kind": "company"}])
        [lead] = env.create(
            env["crm.lead"],
            [{"title": "Aaa yang tersambung", "owner": ayu, "team": ayu.teams[0], "partner": partner}],
        )
        env.flush()
        keys_made = lead.id, partner.id
        for role in ("base.user", "base.manager", "crm.user"):
            narrow(env, role, "own")
    yield served, *keys_made


def narrow(env: Any, role: str, scope: str, model: str = "base.partner") -> None:
    """What a role may read of a model, instead of what was shipped."""
    found = env.scalar(sa.select(env["base.role"]).where(env["base.role"].name == role))
    values = {"model": model, "role": found, "read_scope": scope, "write_scope": "none"}
    env.create(env["base.access_right"], [values])


def test_a_link_to_what_is_hidden_tells_nothing_of_it(narrowed: tuple[kit.Served, int, int]) -> None:
    served, lead, partner = narrowed
    visitor = served.sign_in("ayu", lang="en")
    shown = visitor.get(f"{LEADS}?id__eq={lead}&columns=title,partner")
    assert cells_of(rows(shown)[0])[1].text == "not visible to you"
    finds = {
        f"partner__eq={partner}": False,
        f"partner__in={partner},{2**40}": False,
        f"partner__ne={partner}": True,
        f"partner__ne={2**40}": True,
        "partner__isnull=false": True,
        "partner.name__contains=Zamrud": False,
        f"partner.id__eq={partner}": False,
        "partner.kind__eq=company": False,
        "partner.kind__ne=company": True,
        "partner.owner.name__contains=Bima": False,
        "q=Zamrud": False,
        "q=Aaa": True,
    }
    for address, is_found in finds.items():
        answer = visitor.get(f"{LEADS}?{address}")
        assert answer.status_code == 200
        assert (
            lead in keys(visitor, f"{LEADS}?{address}") if answer.main.all("table") else False
        ) == is_found, address
        assert HIDDEN not in answer.text, address
    known = visitor.get(f"{LEADS}?partner__eq={partner}")
    never = visitor.get(f"{LEADS}?partner__eq={2**40}")
    assert plain(known) == plain(never, str(2**40), str(partner))


def test_order_group_and_file_tell_nothing_of_it_either(narrowed: tuple[kit.Served, int, int]) -> None:
    served, lead, partner = narrowed
    visitor = served.sign_in("ayu", lang="en")
    before = {sort: keys(visitor, f"{LEADS}?sort={sort}") for sort in ("partner", "-partner")}
    shown = visitor.get(f"{LEADS}?group=partner")
    labels = [label for label, _number, _sums in groups(shown)]
    assert "not visible to you" in labels and HIDDEN not in shown.text
    folded = visitor.get(f"{LEADS}?group=partner&fold=-1")
    assert lead not in [int(row.all("a")[0]["href"].rsplit("/", 1)[1]) for row in rows(folded)]
    lines = table(visitor.get(f"{LEADS}?format=csv&columns=title,partner&id__eq={lead}"))
    assert lines == [["Title", "Contact"], ["Aaa yang tersambung", "not visible to you"]]
    served.change("base.partner", partner, name="AAAAA " + HIDDEN)
    for sort, found in before.items():
        assert keys(visitor, f"{LEADS}?sort={sort}") == found, "the order follows a name that is hidden"


def test_a_model_that_may_not_be_read_is_in_no_address(served: kit.Served) -> None:
    """A link to it is a field that never was, at each way."""
    with served.env() as env:
        for role in ("base.user", "base.manager", "base.admin", "crm.user", "crm.manager"):
            narrow(env, role, "none")
    visitor = served.sign_in("ayu")
    assert visitor.get("/app/base.partner").status_code == 403
    answer = visitor.get(LEADS)
    assert (
        answer.status_code == 200 and 'value="partner"' not in answer.text and "=partner" not in answer.text
    )
    for name in ("partner", "partner.name"):
        for (parameter, value), (other, nothing) in zip(ways(name), ways(NEVER), strict=True):
            closed = visitor.get(LEADS, query_string={parameter: value})
            never = visitor.get(LEADS, query_string={other: nothing})
            assert closed.status_code == never.status_code == 400, (parameter, value)
            assert plain(closed) == plain(never, NEVER, name), (parameter, value)
