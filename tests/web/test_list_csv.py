"""The list as a file: what is seen, in order, all pages, numbers as numbers and texts as mere texts."""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from core.web.listing import export
from tests.web import kit
from tests.web.conftest import Statements
from tests.web.listed import LEADS, THINGS, key, keys, rows, table
from tests.web.listed import heads as heads_of

FORMULAS = (
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "   +1",
    "\u00a0=1",
    "\u3000@x",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "﹢1",
    "\u200b=1",
    "\ufeff=1",
    "'=1",
    "''=1",
    "' =1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example","y")',
)
PLAIN = ("Rumah", "3 kamar", "a=b", "(021) 55", "'kutip'", "“=”", "ß", "中文", "Rp1", "", "'", "…-", "#N/A")


# ----------------------------------------------------------------- what is in it
@pytest.mark.parametrize(
    "address",
    [
        "",
        "sort=title",
        "sort=-revenue",
        "state__in=new,qualified&sort=owner",
        "q=rumah",
        "columns=id,title,tags,partner",
        "partner.city.name__contains=bandung&columns=id,partner,state,kind,note",
    ],
)
def test_a_file_has_the_rows_and_columns_of_the_pages(dewi: kit.Visitor, address: str) -> None:
    dewi.get("/language/en")
    shown = dewi.get(f"{LEADS}?{address}&page=1")
    heads, *lines = table(dewi.get(f"{LEADS}?format=csv&{address}"))
    assert heads == heads_of(shown)
    found = keys(dewi, f"{LEADS}?{address}")
    assert len(lines) == len(found) > 0
    place = heads.index("Number") if "Number" in heads else None
    if place is not None:
        assert [int(line[place]) for line in lines] == found
    for line, row in zip(lines, rows(shown), strict=False):
        for name, cell in zip(heads, line, strict=True):
            if name in ("State", "Source", "Kind", "Contact", "Tags"):
                assert row.one("td", data_l=name).text.replace("–", "") == cell


def test_values_are_in_machine_form(sample: kit.Served) -> None:
    """A point before decimals, days and moments as ISO writes them, choices and truth as they are read."""
    zone = ZoneInfo("Asia/Jakarta")
    moment = dt.datetime(2026, 11, 30, 14, 30, tzinfo=zone)
    with sample.env() as env:
        tags = list(env.scalars(sa.select(env["base.tag"]))) or env.create(
            env["base.tag"], [{"name": "Satu"}]
        )
        env.create(
            env["sample.thing"],
            [
                {
                    "name": 'Meja, "jati"',
                    "body": "satu\ndua " + "x" * 500,
                    "count": -3,
                    "weight": Decimal("-1.250"),
                    "price": Decimal("1650000"),
                    "share": Decimal("12.5"),
                    "sold": False,
                    "day": dt.date(2026, 11, 30),
                    "moment": moment,
                    "size": "s",
                    "tags": tags[:2],
                    "phone": "+6281220457781",
                    "data": {"a": [1]},
                }
            ],
        )
    heads, line = table(sample.sign_in("dewi", lang="en").get(f"{THINGS}?format=csv"))
    found = dict(zip(heads, line, strict=True))
    assert found["Name"] == 'Meja, "jati"'
    assert found["Body"] == "satu\ndua " + "x" * 500
    assert (found["Count"], found["Weight"], found["Price"], found["Share"]) == (
        "-3",
        "-1.250",
        "1650000.00",
        "12.50",
    )
    assert (found["Day"], found["Moment"]) == ("2026-11-30", "2026-11-30T14:30:00+07:00")
    assert (found["Sold"], found["Size"]) == ("No", "Small")
    assert found["Data"] == '{"a": [1]}' and found["Partner"] == ""
    assert dt.datetime.fromisoformat(found["Moment"]) == moment


