"""Names of tables, indexes and constraints: unique, and short enough for PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from core import Char, Many2many, Many2one, Model
from core.orm.names import FIELD_NAME, LIMIT, MODEL_NAME, index_name, short, table_name
from core.orm.registry import Registry
from tests.core.orm.toys import ACCESS, World, world

LONGEST = 63
"""What PostgreSQL cuts a name to, in silence."""
NAME = "a_name_that_is_as_long_as_the_name_of_any_field_may_be_in_all"[:LIMIT]

names = st.text("abc_", min_size=1, max_size=90)


def test_short_names_stay() -> None:
    assert table_name("crm.lead") == "crm_lead"
    assert index_name("crm_lead", "owner_id") == "ix_crm_lead__owner_id"
    assert index_name("base_user", "email", unique=True) == "uq_base_user__email"
    assert short("x" * LIMIT) == "x" * LIMIT


@given(first=names, second=names)
def test_cut_names_are_told_apart(first: str, second: str) -> None:
    assert len(short(first)) <= LIMIT
    assert (short(first) == short(second)) == (first == second)


def test_the_digest_is_the_same_for_ever() -> None:
    assert short("y" * 70) == "y" * 51 + "_a76b8d19"


@pytest.mark.parametrize(("name", "fits"), [
    ("crm.lead", True), ("crm.lead_2", True), ("crm", False), ("crm.lead.x", False), ("Crm.lead", False),
    ("crm.Lead", False), ("crm.2lead", False), ("crm. lead", False), ("crm.lead;", False),
    ("crm.lead\n", False), ("crm.lead__x", False), ("crm.lead_", False), ("crm_.lead", False),
    ("c__rm.lead", False),
])  # fmt: skip
def test_names_of_models(name: str, fits: bool) -> None:
    assert bool(MODEL_NAME.fullmatch(name)) == fits


@pytest.mark.parametrize(("name", "fits"), [
    ("title", True), ("t2", True), (NAME, True), (NAME + "x", False), ("Title", False), ("_title", False),
    ("2t", False), ("a__eq", False), ("größe", False), ("a-b", False), ("", False),
])  # fmt: skip
def test_names_of_fields(name: str, fits: bool) -> None:
    assert bool(FIELD_NAME.fullmatch(name)) == fits


class Wide(Model, name=f"toy.{NAME[:50]}", access=ACCESS):
    locals()[NAME] = Char(index=True)
    locals()[NAME[:-1]] = Char(unique=True)
    locals()[NAME[:-2]] = Many2one(lambda: Wide)
    locals()[NAME[:-3]] = Many2many(lambda: Wide)
    locals()[NAME[:-4]] = Many2many(lambda: Other)


class Other(Model, name=f"toy.{NAME[:50]}_other", access=ACCESS):
    locals()[NAME] = Char(index=True)
    locals()[NAME[:-2]] = Many2one(Wide)


class Stage(Model, name="toy.lead_stage", access=ACCESS):
    owner = Many2one(Wide, index=True)
    code = Char(unique=True)
    tags = Many2many(Wide)


class Lead(Model, name="toy.lead", access=ACCESS):
    stage_owner = Many2one(Wide, index=True)
    stage_code = Char(unique=True)
    stage_tags = Many2many(Wide)


class Tags(Model, name="toy.lead_stage_tags_rel", access=ACCESS):
    target = Many2one(Wide)


def test_no_two_models_meet_in_a_name(url: str) -> None:
    registry = Registry({"toy": [Wide, Other, Stage, Lead, Tags]})
    named = [str(part.name) for table in registry.metadata.tables.values() for part in _parts(table)]
    named += registry.metadata.tables
    assert sorted(named) == sorted(set(named))
    with world(url, registry) as made:
        found = [name for names in _found(made).values() for name in names]
        assert {"ix_toy_lead__stage_owner_id", "ix_toy_lead_stage__owner_id"} <= set(found)
    registry.dispose()


def _parts(table: sa.Table) -> list[Any]:
    return [*table.indexes, *table.foreign_key_constraints, table.primary_key]


def _found(world: World) -> dict[str, set[str]]:
    """The names that the database holds, by table."""
    with world.database.writing.begin() as connection:
        look = sa.inspect(connection)
        return {
            table: {
                str(part["name"])
                for part in (
                    *look.get_indexes(table),
                    *look.get_foreign_keys(table),
                    look.get_pk_constraint(table),
                )
            }
            for table in look.get_table_names()
            if table.startswith("toy_")
        }


def test_what_is_long_is_made_as_it_is_named(url: str) -> None:
    registry = Registry({"toy": [Wide, Other]})
    with world(url, registry) as made:
        wanted = {
            name: {str(part.name) for part in _parts(table)}
            for name, table in registry.metadata.tables.items()
            if name.startswith("toy_")
        }
        assert len(wanted) == 4
        assert max(len(name) for parts in wanted.values() for name in parts) <= LONGEST
        every = [str(index.name) for table in registry.metadata.tables.values() for index in table.indexes]
        assert len(every) == len(set(every))
        if made.database.is_sqlite:  # which keeps no names of constraints
            wanted = {
                table: {name for name in parts if name[:2] in ("ix", "uq")} for table, parts in wanted.items()
            }
            found = {
                table: {name for name in parts if name[:2] in ("ix", "uq")}
                for table, parts in _found(made).items()
            }
            assert found == wanted
        else:
            assert _found(made) == wanted
        with made.env() as env:
            other = env.create(Other, [{NAME: "x"}])[0]
            wide = env.create(Wide, [{NAME: "a", NAME[:-4]: [other]}])[0]
            env.flush()
            env.write([wide], {f"{NAME[:-2]}_id": wide.id, NAME[:-3]: [wide]})
    registry.dispose()
