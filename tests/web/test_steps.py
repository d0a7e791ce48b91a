"""How far a record got on its board stands over its page, and a button takes it on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.errors import UserError
from tests.web import kit
from tests.web.boards import DEALS, make, stages
from tests.web.conftest import Statements
from tests.web.markup import Element
from tests.web.test_actions import said, undo
from tests.web.test_form_closed import rights
from tests.web.test_query_budget import asked


def bar(answer: kit.Answer) -> Element:
    return answer.main.one("ol", class_="steps")


def press(visitor: kit.Visitor, shown: kit.Answer, label: str) -> kit.Answer:
    """A button of the bar, as a browser without script sends it."""
    [form] = [form for form in shown.main.all("form") if form.all("ol", class_="steps")]
    [button] = [button for button in form.all("button") if button.text == label]
    data = {item["name"]: item["value"] for item in form.all("input")}
    return visitor.post(form["action"], data | {button["name"]: button["value"]})


LABELS = {
    "id": ["Kualifikasi", "Kebutuhan", "Penawaran · 3 hari", "Negosiasi", "Menang", "Kalah"],
    "en": ["Qualification", "Needs", "Proposal · 3 days", "Negotiation", "Won", "Lost"],
}


@pytest.mark.parametrize("lang", LABELS)
def test_the_stages_of_its_pipeline_stand_there_in_order(bare: kit.Served, lang: str) -> None:
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(days=3, hours=2)
    [key] = make(bare, {"stage_id": stages(bare)[2]})
    with bare.env() as env:
        other = env.create(env["crm.pipeline"], [{"name": "Sewa"}])[0]
        env.create(env["crm.stage"], [{"pipeline": other, "name": "Lain"}])
        kit.record(env, "crm.deal", key).stage_since = moment
    steps = bar(bare.sign_in("dewi", lang).get(f"{DEALS}/{key}")).all("li")
    assert [step.text for step in steps] == LABELS[lang]
    kinds = [(step.all()[0].get("class"), step.all()[0].get("aria-current")) for step in steps]
    assert kinds == [("done", None)] * 2 + [(None, "step")] + [(None, None)] * 3


def test_a_step_takes_it_on_and_one_button_takes_it_back(bare: kit.Served) -> None:
    [key] = make(bare, {})
    dewi, path = bare.sign_in("dewi"), f"{DEALS}/{key}"
    moved = press(dewi, dewi.get(path), "Penawaran")
    assert moved.status_code == 303 and moved.headers["Location"] == path
    assert bare.value("crm.deal", key, "stage") == stages(bare)[2]
    undo(dewi, said(dewi, moved))
    assert bare.value("crm.deal", key, "stage") == stages(bare)[0]


def test_what_a_step_asks_for_is_a_question_and_no_mistake(bare: kit.Served) -> None:
    [key] = make(bare, {})
    dewi, path = bare.sign_in("dewi"), f"{DEALS}/{key}"
    shown = press(dewi, dewi.get(path), "Kalah")
    assert shown.status_code == 422
    assert "“Kalah” memerlukan isian yang masih kosong di sini. Belum ada yang disimpan." in shown.main.text
    assert "perlu diperbaiki" not in shown.main.text and shown.title.startswith("Rumah 0")
    assert shown.main.one("a", class_="ghost", href=path).text == "Batal"
    reason = bare.first("crm.lost_reason")
    assert dewi.send(shown, {"lost_reason": str(reason)}).headers["Location"] == path
    assert bare.value("crm.deal", key, "state") == "lost"
    steps = bar(dewi.get(path)).all("li")
    assert not [step for step in steps if step.all(class_="done")], "nothing is to be done with it any more"


def test_of_two_who_move_it_the_second_is_told(bare: kit.Served) -> None:
    [key] = make(bare, {})
    dewi, made, path = bare.sign_in("dewi"), bare.sign_in("made"), f"{DEALS}/{key}"
    before = dewi.get(path)
    press(made, made.get(path), "Negosiasi")
    late = press(dewi, before, "Penawaran")
    assert late.headers["Location"] == path
    assert "sudah dipindahkan ke “Negosiasi”" in dewi.get(path).page.text
    assert bare.value("crm.deal", key, "stage") == stages(bare)[3]


def test_who_may_not_move_it_sees_how_far_it_got(served: kit.Served) -> None:
    """What lies in the archive stays where it is; a lead is on no board."""
    key = served.first("crm.deal", state="open")
    served.change("crm.deal", key, archived=True)
    dewi = served.sign_in("dewi")
    steps = bar(dewi.get(f"{DEALS}/{key}"))
    assert steps.all("span", aria_current="step") and not steps.all("button")
    assert not dewi.get(f"/app/crm.lead/{served.first('crm.lead')}").main.all("ol", class_="steps")


def test_who_may_only_read_presses_nothing(served: kit.Served) -> None:
    key = served.first("crm.deal", state="open")
    rights(served, "crm.deal", read_scope="all", write_scope="none")
    steps = bar(served.sign_in("dewi").get(f"{DEALS}/{key}"))
    assert steps.all("span", aria_current="step") and not steps.all("button")


@pytest.mark.parametrize(
    ("model", "name"), [("crm.stage", "position"), ("crm.stage", "pipeline"), ("crm.deal", "stage")]
)
def test_who_may_not_see_the_columns_sees_the_page_without(
    bare: kit.Served, monkeypatch: pytest.MonkeyPatch, model: str, name: str
) -> None:
    [key] = make(bare, {})
    dewi = bare.sign_in("dewi")
    monkeypatch.setattr(bare.site.assembly.registry.models[model].fields[name], "access", {})
    bare.site.lists.clear()
    shown = dewi.get(f"{DEALS}/{key}")
    assert shown.status_code == 200 and not shown.main.all("ol", class_="steps")


def test_what_a_step_refuses_for_another_reason_stays_a_mistake(
    bare: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not called missing where something stands there."""

    def refuse(_cls: Any, records: Any, *_rest: Any) -> None:
        raise UserError("Terlalu murah.", "amount", records[0])

    [key] = make(bare, {"amount": 5})
    dewi, path = bare.sign_in("dewi"), f"{DEALS}/{key}"
    shown = dewi.get(path)
    monkeypatch.setattr(
        bare.site.assembly.registry.models["crm.deal"].cls, "before_write", classmethod(refuse)
    )
    answer = press(dewi, shown, "Penawaran")
    assert answer.status_code == 422 and "1 isian perlu diperbaiki" in answer.main.text
    assert "masih kosong" not in answer.main.text


def test_it_is_one_statement_more(bare: kit.Served, statements: Statements) -> None:
    [key] = make(bare, {})
    dewi = bare.sign_in("dewi")
    dewi.get(f"{DEALS}/{key}")
    statements.clear()
    dewi.get(f"{DEALS}/{key}")
    assert (
        len([text for text in asked(statements) if "FROM crm_stage" in text and "JOIN crm_pipeline" in text])
        == 1
    )
