"""A claim says what it claims, or its addon is at fault."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from core import Claim, LoadError, Many2one, Model, UserError
from core.assembly import assemble
from core.loader import discover
from core.orm.database import Database
from core.orm.env import Env, open_env
from core.orm.registry import Registry
from core.schema.install import install
from tests.core import recipe_claims
from tests.core.workshop import workshop

USER = {"base.user": "rwcd"}


class Room(Model, name="hotel.room", access=USER):
    pass


class Unsaid(Claim, name="hotel.unsaid", access=USER):
    room = Many2one(Room, required=True)


class Loose(Claim, name="hotel.loose", access=USER):
    resource: ClassVar[str] = "room"
    room = Many2one(Room)


@pytest.mark.parametrize("model", [Unsaid, Loose])
def test_a_claim_without_a_required_link_to_its_resource_is_refused(model: type[Model]) -> None:
    with pytest.raises(LoadError) as caught:
        Registry({"base": [Claim], "hotel": [Room, model]})
    assert caught.value.addon == "hotel"
    assert "resource" in str(caught.value)


# ----------------------------------------------------------------- docs/recipes/claim.md
Opened = Callable[[], AbstractContextManager[Env]]
NINE = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)


@pytest.fixture
def clinic(tmp_path: Path, url: str) -> Iterator[Opened]:
    """Opens an env of the addon of the recipe."""
    with workshop(tmp_path) as made, closing(Database(url)) as database:
        shutil.copy(recipe_claims.__file__, made.folder / "clinic.py")
        catalogue = discover([str(made.folder)], entry_points=())
        install(database, catalogue, ["clinic"])
        assembly = assemble(catalogue, ["clinic"])
        yield partial(open_env, assembly.registry, database)
        assembly.dispose()


def book(env: Env, doctor: str, room: str, begins: dt.datetime = NINE) -> Any:
    def named(model: str, name: str) -> Any:
        there = env.scalars(select(env[model]).where(env[model].name == name)).first()
        return there or env.create(env[model], [{"name": name}])[0]

    values = {"doctor": named("clinic.doctor", doctor), "room": named("clinic.room", room)}
    taken = env.create(
        env["clinic.appointment"], [values | {"begins": begins, "ends": begins + dt.timedelta(hours=1)}]
    )
    env.flush()
    return taken[0]


def test_what_takes_two_things_takes_both_or_none(clinic: Opened) -> None:
    with clinic() as env:
        first = book(env, "Sari", "1").id
        book(env, "Budi", "2")
    for doctor, room, field in (("Sari", "3", "doctor"), ("Tono", "1", "room")):
        with pytest.raises(UserError) as caught, clinic() as env:
            book(env, doctor, room)
        assert caught.value.field == field
    with clinic() as env:
        assert len(env.scalars(select(env["clinic.appointment"])).all()) == 2
        env.write([env.get(env["clinic.appointment"], first)], {"archived": True})
        env.flush()
        book(env, "Sari", "1")
    for hours in (-1, 1):  # the room is taken for that hour, and no longer
        with clinic() as env:
            key = book(env, "Tono", "1", NINE + dt.timedelta(hours=hours)).id
        with clinic() as env:
            env.delete(env.read(env["clinic.appointment"], [key]))
    with clinic() as env:
        moved = book(env, "Tono", "2", NINE + dt.timedelta(hours=5))
        env.write([moved], {"begins": NINE + dt.timedelta(hours=7), "ends": NINE + dt.timedelta(hours=8)})
        env.flush()
        book(env, "Ayu", "2", NINE + dt.timedelta(hours=5))
        book(env, "Budi", "2", NINE + dt.timedelta(hours=8))
    with pytest.raises(UserError) as caught, clinic() as env:
        moved = book(env, "Rudi", "4", NINE + dt.timedelta(hours=2))
        env.write([moved], {"begins": NINE, "ends": None})
        env.flush()
        env.write([moved], {"room": book(env, "Wati", "1", NINE + dt.timedelta(hours=3)).room})
        env.flush()
    assert caught.value.field == "room"
