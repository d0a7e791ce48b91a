"""What a board tells at a glance: the heads of its columns with their sums and strips, and the lines of a card."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.web import kit
from tests.web.boards import BOARD, lanes, make, press, stages
from tests.web.test_actions import said, undo
from tests.web.test_form_closed import rights
from tests.web.test_list_rights import narrow


def test_heads_say_the_labels_that_an_addon_makes(bare: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    make(bare, {})
    with bare.env() as env:
        cls, registry = env["crm.stage"], env.registry
    monkeypatch.setattr(registry, "kept", {})
    monkeypatch.setattr(cls, "display_label", lambda stage: f"Langkah {stage.name}")
    found = [name for name, _count, _cards in lanes(bare.sign_in("dewi").get(BOARD))]
    assert found[:2] == ["Langkah Kualifikasi", "Langkah Kebutuhan"]


def strips(answer: kit.Answer) -> dict[str, str]:
    """What the strip of each column says that has one."""
    found = answer.main.all("section", class_="lane")
    return {lane.one("h2").text: title.text for lane in found for title in lane.one("header").all("title")}


def test_the_head_of_a_column_says_what_is_to_be_expected(
    bare: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The amounts by their probability, all of them and not only those whose cards are shown; closed to some."""
    make(bare, *({"amount": 100_000_000, "probability": 35} for _n in range(20)), {"amount": 5_000_000})
    make(bare, {"amount": 7_000_000, "stage_id": stages(bare)[1], "probability": 100})
    heads = [lane.one("header").text for lane in bare.sign_in("dewi").get(BOARD).main.all("section")]
    assert "Rp2,01 miliar · tertimbang Rp701 jt" in heads[0], "10 % of the last, by its stage"
    assert "Rp7 jt" in heads[1] and "tertimbang" not in heads[1], "it is all of it"
    total = bare.sign_in("dewi", lang="en").get(BOARD).main.all("p", class_="sp")[0].text
    assert "weighted Rp708m" in total
    monkeypatch.setattr(bare.site.assembly.registry.models["crm.deal"].fields["expected"], "access", {})
    bare.site.lists.clear()
    hidden = bare.sign_in("dewi").get(BOARD).main
    assert "Rp2,01 miliar" in hidden.text and "tertimbang" not in hidden.text


def test_what_is_over_is_left_out_of_the_sums_above_the_board(bare: kit.Served) -> None:
    """Unless there is nothing else: then what a filter shows is counted."""
    won = stages(bare)[4]
    make(bare, {"amount": 2_000_000}, {"amount": 3_000_000}, {"amount": 90_000_000, "stage_id": won})
    dewi = bare.sign_in("dewi")
    assert dewi.get(BOARD).main.all("p", class_="sp")[0].text.startswith("2 masih terbuka · Rp5 jt")
    rights(bare, "base.activity", read_scope="none")
    told = dewi.get(BOARD).main.all("p", class_="sp")[0].text
    assert told.startswith("2 masih terbuka · Rp5 jt"), "whatever else one may see"
    only = dewi.get(f"{BOARD}&stage__eq={won}").main.all("p", class_="sp")[0].text
    assert only.startswith("1 deal · Rp90 jt")


@pytest.mark.parametrize("scope", ["all", "own"])
def test_the_head_of_a_column_says_how_many_have_what_planned(bare: kit.Served, scope: str) -> None:
    """Of each open deal what is due first, on its lead too; and no more than its reader may know."""
    late, today, planned, lead, _nothing, called_off, theirs = make(bare, *({} for _n in range(7)))
    make(bare, {"stage_id": stages(bare)[4], "state": "won"})
    with bare.env() as env:
        users = {name: env.scalar(sa.select(env["base.user"].id).where(env["base.user"].name.startswith(name)))
                 for name in ("Dewi", "Ayu")}  # fmt: skip
        [one] = env.create(env["crm.lead"], [{"title": "Asal"}])
        env.flush()
        env.execute(sa.update(env["crm.deal"]).where(env["crm.deal"].id == lead).values(lead_id=one.id))
        now = env.now()
        zone = env.formats.zone
        tonight = dt.datetime.combine(now.astimezone(zone).date(), dt.time(23, 59, 59), zone)
        rows: list[tuple[str, int, dt.datetime, dict[str, Any]]] = [
            ("crm.deal", late, now - dt.timedelta(hours=2), {}), ("crm.deal", late, tonight, {}),
            ("crm.deal", today, tonight, {}), ("crm.deal", planned, tonight + dt.timedelta(seconds=2), {}),
            ("crm.lead", one.id, now - dt.timedelta(days=2), {}),
            ("crm.deal", called_off, tonight, {"state": "cancelled"}),
            ("crm.deal", theirs, now - dt.timedelta(days=1), {"owner_id": users["Ayu"]}),
        ]  # fmt: skip
        env.create(env["base.activity"], [
            {"model": model, "record_id": key, "title": "Telepon", "kind": "call", "due": due,
             "owner_id": users["Dewi"], **more} for model, key, due, more in rows
        ])  # fmt: skip
        if scope == "own":
            for role in env.scalars(sa.select(env["base.role"])):
                narrow(env, role.name, "own", model="base.activity")
    told = strips(bare.sign_in("dewi").get(BOARD))
    seen = {"all": "3 terlambat, 2 tanpa rencana", "own": "2 terlambat, 3 tanpa rencana"}[scope]
    assert told == {"Kualifikasi": f"Aktivitas: 1 terjadwal, 1 hari ini, {seen}"}


