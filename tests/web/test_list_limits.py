"""What a list refuses: filters that cannot be, at once and without asking the database, and too many."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import pytest

from core.errors import FieldError
from core.i18n.catalogs import gettext, speaking
from core.web.security import ADDRESS_MAX
from tests.web import kit
from tests.web.conftest import Statements, on_sqlite
from tests.web.listed import (
    LEADS,
    MARK,
    ODD,
    parameters,
)

REFUSED = [
    *[(f"title__{operator}", "x") for operator in ("", "like", "gt", "EQ", "eq ", "eq'", "sleep(1)", MARK)],
    *[
        (f"{name}__eq", MARK)
        for name in (
            "",
            ".",
            "title.",
            ".title",
            "title.x",
            "nope",
            "owner_id",
            "env",
            "metadata",
            "__class__",
            "partner..name",
            "partner.nope",
            "nope.name",
            "__table__",
        )
    ],
    *[
        (f"{name}__eq", "x")
        for name in ("partner.city.province.name", ".".join(["partner"] * 1_000), "a" * 300)
    ],
    *[
        (name, value)
        for name in (
            "revenue__ge",
            "created_at__eq",
            "owner__eq",
            "tags__eq",
            "id__eq",
            "state__eq",
            "state__in",
            "owner__in",
            "title__isnull",
            "created_at__in",
            "partner.city__eq",
        )
        for value in (*ODD, "")
    ],
    *[
        (name, str(number))
        for name in ("owner__eq", "id__eq", "tags__eq", "tags__in")
        for number in (2**63, 2**74, -(2**64))
    ],
    ("created_at__eq", "9999-12-31"),
    ("created_at__ge", "0001-01-01"),
    ("created_at__eq", "2026-13-01"),
    ("created_at__lt", "9999-12-31T23:59:59.999999Z"),
    ("created_at__eq", "0001-01-01T00:00:00+14:00"),
    ("title__contains", ""),
    ("title__contains", " "),
    ("title__contains", "a" * 201),
    ("title__in", "a," * 100),
    ("title__eq", "a" * 2_001),
    ("state__in", ","),
    ("revenue__ge", "1e3"),
    ("revenue__ge", "NaN"),
    ("revenue__ge", "1.234"),
    ("revenue__ge", "9" * 18),
    ("archived__isnull", "true"),
    ("tags__contains", "a"),
    ("leads__eq", "1"),
    ("group", MARK),
    ("group", "tags"),
    ("group", "note"),
    ("group", "revenue"),
    ("group", "title.x"),
    ("fold", MARK),
    ("columns", MARK),
    ("columns", "title,title"),
    ("columns", ""),
    ("columns", "leads"),
    ("columns", ",".join(["title"] * 40)),
    ("format", "xls"),
    ("format", ""),
    ("format", MARK),
    ("q", "a" * 201),
    ("q", " ".join(["ab"] * 11)),
    ("filter_operator", MARK),
    ("filter_field", MARK),
    ("filter_value", MARK),
    ("view", "kanban"),
    ("order", "title"),
    ("offset", "1"),
    ("fields", "title"),
]


@on_sqlite
@pytest.mark.parametrize("lang", ["id", pytest.param("en", marks=pytest.mark.slow)])
def test_odd_filters_are_refused_without_asking_the_database(
    shared: kit.Served, lang: str, statements: Statements
) -> None:
    visitor = shared.sign_in("dewi", lang=lang)
    visitor.get(LEADS)
    with speaking(lang):
        heading = gettext("core", "This request could not be read")
    for name, value in REFUSED:
        shared.state()
        statements.clear()
        answer = visitor.get(LEADS, query_string={name: value})
        where = f"{name[:60]}={value[:60]}"
        is_long = len(urlencode({name: value})) + len(LEADS) > ADDRESS_MAX
        assert answer.status_code == (414 if is_long else 400), where
        assert MARK not in repr(statements), where
        assert not [text for text, _values in statements if "crm_lead" in text and "WHERE" in text], where
        assert is_long or answer.main.one("div", class_="empty").one("h2").text == heading, where
        assert len(answer.data) < 20_000, where


HEAVY = [
    "&".join(f"title__contains={number}" for number in range(10_000)),
    "&".join(f"f{number}__eq=1" for number in range(10_000)),
    f"{'a' * 1_000_000}__eq=1",
    f"title__eq={'a' * 1_000_000}",
    f"id__in={','.join(map(str, range(100_000)))}",
    ".".join(["partner"] * 1_000) + "__eq=1",
    f"q={'(a+)+$' * 10_000}",
    f"columns={'title,' * 100_000}",
    f"sort={'-' * 1_000_000}",
    "&".join(f"fold={number}" for number in range(10_000)) + "&group=state",
    "&".join(f"page={number}" for number in range(10_000)),
    "limit=1000000000",
    "page=1000000000000",
]


@on_sqlite
@pytest.mark.parametrize("address", HEAVY)
def test_what_would_be_a_lot_of_work_is_refused_at_once(
    shared: kit.Served, address: str, statements: Statements
) -> None:
    visitor = shared.sign_in("dewi")
    visitor.get(LEADS)
    shared.state()
    statements.clear()
    begin = time.process_time()  # as other processes may be busy
    answer = visitor.client.get(f"{LEADS}?{address}", buffered=True)
    assert answer.status_code in (400, 414)
    assert time.process_time() - begin < 1
    assert not [text for text, _values in statements if "crm_lead" in text]


@on_sqlite
@pytest.mark.parametrize("address", HEAVY)
def test_the_list_refuses_it_too_where_no_gate_stands_before(
    shared: kit.Served, address: str, statements: Statements
) -> None:
    with shared.env() as env:
        view = shared.site.list_view("crm.lead", env)
        statements.clear()
        begin = time.process_time()
        with pytest.raises(FieldError):
            view.query(env, parameters(f"?{address}"))
        assert time.process_time() - begin < 1
    assert not [text for text, _values in statements if "crm_lead" in text]


def test_as_many_filters_as_are_allowed_work(dewi: kit.Visitor) -> None:
    many = "&".join(f"title__ne=x{number}" for number in range(20))
    assert dewi.get(f"{LEADS}?{many}").status_code == 200
    assert dewi.get(f"{LEADS}?{many}&title__ne=y").status_code == 400
    most = "&".join(f"id__in={','.join(['1'] * 100)}" for _number in range(19))
    answer = dewi.get(f"{LEADS}?{most}&state__isnull=true")
    assert answer.status_code == 200
    assert len(answer.main.one("div", class_="empty").all("a", class_="btn")) == 20
