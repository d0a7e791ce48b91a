"""Forms: what is typed stands in the database or beside its field, and nothing else is ever written."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine

from core.base.demo import DOMAIN
from tests.web import kit
from tests.web.markup import Element, typed
from tests.web.sample import CLOSED, WRONG

LEADS = "/app/crm.lead"
NEW = f"{LEADS}/new"
THINGS = "/app/sample.thing"
FORM = "application/x-www-form-urlencoded"
LEAD: Mapping[str, str] = {
    "title": "Rumah tipe 60 Cluster Uji",
    "kind": "organisation",
    "state": "working",
    "contact_name": "Ratna Sari",
    "company_name": "CV Maju Jaya",
    "job_title": "Pemilik",
    "mobile": "0812-2045-7781",
    "phone": "(022) 204 5778",
    "email": "Ratna@Maju.example",
    "email_alt": "kantor@maju.example",
    "website": "maju.example",
    "revenue": "1.650.000.000,50",
    "source": "exhibition",
    "note": "Baris satu\r\nBaris dua",
}
"""What somebody types, and what is kept of it."""
STORED: Mapping[str, Any] = {
    **LEAD,
    "mobile": "+6281220457781",
    "phone": "+62222045778",
    "email": "ratna@maju.example",
    "website": "https://maju.example",
    "revenue": Decimal("1650000000.50"),
    "note": "Baris satu\nBaris dua",
}


def number_of(answer: kit.Answer) -> int:
    """The key of the record that was saved: the browser is led to its page."""
    assert answer.status_code == 303, answer.page.text
    return int(answer.headers["Location"].rsplit("/", 1)[1].partition("#")[0])


def refused(answer: kit.Answer, *names: str, status: int = 422) -> list[str]:
    """The errors beside these fields and no others: each is in the summary too."""
    assert answer.status_code == status, answer.status
    wrong = answer.main.all(aria_invalid="true")
    assert [item["id"] for item in wrong] == [f"f-{name}" for name in names], answer.main.text
    summary = answer.main.one("div", class_="errs")
    texts = []
    for item in wrong:
        text = answer.main.one("p", id=f"{item['id']}-e").text
        assert summary.one("a", href=f"#{item['id']}").text == text
        texts.append(text)
    assert answer.title.startswith(("Error:", "Kesalahan:"))
    return texts


def values(answer: kit.Answer) -> dict[str, Element]:
    """What a record page says, by the labels of the fields."""
    return {item.text: item.parent.one("dd") for item in answer.main.all("dt") if item.parent}


# ----------------------------------------------------------------- taken
def test_a_lead_typed_into_the_form_stands_in_record_and_list(served: kit.Served) -> None:
    visitor = served.sign_in("ayu", lang="id")
    partner = served.first("base.partner", kind="company")
    with served.env() as env:
        contact = kit.record(env, "base.partner", partner).name
    tags = [served.first("base.tag"), served.first("base.tag") + 1]
    city = served.first("base.regency", code="32.73")
    extra = {
        "partner": f"{contact} #{partner}",
        "city": f"Kota Bandung #{city}",
        "tags": [str(tag) for tag in tags],
    }
    answer = visitor.fill(NEW, {**LEAD, **extra})
    key = number_of(answer)
    for name, value in STORED.items():
        assert served.value("crm.lead", key, name) == value, name
    assert served.value("crm.lead", key, "partner") == partner
    assert served.value("crm.lead", key, "city") == city
    assert sorted(served.value("crm.lead", key, "tags")) == tags
    ayu = served.first("base.user", email=f"ayu@{DOMAIN}")
    assert served.value("crm.lead", key, "owner") == ayu, "new leads belong to who makes them"
    assert served.value("crm.lead", key, "created_by") == ayu
    assert served.value("crm.lead", key, "version") == 1
    page = visitor.get(answer.headers["Location"])
    assert page.main.one("h1").text == LEAD["title"]
    assert LEAD["title"] in page.page.one("div", role="status").text, "the save is said"
    texts = [item.text for item in values(page).values()]
    for text in ("Ratna Sari", "0812-2045-7781", "022-2045778", "Rp1.650.000.000,50", "Baris satu Baris dua"):
        assert text in texts, text
    links = {link["href"]: link.text for value in values(page).values() for link in value.all("a")}
    assert links[f"/app/base.partner/{partner}"] == contact
    assert visitor.get(LEADS).main.one("tbody").all("tr")[0].all("a")[0].text == LEAD["title"]


def test_an_edit_changes_what_was_changed_and_nothing_else(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", lang="en")
    key = served.first("crm.lead", state="qualified")
    before = _stored(served, "crm.lead", key)
    answer = visitor.fill(f"{LEADS}/{key}/edit", {"title": "Ruko pojok", "revenue": "2,500,000"})
    assert number_of(answer) == key
    after = _stored(served, "crm.lead", key)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"title", "revenue", "version", "updated_at", "updated_by"}
    assert (after["title"], after["revenue"], after["version"]) == (
        "Ruko pojok",
        2_500_000,
        before["version"] + 1,
    )
    assert visitor.get(answer.headers["Location"]).main.one("h1").text == "Ruko pojok"


def _stored(served: kit.Served, model: str, key: int) -> dict[str, Any]:
    names = list(served.site.assembly.registry.models[model].fields)
    return {name: served.value(model, key, name) for name in names}


def test_saving_a_form_as_it_is_changes_nothing(served: kit.Served) -> None:
    """Whatever a form shows can be read back: amounts, phones, dates, links, lines of a text.

    Also a link to what is archived, which is no choice any more.
    """
    visitor = served.sign_in("made", lang="id")
    with served.env() as env:
        env.write(
            [kit.record(env, "crm.lead", 1)], {"note": "Satu\n  dua\n\ntiga", "revenue": Decimal("0.05")}
        )
        env.write([kit.record(env, "base.partner", 1)], {"notes": "Awal\n\n  kosong"})
        tag, owner = kit.record(env, "base.tag", 1), kit.record(env, "base.user", 8)
        env.write([kit.record(env, "crm.lead", 1)], {"owner": owner, "tags": [tag]})
        env.write([kit.record(env, "base.partner", 1)], {"parent": kit.record(env, "base.partner", 2)})
        env.write([tag, owner, kit.record(env, "base.partner", 2)], {"archived": True})
    some = {
        "crm.lead": 8,
        "base.partner": 8,
        "base.user": 8,
        "base.team": 2,
        "base.company": 1,
        "base.tag": 2,
    }
    for model, last in {**some, "base.role": 2}.items():
        for key in range(1, last + 1):
            before = _stored(served, model, key)
            assert number_of(visitor.fill(f"/app/{model}/{key}/edit")) == key
            after = _stored(served, model, key)
            assert after == before, {
                name: (before[name], after[name]) for name in before if before[name] != after[name]
            }


def test_every_kind_can_be_filled_and_emptied(sample: kit.Served) -> None:
    visitor = sample.sign_in("dewi", lang="id")
    tag = _make(sample, "base.tag", name="Penting")
    partner = _make(sample, "base.partner", name="Budi")
    data = {
        "name": "Semua", "code": "A-1", "motto": "Maju", "body": "a\r\nb", "count": "1.250",
        "weight": "1,125", "price": "Rp1.000,25", "share": "12,5%", "sold": None, "day": "30/11/2026",
        "moment": "30/11/2026 14:30", "size": "l", "partner": str(partner), "tags": [str(tag)],
        "data": '{"a": [1, "x"]}', "email": "a@b.example", "phone": "08123456789",
        "website": "http://b.example/x?y=1",
    }  # fmt: skip
    key = number_of(visitor.fill(f"{THINGS}/new", data))
    stored = _stored(sample, "sample.thing", key)
    assert {name: stored[name] for name in data} == {
        "name": "Semua", "code": "A-1", "motto": "Maju", "body": "a\nb", "count": 1250,
        "weight": Decimal("1.125"), "price": Decimal("1000.25"), "share": Decimal("12.5"), "sold": False,
        "day": dt.date(2026, 11, 30), "moment": dt.datetime(2026, 11, 30, 7, 30, tzinfo=dt.UTC), "size": "l",
        "partner": partner, "tags": [tag], "data": {"a": [1, "x"]}, "email": "a@b.example",
        "phone": "+628123456789", "website": "http://b.example/x?y=1",
    }  # fmt: skip
    before = _stored(sample, "sample.thing", key)
    visitor.fill(f"{THINGS}/{key}/edit")
    assert _stored(sample, "sample.thing", key) == before
    page = visitor.get(f"{THINGS}/{key}").main.text
    for text in (
        "1.250",
        "1,125",
        "Rp1.000,25",
        "12,5%",
        "30 Nov 2026 14.30",
        "0812-3456-789",
        "Penting",
        "Budi",
    ):
        assert text in page, text
    empty: dict[str, Any] = {name: "" for name in data if name not in ("name", "sold", "tags")}
    number_of(visitor.fill(f"{THINGS}/{key}/edit", {**empty, "sold": "1", "tags": None}))
    stored = _stored(sample, "sample.thing", key)
    assert {name: stored[name] for name in empty} == dict.fromkeys(empty)
    assert (stored["sold"], stored["tags"], stored["secret"]) == (True, [], "kept")


def _make(served: kit.Served, model: str, **values: Any) -> int:
    with served.env() as env:
        [record] = env.create(env[model], [values])
        env.flush()
        return int(record.id)


def test_a_translated_value_is_written_in_the_language_that_it_is_read_in(sample: kit.Served) -> None:
    indonesian, english = sample.sign_in("dewi", lang="id"), sample.sign_in("made", lang="en")
    key = number_of(indonesian.fill(f"{THINGS}/new", {"name": "x", "motto": "Maju"}))
    assert "Maju" in english.get(f"{THINGS}/{key}").main.text, "the other language stands in"
    number_of(english.fill(f"{THINGS}/{key}/edit", {"motto": "Onward"}))
    for path in (THINGS, f"{THINGS}/{key}"):
        assert "Onward" in english.get(path).main.text
        assert "Maju" in indonesian.get(path).main.text
        assert "Onward" not in indonesian.get(path).main.text


def test_links_of_many_records_are_picked_by_name_or_by_suggestion(served: kit.Served) -> None:
    """Too many to list: what is picked ends in its number, what is typed must be the name of one."""
    visitor = served.sign_in("dewi", lang="en")
    one = _make(served, "base.partner", name="Toko #1 Serba Ada")
    twins = [_make(served, "base.partner", name="Toko Kembar") for _number in range(2)]
    form = visitor.get(NEW).main
    assert form.one("input", id="f-partner")["list"] == "list-base.partner"
    assert 100 < len(form.one("datalist", id="list-base.partner").all("option")) <= 200
    for text, expected in (
        ("Toko #1 Serba Ada", one),
        (f"Toko #1 Serba Ada #{one}", one),
        (f"  Toko #1 Serba Ada #{one}  ", one),
        (f"Toko Kembar #{twins[1]}", twins[1]),
        ("", None),
    ):
        key = number_of(visitor.fill(NEW, {"title": "x", "partner": text}))
        assert served.value("crm.lead", key, "partner") == expected, text
    numbered = _make(served, "base.partner", name=f"Blok C #{one}")
    key = number_of(visitor.fill(NEW, {"title": "x", "partner": f"Blok C #{one}"}))
    assert served.value("crm.lead", key, "partner") == numbered, "a number in a name is part of the name"
    for text in (
        "Toko Kembar",
        "Toko",
        "toko tidak ada",
        "#",
        f"Toko #{2**62}",
        f"Toko Lain #{one}",
        str(one),
    ):
        refused(visitor.fill(NEW, {"title": "x", "partner": text}), "partner")


# ----------------------------------------------------------------- refused
def test_nothing_is_made_without_what_is_required(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    [text] = refused(
        visitor.fill(NEW, {**LEAD, "title": "   ", "kind": "", "state": "new"} | {"kind": "person"}), "title"
    )
    assert text == "Title is required."
    refused(visitor.fill(NEW, {"title": "", "kind": "", "state": ""}), "title", "kind", "state")


def test_a_refused_form_shows_what_was_typed(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi", lang="id")
    tags = [str(shared.first("base.tag")), str(shared.first("base.tag") + 1)]
    data: dict[str, Any] = {
        **LEAD,
        "email": "bukan alamat",
        "partner": "Tidak Ada",
        "tags": tags,
        "note": " a\r\n\r\n<b> ",
    }
    answer = visitor.fill(NEW, data)
    refused(answer, "partner", "email")
    form = typed(kit.form_in(answer.main))
    for name, value in data.items():
        expected = value if isinstance(value, list) else [value]
        assert sorted(form[name]) == sorted(expected), name


TOO_LONG = {"title": 201, "contact_name": 201, "company_name": 201, "job_title": 201}


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_text_that_is_too_long_says_by_how_much(dewi: kit.Visitor, name: str) -> None:
    [text] = refused(dewi.fill(NEW, {**LEAD, name: "é" * TOO_LONG[name]}), name)
    assert "201" in text and "200" in text


def test_a_text_that_just_fits_is_taken(served: kit.Served) -> None:
    """Counted in characters, as a person counts them, on both databases."""
    visitor = served.sign_in("dewi")
    text = "ñ𝓛é字🏠" * 40
    key = number_of(visitor.fill(NEW, {**LEAD, "title": text, "note": "x" * 100_000}))
    assert served.value("crm.lead", key, "title") == text


@pytest.mark.parametrize("letter", ["x", "字", "🏠"])
def test_a_long_note_fits_in_any_script_and_a_longer_one_is_not_lost(served: kit.Served, letter: str) -> None:
    """Four bytes a letter, each sent as three, and once more in what the form shows: no gate is in the way."""
    visitor = served.sign_in("dewi")
    note = letter * 100_000
    key = number_of(visitor.fill(NEW, {"title": "x", "note": note}))
    assert served.value("crm.lead", key, "note") == note
    answer = visitor.fill(f"{LEADS}/{key}/edit", {"note": letter * 100_001})
    [text] = refused(answer, "note")
    assert "100001" in text
    assert answer.main.one("textarea", id="f-note").text == letter * 100_001
    other = "".join(chr(0x4E00 + number % 20_000) for number in range(100_000))
    number_of(visitor.send(answer, {"note": other}))
    number_of(visitor.fill(f"{LEADS}/{key}/edit", {"note": "kurz"}))
    assert served.value("crm.lead", key, "note") == "kurz"


BAD: Mapping[str, tuple[str, ...]] = {
    "revenue": (
        "abc", "1e9", "12.345.67", "1,2,3", "1.2.3", "NaN", "Infinity", "-", "1/2", "0x10", "1'000", "٣٤",
        "１２", "1e308", "1.5.", ".5.", "1,5,5", "1 650 jt", "1,234", "9" * 19, "1" * 5_000, "--5", "5-", "Rp", "$5",
    ),
    "mobile": (
        "abc", "12", "08", "0812-RUMAH-OK", "+", "+62", "0" * 29, "08123456789012345678", "022-204577 ext 12",
        "022204577#12",
    ),
    "email": (
        "ratna", "ratna@", "@maju.example", "ratna@maju", "ra tna@maju.example", "a@@maju.example", "a@b.c",
        "<a@maju.example>", "a@maju.example, b@maju.example", "a" * 200 + "@maju.example",
        "javascript:alert(1)//@x.id",
    ),
    "website": (
        "maju", "javascript:alert(1)", "JAVASCRIPT://maju.example/%0aalert(1)", "data:text/html,x", "http://",
        "ftp://maju.example", "https://maju example", "//maju.example", "http://[::1", "x" * 300 + ".example",
    ),
    "kind": ("alien", "PERSON", "0"),
    "source": ("web form", "__class__"),
    "partner": ("999999999", "-1", "#1x", str(2**63), str(2**74), "1.5"),
    "owner": ("999999999", "-1", "x", str(2**63), "1;2"),
    "city": ("Atlantis", "32.73.99"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_a_field_cannot_take_stands_beside_it(dewi: kit.Visitor, name: str) -> None:
    form = dewi.get(NEW)
    for text in BAD[name]:
        answer = dewi.send(form, {**LEAD, name: text})
        assert answer.status_code == 422, f"{name}={text!r} was taken"
        [said] = refused(answer, name)
        assert 5 < len(said) < 250, said


BAD_OF_EVERY_KIND: Mapping[str, tuple[str, ...]] = {
    "count": ("1,5", "x", str(2**63), "9" * 40, "1e3", "--1"),
    "weight": ("1,1255", "x", "9" * 18, "NaN"),
    "share": ("12%%", "x%", "1.125"),
    "day": (
        "31/02/2026",
        "32/1/2026",
        "30/13/2026",
        "x",
        "2026-13-01",
        "0/0/0",
        "30/11/99999",
        "30.11.",
        "1e9",
        "９/９/２０２６",
    ),
    "moment": (
        "30/11/2026",
        "30/11/2026 25:00",
        "30/11/2026 12:60",
        "14:30",
        "x",
        "30/11/2026 14",
        "1/1/1 0:00",
    ),
    "size": ("m", "S"),
    "data": ("{", "{'a': 1}", "[" * 5_000, "undefined"),
    "tags": ("999999", "-1", "x", str(2**63), str(2**74), "1,2"),
    "code": ("12345678901",),
}


@pytest.mark.parametrize("name", BAD_OF_EVERY_KIND)
def test_each_kind_says_what_is_wrong(sample: kit.Served, name: str) -> None:
    visitor = sample.sign_in("dewi", lang="en")
    form = visitor.get(f"{THINGS}/new")
    for text in BAD_OF_EVERY_KIND[name]:
        answer = visitor.post(f"{THINGS}/new", {**typed(kit.form_in(form.main)), "name": "x", name: text})
        assert answer.status_code == 422, f"{name}={text!r} was taken"
        refused(answer, name)


@pytest.mark.parametrize("bad", [b"%00", b"\x00", b"%ed%a0%80", b"%ed%bf%bf", b"\xff\xfe", b"%c0%80"])
def test_what_no_text_can_have_is_said_beside_the_field(served: kit.Served, bad: bytes) -> None:
    """NUL, lone surrogates and bytes that are no UTF-8 are left out; all that was typed stands there again."""
    visitor = served.sign_in("dewi", lang="en")
    sent: dict[str, Any] = {**typed(kit.form_in(visitor.get(NEW).main)), "email": "no address"}
    body = urlencode({**sent, "title": "TBADko 🏡", "note": "x\r\nBADy"}, doseq=True).encode()
    answer = visitor.post(NEW, body.replace(b"BAD", bad), content_type=FORM)
    texts = refused(answer, "title", "email", "note")
    assert ["no text can have" in text for text in texts] == [True, False, True]
    again = typed(kit.form_in(answer.main))
    assert (again["title"], again["note"], again["email"]) == (["Tko 🏡"], ["x\r\ny"], ["no address"])
    number_of(visitor.send(answer, {"email": ""}))


def test_elsewhere_the_gate_refuses_them(dewi: kit.Visitor) -> None:
    """In a name, in what the page hides, in the form of a model that is not there."""
    data = typed(dewi.get(NEW).main.one("form", method="post"))
    for name in ("ti\x00tle", "form-state", "form-row", "csrf_token", "roles"):
        assert dewi.post(NEW, {**data, name: "x\x00"}).status_code == 400, name
    assert dewi.post("/app/no.model/new", {**data, "title": "x\x00"}).status_code == 400
    for raw in (b"%ed%a0%80=x", b"form-state=\xff"):
        body = b"csrf_token=" + data["csrf_token"][0].encode() + b"&kind=&" + raw
        assert dewi.post(NEW, body, content_type=FORM).status_code == 400


FORGED = (
    "id", "archived", "created_at", "created_by", "updated_by", "owner_id", "company_id", "password_hash",
    "is_admin", "roles", "partner.name", "__class__", "env", "leads", "title[]", "TITLE", "csrf", "next",
)  # fmt: skip


def test_a_name_that_the_form_did_not_have_is_forged(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi")
    for path in (NEW, f"{LEADS}/{shared.first('crm.lead')}/edit"):
        sent = typed(kit.form_in(visitor.get(path).main))
        for name in FORGED:
            assert visitor.post(path, {**sent, "title": "x", name: "1"}).status_code == 400, name


def test_a_field_that_is_only_shown_is_not_taken(served: kit.Served) -> None:
    visitor = served.sign_in("made")
    key = served.first("base.role", name="crm.user")
    shown = visitor.get(f"/app/base.role/{key}/edit")
    assert shown.main.one("input", id="f-addon").get("readonly") is not None
    form = typed(kit.form_in(shown.main))
    assert "addon" not in form, "it is not sent"
    assert visitor.post(f"/app/base.role/{key}/edit", {**form, "addon": "mine"}).status_code == 400
    visitor.send(shown, {"label": "Penjual"})
    assert served.value("base.role", key, "addon") == "crm"
    assert served.value("base.role", key, "label") == "Penjual"


def test_a_taken_address_of_a_user_is_said_beside_it(shared: kit.Served) -> None:
    visitor = shared.sign_in("made", lang="en")
    ayu = shared.first("base.user", email=f"ayu@{DOMAIN}")
    answer = visitor.fill(f"/app/base.user/{ayu}/edit", {"email": f"DEWI@{DOMAIN}", "name": "Ayu L."})
    [text] = refused(answer, "email")
    assert "taken" in text
    assert answer.main.one("input", id="f-name")["value"] == "Ayu L."
    again = visitor.fill("/app/base.user/new", {"name": "Baru", "email": f"dewi@{DOMAIN}"})
    refused(again, "email")


def test_a_taken_code_is_said_beside_it_too(sample: kit.Served) -> None:
    visitor = sample.sign_in("dewi")
    number_of(visitor.fill(f"{THINGS}/new", {"name": "a", "code": "X"}))
    number_of(visitor.fill(f"{THINGS}/new", {"name": "b", "code": ""}))
    number_of(visitor.fill(f"{THINGS}/new", {"name": "c", "code": ""}))
    refused(visitor.fill(f"{THINGS}/new", {"name": "d", "code": "X"}), "code")


def test_a_record_that_is_gone_meanwhile_is_not_made_again(served: kit.Served) -> None:
    visitor = served.sign_in("dewi")
    key = _make(served, "base.tag", name="Sebentar")
    shown = visitor.get(f"/app/base.tag/{key}/edit")
    with served.env() as env:
        env.delete([kit.record(env, "base.tag", key)])
    assert visitor.send(shown, {"name": "Kembali"}).status_code == 404


def test_each_fault_that_a_model_finds_stands_beside_its_field(sample: kit.Served) -> None:
    visitor = sample.sign_in("dewi", lang="en")
    answer = visitor.fill(f"{THINGS}/new", {"name": WRONG, "count": "7"})
    assert refused(answer, "count", "day") == ["Too few.", "Too late."]
    told = answer.main.one("div", class_="errs")
    assert [head.text for head in told.all("h2")] == ["Not now.", "2 fields need a correction"]
    assert [item.text for item in told.all("li")] == ["Too few.", "Too late."]
    assert answer.main.one("input", id="f-count")["value"] == "7"
    number_of(visitor.send(answer, {"name": "right"}))


def test_a_refusal_that_is_of_no_field_is_told_as_what_it_is(sample: kit.Served) -> None:
    """Whoever reads that a field needs a correction looks for it."""
    answer = sample.sign_in("dewi", lang="en").fill(f"{THINGS}/new", {"name": CLOSED})
    told = answer.main.one("div", class_="errs")
    assert answer.status_code == 422 and told.one("h2").text == "The shop is closed." and not told.all("li")
    save = answer.main.one("div", class_="save").text
    assert "Not saved yet." in save and "correction" not in save


# ----------------------------------------------------------------- as people write
TODAY = dt.datetime(2026, 11, 19, 3, 0, tzinfo=dt.UTC)
"""10 o'clock in Jakarta."""
DATES = {
    "besok": (20, 11, 2026), "Lusa": (21, 11, 2026), "kemarin": (18, 11, 2026), "hari ini": (19, 11, 2026),
    "tomorrow": (20, 11, 2026), "yesterday": (18, 11, 2026), "today": (19, 11, 2026), "+7": (26, 11, 2026),
    "-3": (16, 11, 2026), "30/11": (30, 11, 2026), "30-11-2026": (30, 11, 2026), "30.11.2026": (30, 11, 2026),
    "30 Nov 2026": (30, 11, 2026), "30 november 2026": (30, 11, 2026), "Sen, 30 Nov 2026": (30, 11, 2026),
    "1 Agustus 2026": (1, 8, 2026), "1 August 2026": (1, 8, 2026), "2026-11-30": (30, 11, 2026),
}  # fmt: skip
NUMBERS = {
    "id": {"1.500": "1500", "1.500,5": "1500.5", "1,5": "1.5", "1.5": "1.5", "1,500.25": "1500.25", "-2.000": "-2000",
           "Rp 1.250.000,-": "1250000", "0": "0", "−7": "-7", "1500000": "1500000"},
    "en": {"1,500": "1500", "1,500.5": "1500.5", "1.5": "1.5", "1,5": "1.5", "1.500,25": "1500.25", "-2,000": "-2000",
           "IDR 1,250,000": "1250000", "1.50": "1.5"},
}  # fmt: skip
UNCLEAR = {"id": ("1,500", "1,2345", "1.50.000", "1.5.5"), "en": ("1.500", "1.2345", "1,50,000", "1,5,5")}
"""Three digits behind what could be either mark are no decimals of money, and no thousands in this language."""


