"""A form writes only what it showed: it brings a list of that, signed for one database, person and record."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from core.base.demo import DOMAIN
from core.web.forms.drawn import STATE
from tests.web import kit
from tests.web.markup import Element, typed
from tests.web.test_form import LEADS, NEW, THINGS, _make, _stored, number_of, refused

Sent = dict[str, Any]


def form_of(answer: kit.Answer) -> Element:
    return kit.form_in(answer.main)


def opened(visitor: kit.Visitor, path: str) -> Sent:
    """What the form of a page holds."""
    return dict(typed(form_of(visitor.get(path))))


def refused_whole(visitor: kit.Visitor, path: str, sent: Sent) -> None:
    """The request is not understood, and nothing of it is done (`kit.Visitor` looks at the database)."""
    assert (
        visitor.post(path, {name: value for name, value in sent.items() if value is not None}).status_code
        == 400
    )


# ----------------------------------------------------------------- the signature
@pytest.mark.parametrize("path", [NEW, f"{LEADS}/1/edit"])
def test_a_form_without_its_list_is_no_form(shared: kit.Served, path: str) -> None:
    visitor = shared.sign_in("dewi")
    sent = opened(visitor, path)
    [state] = sent[STATE]
    body, _dot, signature = state.rpartition(".")
    for wrong in (
        None,
        "",
        "x",
        ".",
        body,
        f"{body}.",
        f"{body}x.{signature}",
        f"{state}x",
        f".{signature}",
        "é" * 40,
    ):
        refused_whole(visitor, path, {**sent, "title": "x", STATE: wrong})
    refused_whole(visitor, path, {**sent, "title": "x", STATE: [state, state]})
    refused_whole(visitor, path, {"csrf_token": sent["csrf_token"], "title": "x"})


def test_a_list_of_another_person_record_model_or_page_is_no_list(served: kit.Served) -> None:
    visitor, other = served.sign_in("dewi"), served.sign_in("made")
    first, second, new = (opened(visitor, path) for path in (f"{LEADS}/1/edit", f"{LEADS}/2/edit", NEW))
    contact = opened(visitor, "/app/base.partner/1/edit")
    foreign = opened(other, f"{LEADS}/1/edit")
    for sent in (second, new, contact, foreign):
        refused_whole(visitor, f"{LEADS}/1/edit", {**first, "title": "x", STATE: sent[STATE]})
    refused_whole(visitor, NEW, {**new, "title": "x", STATE: first[STATE]})
    assert number_of(visitor.post(f"{LEADS}/1/edit", {**first, "title": "Tipe 45"})) == 1


def test_a_list_of_another_database_is_no_list(copies: Any, serve: Any, kind: str) -> None:
    """Two customers on one server, with the same secret and the same keys."""
    with (
        copies.copy(kind) as one,
        copies.copy(kind) as two,
        serve({"a.example": one, "b.example": two}) as dispatcher,
    ):
        visitors = [
            kit.Served(url, dispatcher, host).sign_in("dewi")
            for url, host in ((one, "a.example"), (two, "b.example"))
        ]
        here, there = (opened(visitor, f"{LEADS}/1/edit") for visitor in visitors)
        refused_whole(visitors[0], f"{LEADS}/1/edit", {**here, "title": "x", STATE: there[STATE]})


def test_the_list_tells_nothing_that_the_page_does_not(served: kit.Served) -> None:
    """Signed is not secret: of a link that the reader may not see, not even the key is in it."""
    ayu = served.first("base.user", email=f"ayu@{DOMAIN}")
    with served.env() as env:
        idr = kit.record(env, "base.company", 1).currency
        [company] = env.create(env["base.company"], [{"name": "Lain", "currency": idr}])
        [partner] = env.create(env["base.partner"], [{"name": "Rahasia Besar", "company": company}])
        env.flush()
        lead, hidden = served.first("crm.lead", owner_id=ayu), partner.id
        kit.record(env, "crm.lead", lead).company = None
        env.flush()
        kit.record(env, "crm.lead", lead).partner = partner
    state = opened(served.sign_in("ayu"), f"{LEADS}/{lead}/edit")[STATE][0]
    import zlib

    raw = state.split(".")[1] if state.startswith(".") else state.split(".")[0]
    content = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    text = (zlib.decompress(content) if state.startswith(".") else content).decode()
    assert '"partner":[' in text and f"{hidden}" not in text.partition('"partner":[')[2].partition("]")[0]


# ----------------------------------------------------------------- names
@pytest.mark.parametrize("path", [NEW, f"{LEADS}/1/edit"])
def test_what_a_browser_always_sends_may_not_be_absent(shared: kit.Served, path: str) -> None:
    """Nothing of a request that lost a part on its way is written; what browsers leave out is no part."""
    visitor = shared.sign_in("dewi")
    sent = opened(visitor, path)
    for name in sent.keys() - {"csrf_token", "tags", "tags-add"}:
        refused_whole(
            visitor, path, {**sent, "title": "x", name: None} if name != "title" else {**sent, name: None}
        )


@pytest.mark.parametrize("path", [NEW, f"{LEADS}/1/edit"])
def test_an_input_comes_once(shared: kit.Served, path: str) -> None:
    visitor = shared.sign_in("dewi")
    sent = opened(visitor, path)
    for name, value in sent.items():
        if name != "tags":
            refused_whole(visitor, path, {**sent, name: [*value, *value]})
            refused_whole(visitor, path, {**sent, name: [*value, "x"]})


def test_a_box_that_is_not_ticked_is_no_and_one_that_is_not_shown_stays(sample: kit.Served) -> None:
    visitor = sample.sign_in("dewi")
    key = _make(sample, "sample.thing", name="Satu", sold=True)
    visitor.fill(f"{THINGS}/{key}/edit", {"sold": None})
    assert sample.value("sample.thing", key, "sold") is False
    sample.change("sample.thing", key, sold=True)
    sent = opened(visitor, f"{THINGS}/{key}/edit")
    assert "secret" not in sent
    number_of(visitor.post(f"{THINGS}/{key}/edit", {**sent, "name": "Dua"}))
    assert sample.value("sample.thing", key, "sold") is True
    assert sample.value("sample.thing", key, "secret") == "kept"


def test_a_section_writes_its_own_fields_only(served: kit.Served) -> None:
    visitor = served.sign_in("dewi")
    sent = opened(visitor, f"{LEADS}/1?edit=money")
    assert sent.keys() - {"csrf_token", STATE, "tags", "tags-add"} == {"revenue", "source"}
    for name in ("title", "note", "owner", "partner"):
        refused_whole(visitor, f"{LEADS}/1/edit", {**sent, name: "x"})
    before = _stored(served, "crm.lead", 1)
    number_of(visitor.post(f"{LEADS}/1/edit", {**sent, "revenue": "12,5"}))
    after = _stored(served, "crm.lead", 1)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"revenue", "version", "updated_at", "updated_by"}


# ----------------------------------------------------------------- unchanged
def test_what_a_form_does_not_show_survives_it(sample: kit.Served) -> None:
    """Seconds, lines ended in either way, spaces around, a choice that is offered no more."""
    import datetime as dt

    visitor = sample.sign_in("dewi", lang="id")
    moment = dt.datetime(2026, 11, 30, 7, 30, 41, 5, tzinfo=dt.UTC)
    odd = {"moment": moment, "body": "\n a\r\nb\rc \n\n", "motto": " dua  kata ", "size": "s"}
    key = _make(sample, "sample.thing", name="Asli", **odd)
    with sample.database.writing.begin() as connection:
        table = sample.site.assembly.registry.info("sample.thing").table
        connection.execute(table.update().where(table.c.id == key).values(size="xl", code=" A\nB "))
    before = _stored(sample, "sample.thing", key)
    number_of(visitor.fill(f"{THINGS}/{key}/edit"))
    assert _stored(sample, "sample.thing", key) == before, "as it was, version and all"
    number_of(visitor.fill(f"{THINGS}/{key}/edit", {"name": "Baru"}))
    after = _stored(sample, "sample.thing", key)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"name", "version", "updated_at", "updated_by"}


def test_a_form_is_read_in_the_language_in_which_it_was_written(served: kit.Served) -> None:
    """The language may be changed in another window meanwhile: 1.500 stays what was meant."""
    visitor = served.sign_in("dewi", lang="id")
    shown = visitor.get(f"{LEADS}/1/edit")
    visitor.get("/language/en")
    number_of(visitor.send(shown, {"revenue": "1.500"}))
    assert served.value("crm.lead", 1, "revenue") == 1500
    refused(visitor.fill(f"{LEADS}/1/edit", {"revenue": "1.5001"}), "revenue")


def test_the_same_value_written_otherwise_is_no_change(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="id")
    served.change("crm.lead", 1, revenue=1_500_000, mobile="+6281220457781")
    before = _stored(served, "crm.lead", 1)
    number_of(visitor.fill(f"{LEADS}/1/edit", {"revenue": "Rp 1500000,00", "mobile": "+62 812 2045 7781"}))
    assert _stored(served, "crm.lead", 1) == before


# ----------------------------------------------------------------- twice
def test_a_new_record_that_is_sent_twice_is_made_once(served: kit.Served) -> None:
    visitor = served.sign_in("dewi")
    shown, before = visitor.get(NEW), served.count("crm.lead")
    first, second = (number_of(visitor.send(shown, {"title": "Sekali"})) for _time in range(2))
    assert first == second
    assert served.count("crm.lead") == before + 1
    back = visitor.send(shown, {"title": "Lain lagi"})
    assert back.status_code == 409 and served.count("crm.lead") == before + 1
    link = back.main.one("form", action=NEW).one("div", class_="note").one("a")
    assert (link["href"], link.text) == (f"{LEADS}/{first}", "Sekali"), "one is told what was made of it"
    other = number_of(visitor.send(back))
    assert other != first and served.value("crm.lead", other, "title") == "Lain lagi"
    again = number_of(visitor.fill(NEW, {"title": "Sekali"}))
    assert again not in (first, other), "and so is the same in a form of its own"


def test_a_form_whose_record_is_gone_makes_another_when_it_is_asked_again(served: kit.Served) -> None:
    visitor = served.sign_in("made", lang="en")
    shown = visitor.get("/app/base.tag/new")
    key = number_of(visitor.send(shown, {"name": "Sekali"}))
    with served.env() as env:
        env.delete([kit.record(env, "base.tag", key)])
    for name in ("Sekali", "Lain"):
        back = visitor.send(shown, {"name": name})
        assert back.status_code == 409 and "saved before" in back.main.text
    assert number_of(visitor.send(back)) != key


def test_two_sendings_at_once_make_one_record(served: kit.Served) -> None:
    from concurrent.futures import ThreadPoolExecutor

    visitor = served.sign_in("dewi")
    sent, before = opened(visitor, NEW), served.count("crm.lead")
    twins = [kit.Visitor(served, "id") for _time in range(4)]
    for twin in twins:
        twin.client._cookies = visitor.client._cookies
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda twin: twin.client.post(
                    NEW, data={**sent, "title": "Sekali"}, base_url="http://localhost", buffered=True
                ),
                twins,
            )
        )
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert served.count("crm.lead") == before + 1


def test_a_refused_form_is_not_used_up(served: kit.Served) -> None:
    visitor = served.sign_in("made", lang="en")
    wrong = visitor.fill("/app/base.user/new", {"name": "Baru", "email": f"dewi@{DOMAIN}"})
    refused(wrong, "email")
    number_of(visitor.send(wrong, {"email": f"baru@{DOMAIN}"}))


def test_a_change_that_is_sent_twice_is_made_once(served: kit.Served) -> None:
    visitor = served.sign_in("dewi")
    path = f"{LEADS}/{served.first('crm.lead')}/edit"
    seen = visitor.get(path)
    key = number_of(visitor.send(seen, {"title": "Sekali"}))
    after = _stored(served, "crm.lead", key)
    assert number_of(visitor.send(seen, {"title": "Sekali"})) == key
    assert _stored(served, "crm.lead", key) == after


def test_save_and_new_leads_to_another_form(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    shown = visitor.get(NEW)
    sent = {**typed(form_of(shown)), "title": "Satu", "form-next": "new"}
    answer = visitor.post(NEW, sent)
    assert answer.status_code == 303 and answer.headers["Location"] == NEW
    assert served.value("crm.lead", served.first("crm.lead", title="Satu"), "version") == 1
