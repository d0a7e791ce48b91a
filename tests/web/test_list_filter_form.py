"""The form for one more filter: what it offers, how it reads what is typed, and what it says of the rest."""

from __future__ import annotations

import pytest

from tests.web import kit
from tests.web.conftest import Statements
from tests.web.listed import (
    LEADS,
    MARK,
    filter_form,
    parameters,
    send,
)

TYPED_FILTERS = {
    ("revenue", "ge", "1.000.000,00"): ("revenue__ge", "1000000.00"),
    ("revenue", "lt", "Rp2.500.000"): ("revenue__lt", "2500000.00"),
    ("state", "eq", "baru"): ("state__eq", "new"),
    ("state", "in", "Baru, Layak"): ("state__in", "new,qualified"),
    ("title", "contains", " rumah "): ("title__contains", "rumah"),
    ("title", "eq", "A, B"): ("title__eq", "A, B"),
    ("created_at", "eq", "bulan ini"): ("created_at__eq", "this_month"),
    ("created_at", "ge", "1/11/2026"): ("created_at__ge", "2026-11-01"),
    ("created_at", "lt", "1/11/2026 14.30"): ("created_at__lt", "2026-11-01T14:30:00+07:00"),
    ("partner", "contains", "jaya"): ("partner.name__contains", "jaya"),
    ("owner", "eq", "Ayu Lestari"): ("owner.name__eq", "Ayu Lestari"),
    ("tags", "filled", ""): ("tags__isnull", "false"),
    ("email", "empty", "whatever"): ("email__isnull", "true"),
}


def test_what_is_typed_becomes_a_filter_of_the_address(dewi: kit.Visitor) -> None:
    shown = dewi.get(f"{LEADS}?source__ne=phone&sort=title&page=2&limit=20")
    form = filter_form(shown)
    for (field, operator, value), wanted in TYPED_FILTERS.items():
        answer = send(dewi, form, filter_field=field, filter_operator=operator, filter_value=value)
        assert answer.status_code == 302, (field, value, answer.page.text[:400])
        given = parameters(answer.headers["Location"])
        assert given == [("source__ne", "phone"), ("sort", "title"), ("limit", "20"), wanted]
        assert dewi.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("revenue", "ge", MARK),
        ("revenue", "ge", ""),
        ("state", "eq", MARK),
        ("created_at", "eq", f"99/99/{MARK}"),
        ("title", "ge", MARK),
        ("title", "contains", f"{MARK}" * 100),
        ("tags", "eq", ""),
    ],
)
def test_what_cannot_be_read_is_kept_and_explained(
    dewi: kit.Visitor, statements: Statements, field: str, operator: str, value: str
) -> None:
    form = filter_form(dewi.get(f"{LEADS}?limit=20"))
    statements.clear()
    answer = send(dewi, form, filter_field=field, filter_operator=operator, filter_value=value)
    assert answer.status_code == 422
    assert MARK not in repr(statements)
    shown = [item for item in answer.main.all("form", data_filter="") if item.all("p", class_="err")]
    [again] = shown
    place = again.one("input", name="filter_value")
    assert place["value"] == value and place.get("aria-invalid") == "true"
    assert place["aria-describedby"] == again.one("p", class_="err")["id"]
    assert again.one("select", name="filter_field").one("option", selected="")["value"] == field


def test_the_form_offers_what_the_reader_may_read(shared: kit.Served) -> None:
    """Of colleagues a seller reads no address: the field is not offered, to an administrator it is."""
    for person, is_offered in (("ayu", False), ("made", True)):
        form = filter_form(shared.sign_in(person).get("/app/base.user"))
        offered = {option["value"] for option in form.one("select", name="filter_field").all("option")}
        assert "name" in offered and ("email" in offered) == is_offered


@pytest.mark.slow
def test_each_offer_is_taken(shared: kit.Served) -> None:
    """Every field with every operator that the form has for it."""
    visitor = shared.sign_in("made")
    values = {"number": "12", "money": "12", "percent": "12", "date": "1/11/2026", "datetime": "1/11/2026"}
    for path in (LEADS, "/app/base.partner", "/app/base.user", "/app/base.team"):
        form = filter_form(visitor.get(path))
        model = shared.site.assembly.registry.info(path.removeprefix("/app/"))
        for option in form.one("select", name="filter_field").all("option"):
            item = model.fields[option["value"]]
            lists = form.all("datalist", id=option.get("data-list") or "")
            value = lists[0].all("option")[0]["value"] if lists else values.get(item.widget, "abc")
            for operator in option["data-ops"].split():
                answer = send(
                    visitor, form, filter_field=item.name, filter_operator=operator, filter_value=value
                )
                if answer.status_code == 422:  # an address or a number of a phone has a form of its own
                    assert item.widget in ("email", "tel", "url", "lines"), (path, item.name, operator)
                    continue
                assert visitor.get(answer.headers["Location"]).status_code == 200