@pytest.mark.parametrize("lang", ["id", "en"])
def test_dates_are_read_as_people_write_them(sample: kit.Served, lang: str) -> None:
    visitor = sample.sign_in("dewi", lang=lang)
    key = _make(sample, "sample.thing", name="Hari")
    with time_machine.travel(TODAY, tick=False):
        for text, (day, month, year) in DATES.items():
            sample.change("sample.thing", key, day=None)
            number_of(visitor.fill(f"{THINGS}/{key}/edit", {"day": text}))
            assert sample.value("sample.thing", key, "day") == dt.date(year, month, day), text


@pytest.mark.parametrize("lang", ["id", "en"])
def test_amounts_are_read_as_people_write_them(sample: kit.Served, lang: str) -> None:
    visitor = sample.sign_in("dewi", lang=lang)
    key = _make(sample, "sample.thing", name="Harga")
    for text, value in NUMBERS[lang].items():
        sample.change("sample.thing", key, price=None)
        number_of(visitor.fill(f"{THINGS}/{key}/edit", {"price": text}))
        assert sample.value("sample.thing", key, "price") == Decimal(value), text
    for text in UNCLEAR[lang]:
        refused(visitor.fill(f"{THINGS}/{key}/edit", {"price": text}), "price")


# ----------------------------------------------------------------- one input
def test_an_input_that_is_left_is_answered_in_the_same_words(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    for path in (NEW, f"{LEADS}/1/edit"):
        sent = {**typed(kit.form_in(visitor.get(path).main)), "email": "ratna", "title": "x"}
        answer = visitor.post(path, {**sent, "form-check": "email"})
        assert (answer.status_code, answer.text) == (200, "“ratna” lacks the “@” of an e-mail address.")
        assert visitor.post(path, {**sent, "form-check": "title"}).text == ""
        assert visitor.post(path, {**sent, "title": "", "form-check": "title"}).text == "Title is required."
        for name in ("", "id", "form-state", "secret", "csrf_token"):
            assert visitor.post(path, {**sent, "form-check": name}).status_code == 400


# ----------------------------------------------------------------- rights
def test_a_seller_sees_the_team_s_leads_and_changes_own_ones(served: kit.Served) -> None:
    visitor = served.sign_in("ayu")
    ayu, rizky, bima = (
        served.first("base.user", email=f"{name}@{DOMAIN}") for name in ("ayu", "rizky", "bima")
    )
    own, team, other = (served.first("crm.lead", owner_id=owner) for owner in (ayu, rizky, bima))
    assert visitor.get(f"{LEADS}/{own}/edit").status_code == 200
    assert visitor.get(f"{LEADS}/{team}").status_code == 200
    assert visitor.get(f"{LEADS}/{team}/edit").status_code == 403
    assert visitor.get(f"{LEADS}/{other}").status_code == 404
    data = {"csrf_token": visitor.token("/"), "title": "Punyaku"}
    assert visitor.post(f"{LEADS}/{team}/edit", data).status_code == 403
    assert visitor.post(f"{LEADS}/{other}/edit", data).status_code == 404
    assert visitor.get("/app/base.user/new").status_code == 403
    assert visitor.get(f"/app/base.user/{ayu}/edit").status_code == 403


def test_a_link_to_what_one_may_not_see_survives_a_save(served: kit.Served) -> None:
    """It reads "not visible to you", and the key that stands there is neither told nor lost."""
    visitor = served.sign_in("ayu", lang="en")
    ayu = served.first("base.user", email=f"ayu@{DOMAIN}")
    with served.env() as env:
        idr = kit.record(env, "base.company", 1).currency
        [company] = env.create(env["base.company"], [{"name": "Lain", "currency": idr}])
        [partner] = env.create(env["base.partner"], [{"name": "Rahasia Besar", "company": company}])
        env.flush()
        hidden = partner.id
        lead = served.first("crm.lead", owner_id=ayu)
        kit.record(env, "crm.lead", lead).company = None
        env.flush()
        kit.record(env, "crm.lead", lead).partner = partner
    for path in (f"{LEADS}/{lead}", f"{LEADS}/{lead}/edit", LEADS):
        assert "Rahasia Besar" not in visitor.get(path).text
    number_of(visitor.fill(f"{LEADS}/{lead}/edit", {"title": "Baru"}))
    assert served.value("crm.lead", lead, "title") == "Baru"
    with served.env() as env:
        assert kit.record(env, "crm.lead", lead).partner_id == hidden


def test_an_invisible_record_and_an_unknown_one_are_the_same_error(served: kit.Served) -> None:
    visitor = served.sign_in("ayu", lang="en")
    with served.env() as env:
        idr = kit.record(env, "base.company", 1).currency
        [company] = env.create(env["base.company"], [{"name": "Lain", "currency": idr}])
        [partner] = env.create(env["base.partner"], [{"name": "Rahasia Besar", "company": company}])
        env.flush()
        hidden = partner.id
    texts = {
        refused(visitor.fill(NEW, {**LEAD, "partner": text}), "partner")[0].replace(text, "…")
        for text in (f"x #{hidden}", f"x #{2**40}", "Rahasia Besar")
    }
    assert len(texts) == 1


# ----------------------------------------------------------------- foreign code
PAYLOADS = (
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</title></textarea></option></select><svg onload=alert(1)>",
    "{{7*7}}{% raw %} %(name)s %s {name}",
    "javascript:alert(1)",
    "&lt;b&gt; & <!--",
)


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_typed_is_shown_as_text(sample: kit.Served, payload: str) -> None:
    """In list, record, form, link, message and error; the rules look at each page."""
    visitor = sample.sign_in("made", lang="en")
    tag, partner = (_make(sample, model, name=payload) for model in ("base.tag", "base.partner"))
    _make(sample, "base.company", name=payload, currency_id=sample.first("base.currency", code="IDR"))
    data = {
        "name": payload[:40], "code": payload[:10], "motto": payload, "body": payload,
        "data": json.dumps(payload), "partner": str(partner), "tags": [str(tag)],
    }  # fmt: skip
    odd = dict.fromkeys(("email", "phone", "website", "count"), payload)
    wrong = visitor.fill(f"{THINGS}/new", {**data, **odd})
    refused(wrong, "count", "email", "phone", "website")
    assert wrong.main.one("input", id="f-count")["value"] == payload
    assert payload[:20] in wrong.main.one("div", class_="errs").text
    answer = visitor.fill(f"{THINGS}/new", data)
    key = number_of(answer)
    page = visitor.get(answer.headers["Location"])
    shown = " ".join(payload[:40].split())
    assert page.main.one("h1").text == shown
    assert page.page.one("div", role="status").text.startswith(shown)
    for answer in (page, visitor.get(THINGS), visitor.get("/app/base.tag"), visitor.get("/app/base.partner")):
        assert shown in answer.main.text
    form = visitor.get(f"{THINGS}/{key}/edit").main
    sent = typed(form.one("form", method="post"))
    assert sent["motto"] == sent["body"] == [payload]
    assert shown in form.one("select", id="f-partner").text
    assert shown in sample.visitor().get("/login").page.text, "the company's name"
