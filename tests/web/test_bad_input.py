"""Whatever is wrong is said beside its field: nothing typed is lost, nothing is half saved, and nothing breaks.

`kit.Visitor` compares the database before and after each answer of 4xx, and fails on any 5xx.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.web import kit
from tests.web.test_form import LEADS, NEW, number_of
from tests.web.test_form_drawn import form_of
from tests.web.test_rows import PARTNERS, added, company, errors, form, keys

LONG = "é" * 201
BAD: dict[str, tuple[str, ...]] = {
    "title": ("", "   ", LONG),
    "kind": ("", "alien"),
    "mobile": ("٣", "0812-RUMAH", "+" * 31),
    "email": ("ratna@", LONG),
    "website": ("javascript:alert(1)", LONG),
    "city": ("Atlantis", "Kota #999999999", "٣"),
    "partner": ("x #1", "Tidak Ada", str(2**63)),
    "owner": ("999999999", "٣", "-1"),
    "revenue": ("1e308", "-1e308", "٣", "12,345", "0,001", "-5", "−5", "-0,01", "NaN", "9" * 19),
    "note": ("x" * 100_001,),
}
PLACES = {"title": "head", "kind": "head", "mobile": "reach", "email": "reach", "website": "reach", "city": "who",
          "partner": "who", "owner": "care", "revenue": "money", "note": "more"}  # fmt: skip
"""The section of each field."""


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize(
    "place", ["new", *(pytest.param(place, marks=pytest.mark.slow) for place in ("edit", "section"))]
)
def test_each_field_on_each_form(served: kit.Served, name: str, place: str) -> None:
    visitor, key = served.sign_in("dewi", "id"), served.first("crm.lead", state="new")
    path = {"new": NEW, "edit": f"{LEADS}/{key}/edit", "section": f"{LEADS}/{key}?edit={PLACES[name]}"}[place]
    shown = visitor.get(path)
    other = next((input for input in ("contact_name", "mobile", "company_name", "source", "title", "team")
                  if input in form(shown) and input != name), None)  # fmt: skip
    kept: Any = (
        {}
        if other is None
        else {other: {"source": "phone", "team": "", "mobile": "0812-2045-7799"}.get(other, "Tetap")}
    )
    fine = {"title": "Tetap"} if place == "new" and name != "title" else {}
    for text in BAD[name]:
        answer = visitor.send(shown, {**fine, **kept, name: text})
        assert list(errors(answer)) == [name], text
        again = form(answer)
        assert again[name] == [text], "what is wrong stands there to be corrected"
        assert all(again[one] == [value] for one, value in (fine | kept).items())
        assert form_of(answer)["data-guard"] == "changed", "leaving it asks first"


def test_all_that_is_wrong_is_said_at_once_and_can_be_corrected(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", "en"), served.first("crm.lead", state="new")
    shown = visitor.get(f"{LEADS}/{key}/edit")
    wrong = {name: texts[-1] for name, texts in BAD.items()}
    answer = visitor.send(shown, {**wrong, "contact_name": "Tetap"})
    assert set(errors(answer)) == set(BAD)
    assert {name: form(answer)[name] for name in wrong} == {name: [text] for name, text in wrong.items()}
    right: Any = {name: form(shown)[name] for name in BAD}
    assert number_of(visitor.send(answer, {**right, "revenue": "7"})) == key
    assert served.value("crm.lead", key, "contact_name") == "Tetap"
    assert served.value("crm.lead", key, "revenue") == 7


ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "addresses": ("street", (LONG,)),
    "addresses-postcode": ("postcode", ("1" * 11,)),
    "addresses-use": ("use", ("", "alien")),
    "addresses-regency": ("regency", ("Atlantis", "x #999999999")),
    "addresses-province": ("province", ("999999", "-1", "٣")),
    "phones": ("number", ("", "٣", "RUMAH", "0" * 31)),
    "emails": ("email", ("x@", LONG)),
    "contacts": ("person", ("", "Tidak Ada", "x #999999999", "HIDDEN")),
    "contacts-job_title": ("job_title", ("x" * 121,)),
}


@pytest.mark.parametrize("case", ROWS)
def test_each_column_of_each_list(served: kit.Served, case: str) -> None:
    """In a row that is there and in one that is added; the other rows and the record are kept with it."""
    name, (column, texts) = case.partition("-")[0], ROWS[case]
    visitor, key = served.sign_in("dewi", "en"), filled(served)
    hidden, other = unseen(served), f"Orang Dua #{served.first('base.partner', name='Orang Dua')}"
    path, model = f"{PARTNERS}/{key}/edit", MODELS[name]
    [row] = keys(served, model, key)
    sent = added(visitor, path, name, "addresses", name="PT Tetap")
    new = "new1"
    assert f"{name}-{new}-{column}" in sent
    for text in (hidden if text == "HIDDEN" else text for text in texts):
        for place in (str(row), new):
            wrong = f"{name}-{place}-{column}"
            changes = {wrong: text, "addresses-new1-village": "Tetap"}
            fine = {
                f"{name}-new1-{one}": other if one == "person" else value for one, value in FINE[name].items()
            }
            changes = {**fine, **changes}
            answer = visitor.post(path, {**sent, **changes})
            assert list(errors(answer)) == [wrong], (text, place)
            again = form(answer)
            assert again["name"] == ["PT Tetap"] and all(
                again[one] == [value] for one, value in changes.items()
            )


MODELS = {"addresses": "base.address", "phones": "base.partner_phone", "emails": "base.partner_email",
          "contacts": "base.partner_link"}  # fmt: skip
FINE: dict[str, dict[str, str]] = {
    "addresses": {"street": "Jalan Baru"},
    "phones": {"number": "+62 812 2045 7755", "note": "malam"},
    "emails": {"email": "baru@toko.example"},
    "contacts": {"job_title": "Kepala", "person": "PERSON"},
}


def filled(served: kit.Served) -> int:
    """A company with one row in each list."""
    key = company(served, "Jalan Satu", phones=1)
    with served.env() as env:
        firm = kit.record(env, "base.partner", key)
        env.create(env["base.partner_email"], [{"partner": firm, "email": "satu@toko.example"}])
        [person, _other] = env.create(env["base.partner"], [{"name": "Orang Satu"}, {"name": "Orang Dua"}])
        env.create(env["base.partner_link"], [{"company": firm, "person": person}])
    return key


def unseen(served: kit.Served) -> str:
    """What would choose a person whom nobody here may see."""
    with served.env() as env:
        idr = kit.record(env, "base.company", 1).currency
        [other] = env.create(env["base.company"], [{"name": "Lain", "currency": idr}])
        [person] = env.create(env["base.partner"], [{"name": "Rahasia", "company": other}])
        env.flush()
        return f"Rahasia #{person.id}"


def test_200_rows_of_which_one_is_wrong(served: kit.Served) -> None:
    """All or nothing; what is right is not typed again."""
    visitor, path = served.sign_in("dewi", "en"), f"{PARTNERS}/new"
    sent = added(visitor, path, "phones", name="PT Banyak")
    for number in range(1, 201):
        sent |= {f"phones-new{number}-use": "work", f"phones-new{number}-note": f"catatan {number}",
                 f"phones-new{number}-number": f"+62812204{number:05d}"}  # fmt: skip
    answer = visitor.post(path, {**sent, "phones-new117-number": "bukan nomor"})
    assert list(errors(answer)) == ["phones-new117-number"]
    assert form(answer)["phones-new200-note"] == ["catatan 200"]
    made = number_of(visitor.send(answer, {"phones-new117-number": "+62812999"}))
    assert len(keys(served, "base.partner_phone", made)) == 200
    many = {f"phones-new201-{name}": "x" for name in ("use", "number", "note")}
    assert visitor.post(path, {**sent, **many}).status_code == 400