def test_no_strip_for_who_may_not_read_activities(bare: kit.Served) -> None:
    make(bare, {})
    assert strips(bare.sign_in("dewi").get(BOARD)) == {"Kualifikasi": "Aktivitas: 1 tanpa rencana"}
    with bare.env() as env:
        for role in env.scalars(sa.select(env["base.role"])):
            narrow(env, role.name, "none", model="base.activity")
    closed = bare.sign_in("dewi").get(BOARD)
    assert lanes(closed)[0] == ("Kualifikasi", "1", 1) and strips(closed) == {}


def test_a_card_says_what_is_planned_next(bare: kit.Served) -> None:
    """Of what is planned the soonest, and how soon; what is done or called off is not next."""
    late, soon, nothing = make(bare, {}, {}, {})
    plans = ((late, "Telepon <b>", -48, "planned"), (late, "Nanti", 99, "planned"), (soon, "Survei", 300, "planned"),
             (nothing, "Batal", 5, "cancelled"))  # fmt: skip
    with bare.env() as env:
        now = env.now()
        env.create(env["base.activity"], [
            {"model": "crm.deal", "record_id": key, "title": title, "kind": "call", "state": state,
             "due": now + dt.timedelta(hours=hours)}
            for key, title, hours, state in plans
        ])  # fmt: skip
    board = bare.sign_in("dewi").get(BOARD).main
    told = {key: board.one("li", id=f"c{key}").all("p", class_="late") for key in (late, soon, nothing)}
    assert [line.text for line in told[late]] == ["Telepon <b> · 2 hari lalu"]
    assert "Survei · " in board.one("li", id=f"c{soon}").text and not told[soon]
    assert "Batal" not in board.one("li", id=f"c{nothing}").text


@pytest.mark.parametrize("scope", ["all", "own"])
def test_what_is_planned_next_is_told_as_far_as_it_may_be_read(bare: kit.Served, scope: str) -> None:
    """On the record, or on the lead that it was; of a colleague's only for whom roles open those."""
    plain, converted, hidden = make(bare, {}, {}, {})
    with bare.env() as env:
        users = {name: env.scalar(sa.select(env["base.user"].id).where(env["base.user"].name.startswith(name)))
                 for name in ("Dewi", "Ayu")}  # fmt: skip
        leads = env.create(env["crm.lead"], [{"title": f"Asal {number}"} for number in range(2)])
        env.flush()
        for key, lead in zip((converted, hidden), leads, strict=True):
            env.execute(sa.update(env["crm.deal"]).where(env["crm.deal"].id == key).values(lead_id=lead.id))
        leads[1].archived = True
        due = {"due": env.now() + dt.timedelta(days=2), "kind": "call"}
        env.create(env["base.activity"], [
            {**due, "model": "crm.deal", "record_id": plain, "title": "Punya Ayu", "owner_id": users["Ayu"]},
            {**due, "model": "crm.lead", "record_id": leads[0].id, "title": "Pada prospek", "owner_id": users["Dewi"]},
        ])  # fmt: skip
        if scope == "own":
            for role in env.scalars(sa.select(env["base.role"])):
                narrow(env, role.name, "own", model="base.activity")
    board = bare.sign_in("dewi").get(BOARD).main
    assert ("Punya Ayu" in board.one("li", id=f"c{plain}").text) is (scope == "all")
    assert "Pada prospek" in board.one("li", id=f"c{converted}").text


def test_a_card_has_a_tag_and_says_how_many_more(bare: kit.Served) -> None:
    with bare.env() as env:
        tags = env.create(
            env["base.tag"], [{"name": name} for name in ("KPR <b>", "Rumah, pertama", "Investor")]
        )
        env.flush()
        keys = [tag.id for tag in tags]
    one, three, none = make(bare, {}, {}, {})
    with bare.env() as env:
        kit.record(env, "crm.deal", one).tags = env.read(env["base.tag"], keys[:1])
        kit.record(env, "crm.deal", three).tags = env.read(env["base.tag"], keys)
    board = bare.sign_in("dewi").get(BOARD).main
    badges = {
        key: [badge.text for badge in board.one("li", id=f"c{key}").all("span", class_="badge")]
        for key in (one, three, none)
    }
    assert badges == {one: ["KPR <b>"], three: ["KPR <b>", "+2 Rumah, pertama, Investor"], none: []}


@pytest.mark.parametrize(
    ("lang", "told"), [("id", ("3 hari", "5 jam", "0 jam")), ("en", ("3 d", "5 h", "0 h"))]
)
def test_a_card_says_how_long_it_has_been_in_its_stage(
    bare: kit.Served, lang: str, told: tuple[str, ...]
) -> None:
    now = dt.datetime.now(dt.UTC)
    ages = (dt.timedelta(days=3, hours=23), dt.timedelta(hours=5, minutes=59), dt.timedelta(hours=-2))
    *keys, unknown = make(bare, *({"stage_since": now - age} for age in ages), {})
    with bare.env() as env:
        cls = env["crm.deal"]
        env.execute(sa.update(cls).where(cls.id == unknown).values(stage_since=None))
    dewi = bare.sign_in("dewi", lang=lang)
    shown = dewi.get(BOARD)
    for key, text in zip(keys, told, strict=True):
        [age] = shown.main.one("li", id=f"c{key}").all("span", class_="sp")
        assert age.text == f"{text} {'di kolom ini' if lang == 'id' else 'in this column'}"
        assert age["title"].startswith({"id": "Di tahap ini sejak", "en": "In this stage since"}[lang])
    assert not shown.main.one("li", id=f"c{unknown}").all("span", class_="sp")
    moved = said(dewi, press(dewi, shown, keys[0], {"id": "Penawaran", "en": "Proposal"}[lang]))
    assert told[2] in moved.main.one("li", id=f"c{keys[0]}").text
    undo(dewi, moved)
    assert told[0] in dewi.get(BOARD).main.one("li", id=f"c{keys[0]}").text
