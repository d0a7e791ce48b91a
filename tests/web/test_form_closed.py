"""Who may no longer save what they were editing keeps every word of it, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from core.base.demo import DOMAIN
from tests.web import kit
from tests.web.markup import Element, typed
from tests.web.test_form import LEADS, NEW, number_of
from tests.web.test_form_drawn import form_of
from tests.web.test_form_kept import end, sign_in
from tests.web.test_roles import PHONE
from tests.web.test_roles import path as of_role
from tests.web.test_rows import PARTNERS, company, form, streets

NOTE = "Baris satu\r\nBaris “dua” 🏡 <b> & 1.500"
SAID = {"en": "You can no longer save this form", "id": "Anda tidak dapat lagi menyimpan formulir ini"}


def person(served: kit.Served, name: str) -> int:
    return served.first("base.user", email=f"{name}@{DOMAIN}")


def lead_of(served: kit.Served, name: str) -> int:
    return served.first("crm.lead", owner_id=person(served, name))


def give_to(served: kit.Served, key: int, name: str) -> None:
    """A lead goes to somebody else, with the team of an own lead of theirs."""
    other = lead_of(served, name)
    team, owner = served.value("crm.lead", other, "team"), person(served, name)
    served.change("crm.lead", key, owner_id=owner, team_id=team)


def dismiss(served: kit.Served, name: str, *roles: str) -> None:
    """Somebody has only these roles from now on."""
    with served.env() as env:
        kept = [kit.record(env, "base.role", served.first("base.role", name=role)) for role in roles]
        kit.record(env, "base.user", person(served, name)).roles = kept


def held(answer: kit.Answer, name: str) -> str:
    """What stands in an input that can only be read and copied."""
    [item] = answer.main.all(id=f"f-{name}")
    assert item.get("readonly") is not None and item.get("name") is None
    return raw(item) if item.tag == "textarea" else item["value"]


def raw(item: Element) -> str:
    """What a text of several lines holds."""
    return "".join(text for text in item.children if isinstance(text, str)).removeprefix("\n")


def closed(answer: kit.Answer, lang: str = "en", status: int = 403) -> None:
    """The page says that it cannot be saved, and offers nothing that would."""
    assert answer.status_code == status
    [note] = answer.main.all("div", role="alert")
    assert SAID[lang] in note.text
    assert set(typed(form_of(answer))) == {"csrf_token"}, "nothing of it is sent"
    assert all(button.get("disabled") is not None for button in form_of(answer).all("button")), "nor by Enter"
    assert form_of(answer)["data-guard"] == "changed"


@pytest.mark.parametrize("lang", ["en", "id"])
@pytest.mark.parametrize("part", ["/edit", "?edit=head", "?edit=more"])
def test_a_lead_that_was_given_to_a_colleague(served: kit.Served, lang: str, part: str) -> None:
    visitor, key = served.sign_in("ayu", lang), lead_of(served, "ayu")
    shown = visitor.get(f"{LEADS}/{key}{part}")
    sent = typed(form_of(shown))
    inputs = {name for name, texts in sent.items() if any(texts)} - {"csrf_token", "form-state"}
    changes = {name: text for name, text in (("title", "Punyaku"), ("note", NOTE)) if name in sent}
    give_to(served, key, "rizky")
    answer = visitor.send(shown, changes)
    closed(answer, lang)
    assert changes and all(held(answer, name) == text.replace("\r", "") for name, text in changes.items())
    assert answer.main.one("h1").text == served.value("crm.lead", key, "title"), "it may still be read"
    drawn = {item["id"].removeprefix("f-") for item in form_of(answer).walk() if "id" in item.attrs}
    assert inputs <= drawn
    assert answer.main.one("a", data_key="Escape")["href"] == f"{LEADS}/{key}"


def test_what_was_chosen_is_told_as_it_was_shown(served: kit.Served) -> None:
    visitor, key = served.sign_in("ayu", "en"), lead_of(served, "ayu")
    served.change("crm.lead", key, source="phone", city_id=None)
    shown = visitor.get(f"{LEADS}/{key}/edit")
    tag = served.first("base.tag")
    give_to(served, key, "rizky")
    changes: Any = {"revenue": "dua juta", "source": "referral", "partner": "Toko Siapa", "tags": [str(tag)],
                    "tags-add": "Tak Ada", "owner": str(person(served, "ayu"))}  # fmt: skip
    answer = visitor.send(shown, changes)
    closed(answer)
    assert held(answer, "revenue") == "dua juta", "as it was typed, though it is no amount"
    assert held(answer, "source") == "Referral"
    assert held(answer, "partner") == "Toko Siapa"
    assert held(answer, "tags") == "Priority, Tak Ada"
    assert held(answer, "owner") == "Ayu Lestari"


@pytest.mark.parametrize("path", [NEW, f"{LEADS}/{{}}/edit"])
def test_who_lost_the_role_while_typing(served: kit.Served, path: str) -> None:
    """Not even the record may be read by then."""
    visitor, key = served.sign_in("ayu", "en"), lead_of(served, "ayu")
    title = served.value("crm.lead", key, "title")
    shown = visitor.get(path.format(key))
    dismiss(served, "ayu", "base.user")
    asked = visitor.send(shown, {"title": "Punyaku", "note": NOTE})
    assert asked.status_code == 401, "whose roles change signs in anew"
    answer = sign_in(visitor, asked, "ayu")
    closed(answer, status=200)
    assert held(answer, "title") == "Punyaku" and held(answer, "note") == NOTE.replace("\r", "")
    assert title not in answer.main.text, "nothing is told of the record"
    assert answer.main.one("a", data_key="Escape")["href"] == "/"


def test_rows_are_kept_too(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", "en"), company(served, "Satu", "Dua", phones=1)
    path = f"{PARTNERS}/{key}/edit"
    shown = visitor.post(path, {**form(visitor.get(path)), "form-row": "addresses"})
    first = min(name for name in form(shown) if name.endswith("-street"))
    rights(served, "base.partner", write_scope="none")
    answer = visitor.send(shown, {"name": "PT Kini", first: "Satu B", "addresses-new1-street": "Tiga"})
    closed(answer)
    assert [held(answer, name) for name in ("name", first, "addresses-new1-street")] == [
        "PT Kini",
        "Satu B",
        "Tiga",
    ]
    assert held(answer, "addresses-new1-use") == "Main address"


def rights(served: kit.Served, what: str, **scopes: str) -> None:
    """Takes rights from the roles of everyone who is no administrator."""
    with served.env() as env:
        names = ("base.user", "base.manager", "crm.user", "crm.manager")
        roles = [kit.record(env, "base.role", served.first("base.role", name=name)) for name in names]
        env.create(env["base.access_right"], [{"model": what, "role": role, **scopes} for role in roles])


@pytest.mark.parametrize(
    ("scopes", "name"),
    [
        ({"read_scope": "all", "may_create": True}, "addresses-{}-street"),
        ({"read_scope": "none"}, "addresses-{}-street"),
        ({"read_scope": "all", "write_scope": "all"}, "addresses-new1-street"),
    ],
)
def test_rows_that_were_closed(served: kit.Served, scopes: dict[str, Any], name: str) -> None:
    """The record may still be changed, its addresses may not: the whole form is kept."""
    visitor, key = served.sign_in("dewi", "en"), company(served, "Satu")
    path = f"{PARTNERS}/{key}/edit"
    shown = visitor.post(path, {**form(visitor.get(path)), "form-row": "addresses"})
    row = min(name for name in form(shown) if name.endswith("-street")).split("-")[1]
    changes = {name.format(row): "Ketik ini", "name": "Ketik ini"}
    rights(served, "base.address", **scopes)
    answer = visitor.send(shown, changes)
    closed(answer)
    assert all(held(answer, name) == "Ketik ini" for name in changes)


def test_rows_that_one_may_not_make_any_more_do_not_come_along(served: kit.Served) -> None:
    """The record is gone and the right to addresses as well: what else was typed can be saved."""
    visitor, key = served.sign_in("dewi", lang="en"), company(served, "Satu")
    shown = visitor.get(f"{PARTNERS}/{key}/edit")
    with served.env() as env:
        env.delete([kit.record(env, "base.partner", key)])
    rights(served, "base.address", read_scope="all", write_scope="all")
    answer = visitor.send(shown, {"name": "PT Kembali"})
    assert answer.status_code == 404 and form_of(answer)["action"] == f"{PARTNERS}/new"
    assert not [name for name in form(answer) if name.endswith("-street")]
    made = number_of(visitor.send(answer))
    assert served.value("base.partner", made, "name") == "PT Kembali" and streets(served, made) == []


@pytest.mark.parametrize("state", ["read", "hidden"])
def test_a_field_that_was_closed(served: kit.Served, state: str) -> None:
    made, dewi = served.sign_in("made", "en"), person(served, "dewi")
    path = f"/app/base.user/{dewi}/edit"
    shown = made.get(path)
    for name in ("base.admin", "base.manager"):
        served.sign_in("made").fill(of_role(served, name), {PHONE: state})
    answer = made.send(shown, {"phone": "+62 812 1", "name": "Dewi K."})
    closed(answer)
    assert held(answer, "phone") == "+62 812 1" and held(answer, "name") == "Dewi K."


def test_a_value_that_is_refused_can_be_corrected(served: kit.Served) -> None:
    """A company that is not one's own: the record itself is open, so the form is too."""
    visitor, key = served.sign_in("ayu", "en"), lead_of(served, "ayu")
    shown = visitor.get(f"{LEADS}/{key}/edit")
    other = person(served, "bima")
    answer = visitor.send(shown, {"title": "Punyaku", "owner": str(other), "team": ""})
    assert answer.status_code == 403 and form(answer)["title"] == ["Punyaku"]
    assert visitor.send(answer, {"owner": str(person(served, "ayu"))}).status_code == 303


