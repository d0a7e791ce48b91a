"""Filters of the list: what they find over fields and links, and the chips that say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.i18n.catalogs import speaking
from tests.web import kit
from tests.web.listed import (
    LEADS,
    THINGS,
    chips,
    count,
    key,
    keys,
    parameters,
    rows,
    send,
)

WIB = ZoneInfo("Asia/Jakarta")
DAY = dt.timedelta(days=1)


def moment(text: str) -> dt.datetime:
    """A moment in Bandung."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=WIB)


THINGS_MADE: list[dict[str, Any]] = [
    {
        "name": "Meja",
        "code": "M1",
        "count": 3,
        "weight": Decimal("1.250"),
        "price": Decimal("1500000"),
        "share": Decimal("12.5"),
        "sold": True,
        "day": dt.date(2026, 11, 30),
        "moment": moment("2026-11-01T00:00"),
        "size": "s",
        "email": "meja@toko.example",
        "body": "Kayu jati",
    },
    {
        "name": "Kursi 100%",
        "code": "K_1",
        "count": -2,
        "weight": Decimal("0.001"),
        "price": Decimal("-20.50"),
        "share": Decimal("0"),
        "sold": False,
        "day": dt.date(2026, 12, 1),
        "moment": moment("2026-10-31T23:59"),
        "size": "l",
        "body": "Rotan, kayu",
    },
    {
        "name": "Lemari",
        "code": "L%1",
        "count": 2**62,
        "price": Decimal("0"),
        "sold": True,
        "day": dt.date(2026, 11, 1),
        "moment": moment("2026-11-30T23:59"),
        "size": "l",
    },
    {"name": "Kosong", "sold": False},
]
FOUND: dict[str, Callable[[Any], bool]] = {
    "name__eq=Meja": lambda t: t.name == "Meja",
    "name__ne=Meja": lambda t: t.name != "Meja",
    "name__contains=mej": lambda t: t.name == "Meja",
    "name__contains=%": lambda t: "%" in t.name,
    "code__contains=_": lambda t: "_" in (t.code or ""),
    "code__ne=M1": lambda t: t.code != "M1",
    "code__in=M1,L%1": lambda t: t.code in ("M1", "L%1"),
    "code__isnull=true": lambda t: t.code is None,
    "code__isnull=false": lambda t: t.code is not None,
    "body__contains=KAYU": lambda t: "kayu" in (t.body or "").lower(),
    "count__eq=3": lambda t: t.count == 3,
    "count__ne=3": lambda t: t.count != 3,
    "count__lt=3": lambda t: t.count is not None and t.count < 3,
    "count__le=3": lambda t: t.count is not None and t.count <= 3,
    "count__gt=3": lambda t: t.count is not None and t.count > 3,
    "count__ge=-2": lambda t: t.count is not None and t.count >= -2,
    "count__in=3,-2": lambda t: t.count in (3, -2),
    "weight__lt=1.25": lambda t: t.weight is not None and t.weight < Decimal("1.25"),
    "weight__eq=0.001": lambda t: t.weight == Decimal("0.001"),
    "price__ge=0": lambda t: t.price is not None and t.price >= 0,
    "price__lt=0": lambda t: t.price is not None and t.price < 0,
    "share__eq=12.5": lambda t: t.share == Decimal("12.5"),
    "sold__eq=true": lambda t: t.sold,
    "sold__ne=true": lambda t: not t.sold,
    "day__eq=2026-11-30": lambda t: t.day == dt.date(2026, 11, 30),
    "day__ne=2026-11-30": lambda t: t.day != dt.date(2026, 11, 30),
    "day__gt=2026-11-30": lambda t: t.day is not None and t.day > dt.date(2026, 11, 30),
    "day__le=2026-11-30": lambda t: t.day is not None and t.day <= dt.date(2026, 11, 30),
    "day__in=2026-11-30,2026-12-01": lambda t: t.day in (dt.date(2026, 11, 30), dt.date(2026, 12, 1)),
    "day__isnull=true": lambda t: t.day is None,
    "moment__ge=2026-11-01": lambda t: t.moment is not None and t.moment >= moment("2026-11-01T00:00"),
    "moment__lt=2026-11-01": lambda t: t.moment is not None and t.moment < moment("2026-11-01T00:00"),
    "moment__eq=2026-11-30": lambda t: t.moment == moment("2026-11-30T23:59"),
    "moment__eq=2026-11-30T23:59:00%2B07:00": lambda t: t.moment == moment("2026-11-30T23:59"),
    "moment__le=2026-10-31T16:59:00Z": lambda t: _known(t.moment) <= moment("2026-10-31T23:59"),
    "moment__gt=2026-10-31": lambda t: t.moment is not None and t.moment >= moment("2026-11-01T00:00"),
    "size__eq=l": lambda t: t.size == "l",
    "size__ne=l": lambda t: t.size != "l",
    "size__in=s,l": lambda t: t.size in ("s", "l"),
    "size__isnull=true": lambda t: t.size is None,
    "email__contains=TOKO": lambda t: "toko" in (t.email or ""),
    "id__ne=0": lambda t: True,
    "count__ge=0&price__ge=0": lambda t: (t.count or -1) >= 0 and t.price is not None and t.price >= 0,
    "name__contains=e&name__contains=i": lambda t: "e" in t.name and "i" in t.name,
}


