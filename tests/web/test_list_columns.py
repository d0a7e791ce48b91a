"""The columns of the list: which the reader may choose, how each kind is shown, and what a page weighs."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal

import pytest

from core.orm.links import One2many
from core.web.listing.columns import MOST_COLUMNS
from tests.web import kit
from tests.web.conftest import Statements
from tests.web.listed import LEADS, THINGS, cells_of, heads, keys, parameters, rows, send


def test_columns_are_those_asked_for_in_that_order(dewi: kit.Visitor) -> None:
    dewi.get("/language/en")
    wanted = ["Expected revenue", "Title", "City", "Tags", "Number"]
    for address in (
        "columns=revenue,title,city,tags,id",
        "columns=revenue&columns=title,city&columns=tags,id",
    ):
        answer = dewi.get(f"{LEADS}?{address}&sort=-revenue&limit=20")
        assert heads(answer) == wanted
        for row in rows(answer):
            cells = cells_of(row)
            assert [cell.get("data-l") for cell in cells] == [None, *wanted[1:]]
            assert cells[0].all("a")[0]["href"] == f"{LEADS}/{cells[-1].text.replace(',', '')}"
        sort = answer.main.one("thead").all("th")[2].one("a")["href"]
        assert ("columns", "revenue") in parameters(sort) or (
            "columns",
            "revenue,title,city,tags,id",
        ) in parameters(sort)


def test_the_form_shows_what_is_shown_and_sends_what_is_ticked(dewi: kit.Visitor) -> None:
    shown = dewi.get(f"{LEADS}?q=rumah&sort=title&page=2&limit=20")
    form = shown.main.one("form", id="columns")
    boxes = form.all("input", type="checkbox")
    ticked = [box["value"] for box in boxes if box.get("checked") is not None]
    assert ticked == ["title", "revenue", "state", "source", "owner", "created_at"]
    assert len({box["value"] for box in boxes}) == len(boxes) > 15
    answer = send(dewi, form, columns=["title", "email"])
    assert [cell.get("data-l") for cell in cells_of(rows(answer)[0])][1:] == ["Email"]
    again = answer.main.one("form", id="columns")
    assert [
        box["value"] for box in again.all("input", type="checkbox") if box.get("checked") is not None
    ] == [
        "title",
        "email",
    ]
    assert keys(dewi, answer.request.full_path) == keys(dewi, f"{LEADS}?q=rumah&sort=title")
    default = again.all("a")[0]["href"]
    assert parameters(default) == [("q", "rumah"), ("sort", "title"), ("limit", "20")]
    assert heads(dewi.get(default)) == heads(shown)


def test_without_a_tick_the_default_comes_back(dewi: kit.Visitor) -> None:
    answer = send(dewi, dewi.get(LEADS).main.one("form", id="columns"), columns=[])
    assert heads(answer) == heads(dewi.get(LEADS))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_field_of_every_model_can_be_a_column(shared: kit.Served, lang: str) -> None:
    """That the reader may read: the address refuses no other, and the page has its values."""
    visitor = shared.sign_in("made", lang=lang)
    for info in shared.site.assembly.registry:
        if visitor.get(f"/app/{info.name}").status_code == 403:
            continue
        names = [name for name, item in info.fields.items() if not isinstance(item, One2many)]
        parts = [names[start : start + MOST_COLUMNS] for start in range(0, len(names), MOST_COLUMNS)]
        others = [[name] for name in info.fields if name not in names]
        by_kind = {type(info.fields[name]): name for name in names}  # the first column is drawn otherwise
        for chosen in [*parts, *([name] for name in by_kind.values()), *others]:
            path, status = f"/app/{info.name}?columns={','.join(chosen)}", 400 if chosen in others else 200
            answer, file = visitor.get(f"{path}&limit=20"), visitor.get(f"{path}&format=csv")
            assert (answer.status_code, file.status_code) == (status, status), (info.name, chosen)
            if status == 200:
                assert len(next(csv.reader([file.text.splitlines()[0]]))) == len(chosen), info.name
                table = answer.main.all("thead")
                assert not table or len(table[0].all("th", scope="col")) >= len(chosen), info.name


def test_each_kind_is_shown_in_its_way(sample: kit.Served) -> None:
    moment = dt.datetime(2026, 11, 30, 7, 30, tzinfo=dt.UTC)
    with sample.env() as env:
        env.create(
            env["sample.thing"],
            [
                {
                    "name": "<i>Meja</i>",
                    "body": "k" * 1_000,
                    "count": 1234567,
                    "weight": Decimal("1.250"),
                    "price": Decimal("1650000"),
                    "share": Decimal("12.5"),
                    "sold": False,
                    "day": dt.date(2026, 11, 30),
                    "moment": moment,
                    "size": "s",
                    "data": {"a": "j" * 1_000},
                }
            ],
        )
    [row] = rows(sample.sign_in("dewi", lang="id").get(THINGS))
    shown = {cell["data-l"]: cell for cell in cells_of(row)[1:]}
    texts = {name: cell.text for name, cell in shown.items()}
    assert row.all("a")[0].text == "<i>Meja</i>"
    assert texts["Body"] == "k" * 200 + "…" and texts["Data"].endswith("j…") and len(texts["Data"]) == 201
    assert (texts["Count"], texts["Weight"], texts["Price"], texts["Share"]) == (
        "1.234.567",
        "1,25",
        "Rp1.650.000",
        "12,5%",
    )
    assert (texts["Sold"], texts["Day"], texts["Moment"]) == ("Tidak", "30 Nov 2026", "30 Nov 2026 14.30")
    assert shown["Day"].one("time")["datetime"] == "2026-11-30"
    assert texts["Partner"] == texts["Code"] == texts["Tags"] == "–"
    assert {name for name, cell in shown.items() if "num" in (cell.get("class") or "")} == {
        "Count",
        "Weight",
        "Price",
        "Share",
    }


def test_columns_of_links_take_one_statement_each(shared: kit.Served, statements: Statements) -> None:
    visitor = shared.sign_in("dewi")

    def asked(names: str) -> int:
        address = f"{LEADS}?columns={names}"
        visitor.get(address)
        statements.clear()
        assert len(rows(visitor.get(address))) == 80
        texts = [text for text, _values in statements if text.startswith(("SELECT", "WITH"))]
        return len(
            [text for text in texts if "registry_version" not in text and "base_notification" not in text]
        )

    plain = asked("title,revenue,state")
    assert plain <= 5
    assert asked("title,owner") <= plain + 1
    assert asked("title,owner,partner,city,team,company,tags") <= plain + 6


def test_many_columns_of_many_rows_stay_small(shared: kit.Served) -> None:
    """80 rows below 100 kB: with the columns of the view far below, and with twice as many still."""
    visitor = shared.sign_in("dewi")
    for address, most in (
        ("", 80),
        ("columns=title,revenue,state,source,owner,created_at,partner,city,email,phone,kind,team", 100),
    ):
        answer = visitor.get(f"{LEADS}?{address}")
        assert len(rows(answer)) == 80
        assert len(answer.data) < most * 1000