def test_nobody_else_s_form_and_no_forged_one_is_told(served: kit.Served) -> None:
    visitor, key = served.sign_in("ayu", "en"), lead_of(served, "ayu")
    other = served.sign_in("dewi", "en")
    shown, theirs = visitor.get(f"{LEADS}/{key}/edit"), other.get(f"{LEADS}/{key}/edit")
    give_to(served, key, "rizky")
    sent = form(shown)
    for state in (form(theirs)["form-state"], ["x"], [""]):
        answer = visitor.post(f"{LEADS}/{key}/edit", {**sent, "title": "Punyaku", "form-state": state})
        assert answer.status_code == 403 and "Punyaku" not in answer.text
    assert (
        visitor.post(f"{LEADS}/{key}/edit", {"csrf_token": sent["csrf_token"], "title": "x"}).status_code
        == 403
    )
    check = visitor.post(f"{LEADS}/{key}/edit", {**sent, "title": "", "form-check": "title"})
    assert check.status_code == 403, "the script takes no word of it"


def test_a_session_that_ended_and_a_role_that_went(served: kit.Served) -> None:
    visitor, key = served.sign_in("ayu", "en"), lead_of(served, "ayu")
    shown = visitor.get(f"{LEADS}/{key}/edit")
    end(visitor, "elsewhere")
    asked = visitor.send(shown, {"title": "Punyaku"})
    give_to(served, key, "rizky")
    answer = sign_in(visitor, asked, "ayu")
    closed(answer, status=200)
    assert held(answer, "title") == "Punyaku"


@pytest.mark.parametrize("button", ["save", "back"])
def test_what_waits_while_another_record_is_made(served: kit.Served, button: str) -> None:
    visitor, key = served.sign_in("ayu", "en"), lead_of(served, "ayu")
    path = f"{LEADS}/{key}/edit"
    sent = {**form(visitor.get(path)), "title": "Punyaku", "partner": "Toko Baru", "form-create": "partner"}
    shown = visitor.post(path, sent)
    give_to(served, key, "rizky")
    if button == "back":
        answer = visitor.post(f"{PARTNERS}/new", {**form(shown), "form-return": "1"})
        closed(answer)
        assert held(answer, "title") == "Punyaku"
    else:
        before = served.count("base.partner")
        answer = visitor.send(shown)
        assert served.count("base.partner") == before + 1, "that one is made"
        assert (
            answer.status_code == 200
            and held(answer, "title") == "Punyaku"
            and SAID["en"] in answer.main.text
        )