def test_each_operator_finds_what_it_says(sample: kit.Served) -> None:
    with sample.env() as env:
        env.create(env["sample.thing"], THINGS_MADE)
    visitor = sample.sign_in("dewi")
    with sample.env() as env:
        things = list(env.scalars(sa.select(env["sample.thing"])))
        wanted = {text: {thing.id for thing in things if meets(thing)} for text, meets in FOUND.items()}
    assert all(len(found) < len(things) for text, found in wanted.items() if text != "id__ne=0")
    for text, found in wanted.items():
        answer = visitor.get(f"{THINGS}?{text}")
        shown = [key(row) for row in rows(answer)] if found else []
        assert sorted(shown) == sorted(found), text


PATHS: dict[str, Callable[[Any], bool]] = {
    "partner__isnull=true": lambda lead: lead.partner is None,
    "partner__isnull=false": lambda lead: lead.partner is not None,
    "partner.name__contains=a": lambda lead: lead.partner is not None and "a" in lead.partner.name.lower(),
    "partner.kind__ne=person": lambda lead: lead.partner is None or lead.partner.kind != "person",
    "partner.kind__eq=person": lambda lead: lead.partner is not None and lead.partner.kind == "person",
    "partner.city.name__contains=bandung": lambda lead: "bandung" in _city(lead).lower(),
    "partner.city.name__ne=Kota Bandung": lambda lead: _city(lead) != "Kota Bandung",
    "partner.parent__isnull=true": lambda lead: lead.partner is None or lead.partner.parent is None,
    "partner.parent.kind__eq=company": lambda lead: (
        lead.partner is not None and lead.partner.parent is not None and lead.partner.parent.kind == "company"
    ),
    "tags__isnull=false": lambda lead: bool(lead.tags),
    "tags__isnull=true": lambda lead: not lead.tags,
    "tags.name__contains=a": lambda lead: any("a" in tag.name.lower() for tag in lead.tags),
    "tags.name__isnull=true": lambda lead: not lead.tags,
    "partner.tags.name__contains=a": lambda lead: (
        lead.partner is not None and any("a" in tag.name.lower() for tag in lead.partner.tags)
    ),
    "owner.name__contains=ayu": lambda lead: lead.owner is not None and "ayu" in lead.owner.name.lower(),
    "owner.teams.name__contains=a": lambda lead: (
        lead.owner is not None and any("a" in team.name.lower() for team in lead.owner.teams)
    ),
}


def _known(value: dt.datetime | None) -> dt.datetime:
    """A moment; none is later than all."""
    return value or moment("2999-01-01T00:00")


def _city(lead: Any) -> str:
    return lead.partner.city.name if lead.partner is not None and lead.partner.city is not None else ""


def _with_tags(env: Any) -> list[Any]:
    """The leads, some with one tag, some with several."""
    leads = list(env.scalars(sa.select(env["crm.lead"])))
    tags = list(env.scalars(sa.select(env["base.tag"])))
    for number, lead in enumerate(leads):
        lead.tags = tags[: number % 4]
    return leads


