"""Duplicate, archive, restore and delete, one record or many of a list, with undo; all without script."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from core.web.actions import bulk
from tests.web import kit
from tests.web.conftest import Statements
from tests.web.listed import chips, key, keys, rows
from tests.web.markup import Element, typed
from tests.web.test_query_budget import asked
from tests.web.test_undo import around, company

LEADS, PARTNERS = "/app/crm.lead", "/app/base.partner"


def said(visitor: kit.Visitor, answer: kit.Answer) -> kit.Answer:
    """The page that an action leads to."""
    assert answer.status_code == 303, answer.text[:1000]
    return visitor.get(answer.headers["Location"])


def toast(answer: kit.Answer) -> str:
    return answer.page.one("div", id="toasts").text


def notes(answer: kit.Answer) -> list[str]:
    return [note.text for note in answer.main.all("div", class_="note")]


def undo_form(answer: kit.Answer) -> Element:
    [form] = [form for form in answer.page.all("form") if (form.get("action") or "").startswith("/undo/")]
    return form


def undo(visitor: kit.Visitor, answer: kit.Answer) -> kit.Answer:
    """Presses the button of the message."""
    return said(visitor, visitor.post(undo_form(answer)["action"], typed(undo_form(answer))))


def menu(answer: kit.Answer) -> list[str]:
    return [item.text for item in answer.main.one("div", id="more").all() if item.tag in ("a", "button")]


def act(visitor: kit.Visitor, path: str, action: str) -> kit.Answer:
    """Presses the button of the menu of a record."""
    return said(visitor, visitor.send(visitor.get(path), action=f"{path}/{action}"))


# ----------------------------------------------------------------- archive
@pytest.mark.parametrize("lang", ["id", "en"])
def test_archive_undo_archive_restore(served: kit.Served, lang: str) -> None:
    visitor, path = served.sign_in("dewi", lang=lang), f"{LEADS}/1"
    words = {"id": ["diarsipkan", "Urungkan", "Pulihkan", "dipulihkan"],
             "en": ["was archived", "Undo", "Restore", "was restored"]}[lang]  # fmt: skip
    title = served.value("crm.lead", 1, "title")
    shown = act(visitor, path, "archive")
    assert shown.request.path == path
    assert title in toast(shown) and words[0] in toast(shown) and words[1] in toast(shown)
    assert served.value("crm.lead", 1, "archived") is True
    assert words[2] in menu(shown)
    assert [badge.text for badge in shown.main.one("div", class_="crumb").all("span", class_="badge")][
        -1:
    ] == [{"id": "Diarsipkan", "en": "Archived"}[lang]]
    shown = undo(visitor, shown)
    assert shown.request.path == path and served.value("crm.lead", 1, "archived") is False
    act(visitor, path, "archive")
    shown = act(visitor, path, "restore")
    assert words[3] in toast(shown) and served.value("crm.lead", 1, "archived") is False
    assert served.value("crm.lead", 1, "version") == 1, "it changes no field that a form shows"


def test_what_is_done_already_is_said_and_not_done_again(served: kit.Served) -> None:
    made, dewi = served.sign_in("made", lang="en"), served.sign_in("dewi", lang="en")
    page = dewi.get(f"{LEADS}/1")
    act(made, f"{LEADS}/1", "archive")
    shown = said(dewi, dewi.send(page, action=f"{LEADS}/1/archive"))
    assert "is archived already" in toast(shown)
    assert not [form for form in shown.page.all("form") if (form.get("action") or "").startswith("/undo/")]


def test_a_second_undo_says_that_it_is_done(served: kit.Served) -> None:
    dewi = served.sign_in("dewi", lang="en")
    form = undo_form(act(dewi, f"{LEADS}/1", "archive"))
    for text in ("Undone: 1 record is as it was.", "This was undone already."):
        shown = said(dewi, dewi.post(form["action"], typed(form)))
        assert toast(shown) == text
    assert served.value("crm.lead", 1, "archived") is False


def test_nobody_undoes_what_another_did(served: kit.Served) -> None:
    form = undo_form(act(served.sign_in("dewi"), f"{LEADS}/1", "archive"))
    ayu = served.sign_in("ayu")
    sent = {**typed(form), "csrf_token": ayu.token(LEADS)}
    foreign, missing = ayu.post(form["action"], sent), ayu.post("/undo/987654321", sent)
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert served.value("crm.lead", 1, "archived") is True


def test_the_menu_offers_what_one_may(shared: kit.Served) -> None:
    whole = ["Edit all", "Duplicate", "Archive", "Delete"]
    assert menu(shared.sign_in("dewi", lang="en").get(f"{LEADS}/1")) == whole
    ayu = shared.sign_in("ayu", lang="en")
    with shared.env() as env:
        users, lead = env["base.user"], env["crm.lead"]
        me = env.scalar(sa.select(users.id).where(users.email.startswith("ayu")))
        team = env.scalar(sa.select(lead.team_id).where(lead.owner_id == me))
        mine = env.scalar(sa.select(lead.id).where(lead.owner_id == me))
        theirs = env.scalar(sa.select(lead.id).where(lead.owner_id != me, lead.team_id == team))
    assert menu(ayu.get(f"{LEADS}/{mine}")) == whole
    assert menu(ayu.get(f"{LEADS}/{theirs}")) == ["Duplicate"]
    token = ayu.token(f"{LEADS}/{mine}")
    for action in ("archive", "restore", "delete"):
        assert (
            ayu.post(f"{LEADS}/{theirs}/{action}", {"csrf_token": token, "version": "1"}).status_code == 403
        )
        assert (
            ayu.post(f"{LEADS}/987654321/{action}", {"csrf_token": token, "version": "1"}).status_code == 404
        )


# ----------------------------------------------------------------- delete
def test_a_delete_says_what_goes_along_and_can_be_undone(served: kit.Served) -> None:
    dewi, number = served.sign_in("dewi", lang="en"), company(served)
    before = around(served, number)
    page = dewi.get(f"{PARTNERS}/{number}/delete")
    text = page.main.text
    for part in ("Deleted along with it", "Addresses 2", "Jl. A", "Further phones 1", "Stay, but lose their link to it",
                 "Contacts · Works for 1", "Tono"):  # fmt: skip
        assert part in text, (part, text)
    assert "Used by" not in text
    shown = said(dewi, dewi.send(page))
    assert shown.request.path == PARTNERS and "PT Maju was deleted." in toast(shown)
    assert around(served, number) == {}
    assert undo(dewi, shown).request.path == PARTNERS
    assert around(served, number) == before


def test_what_is_in_use_names_its_users_and_offers_to_archive(served: kit.Served) -> None:
    made = served.sign_in("made", lang="en")
    city = served.first("base.regency", name="Kota Bandung")
    lead = served.first("crm.lead", city_id=city)
    path = f"/app/base.regency/{city}"
    page = made.get(f"{path}/delete")
    assert "It is in use" in page.main.text and "Leads · City" in page.main.text
    assert f"{LEADS}/{lead}" in {link["href"] for link in page.main.all("a")}
    lists = {f"/app/base.address?regency__eq={city}", f"{PARTNERS}?city__eq={city}"}
    assert lists & {link["href"] for link in page.main.all("a")}, "of many there is a list"
    assert "Delete" not in [button.text for button in page.main.all("button")]
    refused = made.send(page)
    assert refused.status_code == 422 and "It is used by" in notes(refused)[0]
    [instead] = [button for button in page.main.all("button") if button.text == "Archive instead"]
    shown = said(made, made.post(instead["formaction"], typed(page.main.one("form", method="post"))))
    assert served.value("base.regency", city, "archived") is True and shown.request.path == path


def test_an_old_page_deletes_nothing(served: kit.Served) -> None:
    dewi = served.sign_in("dewi", lang="en")
    page = dewi.get(f"{LEADS}/1/delete")
    served.change("crm.lead", 1, note="Penting")
    answer = dewi.send(page)
    assert answer.status_code == 409 and "was changed since" in notes(answer)[0]
    assert served.value("crm.lead", 1, "note") == "Penting"
    said(dewi, dewi.send(answer))
    assert dewi.get(f"{LEADS}/1").status_code == 404


def test_users_that_one_may_not_see_are_not_named(served: kit.Served) -> None:
    """A contact with a lead of another team: who may not see the lead is not told of it."""
    with served.env() as env:
        [partner] = env.create(env["base.partner"], [{"name": "Sri"}])
        env.create(env["crm.lead"], [{"title": "Rahasia Zamrud", "partner": partner}])
        role = env.scalars(sa.select(env["base.role"]).where(env["base.role"].name == "base.manager")).one()
        ayu = env.scalars(sa.select(env["base.user"]).where(env["base.user"].email.startswith("ayu"))).one()
        ayu.roles = [*ayu.roles, role]
        env.flush()
        number = partner.id
    page = served.sign_in("ayu").get(f"{PARTNERS}/{number}/delete")
    assert page.status_code == 200 and "Zamrud" not in page.text


def test_a_delete_takes_few_statements(served: kit.Served, statements: Statements) -> None:
    dewi, taken = served.sign_in("dewi"), []
    dewi.get("/")  # what is asked once for all pages
    for count in (2, 40):
        with served.env() as env:
            [made] = env.create(env["base.partner"], [{"name": "PT", "kind": "company"}])
            env.create(env["base.address"], [{"partner": made, "street": f"Jl. {n}"} for n in range(count)])
            env.flush()
            number = made.id
        statements.clear()
        dewi.get(f"{PARTNERS}/{number}/delete")
        taken.append(len(asked(statements)))
    assert abs(taken[1] - taken[0]) <= 1 and taken[0] < 40, taken


# ----------------------------------------------------------------- duplicate
def test_a_duplicate_begins_with_the_values_and_stores_nothing_before_it_is_saved(
    served: kit.Served, unchanged: Any
) -> None:
    dewi = served.sign_in("dewi", lang="en")
    lead = served.first("crm.lead", state="qualified")
    with unchanged(served):
        form = dewi.get(f"{LEADS}/new?copy={lead}")
    assert served.value("crm.lead", lead, "title") in form.main.text
    answer = dewi.send(form, {"note": "Unit kedua"})
    made = int(said(dewi, answer).request.path.rsplit("/", 1)[1])
    same = ("title", "kind", "mobile", "email", "city", "revenue", "source", "tags", "owner", "team")
    assert [served.value("crm.lead", made, name) for name in same] == [
        served.value("crm.lead", lead, name) for name in same
    ]
    assert served.value("crm.lead", made, "state") == "new", "how far it got is not copied"
    assert served.value("crm.lead", made, "note") == "Unit kedua"


def test_what_the_original_becomes_meanwhile_is_not_what_was_seen(served: kit.Served) -> None:
    dewi = served.sign_in("dewi", lang="en")
    title = served.value("crm.lead", 1, "title")
    form = dewi.get(f"{LEADS}/new?copy=1")
    served.change("crm.lead", 1, title="Lain sama sekali")
    made = int(said(dewi, dewi.send(form)).request.path.rsplit("/", 1)[1])
    assert served.value("crm.lead", made, "title") == title


def test_the_lines_of_the_original_come_along(served: kit.Served) -> None:
    dewi, number = served.sign_in("dewi", lang="en"), company(served)
    shown = said(dewi, dewi.fill(f"{PARTNERS}/new?copy={number}", {"name": "PT Maju Jaya"}))
    copy, original = around(served, int(shown.request.path.rsplit("/", 1)[1])), around(served, number)
    for name in ("addresses", "phones", "contacts"):
        assert [line[1:] for line in copy[name]] == [line[1:] for line in original[name]]
        assert not {line[0] for line in copy[name]} & {line[0] for line in original[name]}
    assert copy["employees"] == [] and len(original["employees"]) == 1
    assert copy["tags"] == original["tags"]


def test_a_line_that_leads_out_of_sight_stays_behind(served: kit.Served) -> None:
    """A role of somebody whom the reader may not see: its copy would be of nobody, or tell who it is."""
    number = company(served)
    contacts = around(served, number)["contacts"]
    with served.env() as env:
        idr = kit.record(env, "base.company", 1).currency
        [other] = env.create(env["base.company"], [{"name": "Lain", "currency": idr}])
        env.flush()
        key = other.id
    partners = served.site.assembly.registry.info("base.partner").table
    with served.database.writing.begin() as connection:
        connection.execute(partners.update().where(partners.c.id == contacts[0][1]).values(company_id=key))
    served.forget()
    dewi = served.sign_in("dewi", lang="en")
    shown = said(dewi, dewi.fill(f"{PARTNERS}/new?copy={number}", {"name": "PT Maju Jaya"}))
    copy = around(served, int(shown.request.path.rsplit("/", 1)[1]))
    assert len(copy["contacts"]) == len(contacts) - 1 and len(copy["addresses"]) == 2


def test_unique_and_readonly_fields_begin_anew(sample: kit.Served) -> None:
    with sample.env() as env:
        [thing] = env.create(
            env["sample.thing"], [{"name": "Satu", "code": "A1", "sold": False, "secret": "x"}]
        )
        env.flush()
        number = thing.id
    dewi = sample.sign_in("dewi", lang="en")
    shown = said(dewi, dewi.fill(f"/app/sample.thing/new?copy={number}"))
    made = int(shown.request.path.rsplit("/", 1)[1])
    values = {name: sample.value("sample.thing", made, name) for name in ("name", "code", "sold", "secret")}
    assert values == {"name": "Satu", "code": None, "sold": False, "secret": "kept"}


@pytest.mark.parametrize("text", ["987654321", "abc", "-1", "", "9" * 30])
def test_a_copy_of_nothing_is_not_found(dewi: kit.Visitor, text: str) -> None:
    assert dewi.get(f"{LEADS}/new", query_string={"copy": text}).status_code == 404


# ----------------------------------------------------------------- lists
def choose(visitor: kit.Visitor, address: str, action: str, numbers: Any = (), **more: str) -> kit.Answer:
    """Ticks rows of a list and presses a button of the bar."""
    page = visitor.get(address)
    form = page.main.one("form", id="bulk")
    boxes = {box["value"] for box in form.all("input", name="row")}
    assert boxes >= {str(number) for number in numbers}
    [button] = [button for button in form.all("button") if (button.get("formaction") or "").endswith(action)]
    data = {**typed(form), "row": [str(number) for number in numbers], **more}
    return said(visitor, visitor.post(button["formaction"], data))


def test_rows_of_a_list_are_archived_and_come_back_to(served: kit.Served) -> None:
    dewi = served.sign_in("dewi", lang="en")
    address = f"{LEADS}?state__eq=new&sort=title"
    first, second, third, *_others = [key(row) for row in rows(dewi.get(address))]
    shown = choose(dewi, address, "archive", [first, third])
    assert toast(shown).startswith("2 records were archived.")
    assert parse_qs(urlsplit(shown.request.full_path).query) == {"state__eq": ["new"], "sort": ["title"]}
    assert key(rows(shown)[0]) == second
    undo(dewi, shown)
    assert [key(row) for row in rows(dewi.get(address))][:3] == [first, second, third]


def test_archived_ones_are_shown_by_a_filter_and_restored(served: kit.Served) -> None:
    dewi = served.sign_in("dewi", lang="en")
    choose(dewi, LEADS, "archive", [key(row) for row in rows(dewi.get(LEADS))[:3]])
    page = dewi.get(LEADS)
    [link] = [link for link in page.main.one("div", id="more").all("a") if link.text == "Show archived ones"]
    page = dewi.get(link["href"])
    assert chips(page) == ["Archived: Yes"] and len(rows(page)) == 3
    assert all("Archived" in row.text for row in rows(page))
    buttons = [button.text for button in page.main.one("form", id="bulk").all("button") if button.text]
    assert buttons == ["Restore"]
    assert "Archived" not in dewi.get(f"{LEADS}?archived__eq=false").main.one("table").text
    assert keys(dewi, f"{LEADS}?archived__ne=false") == keys(dewi, link["href"])
    shown = choose(dewi, link["href"], "restore", [key(row) for row in rows(page)])
    assert toast(shown).startswith("3 records were restored.")
    assert not dewi.get(link["href"]).main.all("tbody") and len(keys(dewi, LEADS)) == 250


def test_all_of_a_filter_then_undo_leaves_what_others_changed(
    served: kit.Served, statements: Statements
) -> None:
    """300 rows over several pages; somebody restores two of them meanwhile: those are as they were already."""
    with served.env() as env:
        env.create(env["crm.lead"], [{"title": f"Banyak {number:03}"} for number in range(300)])
    dewi = served.sign_in("dewi", lang="en")
    address = f"{LEADS}?title__contains=Banyak&sort=title"
    everything = keys(dewi, address)
    assert len(everything) == 300
    statements.clear()
    shown = choose(dewi, address, "archive", all="1")
    assert len(asked(statements)) < 60
    assert "300 records were archived." in toast(shown)
    with served.env() as env:
        some = env.read(env["crm.lead"], everything[:2])
        env.write(some, {"archived": False})
    shown = undo(dewi, shown)
    assert toast(shown) == "Undone: 298 records are as they were."
    assert keys(dewi, address) == everything


def test_undo_names_what_others_changed(served: kit.Served) -> None:
    """The state of the rows was changed in bulk by one transaction, and two of them by somebody else since."""
    from tests.web.test_undo import done_by

    with served.env() as env:
        env.create(env["crm.lead"], [{"title": f"Banyak {number:03}"} for number in range(300)])
    dewi = served.sign_in("dewi", lang="en")
    everything = keys(dewi, f"{LEADS}?title__contains=Banyak&sort=title")

    def change(env: Any) -> None:
        env.write(env.read(env["crm.lead"], everything), {"note": "Selesai", "archived": True})

    unit = done_by(served, "dewi", change)
    served.change("crm.lead", everything[0], note="Made")
    served.change("crm.lead", everything[7], note="Made")
    shown = said(dewi, dewi.post(f"/undo/{unit}", {"csrf_token": dewi.token(LEADS), "next": LEADS}))
    assert toast(shown) == "Undone: 300 records are as they were."
    [note] = notes(shown)
    assert note == "Left as it is: Banyak 000 (Note), Banyak 007 (Note). It was changed since."
    assert [served.value("crm.lead", everything[place], "note") for place in (0, 1, 7)] == [
        "Made",
        None,
        "Made",
    ]


def test_what_one_may_not_change_is_left_and_named(served: kit.Served) -> None:
    ayu = served.sign_in("ayu", lang="en")
    with served.env() as env:
        users, lead = env["base.user"], env["crm.lead"]
        me = env.scalar(sa.select(users.id).where(users.email.startswith("ayu")))
        team = env.scalar(sa.select(lead.team_id).where(lead.owner_id == me))
        mine = env.scalar(sa.select(lead.id).where(lead.owner_id == me).order_by(lead.id))
        theirs = env.scalar(
            sa.select(lead.id).where(lead.owner_id != me, lead.team_id == team).order_by(lead.id)
        )
    shown = choose(ayu, f"{LEADS}?id__in={mine},{theirs}", "archive", [mine, theirs])
    assert toast(shown).startswith("1 record was archived.")
    assert served.value("crm.lead", theirs, "title") in notes(shown)[0]
    assert [served.value("crm.lead", number, "archived") for number in (mine, theirs)] == [True, False]


def test_hidden_rows_are_not_there(served: kit.Served) -> None:
    """Keys of another team's leads and of none are passed over without a word."""
    ayu = served.sign_in("ayu", lang="en")
    with served.env() as env:
        [hidden] = env.create(env["crm.lead"], [{"title": "Rahasia Zamrud"}])
        env.flush()
        number = hidden.id
    token = ayu.token(LEADS)
    answer = ayu.post(
        f"{LEADS}/archive", {"csrf_token": token, "row": [str(number), "987654321"], "query": ""}
    )
    assert "Zamrud" not in said(ayu, answer).text
    assert served.value("crm.lead", number, "archived") is False


