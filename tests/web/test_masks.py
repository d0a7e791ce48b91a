"""Masked fields: their end is shown in list, record, form and file, and the rest of them is in no answer."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.web import kit
from tests.web.conftest import Statements
from tests.web.listed import cells_of, heads, keys, rows, table
from tests.web.markup import typed
from tests.web.test_form import number_of
from tests.web.test_keeping import role
from tests.web.test_list_rights import NEVER, plain, ways
from tests.web.test_roles import cell, chosen, path, says

MEMBERS = "/app/sample.member"
WHOLE: dict[str, Any] = {
    "nik": "3374051207880003",
    "email": "rahayu.w@griyasentosa.example",
    "phone": "+6281220457781",
    "motto": "Tekun dan jujur",
    "note": "Alergi kacang\ntanah liat",
    "wage": 12_345_678,
    "born": "1988-07-12",
    "state": "z",
    "sold": True,
}
MASKS = {
    "nik": "••••0003",
    "email": "••••@griyasentosa.example",
    "phone": "••••7781",
    "motto": "••••ujur",
    "note": "••••liat",
    "wage": "••••",
    "born": "••••",
    "state": "••••",
    "sold": "••••",
}
NIK, PHONE = "f-sample.member.nik", "f-base.user.phone"
"""Inputs on the page of a role."""
CARD, CARD_MASK = "4111222233339876", "••••9876"
TRUE = re.compile(
    r"337405|0712078|rahayu|81220|0812-|2045-77|Tekun|dan jujur|Alergi|kacang|12[.,]?345|1988|Resting|411122|2233333"
)
"""Of each true value what its mask leaves out."""


def member(served: kit.Served, **values: Any) -> int:
    """A member with all there is to hide, and a card."""
    with served.env() as env:
        cls = env["sample.member"]
        wanted = {"name": "Rahayu", **WHOLE, "born": cls.__lumbung__.fields["born"].read(WHOLE["born"])}
        made = env.create(cls, [{**wanted, **values}])[0]
        env.flush()
        env.create(env["sample.card"], [{"member": made, "bank": "Bank Padi", "number": CARD}])
        return int(made.id)


def closed(answer: kit.Answer, status: int = 200) -> kit.Answer:
    """The answer, in which nothing is of what masks leave out."""
    assert answer.status_code == status, answer.text[:2000]
    text = re.sub(
        r'value="[^"]{60,}"|[0-9A-F]{4}-[0-9A-F]{4}', "", answer.text
    )  # what is signed, and numbers of requests
    assert not (told := TRUE.findall(text)), told
    return answer


# ----------------------------------------------------------------- shown
def test_a_list_and_its_file_show_the_masks(sample: kit.Served) -> None:
    member(sample)
    dewi, made = sample.sign_in("dewi", lang="en"), sample.sign_in("made", lang="en")
    page = closed(dewi.get(MEMBERS))
    [row] = rows(page)
    shown = [item.text.removesuffix(" (hidden in part)") for item in cells_of(row)]
    assert shown[1:] == list(MASKS.values())
    assert heads(page)[1:] == ["NIK", "Email", "Phone", "Motto", "Note", "Wage", "Born", "State", "Sold"]
    assert "hidden in part" in cells_of(row)[1].text
    [_heads, line] = table(closed(dewi.get(f"{MEMBERS}?format=csv")))
    assert line == ["Rahayu", *MASKS.values()]
    [row] = rows(closed(dewi.get(f"{MEMBERS}?columns=nik,wage")))
    assert "••••0003" in cells_of(row)[0].text, "in the first column too, as the link to the record"
    [_heads, line] = table(made.get(f"{MEMBERS}?format=csv"))
    assert line[1:3] == [WHOLE["nik"], WHOLE["email"]] and "12345678" in line[6]


def test_the_page_of_a_record_shows_them_and_no_link_to_call(sample: kit.Served) -> None:
    key = member(sample)
    page = closed(sample.sign_in("dewi").get(f"{MEMBERS}/{key}"))
    values = {item.one("dt").text: item.one("dd").text for item in page.main.one("dl").all("div")}
    assert values["NIK"] == "••••0003 (disamarkan sebagian)"
    assert [text.split()[0] for text in values.values()][1:10] == list(MASKS.values())
    assert "tel:" not in page.text and "mailto:" not in page.text
    assert WHOLE["nik"] in sample.sign_in("made").get(f"{MEMBERS}/{key}").text


def test_what_is_empty_has_no_mask(sample: kit.Served) -> None:
    key = member(sample, nik=None, email=None, note="", motto="abcd")
    dewi = sample.sign_in("dewi", lang="en")
    [row] = rows(dewi.get(MEMBERS))
    shown = [item.text for item in cells_of(row)]
    assert shown[1] == shown[2] == shown[5] == "–"
    assert shown[4] == "•••• (hidden in part)", "a text of four letters would be told by its end"
    values = [item.one("dd").text for item in dewi.get(f"{MEMBERS}/{key}").main.one("dl").all("div")]
    assert values[1] == values[2] == values[5] == "–"


def test_a_page_asks_once_for_its_masks_and_never_without(sample: kit.Served, statements: Statements) -> None:
    for _number in range(3):
        member(sample, nik=None)
    dewi, made = sample.sign_in("dewi"), sample.sign_in("made")
    asked = {}
    for visitor in (dewi, made):
        visitor.get(MEMBERS)
        statements.clear()
        visitor.get(MEMBERS)
        asked[visitor] = len([text for text, _values in statements if "FROM sample_member" in text])
    assert asked[dewi] == asked[made] + 1


# ----------------------------------------------------------------- forms
def test_a_form_shows_them_where_nobody_can_type_and_saves_the_rest(sample: kit.Served) -> None:
    key = member(sample)
    dewi = sample.sign_in("dewi", lang="en")
    page, form = (closed(dewi.get(f"{MEMBERS}/{key}{behind}")) for behind in ("", "/edit"))
    for name in MASKS:
        assert not form.main.all(name=name), name
    texts = {
        item.get("id"): item.get("value") or item.text
        for item in form.main.walk()
        if item.get("readonly") is not None
    }
    assert {f"f-{name}": mask for name, mask in MASKS.items()}.items() <= texts.items()
    assert "NIK (hidden in part)" in form.main.text and CARD_MASK in texts.values()
    bank = next(item["name"] for item in form.main.all("input") if (item.get("name") or "").endswith("-bank"))
    assert number_of(dewi.send(form, {"name": "Rahayu W", bank: "Bank Baru"})) == key
    with sample.env() as env:
        found = kit.record(env, "sample.member", key)
        assert (found.name, found.cards[0].bank, found.cards[0].number) == ("Rahayu W", "Bank Baru", CARD)
        assert found.nik == WHOLE["nik"] and found.wage == WHOLE["wage"] and found.sold is True
    [href, *_more] = [link["href"] for link in page.main.all("a") if "?edit=" in (link.get("href") or "")]
    assert CARD_MASK in closed(dewi.get(href)).text


@pytest.mark.parametrize("name", MASKS)
def test_a_forged_value_is_refused(sample: kit.Served, name: str, unchanged: Any) -> None:
    key = member(sample)
    dewi = sample.sign_in("dewi")
    with unchanged(sample):
        for target in (f"{MEMBERS}/{key}/edit", f"{MEMBERS}/new"):
            sent = dict(typed(kit.form_in(dewi.get(target).main))) | {name: MASKS[name]}
            closed(dewi.post(target, sent), 400)


def test_a_new_one_begins_without_them_and_a_copy_too(sample: kit.Served) -> None:
    key = member(sample)
    dewi = sample.sign_in("dewi", lang="en")
    begun, form = closed(dewi.get(f"{MEMBERS}/new")), closed(dewi.get(f"{MEMBERS}/new?copy={key}"))
    for page in (begun, form):
        assert "••••" not in page.text and "NIK" not in page.main.text, "there is nothing to hide yet"
    made = number_of(dewi.send(form, {"name": "Salinan"}))
    with sample.env() as env:
        copy = kit.record(env, "sample.member", made)
        assert not (copy.nik or copy.email or copy.phone or copy.wage or copy.born or copy.state or copy.sold)
        assert [(card.bank, card.number) for card in copy.cards] == [("Bank Padi", None)]


def test_a_row_is_added_beside_rows_with_masks(sample: kit.Served) -> None:
    key = member(sample)
    dewi = sample.sign_in("dewi", lang="en")
    form = dewi.get(f"{MEMBERS}/{key}/edit")
    sent = dict(typed(kit.form_in(form.main))) | {"cards-new1-bank": "Bank Dua"}
    assert number_of(dewi.post(f"{MEMBERS}/{key}/edit", sent)) == key
    with sample.env() as env:
        cards = [(card.bank, card.number) for card in kit.record(env, "sample.member", key).cards]
        assert cards == [("Bank Padi", CARD), ("Bank Dua", None)]
    sent |= {"cards-new1-number": "1"}
    closed(dewi.post(f"{MEMBERS}/{key}/edit", sent), 400)


def test_a_conflict_tells_nothing_of_what_the_other_changed(sample: kit.Served) -> None:
    key = member(sample)
    dewi, made = sample.sign_in("dewi", lang="en"), sample.sign_in("made", lang="en")
    shown = dewi.get(f"{MEMBERS}/{key}/edit")
    number_of(made.fill(f"{MEMBERS}/{key}/edit", {"nik": "3374051207889999", "name": "Nama Made"}))
    asked = closed(dewi.send(shown, {"name": "Nama Dewi"}), 409)
    assert "NIK" not in asked.main.text and "9999" not in asked.main.text
    assert number_of(dewi.send(asked)) == key
    assert sample.value("sample.member", key, "nik") == "3374051207889999"


def test_what_is_masked_while_a_form_is_open_is_not_saved_by_it(sample: kit.Served, unchanged: Any) -> None:
    key = member(sample)
    made = sample.sign_in("made", lang="en")
    form = made.get(f"{MEMBERS}/{key}/edit")
    assert made.fill(path(sample, "base.admin"), {NIK: "masked"}).status_code == 303
    with unchanged(sample):
        answer = made.send(form, {"nik": "1234567890123456"})
    assert answer.status_code == 403 and "1234567890123456" in answer.text, (
        "what was typed is there to be copied"
    )
    assert "3374051207" not in answer.main.text


# ----------------------------------------------------------------- asked
def test_a_masked_field_is_no_way_to_ask(sample: kit.Served) -> None:
    """But for a column it is answered by the very page of a field that is not there."""
    member(sample)
    dewi = sample.sign_in("dewi")
    for name in ("nik", "email", "wage", "born", "state"):
        for (parameter, value), (other, nothing) in zip(ways(name), ways(NEVER), strict=True):
            for extra in ({}, {"format": "csv"}) if parameter != "columns" else ():
                asked = dewi.get(MEMBERS, query_string={parameter: value, **extra})
                never = dewi.get(MEMBERS, query_string={other: nothing, **extra})
                assert asked.status_code == never.status_code == 400, (parameter, value)
                assert plain(asked) == plain(never, NEVER, name), (parameter, value)
    cards = "/app/sample.card"
    assert dewi.get(f"{cards}?member.nik__eq={WHOLE['nik']}").status_code == 400
    assert dewi.get(f"{cards}?member.name__eq=Rahayu").status_code == 200


def test_nothing_offers_to_ask_by_it_and_nothing_is_summed(sample: kit.Served) -> None:
    member(sample)
    dewi, made = sample.sign_in("dewi", lang="en"), sample.sign_in("made", lang="en")
    page = dewi.get(MEMBERS)
    offered = {item.get("value") for item in page.main.all("option")}
    assert "name" in offered and not offered & MASKS.keys()
    links = [item.get("href") or "" for item in page.main.all("a")]
    assert [link for link in links if "sort=name" in link or "sort=-name" in link]
    assert not [link for link in links for name in MASKS if re.search(rf"(sort=-?|group=){name}\b", link)]
    assert {item["value"] for item in page.main.all("input", type="checkbox", name="columns")} >= MASKS.keys()
    grouped = closed(dewi.get(f"{MEMBERS}?group=name"))
    assert "••••0003" in grouped.text and "12,345,678" not in grouped.text
    assert "12,345,678" in made.get(f"{MEMBERS}?group=name").text


def test_no_order_and_no_search_tells_of_it(sample: kit.Served) -> None:
    one, two = member(sample, nik="9000000000000001"), member(sample, nik="1000000000000002")
    dewi, made = sample.sign_in("dewi"), sample.sign_in("made")
    assert keys(made, MEMBERS) == [two, one], "in the order of the NIK, which is the model's own"
    assert keys(dewi, MEMBERS) == [two, one] == sorted((one, two), reverse=True)
    with sample.env() as env:
        env.write([kit.record(env, "sample.member", two)], {"nik": "9900000000000002"})
    assert keys(made, MEMBERS) == [one, two] and keys(dewi, MEMBERS) == [two, one]
    hit = dewi.get(f"{MEMBERS}?q=9900000000000002")
    miss = dewi.get(f"{MEMBERS}?q=8800000000000002")
    assert plain(hit) == plain(miss, "8800000000000002", "9900000000000002")


def test_a_view_that_asks_by_it_is_none_for_who_may_not(sample: kit.Served) -> None:
    """A view that was saved by one who may read it says so to others, and does not filter or sort for them."""
    one, two = member(sample, nik="9000000000000001"), member(sample, nik="1000000000000002")
    made, dewi = sample.sign_in("made"), sample.sign_in("dewi")
    query = "nik__contains=90000&sort=nik"
    saved = made.fill(f"{MEMBERS}?{query}", {"name": "Satu", "shared": "everyone"}, action=f"{MEMBERS}/views")
    assert keys(made, made.get(saved.headers["Location"]).headers["Location"]) == [one]
    shown = closed(dewi.get(dewi.get(saved.headers["Location"]).headers["Location"]))
    assert "Satu" in shown.main.one("", role="alert").text
    assert not shown.main.all("tbody") or keys(dewi, shown.request.url) == [two, one]


# ----------------------------------------------------------------- told elsewhere
def test_history_and_undo_tell_nothing(sample: kit.Served) -> None:
    key = member(sample)
    made, dewi = sample.sign_in("made", lang="en"), sample.sign_in("dewi", lang="en")
    made.fill(f"{MEMBERS}/{key}/edit", {"nik": "3374051207881111", "name": "Rahayu Wulan"})
    told = closed(dewi.get(f"{MEMBERS}/{key}/history"))
    assert "Rahayu Wulan" in told.main.text and "1111" not in told.text and "NIK" not in told.main.text
    assert "3374051207881111" in made.get(f"{MEMBERS}/{key}/history").main.text
    closed(dewi.get(f"{MEMBERS}/{key}"))
    closed(dewi.get("/settings/activity?user=" + str(sample.first("base.user", name="Made Wirawan"))))


def test_deleting_suggesting_and_seeing_as_tell_nothing(sample: kit.Served) -> None:
    key = member(sample)
    dewi, made = sample.sign_in("dewi"), sample.sign_in("made")
    closed(dewi.get(f"{MEMBERS}/{key}/delete"))
    for text in (WHOLE["nik"], "0003", "Rahayu"):
        closed(dewi.get(f"{MEMBERS}/suggest?q={quote(text)}"))
    who = str(sample.first("base.user", name="Dewi Kartika"))
    closed(made.fill("/settings/see-as", {"user": who, "record": f"sample.member/{key}"}))


# ----------------------------------------------------------------- the page of a role
def test_a_role_is_given_a_mask_and_it_is_taken_back(served: kit.Served) -> None:
    made, ayu = served.sign_in("made", lang="en"), served.sign_in("ayu", lang="en")
    key = served.first("base.user", name="Made Wirawan")
    whole = served.value("base.user", key, "phone")
    assert "••••" not in ayu.get(f"/app/base.user/{key}").text
    answer = made.fill(path(served), {PHONE: "masked"})
    page = made.get(answer.headers["Location"])
    assert chosen(page, PHONE) == "masked" and "Sales (masked)" in page.main.text
    assert "Masked" in page.main.one("ol").text, "the history says it"
    [right] = says(served)
    assert right[:2] == ("base.user.phone", "masked") and right[5] is False
    shown = ayu.get(f"/app/base.user/{key}")
    assert f"••••{whole[-4:]}" in shown.text and whole[3:9] not in shown.text
    assert ayu.get("/app/base.user?sort=phone").status_code == 400
    assert made.fill(path(served), {PHONE: "hidden"}).status_code == 303
    assert "••••" not in ayu.get(f"/app/base.user/{key}").text
    assert says(served)[0][5] is True, "as it was shipped"


def test_what_is_known_of_customers_is_masked_and_hidden_for_sellers(served: kit.Served) -> None:
    """Open to everybody as it is shipped: the tax number of a contact, and what a lead may bring."""
    made, ayu = served.sign_in("made", lang="en"), served.sign_in("ayu", lang="en")
    with served.env() as env:
        partner = env.create(env["base.partner"], [{"name": "PT Padi", "npwp": "0621240050406000"}])[0]
        env.flush()
        contact = f"/app/base.partner/{partner.id}"
    lead = f"/app/crm.lead/{served.first('crm.lead')}"
    assert "0621240050406000" in ayu.get(contact).text and "Expected revenue" in ayu.get(lead).text
    made.fill(path(served, "base.user"), {"f-base.partner.npwp": "masked", "f-crm.lead.revenue": "hidden"})
    made.fill(path(served, "crm.manager"), {"f-crm.lead.revenue": "write"})
    shown = ayu.get(contact).text
    assert "••••6000" in shown and "06212400" not in shown
    for page in (lead, f"{lead}/edit", "/app/crm.lead", "/app/crm.lead?format=csv"):
        assert "Expected revenue" not in ayu.get(page).text, page
    assert ayu.get("/app/crm.lead?sort=revenue").status_code == 400
    assert "Expected revenue" in served.sign_in("dewi", lang="en").get(lead).text


def test_of_two_roles_the_wider_holds(served: kit.Served) -> None:
    made, dewi = served.sign_in("made"), served.sign_in("dewi")
    key = served.first("base.user", name="Made Wirawan")
    whole = served.value("base.user", key, "phone")
    digits = f"0{whole[3:]}"
    spelled = f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
    made.fill(path(served, "base.user"), {PHONE: "masked"})
    assert f"••••{whole[-4:]}" in dewi.get(f"/app/base.user/{key}").text
    made.fill(path(served, "crm.manager"), {PHONE: "read"})
    page = dewi.get(f"/app/base.user/{key}")
    assert spelled in page.text and "••••" not in page.text
    assert "Disamarkan lewat peran yang dicakup" in made.get(path(served, "crm.manager")).main.text
    made.fill(path(served, "crm.manager"), {PHONE: "hidden"})
    assert "••••" in dewi.get(f"/app/base.user/{key}").text, (
        "what an included role opens is not taken away here"
    )


def test_a_shipped_mask_is_hidden_and_brought_back(sample: kit.Served) -> None:
    member(sample)
    made, dewi = sample.sign_in("made"), sample.sign_in("dewi")
    page = made.get(path(sample, "base.user"))
    assert chosen(page, NIK) == "masked"
    made.fill(path(sample, "base.user"), {NIK: "hidden"})
    assert "••••0003" not in dewi.get(MEMBERS).text and "••••7781" in dewi.get(MEMBERS).text
    assert dewi.get(f"{MEMBERS}?columns=nik").status_code == 400
    made.fill(path(sample, "base.user"), {NIK: "masked"})
    assert "••••0003" in dewi.get(MEMBERS).text
    assert all(row[5] for row in says(sample))


def test_a_link_has_no_mask_and_administrators_keep_what_they_need(
    served: kit.Served, unchanged: Any
) -> None:
    made = served.sign_in("made")
    page = made.get(path(served))
    options = {item["value"] for item in cell(page, "f-base.user.roles").all("option")}
    assert "masked" not in options and "masked" in {item["value"] for item in cell(page, PHONE).all("option")}
    sent = dict(typed(kit.form_in(page.main)))
    with unchanged(served):
        assert made.post(path(served), sent | {"f-base.user.roles": "masked"}).status_code == 400
        assert made.post(path(served), sent | {"r-crm.lead": "masked"}).status_code == 400
        assert made.fill(path(served, "base.admin"), {"f-base.user.active": "masked"}).status_code == 422


def test_a_row_that_masks_a_link_or_a_model_opens_nothing(served: kit.Served) -> None:
    made, ayu = served.sign_in("made"), served.sign_in("ayu")
    with served.env() as env:
        sales = kit.record(env, "base.role", role(served, "crm.user"))
        for name in ("base.user.roles", "crm.lead"):
            env.create(env["base.access_right"], [{"model": name, "role": sales, "read_scope": "masked"}])
    assert ayu.get("/app/crm.lead").status_code == 403
    assert ayu.get("/app/base.user?columns=roles").status_code == 400
    page = made.get(path(served))
    assert chosen(page, "r-crm.lead") == "none" and chosen(page, "f-base.user.roles") == "hidden"
