"""A record is read in sections, and each is edited in its place, by plain links and forms."""

from __future__ import annotations

import pytest

from core.base.demo import DOMAIN
from tests.web import kit
from tests.web.conftest import on_sqlite
from tests.web.markup import Element, typed
from tests.web.test_form import LEADS, number_of, refused

LEAD = f"{LEADS}/1"


def sections(answer: kit.Answer) -> dict[str, Element]:
    return {
        item["id"].removeprefix("section-"): item
        for item in answer.main.all("section")
        if (item.get("id") or "").startswith("section-")
    }


def test_each_section_is_read_and_has_a_link_to_its_form(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    page = visitor.get(LEAD)
    found = sections(page)
    assert list(found) == ["head", "who", "reach", "money", "care", "more"]
    for name, section in found.items():
        assert section.one("h2").text and section.one("dl")
        assert section.one("a", id=f"edit-{name}")["href"] == f"{LEAD}?edit={name}"
    assert not page.main.all("form", data_check="")


@pytest.mark.parametrize("name", ["head", "who", "reach", "money", "care", "more"])
def test_a_section_becomes_a_form_among_the_others(shared: kit.Served, name: str) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    page = visitor.get(f"{LEAD}?edit={name}")
    for other, section in sections(page).items():
        assert bool(section.all("form", data_check="")) == (other == name)
        assert bool(section.all("dl")) == (other != name)
    form = sections(page)[name].one("form", method="post")
    assert form["action"] == f"{LEAD}/edit"
    assert [item for item in form.walk() if item.get("autofocus") is not None], (
        "the first input has the focus"
    )
    assert form.one("a", data_key="Escape")["href"] == LEAD


def test_a_saved_section_is_read_again_at_its_place(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    answer = visitor.fill(f"{LEAD}?edit=money", {"revenue": "1,250,000"})
    assert answer.headers["Location"] == f"{LEAD}#section-money"
    page = visitor.get(LEAD)
    assert "Rp1,250,000" in sections(page)["money"].text
    assert "was saved" in page.page.one("div", role="status").text


def test_a_refused_section_is_shown_with_what_was_typed(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    answer = visitor.fill(
        f"{LEAD}?edit=reach", {"email": "ratna", "mobile": "abc", "website": "maju.example"}
    )
    refused(answer, "mobile", "email")
    form = typed(sections(answer)["reach"].one("form", method="post"))
    assert (form["email"], form["mobile"], form["website"]) == (["ratna"], ["abc"], ["maju.example"])
    assert sections(answer)["head"].one("dl"), "the others are read"
    assert "2 fields need a correction" in sections(answer)["reach"].one("div", class_="save").text


@on_sqlite
@pytest.mark.parametrize("name", ["", "nope", "title", "first", "footer", "../x", "head&edit=who"])
def test_a_section_that_is_not_there_is_no_section(shared: kit.Served, name: str) -> None:
    visitor = shared.sign_in("dewi")
    assert visitor.get(f"{LEAD}?edit={name}").status_code == (200 if "&" in name else 400)


def test_who_may_only_read_is_offered_no_form(shared: kit.Served) -> None:
    visitor = shared.sign_in("ayu")
    rizky, bima = (shared.first("base.user", email=f"{name}@{DOMAIN}") for name in ("rizky", "bima"))
    team, other = (shared.first("crm.lead", owner_id=owner) for owner in (rizky, bima))
    page = visitor.get(f"{LEADS}/{team}")
    assert not [link for link in page.main.all("a") if "edit" in (link.get("href") or "")]
    assert visitor.get(f"{LEADS}/{team}?edit=who").status_code == 403
    assert visitor.get(f"{LEADS}/{other}?edit=who").status_code == 404


def test_the_whole_form_is_in_the_menu_of_the_record(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    menu = visitor.get(LEAD).main.one("div", id="more")
    path = f"{LEAD}/edit"
    assert menu.one("a", href=path).text == "Edit all"
    assert number_of(visitor.fill(path, {"title": "Semua", "note": "x"})) == 1


def test_readers_of_the_screen_hear_what_is_required(shared: kit.Served) -> None:
    form = shared.sign_in("dewi", lang="en").get(f"{LEADS}/new").main
    title = form.one("input", id="f-title")
    assert title["aria-required"] == "true"
    assert form.one("label", for_="f-title").text == "Title * required"
    assert form.one("input", id="f-email").get("aria-required") is None


def test_no_browser_cuts_what_is_pasted(sample: kit.Served) -> None:
    """A length that the browser keeps would cut a text without a word; the server says by how much it is too long."""
    form = sample.sign_in("dewi").get("/app/sample.thing/new").main.one("form", data_check="")
    assert not [item for item in form.walk() if item.get("maxlength") is not None]


def test_what_is_only_shown_reads_as_on_the_page_and_is_no_input(served: kit.Served) -> None:
    """Roles are changed by administrators; a link that one may not set takes no list of choices to be shown."""
    visitor = served.sign_in("made", lang="en")
    key = served.first("base.role", name="crm.manager")
    shown = kit.form_in(visitor.get(f"/app/base.role/{key}/edit").main)
    read = [item for item in shown.all("input") if item.get("readonly") is not None]
    assert read and all(item.get("name") is None for item in read)
    assert "crm" in {item["value"] for item in read}
    labels = [label.text for label in shown.all("label", for_=read[0]["id"])]
    assert labels and "required" not in labels[0]
