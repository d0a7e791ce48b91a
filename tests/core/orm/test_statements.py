"""Writing many records costs as many statements as writing ten."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.core.orm.toys import Lead, Partner, Tag, World

SIZES = (10, 100, 1000)


def _rows(number: int) -> list[dict[str, Any]]:
    """Rows that differ in which fields they name, and in which of them are empty."""
    rows: list[dict[str, Any]] = []
    for place in range(number):
        row: dict[str, Any] = {"title": f"lead {place}", "places": place if place % 3 else None}
        if place % 2:
            row["kind"] = None if place % 4 == 1 else "other"
        if place % 5 == 0:
            row |= {"state": "done", "urgent": True, "data": {"place": place}}
        rows.append(row)
    return rows


@pytest.mark.parametrize("number", SIZES)
def test_creating_a_batch_is_one_insert(toy: World, number: int) -> None:
    with toy.env() as env, toy.statements() as seen:
        records = env.create(Lead, _rows(number))
        env.flush()
        assert len({record.id for record in records}) == number
        assert all(records[place].id < records[place + 1].id for place in range(number - 1))
    inserts = [statement for statement in seen if statement.startswith("INSERT")]
    assert len(inserts) == 1
    assert len(seen) <= 2, "on SQLite one more draws the keys"


@pytest.mark.parametrize("number", SIZES)
def test_creating_with_links_is_one_insert_a_table(toy: World, number: int) -> None:
    with toy.env() as env:
        tags = env.create(Tag, [{"name": name} for name in "abc"])
    with toy.env() as env:
        tags = env.read(Tag, [tag.id for tag in tags])
        with toy.statements() as seen:
            partners = env.create(Partner, [{"name": f"p{place}"} for place in range(number)])
            env.create(Lead, [{**row, "tags": tags, "partner": partner}
                              for row, partner in zip(_rows(number), partners, strict=True)])  # fmt: skip
            env.flush()
    inserts = [statement.split()[2] for statement in seen if statement.startswith("INSERT")]
    assert inserts == ["toy_partner", "toy_lead", "toy_lead_tags_rel"]
    assert len(seen) <= 5


@pytest.mark.parametrize("number", SIZES)
def test_changing_a_batch_is_one_update(toy: World, number: int) -> None:
    with toy.env() as env:
        env.create(Lead, _rows(number))
    with toy.env() as env:
        records = env.scalars(sa.select(env[Lead])).all()
        with toy.statements() as seen:
            env.write(records, {"state": "working"})
            env.flush()
    assert len(seen) <= 2, "records that held the value already are left alone"


def test_keys_go_on_where_they_were_and_never_come_again(toy: World) -> None:
    with toy.env() as env:
        last = env.create(Tag, [{"name": name} for name in "abc"])
        env.flush()
        used = [record.id for record in last]
        env.delete(last)
    with toy.env() as env:
        given, first, second = env.create(Tag, [{"id": 50, "name": "given"}, {"name": "x"}, {"name": "y"}])
        env.flush()
        assert not {first.id, second.id} & {*used, given.id}
    with toy.env() as env:
        alone = env.create(Tag, [{"name": "alone"}])[0]
        env.flush()
        assert alone.id not in {*used, given.id, first.id, second.id}