def test_filters_go_over_links_and_give_each_record_once(served: kit.Served) -> None:
    with served.env() as env:
        with speaking("id"):
            leads = _with_tags(env)
            env.flush()
            wanted = {text: {lead.id for lead in leads if meets(lead)} for text, meets in PATHS.items()}
        tag = leads[3].tags[1].id
        wanted[f"tags__eq={tag}"] = {lead.id for lead in leads if tag in {item.id for item in lead.tags}}
        wanted[f"tags__ne={tag}"] = {lead.id for lead in leads} - wanted[f"tags__eq={tag}"]
        wanted[f"tags__in={tag},{2**40}"] = wanted[f"tags__eq={tag}"]
        partner = next(lead.partner for lead in leads if lead.partner)
        wanted[f"partner__eq={partner.id}"] = {lead.id for lead in leads if lead.partner is partner}
        wanted[f"partner__ne={partner.id}"] = {lead.id for lead in leads if lead.partner is not partner}
        some = {lead.owner.id for lead in leads if lead.owner}
        wanted[f"owner__in={','.join(map(str, some))}"] = {lead.id for lead in leads if lead.owner}
    visitor = served.sign_in("dewi")
    for text, found in wanted.items():
        assert found, f"{text} finds nothing: it proves nothing"
        shown = keys(visitor, f"{LEADS}?sort=id&{text}")
        assert shown == sorted(found), text


def test_records_that_link_here_are_a_path_too(served: kit.Served) -> None:
    with served.env() as env:
        leads = env.scalars(sa.select(env["crm.lead"])).all()
        wanted = {lead.partner.id for lead in leads if lead.partner and lead.state == "qualified"}
        everyone = set(env.scalars(sa.select(env["base.partner"].id)))
        with_leads = {lead.partner.id for lead in leads if lead.partner}
    visitor = served.sign_in("dewi")
    partners = "/app/base.partner?sort=id"
    assert set(keys(visitor, f"{partners}&leads.state__eq=qualified")) == wanted
    assert set(keys(visitor, f"{partners}&leads__isnull=true")) == everyone - with_leads
    assert len(keys(visitor, f"{partners}&leads__isnull=false")) == len(with_leads)


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
def test_days_and_months_are_those_of_the_reader(sample: kit.Served, zone: str) -> None:
    """The edges of today, of the month and of the last 30 days, in the zone of whoever looks."""
    here = ZoneInfo(zone)
    today = dt.datetime.now(here).date()
    begins = {"today": today, "this_month": today.replace(day=1), "last_30_days": today - 29 * DAY}
    made = []
    for name, day in begins.items():
        edge = dt.datetime.combine(day, dt.time(), here)
        made.append({"name": f"{name} in", "moment": edge, "day": day})
        made.append({"name": f"{name} out", "moment": edge - dt.timedelta(microseconds=1), "day": day - DAY})
    made.append(
        {"name": "tomorrow", "moment": dt.datetime.combine(today + DAY, dt.time(), here), "day": today + DAY}
    )
    with sample.env() as env:
        env.create(env["sample.thing"], made)
        dewi = kit.record(env, "base.user", sample.first("base.user", name="Dewi Kartika"))
        dewi.tz = zone
    visitor = sample.sign_in("dewi", lang="en")
    for name, day in begins.items():
        edge = dt.datetime.combine(day, dt.time(), here)
        is_month = name == "this_month"
        inside = [
            item["name"]
            for item in made
            if item["moment"] >= edge
            and (item["day"].month == day.month if is_month else item["day"] <= today)
        ]
        for field in ("moment", "day"):
            shown = [row.all("a")[0].text for row in rows(visitor.get(f"{THINGS}?{field}__eq={name}"))]
            assert sorted(shown) == sorted(inside), (field, name)
            before = [row.all("a")[0].text for row in rows(visitor.get(f"{THINGS}?{field}__lt={name}"))]
            assert f"{name} out" in before and f"{name} in" not in before
    assert chips(visitor.get(f"{THINGS}?moment__ge=last_30_days")) == ["Moment: from the last 30 days"]


