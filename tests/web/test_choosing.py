"""What a link leads to is chosen by name, from suggestions, or made on the way; nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web import kit
from tests.web.test_form import NEW, _make, number_of
from tests.web.test_rows import Sent, form

SUGGEST = "/app/base.partner/suggest"


def found(visitor: kit.Visitor, text: str, model: str = "base.partner") -> list[str]:
    answer = visitor.get(f"/app/{model}/suggest", query_string={"q": text})
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    body: Any = answer.json
    assert body["status"]
    return [label for _value, label in body["items"]]


# ----------------------------------------------------------------- suggestions
def test_suggestions_are_found_by_words_and_at_most_20(served: kit.Served) -> None:
    visitor = served.sign_in("dewi")
    for number in range(25):
        _make(served, "base.partner", name=f"Toko Kembar {number:02d}", email=f"k{number}@kembar.example")
    archived = _make(served, "base.partner", name="Toko Kembar Tutup")
    served.change("base.partner", archived, archived=True)
    assert found(visitor, "kembar toko") == [f"Toko Kembar {number:02d}" for number in range(20)]
    assert found(visitor, "k7@kembar") == ["Toko Kembar 07"], "by what the search finds them by"
    assert found(visitor, "Tutup Kembar") == []
    for odd in ("", " ", "%", "_", "'", '"', "\\", "x" * 5_000, "é", "🏡"):
        assert len(found(visitor, odd)) <= 20


def test_suggestions_are_those_of_who_asks(served: kit.Served) -> None:
    with served.env() as env:
        idr = kit.record(env, "base.company", 1).currency
        [company] = env.create(env["base.company"], [{"name": "Lain", "currency": idr}])
        env.create(env["base.partner"], [{"name": "Rahasia Besar", "company": company}])
    assert found(served.sign_in("ayu"), "Rahasia") == []
    assert served.sign_in("ayu").get("/app/base.session/suggest").status_code in (403, 404)
    assert served.visitor().get(SUGGEST).status_code == 302
    assert served.sign_in("ayu").get(f"{SUGGEST}?x=1").status_code == 400


@pytest.mark.parametrize(("lang", "text", "role"), [("id", "Manajer penj", "Manajer penjualan"),
                                                     ("en", "Sales man", "Sales manager")])  # fmt: skip
def test_a_role_is_found_by_the_name_that_is_shown(
    served: kit.Served, lang: str, text: str, role: str
) -> None:
    visitor = served.sign_in("made", lang=lang)
    assert found(visitor, text, "base.role") == [role]
    assert found(visitor, "crm.manager", "base.role") == [role]


def test_a_role_is_given_by_the_name_that_is_shown(served: kit.Served) -> None:
    sent = {"name": "Kartika", "email": "kartika@maju.example", "roles-add": "Manajer penjualan"}
    answer = served.sign_in("made").fill("/settings/users/invite", sent)
    assert answer.status_code < 400, answer.main.text
    with served.env() as env:
        [given] = kit.record(env, "base.user", served.first("base.user", name="Kartika")).roles
        assert given.name == "crm.manager"


def test_what_can_be_chosen_stands_in_the_order_of_what_is_shown(served: kit.Served) -> None:
    page = served.sign_in("made").get("/app/base.company/new")
    codes = [item.text for item in page.main.one("select", id="f-currency").all("option")][1:]
    assert len(codes) > 2 and codes == sorted(codes)


def focused(answer: kit.Answer) -> list[str]:
    """The input in which one is when the page comes."""
    return [item["name"] for item in answer.main.all("input") if item.get("autofocus") is not None]


def test_a_name_that_is_not_enough_is_answered_by_suggestions_as_buttons(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    keys = [_make(served, "base.partner", name=f"Toko Kembar {number}") for number in range(2)]
    refused = visitor.fill(NEW, {"title": "Tetap", "partner": "Kembar"})
    assert refused.status_code == 422
    buttons = refused.main.all("button", name="form-pick")
    assert [button.text for button in buttons] == ["Toko Kembar 0", "Toko Kembar 1"]
    shown = visitor.post(NEW, {**form(refused), "form-pick": buttons[1]["value"]})
    assert shown.status_code == 200 and form(shown)["title"] == ["Tetap"]
    assert focused(shown) == ["partner"]
    key = number_of(visitor.send(shown))
    assert served.value("crm.lead", key, "partner") == keys[1]


@pytest.mark.parametrize(
    "value", ["", "partner", "csrf_token=x", "form-state=x", "nothing=1", "=", "partner=nobody"]
)
def test_a_forged_suggestion_is_no_way_in(served: kit.Served, value: str) -> None:
    visitor = served.sign_in("dewi")
    answer = visitor.post(NEW, {**form(visitor.get(NEW)), "title": "x", "form-pick": value})
    assert answer.status_code in (200, 400)


# ----------------------------------------------------------------- on the way
def left(visitor: kit.Visitor, path: str, **typed: str) -> kit.Answer:
    """The form of a new contact, opened from a form in which something was typed."""
    answer = visitor.post(path, {**form(visitor.get(path)), **typed, "form-create": "partner"})
    assert answer.status_code == 200, answer.main.text
    answer.main.one("input", id="f-name")
    return answer


def test_a_target_is_made_on_the_way_and_chosen(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    shown = left(visitor, NEW, title="Pembeli", partner="Toko Yang Baru")
    assert form(shown)["name"] == ["Toko Yang Baru"], "what was typed is its name"
    wrong = visitor.send(shown, {"email": "x"})
    assert wrong.status_code == 422
    back = visitor.send(wrong, {"email": "baru@toko.example"})
    assert back.status_code == 200 and form(back)["title"] == ["Pembeli"]
    made = served.first("base.partner", name="Toko Yang Baru")
    assert form(back)["partner"] == [f"Toko Yang Baru #{made}"]
    assert focused(back) == ["partner"], "one goes on where one was"
    key = number_of(visitor.send(back))
    assert served.value("crm.lead", key, "partner") == made


def test_one_may_go_back_without_a_new_one(served: kit.Served) -> None:
    visitor = served.sign_in("dewi")
    before = served.count("base.partner")
    shown = left(visitor, "/app/crm.lead/1/edit", title="Lain")
    sent: Sent = {**form(shown), "form-return": "1"}
    back = visitor.post("/app/base.partner/new", sent)
    assert back.status_code == 200 and form(back)["title"] == ["Lain"]
    assert focused(back) == ["partner"]
    assert served.count("base.partner") == before
    assert number_of(visitor.send(back)) == 1 and served.value("crm.lead", 1, "title") == "Lain"


def test_a_target_is_made_for_a_row(served: kit.Served) -> None:
    visitor, path = served.sign_in("dewi"), "/app/base.partner/new"
    sent = {**form(visitor.get(path)), "name": "PT Baris", "kind": "company", "form-row": "contacts"}
    sent = form(visitor.post(path, sent))
    shown = visitor.post(
        path, {**sent, "contacts-new1-person": "Orang Baru", "form-create": "contacts-new1-person"}
    )
    back = visitor.send(shown, {"name": "Orang Baru"})
    assert back.status_code == 200, back.main.text
    assert focused(back) == ["contacts-new1-person"]
    number_of(visitor.send(back, {"contacts-new1-role": "finance"}))
    link = served.first(
        "base.partner_link", role="finance", person_id=served.first("base.partner", name="Orang Baru")
    )
    assert served.value("base.partner_link", link, "company") == served.first("base.partner", name="PT Baris")


def test_a_draft_of_somebody_else_is_none(served: kit.Served) -> None:
    dewi, made = served.sign_in("dewi"), served.sign_in("made")
    mine, theirs = form(left(dewi, NEW, title="x")), form(left(made, NEW, title="x"))
    before = served.count("base.partner")
    for draft in ("", "x", theirs["form-draft"][0], mine["form-draft"][0] + "x", mine["form-state"][0]):
        assert (
            dewi.post("/app/base.partner/new", {**mine, "name": "x", "form-draft": draft}).status_code == 400
        )
    twice = [mine["form-draft"][0]] * 2
    assert dewi.post("/app/base.partner/new", {**mine, "name": "x", "form-draft": twice}).status_code == 400
    assert served.count("base.partner") == before


@pytest.mark.parametrize("name", ["", "title", "owner_id", "partner_id", "tags-add", "form-state", "x"])
def test_only_a_link_that_was_shown_makes_a_target(shared: kit.Served, name: str) -> None:
    visitor = shared.sign_in("dewi")
    assert visitor.post(NEW, {**form(visitor.get(NEW)), "form-create": name}).status_code == 400


def test_who_may_not_make_a_target_is_not_offered_it(shared: kit.Served) -> None:
    visitor = shared.sign_in("ayu")
    shown = visitor.get(NEW)
    offered = {button["value"] for button in shown.main.all("button", name="form-create")}
    assert "partner" in offered and "owner" not in offered and "team" not in offered
    assert visitor.post(NEW, {**form(shown), "form-create": "owner"}).status_code in (400, 403)


def test_a_form_with_a_wrong_key_keeps_it(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    answer = visitor.fill(NEW, {"title": "x", "team": str(2**40)})
    assert answer.status_code == 422 and "no such record" in answer.main.text
    assert form(answer)["team"] == [str(2**40)]


# ----------------------------------------------------------------- any number
def chips(answer: kit.Answer) -> dict[str, bool]:
    """The boxes of what is chosen as tags, and whether they are ticked."""
    boxes = answer.main.all("input", name="tags")
    labels = [box for box in boxes if box["value"]]  # the other one is in the template
    return {box.parent.text: box.get("checked") is not None for box in labels if box.parent}


def test_any_number_is_chosen_by_name_without_script(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    made = [_make(served, "base.tag", name=name) for name in ("Satu", "Dua", "Tiga", "2026")]
    shown = visitor.get(NEW)
    for name in ("Satu", f"Dua #{made[1]}", "2026"):
        shown = visitor.post(NEW, {**form(shown), "title": "x", "tags-add": name, "form-row": "tags"})
        assert shown.status_code == 200
        box = shown.main.one("input", name="tags-add")
        assert box["value"] == "" and box.get("autofocus") is not None, "one goes on where one was"
    assert chips(shown) == {"Satu": True, "Dua": True, "2026": True}
    key = number_of(visitor.send(shown, {"tags-add": "Tiga"}))
    assert sorted(served.value("crm.lead", key, "tags")) == sorted(made)
    path = f"/app/crm.lead/{key}/edit"
    kept = [str(tag) for tag in made[:2]]
    refused = visitor.fill(path, {"tags": kept, "title": ""})
    assert refused.status_code == 422
    assert chips(refused) == {"Satu": True, "Dua": True, "Tiga": False, "2026": False}, (
        "and may be ticked again"
    )
    number_of(visitor.send(refused, {"title": "y"}))
    assert sorted(served.value("crm.lead", key, "tags")) == sorted(made[:2])


def test_a_number_is_no_key_of_one_of_many(served: kit.Served) -> None:
    visitor, tag = served.sign_in("dewi", lang="en"), _make(served, "base.tag", name="Satu")
    for text in (str(tag), f"#{tag}", f"Dua #{tag}", "x" * 300, "0", f"{2**70}"):
        answer = visitor.fill(NEW, {"title": "x", "tags-add": text})
        assert answer.status_code == 422 and "nothing is called" in answer.main.one("p", id="f-tags-e").text
        assert form(answer)["tags-add"] == [text] and chips(answer) == {}


def test_what_one_of_many_may_mean_is_offered_as_buttons(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    made = [_make(served, "base.tag", name=f"Kembar {number}") for number in range(2)]
    refused = visitor.fill(NEW, {"title": "Tetap", "tags": [str(made[0])], "tags-add": "kembar"})
    assert refused.status_code == 422
    button = next(
        button for button in refused.main.all("button", name="form-pick") if button.text == "Kembar 1"
    )
    shown = visitor.post(NEW, {**form(refused), "form-pick": button["value"]})
    assert chips(shown) == {"Kembar 0": True, "Kembar 1": True} and form(shown)["title"] == ["Tetap"]
    assert served.value("crm.lead", number_of(visitor.send(shown)), "tags") == made


def test_one_of_many_is_made_on_the_way(served: kit.Served) -> None:
    visitor, first = served.sign_in("made", lang="en"), _make(served, "base.tag", name="Satu")
    shown = visitor.get(NEW)
    sent = {
        **form(shown),
        "title": "Tetap",
        "tags": [str(first)],
        "tags-add": "Baru sekali",
        "form-create": "tags",
    }
    target = visitor.post(NEW, sent)
    assert form(target)["name"] == ["Baru sekali"]
    back = visitor.send(target)
    assert chips(back) == {"Satu": True, "Baru sekali": True} and form(back)["title"] == ["Tetap"]
    assert focused(back) == ["tags-add"]
    key = number_of(visitor.send(back))
    assert served.value("crm.lead", key, "tags") == [first, served.first("base.tag", name="Baru sekali")]