def test_texts_are_in_the_reader_s_language_to_the_last_line(
    shared: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is sent when the request is over already."""
    monkeypatch.setattr(export, "BATCH", 10)
    states = {"id": {"Baru", "Dihubungi"}, "en": {"New", "Working"}}
    for lang, wanted in states.items():
        lines = table(
            shared.sign_in("dewi", lang=lang).get(f"{LEADS}?format=csv&columns=state&state__in=new,working")
        )
        assert {line[0] for line in lines[1:]} == wanted and len(lines) > 30


def test_the_answer_is_a_file(shared: kit.Served) -> None:
    for lang, name in (("id", "Prospek"), ("en", "Leads")):
        answer = shared.sign_in("dewi", lang=lang).get(f"{LEADS}?format=csv")
        today = dt.datetime.now(ZoneInfo("Asia/Jakarta")).date()
        assert answer.headers["Content-Disposition"] == f"attachment; filename={name}-{today}.csv"
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.data.startswith(b"\xef\xbb\xbf")


def test_the_page_leads_to_its_file(dewi: kit.Visitor) -> None:
    shown = dewi.get(f"{LEADS}?group=state&state__eq=new&sort=title&page=1&limit=20")
    link = shown.main.one("div", id="more").one("a", download="")["href"]
    lines = table(dewi.get(link))
    assert len(lines) - 1 == len(keys(dewi, f"{LEADS}?state__eq=new"))


def test_a_list_without_rows_is_a_file_without_lines(dewi: kit.Visitor) -> None:
    assert len(table(dewi.get(f"{LEADS}?format=csv&q=zzzz"))) == 1


# ----------------------------------------------------------------- nothing but texts
@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert export.safe(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_what_it_would_not_run_stays_as_it_is(text: str) -> None:
    assert export.safe(text) == text


def test_no_value_and_no_name_of_an_addon_begins_a_formula(
    sample: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In texts, choices, labels of links, and the heads."""
    with sample.env() as env:
        [partner] = env.create(env["base.partner"], [{"name": "=partner"}])
        [tag] = env.create(env["base.tag"], [{"name": "@tag"}])
        env.create(
            env["sample.thing"],
            [
                {
                    "name": text[:40],
                    "motto": text[:60],
                    "body": text,
                    "partner": partner,
                    "tags": [tag],
                    "count": -1,
                }
                for text in FORMULAS
            ],
        )
    thing = sample.site.assembly.registry.info("sample.thing")
    monkeypatch.setattr(thing.fields["name"], "_label", "=Name")
    heads, *lines = table(
        sample.sign_in("dewi").get(f"{THINGS}?format=csv&columns=name,motto,body,partner,tags,count")
    )
    assert heads[0] == "'=Name"
    assert len(lines) == len(FORMULAS)
    for line in lines:
        assert line[-1] == "-1", "a number stays one"
        assert [cell for cell in line[:-1] if not cell.startswith("'")] == []


def _runs(text: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula, told in another way than the product tells it."""
    seen = "".join(letter for letter in text if unicodedata.category(letter)[0] not in "ZC")
    return text[:1] in ("\t", "\r", "\n", "\0") or unicodedata.normalize("NFKC", seen)[:1] in tuple("=+-@")


@given(
    st.text(alphabet=st.sampled_from("=+-@'＝ \t\r\n\u200ba1é,\"") | st.characters(exclude_categories=["Cs"]))
)
def test_no_text_is_a_formula_and_each_can_be_read_back(text: str) -> None:
    cell = export.safe(text)
    assert not cell or not _runs(cell)
    assert cell == text or cell == f"'{text}"
    back = cell[1:] if cell.startswith("'") and export.safe(cell) != cell else cell
    assert back == text
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([cell, "x"])
    assert next(csv.reader(io.StringIO(buffer.getvalue(), newline=""))) == [cell, "x"]


# ----------------------------------------------------------------- how it is made
def test_rows_come_in_batches_whatever_their_number(
    shared: kit.Served, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = shared.sign_in("dewi")
    asked: dict[int, int] = {}
    whole = visitor.get(f"{LEADS}?format=csv").data
    total = shared.count("crm.lead")
    for size in (50, total):
        monkeypatch.setattr(export, "BATCH", size)
        statements.clear()
        assert visitor.get(f"{LEADS}?format=csv").data == whole
        asked[size] = len([text for text, _values in statements if text.startswith("SELECT")])
    links, batches = 2, -(-total // 50)
    assert asked[50] - asked[total] <= (batches - 1) * (1 + links)


def test_too_many_rows_are_refused_before_the_first_is_sent(
    dewi: kit.Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    dewi.get("/language/en")
    monkeypatch.setattr(export, "MOST_ROWS", 20)
    answer = dewi.get(f"{LEADS}?format=csv")
    assert answer.status_code == 400 and "at most 20 rows" in answer.main.text
    some = dewi.get(f"{LEADS}?limit=20&sort=id")
    ids = ",".join(str(key(row)) for row in rows(some))
    assert len(table(dewi.get(f"{LEADS}?format=csv&id__in={ids}"))) == 21


@pytest.mark.parametrize("how", ["read", "head", "left"])
def test_no_connection_is_left_open(served: kit.Served, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where all is read, nor where only the head is asked for, nor where the reader goes away."""
    monkeypatch.setattr(export, "BATCH", 5)
    visitor = served.sign_in("dewi")
    before = _taken(served)
    if how == "head":
        answer: Any = visitor.client.head(f"{LEADS}?format=csv")
    else:
        answer = visitor.client.get(f"{LEADS}?format=csv", buffered=how == "read")
        if how == "left":
            next(iter(answer.response))
            assert _taken(served) > before
    answer.close()
    assert _taken(served) == before


def _taken(served: kit.Served) -> int:
    """Connections that are in use."""
    return int(served.database.reading.pool.checkedout())  # type: ignore[attr-defined]
