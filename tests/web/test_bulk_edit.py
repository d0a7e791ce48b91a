"""One field of many rows set at once, tags added and taken away: undone at once, and told what was left and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from core.web.actions import bulk
from tests.web import kit
from tests.web.conftest import Statements
from tests.web.test_actions import LEADS, PARTNERS, notes, said, toast, undo
from tests.web.test_form_kept import end, sign_in
from tests.web.test_query_budget import asked

BULK = f"{LEADS}/bulk"


def choose(
    visitor: kit.Visitor, field: str, keys: Sequence[int] = (), path: str = LEADS, **more: str
) -> kit.Answer:
    """Ticks rows of a list and asks for a change of a field."""
    page = visitor.get(path)
    form = page.main.one("form", id="bulk")
    sent = {item["name"]: item["value"] for item in form.all("input", type="hidden")}
    model = path.partition("?")[0]
    return visitor.post(f"{model}/bulk", {**sent, "field": field, "row": list(map(str, keys)), **more})


def apply(visitor: kit.Visitor, shown: kit.Answer, value: Any, **more: str) -> kit.Answer:
    assert shown.status_code == 200, shown.text[:1500]
    model = shown.request.path.rpartition("/")[0]
    return visitor.send(shown, {"value": value, **more}, action=f"{model}/bulk")


def fill(served: kit.Served, count: int, **values: Any) -> list[int]:
    """Leads of the seller ayu."""
    with served.env() as env:
        ayu = kit.record(env, "base.user", served.first("base.user", email="ayu@griyasentosa.example"))
        rows = [{"title": f"Massal {n}", "owner": ayu, "team": ayu.teams[0], **values} for n in range(count)]
        leads = env.create(env["crm.lead"], rows)
        env.flush()
        return [lead.id for lead in leads]


# ----------------------------------------------------------------- setting
@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_choice_is_set_on_chosen_rows_and_undone_at_once(served: kit.Served, lang: str) -> None:
    keys, ayu = fill(served, 3, source="phone"), served.sign_in("ayu", lang=lang)
    page = choose(ayu, "source", keys[:2])
    assert "Massal 0" in page.main.text and "Massal 2" not in page.main.text
    shown = said(ayu, apply(ayu, page, "email"))
    assert [served.value("crm.lead", key, "source") for key in keys] == ["email", "email", "phone"]
    assert {"id": "2 diubah", "en": "2 changed"}[lang] in toast(shown) and not notes(shown)
    undo(ayu, shown)
    assert [served.value("crm.lead", key, "source") for key in keys] == ["phone"] * 3


def test_texts_amounts_dates_links_and_nothing_can_be_set(served: kit.Served) -> None:
    keys, dewi = fill(served, 2), served.sign_in("dewi")
    city, bima = served.first("base.regency"), served.first("base.user", email="bima@griyasentosa.example")
    with served.env() as env:
        label = kit.record(env, "base.regency", city).display_label()
    for field, typed, value in (
        ("company_name", "PT Baru", "PT Baru"),
        ("note", "satu\r\ndua", "satu\ndua"),
        ("city", f"{label} #{city}", city),
        ("owner", str(bima), bima),
        ("company_name", "", None),
    ):
        shown = said(dewi, apply(dewi, choose(dewi, field, keys), typed))
        assert [served.value("crm.lead", key, field) for key in keys] == [value] * 2, field
        assert "2 diubah" in toast(shown), field
    said(dewi, apply(dewi, choose(dewi, "revenue", keys), "1.250.000"))
    assert [str(served.value("crm.lead", key, "revenue")) for key in keys] == ["1250000.00"] * 2


def test_all_of_the_filter_are_set(served: kit.Served) -> None:
    keys, dewi = fill(served, 85, source="phone"), served.sign_in("dewi", lang="en")
    path = f"{LEADS}?q=massal&limit=20"
    answer = apply(dewi, choose(dewi, "source", path=path, all="1"), "referral")
    assert "q=massal" in answer.headers["Location"], "back to the list that one came from"
    assert "85 changed" in toast(said(dewi, answer))
    assert {served.value("crm.lead", key, "source") for key in keys} == {"referral"}


def test_tags_are_added_and_taken_away(served: kit.Served) -> None:
    with served.env() as env:
        one, two = env.create(env["base.tag"], [{"name": "Satu"}, {"name": "Dua"}])
        env.flush()
        first, second = one.id, two.id
    keys, dewi = fill(served, 3), served.sign_in("dewi")
    served.change("crm.lead", keys[0], tags=[])
    for value, how, expected in (
        ([str(first)], "add", [first]),
        ([str(first), str(second)], "add", [first, second]),
        ([str(first)], "remove", [second]),
    ):
        shown = said(dewi, _tags(dewi, choose(dewi, "tags", keys), value, how))
        assert [served.value("crm.lead", key, "tags") for key in keys] == [expected] * 3
    undo(dewi, shown)
    assert [sorted(served.value("crm.lead", key, "tags")) for key in keys] == [[first, second]] * 3


def _tags(visitor: kit.Visitor, page: kit.Answer, keys: Sequence[str], how: str) -> kit.Answer:
    form = page.main.one("form", action=BULK)
    sent: dict[str, Any] = {item["name"]: item["value"] for item in form.all("input", type="hidden")}
    return visitor.post(BULK, {**sent, "value": list(keys), "value-add": "", "how": how})


def test_a_tag_is_typed_by_its_name(served: kit.Served) -> None:
    with served.env() as env:
        tag = env.create(env["base.tag"], [{"name": "Istimewa"}])[0]
        env.flush()
        number = tag.id
    keys, dewi = fill(served, 2), served.sign_in("dewi")
    page = choose(dewi, "tags", keys)
    said(dewi, dewi.send(page, {"value-add": "Istimewa"}, action=BULK))
    assert [served.value("crm.lead", key, "tags") for key in keys] == [[number]] * 2
    wrong = dewi.send(page, {"value-add": "Tidak ada"}, action=BULK)
    assert wrong.status_code == 422 and wrong.main.one("input", name="value-add")["value"] == "Tidak ada"
    assert dewi.send(page, {"value-add": ""}, action=BULK).status_code == 422


# ----------------------------------------------------------------- what is left, and why
def test_what_another_changed_meanwhile_is_left_and_said(served: kit.Served) -> None:
    keys, ayu = fill(served, 3, source="phone"), served.sign_in("ayu", lang="en")
    page = choose(ayu, "source", keys)
    served.change("crm.lead", keys[1], source="web_form")
    served.change("crm.lead", keys[2], title="Another title")
    shown = said(ayu, apply(ayu, page, "email"))
    assert [served.value("crm.lead", key, "source") for key in keys] == ["email", "web_form", "email"]
    assert "2 changed" in toast(shown)
    [note] = notes(shown)
    assert "Massal 1" in note and "changed since" in note


def test_what_one_may_not_write_is_left_and_said(served: kit.Served) -> None:
    mine, ayu = fill(served, 1, source="phone")[0], served.sign_in("ayu", lang="en")
    with served.env() as env:
        users, lead = env["base.user"], env["crm.lead"]
        me = env.scalar(sa.select(users.id).where(users.email.startswith("ayu")))
        team = env.scalar(sa.select(lead.team_id).where(lead.owner_id == me))
        theirs = env.scalar(
            sa.select(lead.id).where(lead.owner_id != me, lead.team_id == team, lead.source != "email")
        )
        unseen = env.scalar(sa.select(lead.id).where(lead.team_id != team, lead.source != "email"))
    before = served.value("crm.lead", theirs, "source")
    page = choose(ayu, "source", [mine, theirs, unseen])
    shown = said(ayu, apply(ayu, page, "email"))
    assert served.value("crm.lead", mine, "source") == "email"
    assert served.value("crm.lead", theirs, "source") == before
    assert served.value("crm.lead", unseen, "source") != "email"
    [note] = notes(shown)
    assert "Your roles do not allow" in note
    with served.env() as env:
        assert kit.record(env, "crm.lead", unseen).display_label() not in page.main.text + note


def test_rows_that_refuse_the_value_are_left_with_their_reason(served: kit.Served) -> None:
    keys, dewi = fill(served, 3, state="working"), served.sign_in("dewi", lang="en")
    served.change("crm.lead", keys[0], mobile="+6281200000001")
    shown = said(dewi, apply(dewi, choose(dewi, "state", keys), "qualified"))
    assert [served.value("crm.lead", key, "state") for key in keys] == ["qualified", "working", "working"]
    [note] = notes(shown)
    assert "Massal 1, Massal 2" in note and "can be reached" in note


def test_a_value_that_no_row_takes_is_said_beside_it_or_by_row(served: kit.Served) -> None:
    keys, dewi = fill(served, 2), served.sign_in("dewi", lang="en")
    page = choose(dewi, "revenue", keys)
    for typed in ("abc", "-5", "1" * 40):
        wrong = apply(dewi, page, typed)
        assert wrong.status_code == 422, typed
        assert wrong.main.one("input", name="value")["value"] == typed
    assert apply(dewi, choose(dewi, "title", keys), "  ").status_code == 422, "it is required"
    assert apply(dewi, choose(dewi, "title", keys), "x" * 300).status_code == 422


def test_no_row_and_too_many_rows(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    dewi = served.sign_in("dewi", lang="en")
    assert "at least one" in notes(said(dewi, choose(dewi, "source")))[0]
    monkeypatch.setattr(bulk, "MOST", 2)
    assert "At most 2" in notes(said(dewi, choose(dewi, "source", fill(served, 3))))[0]


def test_forged_forms_are_refused(served: kit.Served) -> None:
    keys, dewi = fill(served, 2), served.sign_in("dewi")
    for field in ("id", "version", "created_at", "nope", "partner_id", ""):
        assert choose(dewi, field, keys).status_code == 400, field
    page = choose(dewi, "source", keys)
    hidden = {
        item["name"]: item["value"] for item in page.main.one("form", action=BULK).all("input", type="hidden")
    }
    for change in (
        {"form-state": "x"},
        {"field": "state"},
        {"how": "burn"},
        {"query": "nope=1"},
        {"extra": "1"},
    ):
        assert dewi.post(BULK, {**hidden, "value": "email", **change}).status_code == 400, change
    ayu = served.sign_in("ayu")
    foreign = {**hidden, "csrf_token": ayu.token(LEADS), "value": "email"}
    assert ayu.post(BULK, foreign).status_code == 400, "it was made for somebody else"
    nul = dewi.post(BULK, {**hidden, "field": "source", "value": "em\0ail"})
    assert nul.status_code == 422


def test_a_text_with_nul_is_said_and_kept(served: kit.Served) -> None:
    keys, dewi = fill(served, 1), served.sign_in("dewi")
    page = choose(dewi, "title", keys)
    wrong = apply(dewi, page, "Ju\0dul")
    assert wrong.status_code == 422 and wrong.main.one("input", name="value")["value"] == "Judul"


@pytest.mark.parametrize("how", ["sign-out", "elsewhere"])
def test_a_value_outlives_the_session(served: kit.Served, how: str) -> None:
    keys, dewi = fill(served, 2), served.sign_in("dewi")
    shown = choose(dewi, "company_name", keys, path=f"{LEADS}?q=massal")
    end(dewi, how)
    asked_for = apply(dewi, shown, "PT Jangan Hilang")
    assert asked_for.status_code == 401 and "Jangan" not in asked_for.text
    again = sign_in(dewi, asked_for)
    assert again.status_code == 200, again.headers
    assert again.main.one("input", name="value")["value"] == "PT Jangan Hilang"
    assert "Massal 0" in again.main.text and served.value("crm.lead", keys[0], "company_name") is None
    answer = dewi.send(again, action=BULK)
    assert answer.headers["Location"] == f"{LEADS}?q=massal"
    assert "2 diubah" in toast(said(dewi, answer))
    assert [served.value("crm.lead", key, "company_name") for key in keys] == ["PT Jangan Hilang"] * 2


def test_a_value_of_somebody_else_is_not_shown_and_one_is_led_to_the_list(served: kit.Served) -> None:
    keys, dewi = fill(served, 1), served.sign_in("dewi", lang="en")
    shown = choose(dewi, "company_name", keys)
    end(dewi, "elsewhere")
    answer = sign_in(dewi, apply(dewi, shown, "Punya Dewi"), "made")
    assert (answer.status_code, answer.headers["Location"]) == (302, LEADS)
    page = dewi.get(LEADS)
    assert "by somebody else" in page.main.text and "Punya Dewi" not in page.text


def test_an_old_token_loses_no_value(served: kit.Served) -> None:
    keys, dewi = fill(served, 1), served.sign_in("dewi")
    shown = choose(dewi, "company_name", keys)
    end(dewi, "sign-out")
    assert sign_in(dewi, dewi.get("/login")).status_code == 302
    again = apply(dewi, shown, "PT Jangan Hilang")
    assert again.status_code == 422
    assert again.main.one("input", name="value")["value"] == "PT Jangan Hilang"


def test_who_may_not_write_has_no_bar_and_no_door(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    assert not ayu.get("/app/base.company").main.all("form", id="bulk")
    token = ayu.token("/app/base.company")
    assert (
        ayu.post("/app/base.company/bulk", {"csrf_token": token, "field": "name", "row": "1"}).status_code
        == 403
    )


def test_fields_that_are_closed_are_not_offered(served: kit.Served) -> None:
    offered = {option["value"] for option in
               served.sign_in("ayu").get(PARTNERS).main.one("select", id="bulk-field").all("option")}  # fmt: skip
    assert {"city", "owner", "tags"} <= offered
    assert not {"id", "version", "archived", "emails", "leads"} & offered


# ----------------------------------------------------------------- what it costs
@pytest.mark.parametrize("field", ["source", "owner", "tags"])
def test_many_rows_take_no_more_statements_than_few(
    served: kit.Served, statements: Statements, field: str
) -> None:
    with served.env() as env:
        tag = env.create(env["base.tag"], [{"name": "Banyak"}])[0]
        env.flush()
        number = str(tag.id)
    dewi, taken = served.sign_in("dewi"), []
    value = {"source": "email", "owner": str(served.first("base.user")), "tags": None}[field]
    for count in (10, 300):
        keys = fill(served, count, source="phone")
        page = choose(dewi, field, keys)
        statements.clear()
        answer = _tags(dewi, page, [number], "add") if field == "tags" else apply(dewi, page, value)
        assert answer.status_code == 303, answer.text[:800]
        taken.append(len(asked(statements)))
        assert served.value("crm.lead", keys[-1], field)
    assert taken[1] <= taken[0] + 2 and taken[0] < 30, taken