# ----------------------------------------------------------------- chips, search, nothing found
def test_chips_say_what_is_filtered_and_drop_one_each(dewi: kit.Visitor) -> None:
    dewi.get("/language/en")
    person = dewi.served.first("base.user", name="Ayu Lestari")
    wanted = {
        f"owner__eq={person}": "Owner: Ayu Lestari",
        "state__in=new,qualified": "State: New, Qualified",
        "revenue__ge=1000000": "Expected revenue: at least Rp1,000,000",
        "created_at__lt=2026-11-30": "Created: before 30 Nov 2026",
        "title__contains=ru": "Title: contains “ru”",
        "partner.city.name__contains=b": "Contact › City: contains “b”",
        "email__isnull=true": "Email: empty",
        "source__ne=phone": "Source: not Phone",
    }
    answer = dewi.get(f"{LEADS}?{'&'.join(wanted)}&sort=title&limit=20")
    assert sorted(chips(answer)) == sorted(wanted.values())
    for chip in answer.main.all("span", class_="chip"):
        [dropped] = [text.partition("=")[0] for text, label in wanted.items() if label == chip.text]
        left = dict(parameters(chip.one("a")["href"]))
        assert set(left) == {text.partition("=")[0] for text in wanted} - {dropped} | {"sort", "limit"}
        assert chip.text in chip.one("a")["aria-label"]


def test_of_two_filters_on_one_field_a_chip_drops_one(dewi: kit.Visitor) -> None:
    answer = dewi.get(f"{LEADS}?title__contains=a&title__contains=r")
    first = answer.main.all("span", class_="chip")[0].one("a")["href"]
    assert parameters(first) == [("title__contains", "r")]


def test_texts_in_chips_are_texts(dewi: kit.Visitor) -> None:
    answer = dewi.get(LEADS, query_string={"title__ne": "<b onclick=alert(1)>x</b>&amp;"})
    assert "<b onclick=alert(1)>x</b>&amp;" in chips(answer)[0]


def test_the_box_searches_within_the_filters(dewi: kit.Visitor) -> None:
    everything = keys(dewi, f"{LEADS}?q=rumah")
    some = keys(dewi, f"{LEADS}?q=rumah&state__eq=new")
    assert 0 < len(some) < len(everything)
    assert set(some) == set(everything) & set(keys(dewi, f"{LEADS}?state__eq=new"))
    answer = dewi.get(f"{LEADS}?q=rumah&state__eq=new")
    box = answer.main.one("form", role="search")
    assert (
        box.one("input", type="search")["value"] == "rumah"
        and box.one("input", type="search")["data-key"] == "/"
    )
    again = send(dewi, box, q="kantor")
    assert set(keys(dewi, again.request.full_path)) == set(keys(dewi, f"{LEADS}?q=kantor&state__eq=new"))
    assert keys(dewi, f"{LEADS}?q=") == keys(dewi, LEADS)
    assert answer.main.one("div", class_="pager").one(role="status").text.endswith(str(len(some)))


def test_where_nothing_matches_each_filter_says_what_its_absence_would_show(dewi: kit.Visitor) -> None:
    dewi.get("/language/en")
    without = {"Title: contains “rumah”": "q=zzzz", "“zzzz”": "title__contains=rumah"}
    answer = dewi.get(f"{LEADS}?title__contains=rumah&q=zzzz")
    empty = answer.main.one("div", class_="empty")
    assert answer.main.all("table") == []
    for link in empty.all("a", class_="btn"):
        name, _mark, number = link.text.rpartition(" shows ")
        assert parameters(link["href"]) == parameters(f"?{without.pop(name)}")
        assert int(number) == count(dewi.get(link["href"]))
    assert not without
    clear = empty.all("a")[-1]
    assert parameters(clear["href"]) == []
    assert clear.text.endswith(str(count(dewi.get(clear["href"]))))


def test_a_model_without_records_says_so_whatever_is_filtered(bare: kit.Served) -> None:
    answer = bare.sign_in("dewi", lang="en").get(f"{LEADS}?state__eq=new")
    assert "No leads yet" in answer.main.one("div", class_="empty").text