def test_nothing_chosen_and_too_many(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    dewi = served.sign_in("dewi", lang="en")
    assert notes(choose(dewi, LEADS, "archive")) == ["Choose at least one row first."]
    monkeypatch.setattr(bulk, "MOST", 100)
    shown = choose(dewi, LEADS, "archive", all="1")
    assert notes(shown) == ["At most 100 records at once. Choose fewer by a filter."]
    assert served.value("crm.lead", 1, "archived") is False


@pytest.mark.parametrize("sent", [{"row": "x"}, {"row": "9" * 30}, {"row": "-1"}, {"all": "yes"}, {"query": "nope=1"},
                                  {"query": "x" * 9_000}, {"row": "1", "more": "1"}])  # fmt: skip
def test_odd_choices_are_refused(shared: kit.Served, unchanged: Any, sent: dict[str, str]) -> None:
    dewi = shared.sign_in("dewi")
    token = dewi.token(LEADS)
    with unchanged(shared):
        assert dewi.post(f"{LEADS}/archive", {"csrf_token": token, **sent}).status_code == 400


def test_who_may_change_nothing_has_nothing_to_choose(shared: kit.Served) -> None:
    page = shared.sign_in("ayu").get("/app/base.team")
    assert not page.main.all("form", id="bulk") and not page.main.all("input", name="row")


def test_boxes_are_named_by_their_rows_and_groups_still_fit(dewi: kit.Visitor) -> None:
    page = dewi.get(f"{LEADS}?group=state&limit=20")
    width = len(page.main.one("thead").all("th"))
    for row in page.main.one("table").all("tr"):
        cells = [cell for cell in row.all() if cell.tag in ("td", "th")]
        assert sum(int(cell.get("colspan") or 1) for cell in cells) == width
    for row in rows(page):
        box = row.one("input", name="row")
        names = [page.page.one(id=name).text for name in box["aria-labelledby"].split()]
        assert names == ["Pilih", row.all("a")[0].text]
    assert re.search(r"Semua 250 di daftar ini", page.main.one("form", id="bulk").text)
