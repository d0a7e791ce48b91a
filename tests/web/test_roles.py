"""The page of a role: its scope matrix shown, changed, kept apart from what others change, and told to all workers."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from tests.web import kit
from tests.web.markup import Element
from tests.web.test_keeping import role

SALES = "crm.user"


def path(served: kit.Served, name: str = SALES) -> str:
    """The page of a role."""
    return f"/settings/roles/{role(served, name)}"


def cell(answer: kit.Answer, name: str) -> Element:
    """The input of a cell."""
    [found] = [item for item in answer.main.all(name=name) if item.tag in ("select", "input")]
    return found


def chosen(answer: kit.Answer, name: str) -> str:
    """What a cell holds."""
    found = cell(answer, name)
    if found.tag == "input":
        return "all" if found.get("checked") is not None else "none"
    [option] = [item for item in found.all("option") if item.get("selected") is not None]
    return str(option["value"])


def says(served: kit.Served) -> list[tuple[str, str, str, str, bool, bool]]:
    """What the rows of base.access_right say."""
    with served.env() as env:
        right: Any = env["base.access_right"]
        return [
            (item.model, item.read_scope, item.write_scope, item.delete_scope, item.may_create, item.archived)
            for item in env.scalars(sa.select(right).order_by(right.id))
        ]


# ----------------------------------------------------------------- shown
def test_the_matrix_shows_what_was_shipped_and_what_is_included(shared: kit.Served) -> None:
    made = shared.sign_in("made")
    page = made.get(path(shared))
    scopes = [chosen(page, f"{letter}-crm.lead") for letter in "rwcd"]
    assert scopes == ["team", "own", "all", "own"]
    assert chosen(page, "r-base.partner") == "none", "what it includes is not its own"
    assert "Semua, lewat Pengguna" in page.main.text
    created = next(item for item in page.main.all("td") if item.all(name="c-base.partner"))
    assert "Ya, lewat Pengguna" in created.text, "one may make records, or not: of how many is no question"
    assert page.main.one("h1").text == "Penjualan"


def test_rules_and_fields_are_told_with_their_addon(shared: kit.Served) -> None:
    page = shared.sign_in("made", lang="en").get(path(shared)).main.text
    assert "Records of the user's companies" in page and "Addon base" in page
    assert "User › Email" in page and "Hidden" in page
    admin = shared.sign_in("made", lang="en").get(path(shared, "base.admin")).main.text
    assert "Read and change" in admin


def test_the_first_role_is_found_and_an_unknown_one_is_not(shared: kit.Served) -> None:
    made = shared.sign_in("made")
    assert made.get("/settings/roles").status_code == 302
    assert made.get("/settings/roles/98765").status_code == 404
    assert made.get(made.get("/settings/roles").headers["Location"]).status_code == 200
    assert shared.sign_in("dewi").get(path(shared)).status_code == 403


@pytest.mark.parametrize("lang", ["id", "en"])
def test_roles_stand_in_the_order_of_the_names_that_are_shown(served: kit.Served, lang: str) -> None:
    """On the pages of roles, in their list, and where one is chosen; a role without a name by its technical one."""
    with served.env() as env:
        env.create(env["base.role"], [{"name": "z.last", "label": "Aaron"}, {"name": "bbb"}])
    made = served.sign_in("made", lang=lang)
    first = made.get("/settings/roles").headers["Location"]
    links = [item.one("a") for item in made.get(first).main.all("nav")[1].all("li")]
    names = [re.sub(r"\d+ \w+$", "", link.text) for link in links]
    assert names == sorted(names, key=str.casefold) and names[0] == "Aaron" and links[0]["href"] == first
    items: Any = made.get("/app/base.role/suggest", query_string={"q": ""}).json
    shown = [label for _value, label in items["items"]]
    assert shown[0] == "Aaron" and "bbb" in shown and shown == sorted(shown, key=str.casefold)
    rows = made.get("/app/base.role").main.one("tbody").all("tr")
    labels = [name for row in rows if (name := row.all("td")[1].text.strip())[0] != "#"]
    assert labels == sorted(labels, key=str.casefold), labels


# ----------------------------------------------------------------- changed
def test_a_change_is_saved_told_and_kept_in_history(served: kit.Served) -> None:
    made, ayu = served.sign_in("made", lang="en"), served.sign_in("ayu")
    assert ayu.get("/app/crm.lead").status_code == 200
    answer = made.fill(path(served), {"r-crm.lead": "none"})
    assert answer.status_code == 303
    assert ayu.get("/app/crm.lead").status_code == 403, "from the next request on"
    page = made.get(answer.headers["Location"])
    assert "was saved" in page.text or "were saved" in page.text
    assert chosen(page, "r-crm.lead") == "none" and "differs" in page.main.text
    assert "crm.lead" in page.main.one("ol").text and "None" in page.main.one("ol").text
    made.fill(path(served), {"c-crm.lead": None, "r-crm.lead": "own"})
    [row] = says(served)
    assert row[:2] == ("crm.lead", "own") and row[4] is False
    assert ayu.get("/app/crm.lead").status_code == 200
    assert ayu.get("/app/crm.lead/new").status_code == 403


def test_what_was_shipped_comes_back_without_a_trace_in_the_rights(served: kit.Served) -> None:
    made = served.sign_in("made")
    before = chosen(made.get(path(served)), "r-crm.lead")
    made.fill(path(served), {"r-crm.lead": "none"})
    made.fill(path(served), {"r-crm.lead": before})
    [row] = says(served)
    assert row[5] is True, "the row is archived, and its history stays"
    made.fill(path(served), {"r-crm.lead": "all"})
    [row] = says(served)
    assert row[1] == "all" and row[5] is False


def test_a_save_can_be_undone(served: kit.Served) -> None:
    made = served.sign_in("made")
    before = chosen(made.get(path(served)), "d-base.tag")
    page = made.get(made.fill(path(served), {"d-base.tag": "all"}).headers["Location"])
    undo = next(form for form in page.page.all("form") if form["action"].startswith("/undo/"))
    made.send(page, action=undo["action"])
    assert chosen(made.get(path(served)), "d-base.tag") == before


def test_a_form_that_is_sent_twice_changes_once(served: kit.Served, unchanged: Any) -> None:
    made = served.sign_in("made")
    page = made.get(path(served))
    assert made.send(page, {"w-base.tag": "all"}).status_code == 303
    made.get("/")
    rows = says(served)
    answer = made.send(page, {"w-base.tag": "all"})
    assert answer.status_code == 303 and says(served) == rows
    with unchanged(served):
        assert made.fill(path(served), {}).status_code == 303, "nothing was changed"


def test_what_others_changed_in_other_cells_is_kept(served: kit.Served) -> None:
    made, other = served.sign_in("made"), served.sign_in("made")
    page = made.get(path(served))
    other.fill(path(served), {"r-crm.lead": "all"})
    assert made.send(page, {"d-crm.lead": "own"}).status_code == 303
    shown = made.get(path(served))
    assert (chosen(shown, "r-crm.lead"), chosen(shown, "d-crm.lead")) == ("all", "own")


def test_two_who_change_one_cell_are_told_and_nothing_is_lost(served: kit.Served, unchanged: Any) -> None:
    made, other = served.sign_in("made", lang="en"), served.sign_in("made")
    page = made.get(path(served))
    other.fill(path(served), {"r-crm.lead": "own"})
    with unchanged(served):
        answer = made.send(page, {"r-crm.lead": "none", "w-crm.lead": "none"})
    assert answer.status_code == 409
    assert "Now: Own" in answer.main.text
    assert chosen(answer, "r-crm.lead") == "none" and chosen(answer, "w-crm.lead") == "none"
    assert made.send(answer).status_code == 303, "once more keeps mine"
    assert chosen(made.get(path(served)), "r-crm.lead") == "none"


# ----------------------------------------------------------------- refused
def test_the_last_administrators_rights_stay(served: kit.Served, unchanged: Any) -> None:
    made = served.sign_in("made")
    for name in ("w-base.role", "w-base.access_right", "w-base.user"):
        with unchanged(served):
            answer = made.fill(path(served, "base.admin"), {name: "none"})
        assert answer.status_code == 422, name
        assert "Tidak akan ada lagi" in answer.main.text
        assert chosen(answer, name) == "none", "what was typed is kept"


@pytest.mark.parametrize(
    "data",
    [
        {"f-base.user.phone": "all"},
        {"f-base.user.name": "read"},
        {"r-crm.lead": "everything"},
        {"r-no.model": "all"},
        {"x-crm.lead": "all"},
        {"form-state": "forged"},
    ],
)
def test_a_forged_form_is_refused(served: kit.Served, unchanged: Any, data: dict[str, str]) -> None:
    made = served.sign_in("made")
    page = made.get(path(served))
    sent = dict(kit.typed(kit.form_in(page.main))) | data
    with unchanged(served):
        assert made.post(path(served), sent).status_code == 400


def test_a_form_of_another_role_or_person_is_refused(served: kit.Served, unchanged: Any) -> None:
    made = served.sign_in("made")
    sent = dict(kit.typed(kit.form_in(made.get(path(served)).main)))
    with unchanged(served):
        assert made.post(path(served, "base.user"), sent).status_code == 400


# ----------------------------------------------------------------- other workers
def test_another_worker_is_told(served: kit.Served) -> None:
    made = served.sign_in("made")
    with closing(kit.dispatcher({"*": served.url}, kit.sites())) as second:
        elsewhere = kit.Served(served.url, second)
        ayu = elsewhere.sign_in("ayu")
        assert ayu.get("/app/crm.lead").status_code == 200
        made.fill(path(served), {"r-crm.lead": "none"})
        assert ayu.get("/app/crm.lead").status_code == 403
        made.fill(path(served, "crm.user"), {"r-crm.lead": "all"})
        assert ayu.get("/app/crm.lead").status_code == 200


# ----------------------------------------------------------------- fields
PHONE = "f-base.user.phone"


def phones(visitor: kit.Visitor) -> tuple[bool, bool, int]:
    """Whether a phone number of a colleague is in their page and in the list as a file, and what sorting by it says."""
    page, file = visitor.get("/app/base.user/1"), visitor.get("/app/base.user?format=csv&id__eq=1")
    assert page.status_code == file.status_code == 200
    shown = visitor.get("/app/base.user?sort=phone")
    whole = "2045-7700" in page.text.replace("&#45;", "-")
    return whole, "Telepon" in file.text or "Phone" in file.text, shown.status_code


def test_a_field_is_opened_to_read_and_hidden_again(served: kit.Served) -> None:
    made, ayu = served.sign_in("made"), served.sign_in("ayu")
    assert phones(ayu) == (False, False, 400)
    assert made.fill(path(served), {PHONE: "read"}).status_code == 303
    whole, _file, sort = phones(ayu)
    assert whole and sort == 200
    assert ayu.get("/app/base.user?format=csv&columns=phone").text.count("2045") >= 1
    assert phones(served.sign_in("made"))[2] == 200
    assert made.fill(path(served), {PHONE: "hidden"}).status_code == 303
    assert phones(ayu) == (False, False, 400)
    [row] = says(served)
    assert row[0] == "base.user.phone" and row[5] is True, "as it was shipped"


def test_a_field_that_is_read_only_is_no_input(served: kit.Served, unchanged: Any) -> None:
    made, key = served.sign_in("made"), served.first("base.user", name="Ayu Lestari")
    assert made.fill(path(served, "base.admin"), {PHONE: "read"}).status_code == 303
    page = made.get(f"/app/base.user/{key}/edit")
    phone = page.main.all("input", name="phone")
    assert not phone and "2045" in page.main.text + page.text
    with unchanged(served):
        sent = dict(kit.typed(kit.form_in(page.main))) | {"phone": "+628111"}
        assert made.post(f"/app/base.user/{key}/edit", sent).status_code == 400


def test_fields_are_saved_beside_scopes_and_clash_like_them(served: kit.Served, unchanged: Any) -> None:
    made, other = served.sign_in("made", lang="en"), served.sign_in("made")
    page = made.get(path(served))
    other.fill(path(served), {PHONE: "read"})
    with unchanged(served):
        answer = made.send(page, {PHONE: "write", "r-crm.lead": "all"})
    assert answer.status_code == 409 and "Now: Read only" in answer.main.text
    assert made.send(answer).status_code == 303
    assert [row[0] for row in says(served)] == ["base.user.phone", "crm.lead"]


def test_administrators_keep_the_fields_that_they_need(served: kit.Served, unchanged: Any) -> None:
    made = served.sign_in("made")
    for name in ("f-base.user.roles", "f-base.user.active"):
        for level in ("read", "hidden"):
            with unchanged(served):
                assert made.fill(path(served, "base.admin"), {name: level}).status_code == 422
