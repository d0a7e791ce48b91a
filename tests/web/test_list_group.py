"""Groups of the list: their counts and sums, the rows beneath them, folding, and months of the reader."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.i18n.catalogs import speaking
from core.web.listing import grouping, page
from tests.web import kit
from tests.web.boards import make, stages
from tests.web.conftest import Statements
from tests.web.listed import LEADS, THINGS, count, groups, key, keys, parameters, rows

WIB = ZoneInfo("Asia/Jakarta")


def rupiah(amount: Decimal | int) -> str:
    """An amount as English shows it."""
    return f"Rp{int(amount):,}"


@pytest.mark.parametrize("name", ["state", "kind", "source", "owner", "team", "city", "partner"])
def test_counts_and_sums_are_those_of_all_rows(shared: kit.Served, name: str) -> None:
    """Whatever page is shown, and also of those that have nothing there."""
    visitor = shared.sign_in("dewi", lang="en")
    numbers: Counter[str] = Counter()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with shared.env() as env, speaking("en"):
        info = env.registry.info("crm.lead")
        item = info.fields[name]
        for lead in env.scalars(sa.select(env["crm.lead"])):
            value = getattr(lead, name)
            label = (
                str(item.choices[value])
                if value and hasattr(item, "choices")
                else value and value.display_label()
            )
            numbers[label or f"{item.label}: empty"] += 1
            sums[label or f"{item.label}: empty"] += lead.revenue or 0
    seen: dict[str, tuple[int, list[str]]] = {}
    for number in range(1, 6):
        answer = visitor.get(f"{LEADS}?group={name}&page={number}")
        seen.update({label: (size, total) for label, size, total in groups(answer)})
    wanted = {
        label: (number, [rupiah(sums[label])] if sums[label] else []) for label, number in numbers.items()
    }
    assert {label: size for label, (size, _total) in seen.items()} == dict(numbers)
    for label, (_number, total) in wanted.items():
        assert not total or seen[label][1] == total, label


def test_groups_stand_in_order_with_their_rows_beneath(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    for number in (1, 2, 3):
        answer = visitor.get(f"{LEADS}?group=state&sort=title&page={number}")
        labels = [label for label, _count, _sums in groups(answer)]
        order = ["New", "Working", "Qualified", "Converted", "Junk"]
        assert labels == sorted(labels, key=order.index)
        for body in answer.main.all("tbody"):
            [head, *below] = body.all("tr")
            assert head["class"] == "grp" and below
            assert {row.one("td", data_l="State").text for row in below} == {groups_label(head)}
            titles = [row.all("a")[0].text.casefold() for row in below]
            assert titles == sorted(titles) or not shared.is_sqlite  # PostgreSQL sorts as its locale says
        assert head.one("th").get("scope") == "rowgroup"


def groups_label(head: Any) -> str:
    """The label of a group row."""
    return str(head.one("th").text.removesuffix(head.one("th").one("span", class_="fnt").text).strip())


@pytest.mark.parametrize("name", ["state", "owner", "created_at", "partner", "title"])
def test_pages_of_groups_hold_every_record_once(dewi: kit.Visitor, name: str) -> None:
    found = keys(dewi, f"{LEADS}?group={name}&limit=40")
    assert len(found) == len(set(found)) == dewi.served.count("crm.lead")


@pytest.mark.parametrize(
    ("name", "sort"), [("state", "-state"), ("owner", "-owner"), ("created_at", "-created_at")]
)
def test_groups_turn_round_with_the_order(dewi: kit.Visitor, name: str, sort: str) -> None:
    up = [label for label, _n, _s in _all_groups(dewi, f"{LEADS}?group={name}&sort={name}")]
    down = [label for label, _n, _s in _all_groups(dewi, f"{LEADS}?group={name}&sort={sort}")]
    nothing = [label for label in up if label.endswith(": kosong")]
    assert up != down
    assert nothing == (["Pemilik: kosong"] if name == "owner" else []), (
        "it reads well whatever the field is called"
    )
    assert [label for label in up if label not in nothing] == [
        label for label in down if label not in nothing
    ][::-1]
    assert up[len(up) - len(nothing) :] == nothing == down[len(down) - len(nothing) :]


def _all_groups(visitor: kit.Visitor, address: str) -> list[tuple[str, int, list[str]]]:
    found: dict[str, tuple[str, int, list[str]]] = {}
    for number in range(1, 5):
        found.update({group[0]: group for group in groups(visitor.get(f"{address}&page={number}"))})
    return list(found.values())


# ----------------------------------------------------------------- folding
def test_a_group_folds_and_opens_by_a_link(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    shown = visitor.get(f"{LEADS}?group=state&limit=20&sort=title")
    head = shown.main.all("tr", class_="grp")[0].one("a")
    assert head["aria-expanded"] == "true"
    folded = visitor.get(head["href"])
    assert parameters(head["href"]) == [
        ("group", "state"),
        ("limit", "20"),
        ("sort", "title"),
        ("fold", "new"),
    ]
    first = folded.main.all("tr", class_="grp")[0]
    assert first.one("a")["aria-expanded"] == "false"
    assert groups(folded)[0] == groups(shown)[0]
    assert "New" not in {row.one("td", data_l="State").text for row in rows(folded)}
    assert len(rows(folded)) == 20
    opened = visitor.get(first.one("a")["href"])
    assert [key(row) for row in rows(opened)] == [key(row) for row in rows(shown)]


def test_what_is_folded_is_in_no_page_and_the_rest_is(dewi: kit.Visitor) -> None:
    with dewi.served.env() as env:
        leads = list(env.scalars(sa.select(env["crm.lead"])))
        owner = next(lead.owner.id for lead in leads if lead.owner)
        nobody = {lead.id for lead in leads if lead.owner is None}
        of_owner = {lead.id for lead in leads if lead.owner and lead.owner.id == owner}
        everything = {lead.id for lead in leads}
    assert nobody and of_owner
    assert set(keys(dewi, f"{LEADS}?group=owner&fold={owner}")) == everything - of_owner
    assert set(keys(dewi, f"{LEADS}?group=owner&fold=")) == everything - nobody
    assert set(keys(dewi, f"{LEADS}?group=owner&fold=&fold={owner}")) == everything - nobody - of_owner


def test_when_all_is_folded_the_groups_remain(dewi: kit.Visitor) -> None:
    answer = dewi.get(f"{LEADS}?group=kind&fold=person&fold=organisation")
    assert len(groups(answer)) == 2 and rows(answer) == []
    assert count(answer) == dewi.served.count("crm.lead")


@pytest.mark.parametrize("fold", ["nope", "1", "-1", "x" * 300, "2026-11"])
def test_a_group_that_cannot_be_is_refused(dewi: kit.Visitor, fold: str) -> None:
    assert dewi.get(f"{LEADS}?group=state&fold={fold}").status_code == 400
    assert dewi.get(f"{LEADS}?group=created_at&fold=2026-13").status_code == 400
    assert dewi.get(f"{LEADS}?group=owner&fold={2**63}").status_code == 400


# ----------------------------------------------------------------- months, truth, nothing
@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
def test_months_begin_where_the_reader_is(sample: kit.Served, zone: str) -> None:
    """Half an hour after midnight in Bandung it is still the month before in London."""
    moments = [
        dt.datetime(2026, 11, 1, 0, 30, tzinfo=WIB),
        dt.datetime(2026, 10, 31, 22, 30, tzinfo=WIB),
        None,
    ]
    with sample.env() as env:
        env.create(env["sample.thing"], [{"name": str(moment), "moment": moment} for moment in moments])
        dewi = kit.record(env, "base.user", sample.first("base.user", name="Dewi Kartika"))
        dewi.tz = zone
    answer = sample.sign_in("dewi", lang="en").get(f"{THINGS}?group=moment")
    wanted: Counter[str] = Counter()
    for moment in moments:
        label = moment.astimezone(ZoneInfo(zone)).strftime("%B %Y") if moment else "Moment: empty"
        wanted[label] += 1
    assert {label: number for label, number, _sums in groups(answer)} == wanted


def test_kinds_of_groups(sample: kit.Served) -> None:
    day = dt.date(2026, 2, 28)
    with sample.env() as env:
        env.create(
            env["sample.thing"],
            [
                {"name": "A", "sold": True, "day": day, "count": 5, "motto": "x", "code": "c", "size": "s"},
                {"name": "B", "sold": False, "day": day, "count": 5, "motto": "", "code": None},
                {"name": "C", "sold": False, "day": None, "count": None, "motto": None, "code": ""},
            ],
        )
    wanted = {
        "sold": {"No": 2, "Yes": 1},
        "day": {"February 2026": 2, "Day: empty": 1},
        "count": {"5": 2, "Count: empty": 1},
        "motto": {"x": 1, "Motto: empty": 2},
        "code": {"c": 1, "Code: empty": 2},
        "size": {"Small": 1, "Size: empty": 2},
        "partner": {"Partner: empty": 3},
    }
    visitor = sample.sign_in("dewi", lang="en")
    for name, numbers in wanted.items():
        answer = visitor.get(f"{THINGS}?group={name}")
        assert {label: number for label, number, _sums in groups(answer)} == numbers, name
        for head in answer.main.all("tr", class_="grp"):
            folded = visitor.get(head.one("a")["href"])
            assert len(rows(folded)) == 3 - numbers[groups_label(head)], name


def test_sums_are_exact_however_large(sample: kit.Served) -> None:
    """More than 64 bits hold, in both signs, to the cent."""
    large = Decimal("9999999999999999.99")
    with sample.env() as env:
        env.create(env["sample.thing"], [{"name": str(n), "price": large, "size": "l"} for n in range(1, 16)])
        env.create(env["sample.thing"], [{"name": str(n), "price": -large, "size": "s"} for n in range(15)])
        env.create(env["sample.thing"], [{"name": "n", "size": "s"}])
    shown = groups(sample.sign_in("dewi", lang="en").get(f"{THINGS}?group=size"))
    assert {label: sums for label, _n, sums in shown} == {
        "Large": ["Rp149,999,999,999,999,999.85"],
        "Small": ["−Rp149,999,999,999,999,999.85"],
    }


def test_of_too_many_groups_the_first_are_shown(dewi: kit.Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    dewi.get("/language/en")
    for module in (grouping, page):
        monkeypatch.setattr(module, "MOST_GROUPS", 3)
    answer = dewi.get(f"{LEADS}?group=state&limit=20")
    assert "first 3 groups" in answer.main.one("p", role="status").text
    shown = {row.one("td", data_l="State").text for row in _every_row(dewi, f"{LEADS}?group=state")}
    assert shown == {"New", "Working", "Qualified"}


def _every_row(visitor: kit.Visitor, address: str) -> list[Any]:
    return [row for number in range(1, 5) for row in rows(visitor.get(f"{address}&page={number}"))]


def test_groups_take_few_statements(shared: kit.Served, statements: Statements) -> None:
    visitor = shared.sign_in("dewi")
    for name in ("owner", "state", "partner", "created_at"):
        visitor.get(f"{LEADS}?group={name}")
        statements.clear()
        visitor.get(f"{LEADS}?group={name}")
        asked = [text for text, _values in statements if text.startswith(("SELECT", "WITH"))]
        asked = [text for text in asked if "registry_version" not in text]
        assert len(asked) <= 6 + 3, "\n".join(asked)


def test_the_menu_offers_fields_with_few_values(dewi: kit.Visitor) -> None:
    answer = dewi.get(f"{LEADS}?group=state&q=a")
    menu = answer.main.one("div", id="group")
    links = menu.all("a")
    assert ("group", "state") in parameters(menu.one("a", aria_current="true")["href"])
    for link in links:
        assert ("q", "a") in parameters(link["href"])
        assert dewi.get(link["href"]).status_code == 200
    assert dict(parameters(links[-1]["href"])) == {"q": "a"}


def test_a_filter_that_finds_nothing_says_so_in_groups_too(dewi: kit.Visitor) -> None:
    answer = dewi.get(f"{LEADS}?group=state&q=zzzz")
    assert answer.main.all("table") == [] and answer.main.one("div", class_="empty").all("a", class_="btn")


def test_stages_stand_in_their_order_with_the_names_of_their_pipelines(bare: kit.Served) -> None:
    """Two pipelines may have a stage of one name."""
    steps = stages(bare)
    with bare.env() as env:
        other = env.create(env["crm.pipeline"], [{"name": "Sewa", "position": 90}])[0]
        first = env.create(env["crm.stage"], [{"pipeline": other, "name": "Kualifikasi", "position": 15}])[0]
        env.flush()
        own = {"pipeline_id": other.id, "stage_id": first.id}
    make(bare, *({"stage_id": steps[place]} for place in (3, 2, 0)), own)
    shown = bare.sign_in("dewi").get("/app/crm.deal?group=stage").main
    heads = [row.text for row in shown.all("tr", class_="grp")]
    names = [
        "Penjualan · Kualifikasi",
        "Sewa · Kualifikasi",
        "Penjualan · Penawaran",
        "Penjualan · Negosiasi",
    ]
    assert [name for head, name in zip(heads, names, strict=True) if name in head] == names


def test_cities_stand_by_their_names_and_not_by_their_numbers(bare: kit.Served) -> None:
    cities = [bare.first("base.regency", name=name) for name in ("Kota Jambi", "Kota Bandung")]
    with bare.env() as env:
        env.create(
            env["crm.lead"], [{"title": "Rumah", "contact_name": "Rina", "city_id": city} for city in cities]
        )
    heads = [row.text for row in bare.sign_in("dewi").get(f"{LEADS}?group=city").main.all("tr", class_="grp")]
    assert "Bandung" in heads[0] and "Jambi" in heads[1]
