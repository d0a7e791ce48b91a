"""Demo data of crm: three pipelines and the deals of the last twelve months."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from addons.crm.deal import CENT, Deal
from addons.crm.demo import BATCH, HOMES, MILLION, Offer, Seller, known_sellers, midnight, moment
from addons.crm.lead import Lead
from addons.crm.lost_reason import LostReason
from addons.crm.pipeline import Pipeline
from addons.crm.prospect import SOURCES
from addons.crm.shipped import STAGES, stage_rows
from addons.crm.stage import Stage
from addons.crm.stage_need import StageNeed
from core import Env, Scale
from core.base import Partner, Tag
from core.base.demo import spared
from core.base.demo_partners import Row

DEALS, LARGE = 250, 50_000
TAGGED = 0.35
FRESH, STALE = 45, 200
"""Days: younger ones are mostly open, older ones mostly closed."""


class Way(NamedTuple):
    """A pipeline: its name and line of business in Indonesian and English, its stages, and what it needs where."""

    name: tuple[str, str]
    line: str
    stages: Sequence[Sequence[Any]]
    needs: Sequence[tuple[int, str]]


CLOSED = [told for _key, *told in STAGES[-2:]]
HOME = Way(
    ("Penjualan rumah", "Home sales"),
    "Rumah",
    (
        ("open", 10, "Kualifikasi", "Qualification"),
        ("open", 25, "Survei lokasi", "Site visit"),
        ("open", 45, "Penawaran", "Proposal"),
        ("open", 65, "Negosiasi", "Negotiation"),
        ("open", 90, "Akad", "Signing"),
        *CLOSED,
    ),
    ((2, "amount"), (4, "close_date")),
)
TRADE = Way(
    ("Properti usaha", "Business property"),
    "Komersial",
    (
        ("open", 10, "Kebutuhan", "Needs"),
        ("open", 35, "Penawaran harga", "Quotation"),
        ("open", 60, "Persetujuan direksi", "Board approval"),
        ("open", 85, "Kontrak", "Contract"),
        *CLOSED,
    ),
    ((1, "amount"), (3, "close_date")),
)


class Place(NamedTuple):
    """A stage as deals are put into it."""

    id: int
    pipeline: int
    kind: str
    probability: Decimal


def make(env: Env, scale: Scale) -> Iterator[tuple[int, int]]:
    """Makes two pipelines beside the one that is shipped, and writes 250 deals, or 50,000, oldest first."""
    total = LARGE if scale.large else DEALS
    yield 0, total
    for position, way in enumerate((HOME, TRADE), 1):
        _pipeline(env, way, position)
    env.flush()
    book = Book(env, random.Random("lumbung deals"))
    moments = sorted(book.moment() for _number in range(total))
    with spared():
        for start in range(0, total, BATCH):
            env.create(
                Deal, book.tagged(env, [book.deal(moment) for moment in moments[start : start + BATCH]])
            )
            env.flush()
            env.session.expunge_all()
            yield min(start + BATCH, total), total


def _pipeline(env: Env, way: Way, position: int) -> None:
    name = dict(zip(("id", "en"), way.name, strict=True))
    [made] = env.create(Pipeline, [{"name": name, "line": way.line, "position": position}])
    stages = env.create(Stage, stage_rows(made, way.stages))
    env.create(StageNeed, [{"stage": stages[place], "field": field} for place, field in way.needs])


class Book:
    """Makes rows of deals for `env.create`, links given by key."""

    def __init__(self, env: Env, rng: random.Random) -> None:
        self.rng, self.tagging = rng, random.Random("lumbung tags of deals")
        self.midnight = midnight(env)
        self.ways = _ways(env)
        self.reasons = list(env.scalars(sa.select(env[LostReason].id).order_by(env[LostReason].id)))
        self.sellers = known_sellers(env)
        self.partners = _keys(env, Partner)
        self.leads = _keys(env, Lead, env[Lead].state == "converted")

    def moment(self) -> dt.datetime:
        """When a deal began: at an hour of work in the last twelve months."""
        return moment(self.rng, self.midnight, 1.6, 120)

    def deal(self, began: dt.datetime) -> Row:
        """One deal that began at `began`, as far as it got since."""
        rng, seller = self.rng, self.rng.choice(self.sellers)
        way, offer = self._way(seller)
        age = (self.midnight - began).days
        place = self._place(way, age)
        moved = began + dt.timedelta(days=rng.randrange(max(1, min(age, 60))), hours=rng.randrange(1, 6))
        closes = (moved if place.kind != "open" else self.midnight) + dt.timedelta(days=rng.randrange(-5, 70))
        return {
            **self._what(offer, place),
            "pipeline_id": place.pipeline,
            "stage_id": place.id,
            "stage_since": moved,
            "closed_at": moved if place.kind != "open" else None,
            "close_date": closes.date(),
            "partner_id": rng.choice(self.partners),
            "source": rng.choice(list(SOURCES)),
            "lead_id": rng.choice(self.leads) if self.leads and rng.random() < 0.3 else None,
            "owner_id": seller.user,
            "team_id": seller.team,
            "company_id": seller.company,
            "created_at": began,
        }

    def tagged(self, env: Env, rows: list[Row]) -> list[Row]:
        """The rows, some of them with a tag."""
        tags = list(env.scalars(sa.select(env[Tag]).order_by(env[Tag].id)))
        for row in rows:
            if tags and self.tagging.random() < TAGGED:
                row["tags"] = [self.tagging.choice(tags)]
        return rows

    def _way(self, seller: Seller) -> tuple[Sequence[Place], Offer]:
        """Renovations and rents go the shipped way, homes and business their own."""
        offer = self.rng.choice(seller.offers)
        if offer.title.startswith(("Renovasi", "Sewa")):
            return self.ways["Penjualan"], offer
        way = HOME if seller.offers is HOMES else TRADE
        return self.ways[way.name[0]], offer

    def _place(self, way: Sequence[Place], age: int) -> Place:
        share = 0.06 if age < FRESH else 0.5 if age < STALE else 0.93
        if self.rng.random() < share:
            return self.rng.choices([place for place in way if place.kind != "open"], (45, 55))[0]
        places = [place for place in way if place.kind == "open"]
        return self.rng.choices(places, range(len(places) + 1, 1, -1))[0]

    def _what(self, offer: Offer, place: Place) -> Row:
        rng = self.rng
        amount = Decimal(rng.randrange(offer.low, offer.high + 1) * MILLION)
        return {
            "title": offer.title.format(rng.choice(offer.kinds)),
            "amount": amount,
            "probability": place.probability,
            "expected": (amount * place.probability / 100).quantize(CENT),
            "lost_reason_id": rng.choice(self.reasons) if place.kind == "lost" else None,
        }


def _ways(env: Env) -> dict[str, list[Place]]:
    """The stages of each pipeline, by its Indonesian name."""
    found: dict[str, list[Place]] = {}
    cls: Any = env[Stage]
    for stage in env.scalars(sa.select(cls).order_by(cls.position, cls.id)):
        name = stage.pipeline.name_texts["id"]
        found.setdefault(name, []).append(Place(stage.id, stage.pipeline_id, stage.kind, stage.probability))
    return found


def _keys(env: Env, model: Any, *conditions: Any) -> list[int]:
    cls = env[model]
    return list(env.scalars(sa.select(cls.id).where(*conditions).order_by(cls.id)))
