"""Demo data of real estate: two projects with their units, deals about some of them, and who holds what."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from addons.crm import Deal, Pipeline, Stage
from addons.crm.demo import HOMES, MILLION, Seller, known_sellers, midnight
from addons.realestate.hold import Hold
from addons.realestate.project import Project
from addons.realestate.unit import Unit
from core import Env, Scale
from core.base import Partner, Regency
from core.base.demo_partners import Row

PIPELINE = "Penjualan properti"


class Plan(NamedTuple):
    """A kind of unit in a block: how many there are, its traits, and the price in million rupiah."""

    block: str
    number: int
    kind: str
    land: int | None
    building: int | None
    rooms: tuple[int, int] | None
    certificate: str
    price: int


PROJECTS: Sequence[tuple[Row, Sequence[Plan]]] = (
    (
        {"name": "Cluster Melati", "street": "Jl. Cendana Raya No. 18", "developer": "PT Griya Sentosa Abadi"},
        (
            Plan("A", 10, "landed", 72, 36, (2, 1), "shm", 545),
            Plan("B", 12, "landed", 90, 60, (3, 2), "shm", 890),
            Plan("C", 8, "landed", 105, 90, (3, 2), "hgb", 1_675),
            Plan("R", 6, "shophouse", 75, 150, None, "hgb", 2_350),
        ),
    ),
    (
        {"name": "Taman Cendana", "street": "Jl. Soekarno-Hatta No. 512", "developer": "PT Cendana Graha"},
        (
            Plan("T1", 12, "apartment", None, 38, (1, 1), "shmsrs", 620),
            Plan("T2", 6, "apartment", None, 64, (2, 1), "shmsrs", 980),
            Plan("K", 8, "land", 150, None, None, "shm", 720),
        ),
    ),
)  # fmt: skip
HOLDS = (("sold", 12), ("booked", 7), ("held", 6))
"""So many units are in each state."""
STAGE_OF = {"sold": 6, "booked": 4, "held": 3}
"""The place of the stage in which a deal about such a unit stands, in the shipped pipeline."""
PAYMENTS = ("mortgage", "mortgage", "mortgage", "instalments", "cash")
BANKS = ("Bank Nusantara", "Bank Parahyangan", "Bank Sejahtera")


def make(env: Env, scale: Scale) -> Iterator[tuple[int, int]]:
    """Makes 62 units and 25 deals that hold one, whatever the scale: nobody builds 20,000 houses."""
    rng, sellers = (
        random.Random("lumbung realestate"),
        [one for one in known_sellers(env) if one.offers is HOMES],
    )
    total = sum(plan.number for _row, plans in PROJECTS for plan in plans)
    yield 0, total
    units = [unit for row, plans in PROJECTS for unit in _project(env, rng, row, plans, sellers[0].company)]
    env.flush()
    taken = rng.sample(units, sum(count for _state, count in HOLDS))
    people = _people(env, len(taken))
    states = [state for state, count in HOLDS for _number in range(count)]
    stages = _stages(env)
    for state, unit, partner in zip(states, taken, people, strict=True):
        _take(env, rng, state, unit, partner, rng.choice(sellers), stages)
    env.flush()
    yield total, total


def _project(
    env: Env, rng: random.Random, row: Row, plans: Sequence[Plan], company: int | None
) -> Sequence[Any]:
    bandung = env.scalar(sa.select(env[Regency].id).where(env[Regency].code == "32.73"))
    made = env.create(Project, [{**row, "city_id": bandung, "company_id": company}])[0]
    env.flush()
    rows = [
        {
            "project": made,
            "code": f"{plan.block}-{number:02}",
            "property_type": plan.kind,
            "land_area": plan.land and plan.land + rng.choice((0, 0, 0, 12)),
            "building_area": plan.building,
            "bedrooms": plan.rooms and plan.rooms[0],
            "bathrooms": plan.rooms and plan.rooms[1],
            "certificate": plan.certificate,
            "price": Decimal((plan.price + 5 * rng.randrange(0, 12)) * MILLION),
        }
        for plan in plans
        for number in range(1, plan.number + 1)
    ]
    return env.create(Unit, rows)


def _people(env: Env, count: int) -> Sequence[int]:
    cls: Any = env[Partner]
    return env.scalars(sa.select(cls.id).where(cls.kind == "person").order_by(cls.id).limit(count)).all()


def _stages(env: Env) -> Sequence[Any]:
    """The stages of the pipeline that this addon ships, in their order."""
    cls: Any = env[Stage]
    ways: Any = env[Pipeline]
    pipeline = next(one for one in env.scalars(sa.select(ways)) if one.name_texts["id"] == PIPELINE)
    return env.scalars(sa.select(cls).where(cls.pipeline_id == pipeline.id).order_by(cls.position)).all()


def _take(
    env: Env, rng: random.Random, state: str, unit: Any, partner: int, seller: Seller, stages: Sequence[Any]
) -> None:
    """A deal about a unit, and its hold as far as that got."""
    now, days = env.now(), 1 if state == "held" else rng.randrange(10, 240)
    began = midnight(env) - dt.timedelta(days=days, minutes=-rng.randrange(540, 960))
    stage = stages[STAGE_OF[state]]
    payment = rng.choice(PAYMENTS)
    deal = env.create(
        Deal,
        [
            {
                "title": f"{unit.project.name} {unit.code}", "partner_id": partner, "unit": unit,
                "pipeline_id": stage.pipeline_id, "stage_id": stage.id, "stage_since": began,
                "amount": unit.price, "payment": payment, "created_at": began,
                "close_date": env.today() + dt.timedelta(days=rng.randrange(5, 60)),
                "down_payment": (unit.price * rng.choice((10, 20, 30)) / 100) if payment != "cash" else None,
                "tenor": rng.choice((10, 15, 20)) if payment == "mortgage" else None,
                "bank": rng.choice(BANKS) if payment == "mortgage" else None,
                "owner_id": seller.user, "team_id": seller.team, "company_id": seller.company,
            }
        ],
    )[0]  # fmt: skip
    env.create(
        Hold,
        [
            {
                "unit": unit, "deal": deal, "partner_id": partner, "state": state, "begins": min(began, now),
                "ends": now + dt.timedelta(days=rng.randrange(1, 4)) if state == "held" else None,
                "fee": None if state == "held" else Decimal(rng.choice((5, 10, 15)) * MILLION),
                "owner_id": seller.user, "created_at": began,
            }
        ],
    )  # fmt: skip
