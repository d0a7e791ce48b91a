"""The board of a model: columns counted, summed and paged on the server; cards moved by plain forms."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from core.web.board.begin import begun_in
from tests.web import kit
from tests.web.conftest import Statements, on_sqlite
from tests.web.markup import Element
from tests.web.test_actions import said, toast, undo
from tests.web.test_list_rights import narrow
from tests.web.test_query_budget import asked

DEALS = "/app/crm.deal"
BOARD = f"{DEALS}?view=kanban"


def stages(served: kit.Served) -> list[int]:
    """The stages of the shipped pipeline: four open ones, won, lost."""
    with served.env() as env:
        cls = env["crm.stage"]
        first = env.scalar(sa.select(sa.func.min(cls.pipeline_id)))
        return list(env.scalars(sa.select(cls.id).where(cls.pipeline_id == first).order_by(cls.position)))


def make(served: kit.Served, *rows: dict[str, Any]) -> list[int]:
    """Deals in the first stage of the shipped pipeline, unless a row says more."""
    first = stages(served)[0]
    with served.env() as env:
        whose = env.scalar(sa.select(env["crm.stage"].pipeline_id).where(env["crm.stage"].id == first))
        made = env.create(
            env["crm.deal"],
            [{"title": f"Rumah {n}", "pipeline_id": whose, **row} for n, row in enumerate(rows)],
        )
        env.flush()
        return [one.id for one in made]


def held(served: kit.Served, key: int) -> Any:
    with served.env() as env:
        deal = kit.record(env, "crm.deal", key)
        return deal.stage_id, deal.state


def lanes(answer: kit.Answer) -> list[tuple[str, str, int]]:
    """Name, count and cards of each column."""
    found = answer.main.all("section", class_="lane")
    return [(lane.one("h2").text, lane.one("header").one("span").text, len(lane.all("li"))) for lane in found]


def hidden(form: Element) -> dict[str, str]:
    return {item["name"]: item["value"] for item in form.all("input")}


def menu(visitor: kit.Visitor, answer: kit.Answer, key: int) -> kit.Answer:
    """The menu of a card, as a browser without script gets it."""
    [opener] = answer.main.one("li", id=f"c{key}").all("button")
    form = answer.page.one("form", id=opener["form"])
    return visitor.post(form["action"], {**hidden(form), opener["name"]: opener["value"]})


def press(visitor: kit.Visitor, answer: kit.Answer, key: int, label: str) -> kit.Answer:
    """Presses a button of the menu of a card, as a browser without script sends it."""
    form = menu(visitor, answer, key).main.one("form", class_="card")
    [button] = [item for item in form.all("button") if item.text == label]
    return visitor.post(form["action"], {**hidden(form), button["name"]: button["value"]})


def drop(visitor: kit.Visitor, answer: kit.Answer, key: int, label: str) -> kit.Answer:
    """Sends what the script sends: the button of the card says what moves from where, that of the menu where to."""
    [opener] = answer.main.one("li", id=f"c{key}").all("button")
    [button] = [item for item in answer.main.one("div", id="lanes").all("button") if item.text == label]
    form = answer.page.one("form", id=button["form"])
    value = f"{opener['value']}.{button['data-to']}"
    return visitor.post(form["action"], {**hidden(form), button["name"]: value})


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


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_button_moves_a_card_and_undo_brings_it_back(bare: kit.Served, lang: str) -> None:
    [key] = make(bare, {})
    before, dewi = held(bare, key), bare.sign_in("dewi", lang=lang)
    sent = press(dewi, dewi.get(BOARD), key, {"id": "Penawaran", "en": "Proposal"}[lang])
    assert sent.headers["Location"].endswith(f"?view=kanban#k{key}")
    answer = said(dewi, sent)
    assert held(bare, key) == (stages(bare)[2], "open")
    assert {"id": "dipindahkan", "en": "moved"}[lang] in toast(answer)
    undo(dewi, answer)
    assert held(bare, key) == before


def test_filters_and_pages_stay_after_a_move(bare: kit.Served) -> None:
    [key] = make(bare, {"title": "Gudang"})
    dewi = bare.sign_in("dewi")
    address = f"{BOARD}&q=gudang&title__contains=Gu"
    sent = press(dewi, dewi.get(address), key, "Penawaran")
    assert sent.headers["Location"] == f"{address}#k{key}"
    assert lanes(dewi.get(f"{BOARD}&q=nichts"))[0][1] == "0"


def test_two_who_move_one_card_notice_each_other(bare: kit.Served) -> None:
    [key] = make(bare, {})
    dewi, made = bare.sign_in("dewi"), bare.sign_in("made")
    seen = dewi.get(BOARD)
    drop(made, made.get(BOARD), key, "Negosiasi")
    late = menu(dewi, seen, key)
    assert late.status_code == 303 and "sementara itu" in said(dewi, late).main.text
    answer = said(dewi, drop(dewi, seen, key, "Penawaran"))
    assert held(bare, key)[0] == stages(bare)[3]
    assert "Negosiasi" in answer.main.text
    assert "sementara itu" in answer.main.text
    assert said(dewi, drop(dewi, seen, key, "Negosiasi")).status_code == 200  # it is there already


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


def more_stages(served: kit.Served, count: int, cards: int) -> list[int]:
    """A pipeline of its own with many stages, and deals in each."""
    with served.env() as env:
        [pipeline] = env.create(env["crm.pipeline"], [{"name": "Panjang", "position": 1}])
        env.flush()
        rows = [{"pipeline": pipeline, "name": f"Tahap {n}", "position": n} for n in range(count)]
        made = env.create(env["crm.stage"], rows)
        env.flush()
        deals = [
            {"title": f"Rumah tipe {n}", "pipeline_id": pipeline.id, "stage_id": stage.id}
            for stage in made
            for n in range(cards)
        ]
        env.create(env["crm.deal"], deals)
        return [stage.id for stage in made]


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


def test_the_menu_offers_each_other_column_of_the_board(bare: kit.Served) -> None:
    [key, _other] = make(bare, {"title": "Rumah di sudut"}, {})
    dewi = bare.sign_in("dewi")
    shown = dewi.get(f"{BOARD}&q=sudut")
    offered = menu(dewi, shown, key)
    names = [name for name, _count, _cards in lanes(shown)]
    assert [button.text for button in offered.main.one("form", class_="card").all("button")] == names[1:]
    assert "Rumah di sudut" in offered.main.one("h1").text
    [cancel] = [link for link in offered.main.all("a") if link.text == "Batal"]
    assert cancel["href"] == f"{BOARD}&q=sudut#k{key}"
    assert [button.text for button in shown.main.one("div", id="lanes").all("button")] == names
    with bare.env() as env:
        kit.record(env, "crm.deal", key).stage_id = stages(bare)[1]
    gone = menu(dewi, shown, key)
    assert gone.status_code == 303 and "Kebutuhan" in said(dewi, gone).main.text


def test_a_board_of_very_many_columns_shows_the_first_ones_and_says_so(bare: kit.Served) -> None:
    more_stages(bare, 510, 1)
    answer = bare.sign_in("dewi", lang="en").get(BOARD)
    assert [name for name, _count, _cards in lanes(answer)] == [f"Tahap {n}" for n in range(30)]
    assert "The first 30 columns are shown" in answer.main.text
    assert answer.main.all("p", class_="sp")[0].one("b").text == "510", "all are counted"


def test_heads_say_the_labels_that_an_addon_makes(bare: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    make(bare, {})
    with bare.env() as env:
        cls, registry = env["crm.stage"], env.registry
    monkeypatch.setattr(registry, "kept", {})
    monkeypatch.setattr(cls, "display_label", lambda stage: f"Langkah {stage.name}")
    found = [name for name, _count, _cards in lanes(bare.sign_in("dewi").get(BOARD))]
    assert found[:2] == ["Langkah Kualifikasi", "Langkah Kebutuhan"]


def test_cancel_leads_back_to_the_board_as_it_was(bare: kit.Served) -> None:
    [key], target = make(bare, {}), stages(bare)[2]
    with bare.env() as env:
        env.create(env["crm.stage_need"], [{"stage_id": target, "field": "amount"}])
        whose = kit.record(env, "crm.stage", target).pipeline_id
        [other] = env.create(env["crm.pipeline"], [{"name": "Lain", "position": 1}])
        env.create(env["crm.stage"], [{"pipeline": other, "name": "Awal"}])
    dewi = bare.sign_in("dewi")
    address = f"{BOARD}&pipeline__eq={whose}&q=rumah"
    asked_for = press(dewi, dewi.get(address), key, "Penawaran")
    assert asked_for.status_code == 422
    assert [link["href"] for link in asked_for.main.all("a") if link.text == "Batal"] == [f"{address}#k{key}"]


def test_what_a_stage_needs_is_asked_for_and_the_move_is_kept(bare: kit.Served) -> None:
    [key] = make(bare, {})
    target = stages(bare)[2]
    with bare.env() as env:
        env.create(
            env["crm.stage_need"], [{"stage_id": target, "field": name} for name in ("amount", "close_date")]
        )
    dewi = bare.sign_in("dewi")
    asked_for = press(dewi, dewi.get(BOARD), key, "Penawaran")
    assert asked_for.status_code == 422
    assert held(bare, key)[0] == stages(bare)[0]
    names = {
        item["name"]
        for item in asked_for.main.all("input") + asked_for.main.all("select")
        if item.get("name")
    }
    assert {"stage", "amount", "close_date"} <= names
    assert "title" not in names
    edit = f"{DEALS}/{key}/edit"
    wrong = dewi.send(asked_for, {"amount": "1.000.000", "close_date": "bukan tanggal"}, action=edit)
    assert wrong.status_code == 422
    assert 'value="1.000.000"' in wrong.text
    saved = dewi.send(wrong, {"close_date": "31/12/2026"}, action=edit)
    assert saved.status_code == 303
    assert held(bare, key) == (target, "open")


def test_a_loss_asks_for_its_reason(bare: kit.Served) -> None:
    [key] = make(bare, {})
    dewi = bare.sign_in("dewi")
    asked_for = press(dewi, dewi.get(BOARD), key, "Kalah")
    assert asked_for.status_code == 422
    with bare.env() as env:
        why = env.scalar(sa.select(env["crm.lost_reason"].id).limit(1))
    assert dewi.send(asked_for, {"lost_reason": str(why)}, action=f"{DEALS}/{key}/edit").status_code == 303
    assert held(bare, key) == (stages(bare)[5], "lost")
    won = said(dewi, press(dewi, dewi.get(BOARD), key, "Menang"))  # what cannot be asked for is said
    assert held(bare, key)[1] == "lost"
    assert "sudah ditutup" in won.main.text


def _send(bare: kit.Served, text: str, unchanged: Any) -> int:
    """The status of the answer to a move that changes nothing; `{key}` is a deal, `{first}` where it is."""
    [key] = make(bare, {})
    dewi = bare.sign_in("dewi")
    dewi.get(BOARD)
    move = text.format(key=key, first=stages(bare)[0])
    with unchanged(bare):
        data = {"csrf_token": dewi.token(BOARD), "query": "view=kanban", "move": move}
        return dewi.post(f"{DEALS}/move", data).status_code


@on_sqlite
@pytest.mark.parametrize("text", ["", "x", "1", "1.2.3.4", "0.1.2", "999999999999999999999.1.2"])
def test_nonsense_is_no_move(bare: kit.Served, text: str, unchanged: Any) -> None:
    assert _send(bare, text, unchanged) == 400


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("{key}..", 303),  # it is not where the button says
        ("{key}.", 303),
        ("999999.{first}", 404),
        ("{key}.{first}.999999", 303),
        ("{key}.{first}.x", 303),
        ("999999.{first}.1", 404),
    ],
)
def test_a_move_that_cannot_be_moves_nothing(
    bare: kit.Served, text: str, status: int, unchanged: Any
) -> None:
    assert _send(bare, text, unchanged) == status


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


def test_a_seller_moves_own_deals_only_and_another_team_sees_none(served: kit.Served) -> None:
    seller = served.first("base.user", name="Rizky Aditya")
    other = served.first("base.user", name="Siti Rahmawati")
    with served.env() as env:
        team = kit.record(env, "base.user", seller).teams[0].id
    mine, theirs = make(served, {"owner_id": seller, "team_id": team}, {"owner_id": other, "team_id": team})
    first, second = stages(served)[:2]
    board = f"{BOARD}&pipeline__eq={served.first('crm.pipeline', position=10)}"
    rizky, bima = served.sign_in("rizky"), served.sign_in("bima")
    answer = rizky.get(board)
    assert answer.main.one("li", id=f"c{mine}").all("button")
    assert not answer.main.one("li", id=f"c{theirs}").all("button")
    said(rizky, press(rizky, answer, mine, "Penawaran"))
    forged = {"csrf_token": rizky.token(BOARD), "query": "view=kanban", "move": f"{theirs}.{first}.{second}"}
    assert rizky.post(f"{DEALS}/move", forged).status_code == 403
    assert rizky.post(f"{DEALS}/move", {**forged, "move": f"{theirs}.{first}"}).status_code == 403
    assert held(served, theirs)[0] == first

    foreign = bima.get(board)  # whose team is another one
    assert not foreign.main.all("li", id=f"c{mine}") + foreign.main.all("li", id=f"c{theirs}")
    every, seen = lanes(served.sign_in("dewi").get(board)), lanes(foreign)
    assert (
        0
        < sum(int(count) for _name, count, _cards in seen)
        < sum(int(count) for _name, count, _cards in every)
    )
    forged = {"csrf_token": bima.token(BOARD), "query": "view=kanban", "move": f"{theirs}.{first}.{second}"}
    assert bima.post(f"{DEALS}/move", forged).status_code == 404
    assert bima.post(f"{DEALS}/move", {**forged, "move": f"{theirs}.{first}"}).status_code == 404


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
    [key] = make(bare, {"title": '<b onclick="x">\0'.replace("\0", "")})
    answer = bare.sign_in("dewi").get(BOARD)
    card: Element = answer.main.one("li", id=f"c{key}")
    assert re.search(r"<b onclick", card.text)


def test_a_pipeline_in_use_is_refused_with_a_message(bare: kit.Served) -> None:
    make(bare, {})
    dewi = bare.sign_in("dewi")
    page = dewi.get("/app/crm.pipeline/1/delete")
    assert page.status_code == 200
    assert "Deal" in page.main.text
    with bare.env() as env:
        assert env.scalar(sa.select(sa.func.count()).select_from(env["crm.pipeline"])) == 1


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


def test_a_record_begins_in_a_column_that_is_a_choice(shared: kit.Served) -> None:
    with shared.env() as env:
        model = env.registry.info("base.activity")
        board: Any = SimpleNamespace(model=model, attrs={"by": "kind", "within": None})
        assert begun_in(board, env, "call") == {"kind": "call"}
        assert begun_in(board, env, "nothing") is None


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
