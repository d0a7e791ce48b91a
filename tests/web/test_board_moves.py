"""Cards of a board moved by plain forms: what a stage needs is asked for, and what may not be moved stays."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.web import kit
from tests.web.boards import BOARD, DEALS, drop, held, lanes, make, menu, press, stages
from tests.web.conftest import on_sqlite
from tests.web.test_actions import said, toast, undo


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


def test_filters_stay_after_a_move_and_columns_begin_anew(bare: kit.Served) -> None:
    """The page of a column from which its last card was moved is none any more."""
    make(bare, *({"title": "Gudang"} for _n in range(13)))
    dewi = bare.sign_in("dewi")
    address = f"{BOARD}&q=gudang&title__contains=Gu"
    [onward] = [link for link in dewi.get(address).main.all("a", class_="more") if "lainnya" in link.text]
    shown = dewi.get(onward["href"])
    [card] = shown.main.all("li", class_="card")
    key = int(card["id"].removeprefix("c"))
    sent = press(dewi, shown, key, "Penawaran")
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
