"""Records that belong to another one are rows of its form: changed, added and removed in one go."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.orm.env import Env
from tests.web import kit
from tests.web.conftest import Statements
from tests.web.markup import typed
from tests.web.test_form import number_of
from tests.web.test_query_budget import asked

PARTNERS = "/app/base.partner"
Sent = dict[str, Any]


def company(served: kit.Served, *streets: str, phones: int = 0) -> int:
    """A company with addresses in these streets."""
    with served.env() as env:
        [made] = env.create(env["base.partner"], [{"name": "PT Baris", "kind": "company"}])
        env.flush()
        env.create(env["base.address"], [{"partner": made, "street": street} for street in streets])
        env.create(
            env["base.partner_phone"],
            [{"partner": made, "number": f"+6281220{number:05d}"} for number in range(phones)],
        )
        env.flush()
        return int(made.id)


def keys(served: kit.Served, model: str, partner: int) -> list[int]:
    """The keys of what belongs to a partner."""
    with served.env() as env:
        cls = env[model]
        back = cls.company_id if model == "base.partner_link" else cls.partner_id
        return list(env.scalars(sa.select(cls.id).where(back == partner).order_by(cls.id)))


def streets(served: kit.Served, partner: int) -> list[str]:
    return [served.value("base.address", key, "street") for key in keys(served, "base.address", partner)]


def form(answer: kit.Answer) -> Sent:
    return dict(typed(kit.form_in(answer.main)))


def added(visitor: kit.Visitor, path: str, *lists: str, **values: str) -> Sent:
    """The form of a page with one more row for each of `lists`, as the button without script adds them."""
    shown, action = visitor.get(path), path
    for name in lists:
        answer = visitor.post(action, {**form(shown), **values, "form-row": name})
        assert answer.status_code == 200, answer.main.text
        shown = answer
    return form(shown)


def errors(answer: kit.Answer, status: int = 422) -> dict[str, str]:
    """What is wrong by the input beside which it is told; the summary leads to each of them."""
    assert answer.status_code == status, answer.main.text
    links = {link["href"].removeprefix("#f-") for link in answer.main.one("div", class_="errs").all("a")}
    wrong = {item["id"].removeprefix("f-"): item["id"] for item in answer.main.all(aria_invalid="true")}
    assert links == set(wrong)
    return {name: answer.main.one("p", id=f"{key}-e").text for name, key in wrong.items()}


# ----------------------------------------------------------------- all at once
def test_a_company_with_three_contacts_and_two_addresses_is_made_on_one_form(served: kit.Served) -> None:
    visitor, path = served.sign_in("dewi"), f"{PARTNERS}/new"
    people = [served.first("base.partner", kind="person") + step for step in (0,)]
    with served.env() as env:
        cls = env["base.partner"]
        wanted = sa.select(cls.id).where(cls.kind == "person", cls.company_id.is_(None)).limit(3)
        people = list(env.scalars(wanted)) or people
    sent = added(visitor, path, "contacts", "contacts", "contacts", "addresses", "addresses", name="PT Baru")
    sent |= {"kind": "company", "addresses-new1-street": "Jalan Satu", "addresses-new2-street": "Jalan Dua",
             "addresses-new2-use": "billing"}  # fmt: skip
    for number, person in enumerate(people, start=1):
        label = served.value("base.partner", person, "name")
        sent |= {
            f"contacts-new{number}-person": f"{label} #{person}",
            f"contacts-new{number}-role": "finance",
        }
    key = number_of(visitor.post(path, sent))
    assert streets(served, key) == ["Jalan Satu", "Jalan Dua"]
    links = keys(served, "base.partner_link", key)
    assert [served.value("base.partner_link", link, "person") for link in links] == people


def test_rows_are_changed_removed_and_added_in_one_go(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi"), company(served, "Satu", "Dua", "Tiga")
    first, second, third = keys(served, "base.address", key)
    path = f"{PARTNERS}/{key}/edit"
    sent = added(visitor, path, "addresses", "addresses")
    assert sent[f"addresses-{first}-street"] == ["Satu"]
    sent |= {f"addresses-{first}-street": "Pertama", f"addresses-{second}": "1",
             "addresses-new2-street": "Empat", "name": "PT Lain"}  # fmt: skip
    number_of(visitor.post(path, sent))
    assert streets(served, key) == ["Pertama", "Tiga", "Empat"], "the empty new row is left out"
    assert served.value("base.partner", key, "name") == "PT Lain"
    assert served.value("base.address", third, "version") == 1, "what was left alone is not written"


def test_a_section_with_rows_is_edited_in_its_place(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi"), company(served, "Satu")
    [row] = keys(served, "base.address", key)
    shown = visitor.get(f"{PARTNERS}/{key}?edit=ways")
    number_of(visitor.send(shown, {f"addresses-{row}-street": "Lain"}))
    assert streets(served, key) == ["Lain"]


def test_a_new_row_that_is_marked_is_left_out(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi"), company(served)
    path = f"{PARTNERS}/{key}/edit"
    sent = added(visitor, path, "addresses")
    number_of(visitor.post(path, {**sent, "addresses-new1-street": "Salah", "addresses-new1": "1"}))
    assert streets(served, key) == []


# ----------------------------------------------------------------- refusals
def test_what_is_wrong_in_a_row_stands_beside_it_and_nothing_is_lost(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", lang="en"), company(served, "Satu", phones=2)
    path, phones = f"{PARTNERS}/{key}/edit", keys(served, "base.partner_phone", key)
    sent = added(visitor, path, "phones", "emails")
    sent |= {f"phones-{phones[0]}-number": "", "phones-new1-note": "evenings", "emails-new1-email": "x",
             "name": "PT Tetap"}  # fmt: skip
    answer = visitor.post(path, sent)
    found = errors(answer)
    assert list(found) == [f"phones-{phones[0]}-number", "phones-new1-number", "emails-new1-email"]
    assert "required" in found["phones-new1-number"]
    again = form(answer)
    assert again["name"] == ["PT Tetap"] and again["phones-new1-note"] == ["evenings"]
    assert again["emails-new1-email"] == ["x"] and again[f"phones-{phones[0]}-number"] == [""]
    assert "Further phones, row 3" in answer.main.one("div", class_="errs").text


def test_what_a_model_finds_stands_beside_the_row(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", lang="en"), company(served, phones=1)
    path = f"{PARTNERS}/{key}/edit"
    sent = added(visitor, path, "phones")
    answer = visitor.post(path, {**sent, "phones-new1-number": "+628122000000"})
    assert list(errors(answer)) == ["phones-new1-number"]


def test_what_is_removed_may_be_typed_anew(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi"), company(served, phones=1)
    path, [row] = f"{PARTNERS}/{key}/edit", keys(served, "base.partner_phone", key)
    sent = added(visitor, path, "phones")
    same = served.value("base.partner_phone", row, "number")
    number_of(visitor.post(path, {**sent, f"phones-{row}": "1", "phones-new1-number": same}))
    assert len(keys(served, "base.partner_phone", key)) == 1


# ----------------------------------------------------------------- forged
def test_only_rows_that_were_shown_are_taken(served: kit.Served) -> None:
    visitor, key, other = served.sign_in("dewi"), company(served, "Satu"), company(served, "Asing")
    path, [row] = f"{PARTNERS}/{key}/edit", keys(served, "base.address", key)
    [foreign] = keys(served, "base.address", other)
    sent = form(visitor.get(path))
    for name in (f"addresses-{foreign}-street", f"addresses-{2**63}-street", f"addresses-{2**63 - 1}-street",
                 f"addresses-{foreign}", f"addresses-{row}-partner", f"addresses-{row}-version", "addresses-0",
                 f"addresses-{row}-street-x", "addresses-new0-street", "addresses-new1-street", "leads-1-title",
                 f"employees-{other}-name", "addresses-new1"):  # fmt: skip
        answer = visitor.post(path, {**sent, name: "x"})
        assert answer.status_code == 400, name
    for name in (f"addresses-{row}-street", f"addresses-{row}"):
        assert visitor.post(path, {**sent, name: ["1", "1"]}).status_code == 400
    lacking = {name: value for name, value in sent.items() if name != f"addresses-{row}-street"}
    assert visitor.post(path, lacking).status_code == 400
    assert visitor.post(path, {**sent, "form-row": "leads"}).status_code in (200, 400)
    assert streets(served, key) == ["Satu"] and streets(served, other) == ["Asing"]


def test_new_rows_come_whole_and_not_in_thousands(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi"), company(served)
    path = f"{PARTNERS}/{key}/edit"
    sent = added(visitor, path, "phones")
    assert visitor.post(path, {**sent, "phones-new2-number": "0812"}).status_code == 400
    many = {f"phones-new{number}-{name}": text for number in range(1, 202)
            for name, text in (("use", "work"), ("number", ""), ("note", ""))}  # fmt: skip
    assert visitor.post(path, {**sent, **many}).status_code == 400


# ----------------------------------------------------------------- meanwhile
def test_a_row_that_both_changed_is_asked_about(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", lang="en"), company(served, "Satu", "Dua")
    path, [first, second] = f"{PARTNERS}/{key}/edit", keys(served, "base.address", key)
    shown = visitor.get(path)
    served.change("base.address", first, street="Mereka", postcode="40111")
    served.change("base.address", second, postcode="40222")
    answer = visitor.send(shown, {f"addresses-{first}-street": "Saya", f"addresses-{second}-street": "Baru"})
    assert answer.status_code == 409
    assert "Addresses, row 1: Street" in answer.main.text
    number_of(visitor.send(answer))
    assert streets(served, key) == ["Saya", "Baru"]
    assert served.value("base.address", first, "postcode") == "40111", "what only they changed is kept"
    assert served.value("base.address", second, "postcode") == "40222"


def test_rows_that_are_added_and_removed_survive_the_choice(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi"), company(served, "Satu", "Dua")
    path, [first, second] = f"{PARTNERS}/{key}/edit", keys(served, "base.address", key)
    sent = added(visitor, path, "addresses")
    served.change("base.address", first, street="Mereka")
    sent |= {f"addresses-{first}-street": "Saya", f"addresses-{second}": "1", "addresses-new1-street": "Tiga"}
    answer = visitor.post(path, sent)
    assert answer.status_code == 409
    number_of(visitor.send(answer, {f"addresses-{first}-street": "Mereka"}))
    assert streets(served, key) == ["Mereka", "Tiga"]


def test_what_somebody_removed_meanwhile(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", lang="en"), company(served, "Satu", "Dua", "Tiga")
    path, rows = f"{PARTNERS}/{key}/edit", keys(served, "base.address", key)
    shown = visitor.get(path)
    with served.env() as env:
        env.delete(env.read(env["base.address"], rows[:2]))
    number_of(visitor.send(shown, {f"addresses-{rows[0]}": "1", "name": "PT Dua"}))
    answer = visitor.send(shown, {f"addresses-{rows[1]}-street": "Diketik"})
    assert list(errors(answer)) == ["addresses-new1-street"]
    number_of(visitor.send(answer))
    assert streets(served, key) == ["Tiga", "Diketik"], "what was typed is not lost"


def test_a_row_that_was_changed_meanwhile_is_not_removed_unseen(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", lang="en"), company(served, "Satu")
    path, [row] = f"{PARTNERS}/{key}/edit", keys(served, "base.address", key)
    shown = visitor.get(path)
    served.change("base.address", row, street="Baru")
    answer = visitor.send(shown, {f"addresses-{row}": "1"})
    assert len(errors(answer)) == 1 and form(answer)[f"addresses-{row}-street"] == ["Baru"]
    assert streets(served, key) == ["Baru"]
    number_of(visitor.send(answer))
    assert streets(served, key) == [], "now it was seen, and is still marked"


def test_a_row_that_moved_to_another_parent_is_not_written(served: kit.Served) -> None:
    visitor, key, other = served.sign_in("dewi"), company(served, "Satu"), company(served)
    path, [row] = f"{PARTNERS}/{key}/edit", keys(served, "base.address", key)
    shown = visitor.get(path)
    with served.env() as env:
        kit.record(env, "base.address", row).partner = kit.record(env, "base.partner", other)
    assert visitor.send(shown, {f"addresses-{row}-street": "x"}).status_code == 422
    number_of(visitor.send(shown, {f"addresses-{row}": "1"}))
    assert streets(served, other) == ["Satu"]


# ----------------------------------------------------------------- many
def test_200_rows_are_saved_by_few_statements(served: kit.Served, statements: Statements) -> None:
    visitor = served.sign_in("dewi", lang="en")
    taken: dict[int, list[str]] = {}
    for count in (20, 200):
        key = company(served, phones=count)
        path, rows = f"{PARTNERS}/{key}/edit", keys(served, "base.partner_phone", key)
        shown = visitor.get(path)
        sent = {f"phones-{row}-note": f"catatan {row}" for row in rows}
        statements.clear()
        number_of(visitor.send(shown, sent))
        taken[count] = asked(statements)
        assert served.value("base.partner_phone", rows[-1], "note") == f"catatan {rows[-1]}"
    assert len(taken[200]) - len(taken[20]) <= 2, "\n".join(taken[200])


def test_above_200_the_others_are_in_their_list(served: kit.Served) -> None:
    visitor, key = served.sign_in("dewi", lang="en"), company(served, phones=203)
    answer = visitor.get(f"{PARTNERS}/{key}/edit")
    table = answer.main.one("div", data_lines="phones")
    assert len(table.one("tbody").all("tr")) == 200
    number_of(visitor.send(answer, {"name": "PT Banyak"}))
    assert len(keys(served, "base.partner_phone", key)) == 203
    rest = visitor.get(table.one("p", class_="hint").one("a")["href"])
    assert rest.status_code == 200 and "203" in rest.main.text


# ----------------------------------------------------------------- rights
@pytest.mark.parametrize("may", ["r", "rw", "rwc", "rwcd"])
def test_rows_offer_what_the_user_may(served: kit.Served, monkeypatch: pytest.MonkeyPatch, may: str) -> None:
    key = company(served, "Satu")
    [row] = keys(served, "base.address", key)
    plain = Env.may

    def limited(self: Env, model: Any, operation: Any) -> bool:
        return operation in may if model == "base.address" else plain(self, model, operation)

    monkeypatch.setattr(Env, "may", limited)
    visitor = served.sign_in("dewi")
    shown = visitor.get(f"{PARTNERS}/{key}/edit")
    sent, table = form(shown), shown.main.one("div", data_lines="addresses")
    assert (f"addresses-{row}-street" in sent) is ("w" in may)
    assert bool(table.all("input", name=f"addresses-{row}")) is ("d" in may)
    assert bool(table.all("button", name="form-row")) is ("c" in may)
    extra = {"addresses-new1-street": "x", f"addresses-{row}": "1"}
    for name in [name for name, needed in zip(extra, "cd", strict=True) if needed not in may]:
        assert visitor.post(f"{PARTNERS}/{key}/edit", {**sent, name: extra[name]}).status_code == 400


def test_who_may_not_read_the_records_sees_none(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    key = company(served, "Rahasia")
    plain = Env.may

    def limited(self: Env, model: Any, operation: Any) -> bool:
        return model != "base.address" and plain(self, model, operation)

    monkeypatch.setattr(Env, "may", limited)
    shown = served.sign_in("dewi").get(f"{PARTNERS}/{key}/edit")
    assert not shown.main.all("div", data_lines="addresses") and "Rahasia" not in shown.text


def test_what_no_text_can_have_is_said_beside_the_row(served: kit.Served) -> None:
    visitor, path = served.sign_in("dewi", lang="en"), f"{PARTNERS}/new"
    sent = added(visitor, path, "addresses", name="PT")
    answer = visitor.post(path, {**sent, "addresses-new1-street": "\x00"})
    assert list(errors(answer)) == ["addresses-new1-street"]
    assert number_of(visitor.send(answer))


def a_pipeline(served: kit.Served, stages: int) -> tuple[int, list[int]]:
    """A pipeline of so many stages, each of which asks for two fields, and the keys of both."""
    with served.env() as env:
        [made] = env.create(env["crm.pipeline"], [{"name": "Sewa"}])
        rows = [{"pipeline": made, "name": f"Tahap {number}", "position": number} for number in range(stages)]
        steps = env.create(env["crm.stage"], rows)
        needs = [{"stage": step, "field": name} for step in steps for name in ("amount", "partner")]
        env.create(env["crm.stage_need"], needs)
        env.flush()
        return int(made.id), [int(step.id) for step in steps]


def test_where_the_view_gives_it_the_width_a_list_is_a_table_on_the_page(
    bare: kit.Served, statements: Statements
) -> None:
    """With what the rows of the form say, and the lists below them; as many statements for 12 as for 2."""
    taken = []
    for count in (2, 12):
        pipeline, steps = a_pipeline(bare, count)
        made = bare.sign_in("made", "en")
        made.get(f"/app/crm.pipeline/{pipeline}")
        statements.clear()
        page = made.get(f"/app/crm.pipeline/{pipeline}").main
        taken.append(len(asked(statements)))
        table = page.one("section", id="section-way").one("table")
        heads = [head.text for head in table.one("thead").all("th")]
        assert heads == ["Name", "What it means", "Probability", "Position", "Needed to enter"]
        rows = [[cell.text for cell in row.all("td")] for row in table.one("tbody").all("tr")]
        assert [row[0] for row in rows] == [f"Tahap {number}" for number in range(count)]
        assert rows[0][1:] == ["Open", "10%", "0", "Amount, Contact"]
        assert table.one("tbody").all("a")[0]["href"] == f"/app/crm.stage/{steps[0]}"
    assert taken[1] - taken[0] <= 1
