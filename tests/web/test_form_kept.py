"""What is typed is not lost: not with the session, not with the token of the page, not with the record."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.base.demo import DOMAIN, PASSWORD
from core.schema.tables import session
from tests.web import kit
from tests.web.markup import typed
from tests.web.test_form import LEADS, NEW, _make, number_of
from tests.web.test_form_drawn import form_of
from tests.web.test_rows import PARTNERS, company, form, streets

LONG = "Catatan panjang 🏡 <b> & “kutip”\r\n" * 900
NOTICE = re.compile("All that you typed is here|Semua yang Anda ketik")


def sign_in(
    visitor: kit.Visitor, shown: kit.Answer, person: str = "dewi", password: str = PASSWORD
) -> kit.Answer:
    """The answer to the sign-in page that stands there, as a person fills it in."""
    return visitor.send(shown, {"email": f"{person}@{DOMAIN}", "password": password}, action="/login")


def end(visitor: kit.Visitor, how: str) -> None:
    """The session ends, as it does behind the back of a page that is open."""
    if how == "sign-out":
        visitor.post("/logout", {"csrf_token": visitor.token("/")})
    elif how == "cookies":
        visitor.client._cookies.clear()
    else:
        with visitor.served.database.writing.begin() as connection:
            connection.execute(session.delete())


@pytest.mark.parametrize("how", ["sign-out", "cookies", "elsewhere"])
@pytest.mark.parametrize("lang", ["en", "id"])
def test_a_form_outlives_the_session(served: kit.Served, how: str, lang: str) -> None:
    visitor = served.sign_in("dewi", lang=lang)
    key, before = served.first("crm.lead"), served.count("crm.lead")
    for path in (NEW, f"{LEADS}/{key}/edit"):
        shown = visitor.get(path)
        end(visitor, how)
        asked = visitor.send(shown, {"title": "Masih ada", "note": LONG, "revenue": "12"})
        assert asked.status_code == 401 and asked.main.one("input", id="password")
        assert "Masih" not in asked.text and LONG[:10] not in asked.text, "nobody reads it over the shoulder"
        assert "/language/" not in asked.text, "no link leads away from it"
        wrong = sign_in(visitor, asked, password="salah")
        assert wrong.status_code == 401
        again = sign_in(visitor, wrong)
        assert again.status_code == 200 and NOTICE.search(again.main.text)
        sent = typed(form_of(again))
        assert (sent["title"], sent["note"], sent["revenue"]) == (["Masih ada"], [LONG], ["12"])
        assert form_of(again)["data-guard"] == "changed" and PASSWORD not in again.text
        assert served.count("crm.lead") == before, "nothing is saved before one says so"
        made = number_of(visitor.send(again))
        assert served.value("crm.lead", made, "note") == LONG.replace("\r", "").strip("\n") or path != NEW
        assert served.value("crm.lead", made, "title") == "Masih ada"
        before = served.count("crm.lead")


def test_a_section_with_a_new_row_outlives_the_session(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", lang="en"), company(served, "Satu")
    shown = visitor.post(
        f"{PARTNERS}/{key}/edit", {**form(visitor.get(f"{PARTNERS}/{key}/edit")), "form-row": "addresses"}
    )
    end(visitor, "elsewhere")
    again = sign_in(visitor, visitor.send(shown, {"addresses-new1-street": "Dua"}))
    number_of(visitor.send(again))
    assert streets(served, key) == ["Satu", "Dua"]


def test_nobody_else_finds_what_was_typed(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    shown = visitor.get(NEW)
    end(visitor, "elsewhere")
    asked = visitor.send(shown, {"title": "Punya Dewi"})
    answer = sign_in(visitor, asked, "made")
    assert (answer.status_code, answer.headers["Location"]) == (302, NEW)
    page = visitor.get(NEW)
    assert "Punya Dewi" not in page.text and "by somebody else" in page.main.text


@pytest.mark.parametrize("forged", ["x", "e30.x", ""])
def test_a_forged_form_is_not_drawn(served: kit.Served, forged: str) -> None:
    visitor = served.visitor("en")
    shown = visitor.get("/login")
    data: Any = {**typed(shown.main.one("form", action="/login")), "kept": forged}
    answer = visitor.post("/login", {**data, "email": f"dewi@{DOMAIN}", "password": PASSWORD})
    assert answer.status_code == 302


def test_without_a_form_of_ours_one_is_led_to_the_sign_in(shared: kit.Served) -> None:
    visitor = shared.visitor()
    token = visitor.token("/login")
    for data in ({}, {"title": "x"}):
        answer = visitor.post(NEW, {**data, "csrf_token": token})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert visitor.post("/theme", {"form-state": "x", "csrf_token": token}).status_code == 302
    assert visitor.post(NEW, {"title": "x"}).status_code == 400


@pytest.mark.parametrize("token", [None, "", "x", "old"])
def test_an_old_token_loses_nothing(served: kit.Served, token: str | None) -> None:
    """Somebody signed out and in again in another window."""
    visitor = served.sign_in("dewi", lang="en")
    for path in (NEW, f"{LEADS}/{served.first('crm.lead')}/edit"):
        shown, before = visitor.get(path), served.count("crm.lead")
        if token == "old":
            end(visitor, "sign-out")
            assert sign_in(visitor, visitor.get("/login")).status_code == 302
            again = visitor.send(shown, {"title": "Masih ada"})
        else:
            sent: Any = {**typed(form_of(shown)), "title": "Masih ada", "csrf_token": token}
            again = visitor.post(path, {name: value for name, value in sent.items() if value is not None})
        assert again.status_code == 422 and served.count("crm.lead") == before
        assert NOTICE.search(again.main.text)
        assert served.value("crm.lead", number_of(visitor.send(again)), "title") == "Masih ada"


def test_a_token_of_nobody_draws_no_form_of_others(served: kit.Served) -> None:
    made, dewi = served.sign_in("made"), served.sign_in("dewi")
    sent: Any = {**typed(form_of(made.get(NEW))), "title": "Punya Made", "csrf_token": "x"}
    answer = dewi.post(NEW, sent)
    assert answer.status_code == 400 and "Punya Made" not in answer.text


# ----------------------------------------------------------------- gone
def test_what_was_typed_for_a_record_that_is_gone_makes_a_new_one(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", lang="en"), company(served, "Satu", "Dua", phones=1)
    path = f"{PARTNERS}/{key}/edit"
    shown = visitor.post(path, {**form(visitor.get(path)), "form-row": "addresses"})
    sent = form(shown)
    [first, second] = re.findall(r"addresses-([0-9]+)-street", " ".join(sent))
    with served.env() as env:
        env.delete([kit.record(env, "base.partner", key)])
    changes: Any = {
        "name": "PT Kembali", f"addresses-{first}-street": "Satu B", f"addresses-{second}": ["1"],
        "addresses-new1-street": "Tiga"}  # fmt: skip
    answer = visitor.send(shown, changes)
    assert answer.status_code == 404 and "not there any more" in answer.main.text
    assert form_of(answer)["action"] == f"{PARTNERS}/new"
    assert "Save as a new one" in answer.main.text
    made = number_of(visitor.send(answer))
    assert made != key and served.value("base.partner", made, "name") == "PT Kembali"
    assert streets(served, made) == ["Satu B", "Tiga"]


def test_what_was_typed_is_read_in_the_language_in_which_it_was_typed(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="id")
    key = served.first("crm.lead", state="qualified")
    shown = visitor.get(f"{LEADS}/{key}/edit")
    visitor.get("/language/en")
    with served.env() as env:
        env.delete([kit.record(env, "crm.lead", key)])
    answer = visitor.send(shown, {"title": "Kembali", "revenue": "1.500"})
    assert form(answer)["revenue"] == ["1.500"]
    made = number_of(visitor.send(answer))
    assert served.value("crm.lead", made, "revenue") == 1_500, "as it was written, in another language by now"


def test_hidden_and_deleted_are_alike(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    answers = []
    for is_hidden in (True, False):
        key = _make(served, "base.partner", name="Sebentar")
        shown = visitor.get(f"{PARTNERS}/{key}/edit")
        with served.env() as env:
            record = kit.record(env, "base.partner", key)
            if is_hidden:
                idr = kit.record(env, "base.company", 1).currency
                [record.company] = env.create(env["base.company"], [{"name": "Lain", "currency": idr}])
            else:
                env.delete([record])
        answers.append(visitor.send(shown, {"name": "Ketik"}))
        assert visitor.get(f"{PARTNERS}/{key}/edit").status_code == 404
        assert visitor.post(f"{PARTNERS}/{key}/edit", {"csrf_token": visitor.token("/")}).status_code == 404
    assert [answer.status_code for answer in answers] == [404, 404]
    texts = [answer.main.text for answer in answers]
    assert texts[0] == texts[1]


def test_who_may_make_none_still_finds_what_was_typed(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.orm.env import Env

    visitor, key = served.sign_in("dewi", lang="en"), _make(served, "base.tag", name="Sebentar")
    shown = visitor.get(f"/app/base.tag/{key}/edit")
    with served.env() as env:
        env.delete([kit.record(env, "base.tag", key)])
    may = Env.may
    monkeypatch.setattr(
        Env, "may", lambda env, model, what: (model, what) != ("base.tag", "c") and may(env, model, what)
    )
    answer = visitor.send(shown, {"name": "Ketik"})
    assert answer.status_code == 404 and form(answer)["name"] == ["Ketik"]
    assert not answer.main.one("div", class_="save").all("button")
