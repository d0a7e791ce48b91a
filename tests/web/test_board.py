"""The board of a model: columns counted, summed and paged on the server, and records that begin in one of them."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from core.web.board.begin import begun_in
from tests.web import kit
from tests.web.boards import BOARD, DEALS, held, lanes, make, more_stages, press, stages
from tests.web.conftest import Statements, on_sqlite
from tests.web.markup import Element
from tests.web.test_actions import said
from tests.web.test_list_rights import narrow
from tests.web.test_query_budget import asked


def test_a_board_has_the_stages_of_one_pipeline(bare: kit.Served) -> None:
    made = make(bare, {"amount": 985_000_000}, {"amount": 15_000_000}, {"stage_id": stages(bare)[1]})
    answer = bare.sign_in("dewi").get(BOARD)
    assert lanes(answer) == [
        ("Kualifikasi", "2", 2), ("Kebutuhan", "1", 1), ("Penawaran", "0", 0), ("Negosiasi", "0", 0),
        ("Menang", "0", 0), ("Kalah", "0", 0),
    ]  # fmt: skip
    assert "Rp1 miliar" in answer.main.all("section", class_="lane")[0].one("header").text
    assert answer.main.one("li", id=f"c{made[0]}").one("a")["href"] == f"{DEALS}/{made[0]}"


@pytest.mark.parametrize("view", ["kanban", "calendar"])
def test_one_is_not_told_as_many(bare: kit.Served, view: str) -> None:
    make(bare, {"title": "Gudang", "amount": 1}, {"title": "Ruko"}, {"title": "Ruko"})
    with bare.env() as env:
        env.execute(sa.update(env["crm.deal"]).values(close_date=env.today()))
    dewi = bare.sign_in("dewi", lang="en")
    shown = [dewi.get(f"{DEALS}?view={view}&q={text}").main.text for text in ("Gudang", "Ruko")]
    assert "1 deal " in f"{shown[0]} " and "1 deals" not in shown[0] and "2 deals" in shown[1], shown


def test_a_column_shows_some_cards_and_turns_its_pages(bare: kit.Served) -> None:
    keys = make(bare, *({} for _n in range(30)))
    dewi, address, seen = bare.sign_in("dewi"), BOARD, set[str]()
    for count, further in ((12, "18 lainnya"), (12, "6 lainnya"), (6, None)):
        answer = dewi.get(address)
        assert lanes(answer)[0] == ("Kualifikasi", "30", count)
        cards = {item["id"] for item in answer.main.all("li", class_="card")}
        assert len(cards) == count and seen.isdisjoint(cards)
        seen |= cards
        onward = [link for link in answer.main.all("a", class_="more") if "lainnya" in link.text]
        assert [link.text for link in onward] == ([further] if further else [])
        address = onward[0]["href"] if onward else ""
    assert seen == {f"c{key}" for key in keys}


@on_sqlite
@pytest.mark.parametrize(("count", "each"), [(6, 12), (12, 6), (30, 2)])
def test_a_board_of_full_columns_stays_small(bare: kit.Served, count: int, each: int) -> None:
    """Of many columns each shows fewer cards, and the menu of the cards is there once; the others are a click away."""
    columns = more_stages(bare, count, 15)
    with bare.env() as env:
        deals = env.scalars(sa.select(env["crm.deal"]).where(env["crm.deal"].stage_id.in_(columns))).all()
        [hendra] = env.create(env["base.partner"], [{"name": "PT Hendra Wijaya Abadi Sentosa"}])
        [tag] = env.create(env["base.tag"], [{"name": "Pembeli rumah pertama"}])
        env.flush()
        for deal in deals:
            deal.title = f"{deal.title} di Cluster Kenanga Asri"
            deal.partner_id, deal.amount, deal.probability = hendra.id, 1_234_567_000, 45
            deal.tags = [tag]
        plan = {"model": "crm.deal", "title": "Telepon hasil survei lokasi", "kind": "call", "due": env.now()}
        env.create(env["base.activity"], [{**plan, "record_id": deal.id} for deal in deals])
    dewi, seen = bare.sign_in("dewi"), set[str]()
    answer = dewi.get(BOARD)
    assert [(told, cards) for _name, told, cards in lanes(answer)] == [("15", each)] * count
    assert len(answer.data) < 100_000
    while True:
        last = answer.main.all("section", class_="lane")[-1]
        seen |= {card["id"] for card in last.all("li")}
        onward = [link for link in last.all("a", class_="more") if "lainnya" in link.text]
        if not onward:
            break
        assert onward[0].text == f"{15 - len(seen)} lainnya"
        answer = dewi.get(onward[0]["href"])
        assert len(answer.data) < 100_000
    assert len(seen) == 15
    [before] = last.all("a", class_="more")
    assert {card["id"] for card in dewi.get(before["href"]).main.all("section")[-1].all("li")} < seen


def test_a_board_of_very_many_columns_shows_the_first_ones_and_says_so(bare: kit.Served) -> None:
    more_stages(bare, 510, 1)
    answer = bare.sign_in("dewi", lang="en").get(BOARD)
    assert [name for name, _count, _cards in lanes(answer)] == [f"Tahap {n}" for n in range(30)]
    assert "The first 30 columns are shown" in answer.main.text
    assert answer.main.all("p", class_="sp")[0].one("b").text == "510", "all are counted"


@on_sqlite
@pytest.mark.parametrize(
    "address",
    [
        "?view=x",
        "?view=kanban&column=9999&page=2",
        "?view=kanban&pipeline__eq=999",
        "?view=kanban&view=kanban",
    ],
)
def test_an_address_that_is_no_board_is_refused(bare: kit.Served, address: str) -> None:
    assert bare.sign_in("dewi").get(f"{DEALS}{address}").status_code == 400
    assert bare.sign_in("dewi").get("/app/base.partner?view=kanban").status_code == 400


def test_a_board_takes_six_statements_and_one_for_each_column(
    bare: kit.Served, statements: Statements
) -> None:
    keys = stages(bare)
    partner = {"name": "Hendra Wijaya"}
    with bare.env() as env:
        [hendra] = env.create(env["base.partner"], [partner])
        env.flush()
        whose, owner = hendra.id, env.scalar(sa.select(sa.func.min(env["base.user"].id)))
    rows = [{"stage_id": key, "partner_id": whose, "owner_id": owner} for key in keys[:5] for _n in range(25)]
    make(bare, *rows)
    dewi = bare.sign_in("dewi")
    dewi.get(BOARD)
    statements.clear()
    answer = dewi.get(BOARD)
    taken = asked(statements)
    assert [cards for _name, _count, cards in lanes(answer)] == [12] * 5 + [0]
    assert len(answer.data) < 100 * 1024
    assert len(taken) <= 6 + 5, "\n".join(taken)


def test_labels_come_with_the_cards_and_only_those_that_may_be_seen(
    bare: kit.Served, statements: Statements
) -> None:
    with bare.env() as env:
        me = env.scalar(sa.select(env["base.user"]).where(env["base.user"].name.like("Dewi%")))
        mine, hidden = env.create(
            env["base.partner"], [{"name": "Hendra Wijaya", "owner": me}, {"name": "PT Zamrud Rahasia"}]
        )
        for role in env.scalars(sa.select(env["base.role"])):
            narrow(env, role.name, "own")
        env.flush()
        rows = [{"partner_id": mine.id}, {"partner_id": hidden.id}, {}]
    seen, unseen, none = make(bare, *rows)
    dewi = bare.sign_in("dewi", lang="en")
    dewi.get(BOARD)
    statements.clear()
    answer = dewi.get(BOARD)
    assert not [text for text in asked(statements) if text.startswith("SELECT base_partner")], (
        "they are joined"
    )
    cards = {key: answer.main.one("li", id=f"c{key}").text for key in (seen, unseen, none)}
    assert "Hendra Wijaya" in cards[seen] and "not visible to you" in cards[unseen]
    assert "visible" not in cards[none] and "Zamrud" not in answer.text


def test_many_are_counted_once_a_second_but_for_who_moves_one(
    bare: kit.Served, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.web.listing.crowds.MANY", 2)
    monkeypatch.setattr("core.web.listing.crowds.TALLIED", 600)
    key, _other = make(bare, {}, {})
    dewi, made = bare.sign_in("dewi"), bare.sign_in("made")
    dewi.get(BOARD)
    statements.clear()
    assert lanes(dewi.get(BOARD))[0][:2] == ("Kualifikasi", "2")
    assert not [text for text in asked(statements) if "GROUP BY" in text]
    moved = said(dewi, press(dewi, dewi.get(BOARD), key, "Penawaran"))
    assert lanes(moved)[0][:2] == ("Kualifikasi", "1")  # who did it sees it
    assert lanes(made.get(BOARD))[0][:2] == ("Kualifikasi", "1")  # others have a count of their own


def test_markup_in_a_title_stays_text(bare: kit.Served) -> None:
    [key] = make(bare, {"title": '<b onclick="x">'})
    answer = bare.sign_in("dewi").get(BOARD)
    card: Element = answer.main.one("li", id=f"c{key}")
    assert re.search(r"<b onclick", card.text)


def test_a_pipeline_in_use_is_refused_with_a_message(bare: kit.Served) -> None:
    make(bare, {})
    dewi = bare.sign_in("dewi")
    page = dewi.get("/app/crm.pipeline/1/delete")
    assert page.status_code == 200
    assert "Deal" in page.main.text
    version = str(bare.value("crm.pipeline", 1, "version"))
    sent = dewi.post("/app/crm.pipeline/1/delete", {"csrf_token": dewi.token("/"), "version": version})
    assert sent.status_code == 422 and "Deal" in sent.main.text
    assert bare.count("crm.pipeline") == 1


def test_a_record_begins_in_a_column_that_is_a_choice(shared: kit.Served) -> None:
    with shared.env() as env:
        model = env.registry.info("base.activity")
        board: Any = SimpleNamespace(model=model, attrs={"by": "kind", "within": None})
        assert begun_in(board, env, "call") == {"kind": "call"}
        assert begun_in(board, env, "nothing") is None


def test_a_deal_begins_in_the_column_whose_plus_is_pressed(bare: kit.Served) -> None:
    """The stage and its pipeline are filled in; no plus where one may not make it, or where a stage is archived."""
    make(bare, {"stage_id": stages(bare)[3]})
    more_stages(
        bare, 1, 0
    )  # of a pipeline that comes first: a deal begins there unless something else is said
    closed = stages(bare)[3]
    with bare.env() as env:
        kit.record(env, "crm.stage", closed).archived = True
        whose = kit.record(env, "crm.stage", closed).pipeline_id
    dewi, board = bare.sign_in("dewi"), f"{BOARD}&pipeline__eq={whose}"
    plus = {lane.one("h2").text: lane.one("header").all("a") for lane in dewi.get(board).main.all("section")}
    assert not plus.pop("Negosiasi") and all(len(links) == 1 for links in plus.values())
    [link] = plus["Penawaran"]
    assert "Deal baru di “Penawaran”" in link["aria-label"]
    form = dewi.get(link["href"])
    chosen = {
        name: form.main.one("select", name=name).one("option", selected="") for name in ("stage", "pipeline")
    }
    assert chosen["stage"]["value"] == str(stages(bare)[2]) and chosen["pipeline"].text == "Penjualan"
    saved = dewi.send(form, {"title": "Dari papan"}, action=f"{DEALS}/new")
    assert saved.status_code == 303
    assert held(bare, int(saved.headers["Location"].rpartition("/")[2]))[0] == stages(bare)[2]


@on_sqlite
def test_a_column_that_is_none_begins_nothing(bare: kit.Served) -> None:
    dewi, made = bare.sign_in("dewi"), stages(bare)[0]
    with bare.env() as env:
        kit.record(env, "crm.stage", made).archived = True
    for token in (str(made), "", "x", "0", "999999", "9" * 30):
        assert dewi.get(f"{DEALS}/new?column={token}").status_code == 404
    assert dewi.get("/app/crm.lead/new?column=1").status_code == 404, "it has no board"
    with bare.env() as env:
        for role in env.scalars(sa.select(env["base.role"])):
            narrow(env, role.name, "all", model="crm.deal")
    assert not [link for link in dewi.get(BOARD).main.all("a") if "column=" in link["href"]]


def test_the_menu_leads_to_the_board_and_the_list_is_beside_it(bare: kit.Served) -> None:
    make(bare, {})
    dewi = bare.sign_in("dewi")
    home = dewi.get("/settings/profile").page
    links = [link["href"] for link in home.all("a") if link["href"].startswith(DEALS)]
    assert set(links) == {BOARD} and len(links) == 2, "in the sidebar, and within reach of the thumb"
    shown = dewi.get(BOARD)
    assert {
        link.get("aria-current") for link in shown.page.one("header", id="menu").all("a", href=BOARD)
    } == {"page"}
    assert [link["href"] for link in shown.main.one("div", class_="seg").all("a")][-1] == DEALS
