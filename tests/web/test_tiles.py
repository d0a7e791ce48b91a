"""The figures above a contact: what addons know of it, as far as the reader may see it, in few statements."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import sqlalchemy as sa

from tests.web import kit
from tests.web.boards import make, stages
from tests.web.conftest import Statements
from tests.web.test_list_rights import narrow
from tests.web.test_query_budget import asked

PARTNER = "/app/base.partner"


def contact(served: kit.Served) -> int:
    with served.env() as env:
        [made] = env.create(env["base.partner"], [{"name": "Hendra Wijaya"}])
        env.flush()
        return int(made.id)


def plan(served: kit.Served, model: str, key: int, **values: Any) -> None:
    with served.env() as env:
        row = {"model": model, "record_id": key, "kind": "call", "due": env.now()}
        env.create(env["base.activity"], [{**row, **values}])


def tiles(visitor: kit.Visitor, key: int) -> dict[str, str]:
    """The figures by their title, each with what else is said of it."""
    found = visitor.get(f"{PARTNER}/{key}").main.all("div", class_="tile")
    return {tile.one("dt").text: " | ".join(part.text for part in tile.all("dd")) for tile in found}


def test_a_contact_has_its_figures_and_none_of_what_there_is_not(bare: kit.Served) -> None:
    key, dewi, now = contact(bare), bare.sign_in("dewi"), dt.datetime.now(dt.UTC)
    assert tiles(dewi, key) == {}
    won = stages(bare)[4]
    deal, *_others = make(
        bare,
        {"partner_id": key, "amount": 985_000_000},
        {"partner_id": key, "amount": 15_000_000},
        {"partner_id": key, "amount": 2_000_000, "stage_id": won, "closed_at": now - dt.timedelta(days=3)},
        {"amount": 7_000_000},
    )
    plan(bare, "base.partner", key, title="Rapat lama", state="done", done_at=now - dt.timedelta(days=5))
    plan(bare, "crm.deal", deal, title="Telepon <b>", state="done", done_at=now - dt.timedelta(days=2))
    plan(
        bare,
        "base.partner",
        key,
        title="Surat",
        kind="mail",
        state="done",
        done_at=now - dt.timedelta(days=6),
    )
    plan(bare, "crm.deal", deal, title="Cek berkas", kind="task", state="done", done_at=now)
    plan(bare, "crm.deal", deal, title="Kunjungan", due=now + dt.timedelta(days=4))
    plan(bare, "base.partner", key, title="Nanti saja", due=now + dt.timedelta(days=9))
    assert tiles(dewi, key) == {
        "Deal terbuka": "Rp1 miliar | 2 Deal",
        "Menang": "Rp2 jt | 1 Deal, terakhir 3 hari lalu",
        "Kontak terakhir": "2 hari lalu | Telepon <b>",
        "Aktivitas berikutnya": "4 hari lagi | Kunjungan",
    }
    page = dewi.get(f"{PARTNER}/{key}").main
    hrefs = [tile.one("a")["href"] for tile in page.all("div", class_="tile")]
    assert hrefs[0] == f"/app/crm.deal?partner__eq={key}&state__eq=open"
    assert page.one("dd", title="Rp1.000.000.000").text == "Rp1 miliar"
    for href in hrefs:
        assert dewi.get(href).status_code == 200


def test_figures_tell_as_much_as_their_reader_may_see(bare: kit.Served) -> None:
    """Of deals that are closed to them nothing, and nothing of what was done about those."""
    key, dewi, now = contact(bare), bare.sign_in("dewi"), dt.datetime.now(dt.UTC)
    [deal] = make(bare, {"partner_id": key, "amount": 985_000_000})
    plan(bare, "crm.deal", deal, title="Rahasia", state="done", done_at=now)
    assert list(tiles(dewi, key)) == ["Deal terbuka", "Kontak terakhir"]
    for scope in ("own", "none"):
        with bare.env() as env:
            env.execute(sa.delete(env["base.access_right"]))
            for role in env.scalars(sa.select(env["base.role"])):
                narrow(env, role.name, scope, model="crm.deal")
        assert tiles(dewi, key) == {}, scope


def test_whom_one_talks_to_about_a_deal_sees_it_and_what_is_planned_for_it(bare: kit.Served) -> None:
    """The deals that are counted are those whose activities are told; it leads where one list has all of them."""
    key, other, dewi = contact(bare), contact(bare), bare.sign_in("dewi")
    deal, *_others = make(bare, {"partner_id": other, "contact_id": key, "amount": 985_000_000})
    plan(bare, "crm.deal", deal, title="Kunjungan")
    for one, link in ((key, "contact"), (other, "partner")):
        shown = tiles(dewi, one)
        assert list(shown) == ["Deal terbuka", "Aktivitas berikutnya"]
        assert shown["Deal terbuka"] == "Rp985 jt | 1 Deal"
        href = f"/app/crm.deal?{link}__eq={one}&state__eq=open"
        assert dewi.get(f"{PARTNER}/{one}").main.all("a", href=href)
        assert len(dewi.get(href).main.one("tbody").all("tr")) == 1
    make(bare, {"partner_id": key})
    assert tiles(dewi, key)["Deal terbuka"] == "Rp985 jt | 2 Deal"
    assert not [a for a in dewi.get(f"{PARTNER}/{key}").main.all("a") if "state__eq=open" in a["href"]]


def test_a_contact_of_many_deals_costs_no_more_statements(bare: kit.Served, statements: Statements) -> None:
    key, dewi, taken = contact(bare), bare.sign_in("dewi"), list[int]()
    for count in (1, 30):
        deals = make(bare, *({"partner_id": key} for _number in range(count)))
        for deal in deals:
            plan(bare, "crm.deal", deal, title="Telepon", state="done", done_at=dt.datetime.now(dt.UTC))
        tiles(dewi, key)
        statements.clear()
        tiles(dewi, key)
        taken.append(len(asked(statements)))
    assert taken[0] == taken[1], taken


EXPLAINED = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
READ_THROUGH = re.compile(r"SCAN base_activity\b|Seq Scan on base_activity\b")


def test_activities_of_a_contact_are_found_by_their_index(bare: kit.Served, statements: Statements) -> None:
    """Of thousands nobody reads all to find the few that are its own."""
    key, dewi = contact(bare), bare.sign_in("dewi")
    [deal] = make(bare, {"partner_id": key})
    plan(bare, "crm.deal", deal, title="Telepon")
    table, database = bare.site.assembly.registry.info("base.activity").table, bare.database
    with database.writing.begin() as connection:
        row = dict(connection.execute(sa.select(table)).mappings().one())
        row.pop("id")
        connection.execute(table.insert(), [{**row, "record_id": other} for other in range(100, 5100)])
        connection.exec_driver_sql("ANALYZE")
    statements.clear()
    assert "Aktivitas berikutnya" in tiles(dewi, key)
    text, values = next(said for said in statements if "base_activity" in said[0] and "home" in said[0])
    with database.reading.connect() as connection:
        asked_for = f"{EXPLAINED[connection.dialect.name]} {text}"
        found = "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(asked_for, values))
    assert not READ_THROUGH.search(found), found
