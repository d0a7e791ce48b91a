"""Writing many records costs as many statements as writing ten."""

from __future__ import annotations

from typing import Any

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


def _inserts(seen: list[str]) -> list[str]:
    return [statement.split()[2] for statement in seen if statement.startswith("INSERT")]


def test_creating_a_batch_costs_the_same_for_any_number(toy: World) -> None:
    costs = []
    for number in SIZES:
        with toy.env() as env, toy.statements() as seen:
            records = env.create(Lead, _rows(number))
            env.flush()
            keys = [record.id for record in records]
        assert _inserts(seen) == ["toy_lead"]
        assert keys == sorted(set(keys)), "in the order of the rows"
        costs.append(len(seen))
    assert costs[0] == costs[1] == costs[2] <= 2, "one more draws the keys"


def test_creating_with_links_costs_the_same_for_any_number(toy: World) -> None:
    with toy.env() as env:
        made = env.create(Tag, [{"name": name} for name in "abc"])
    keys = [tag.id for tag in made]
    costs = []
    for number in SIZES:
        with toy.env() as env:
            tags = env.read(Tag, keys)
            with toy.statements() as seen:
                partners = env.create(Partner, [{"name": f"p{place}"} for place in range(number)])
                pairs = zip(_rows(number), partners, strict=True)
                env.create(Lead, [{**row, "tags": tags, "partner": partner} for row, partner in pairs])
                env.flush()
        assert _inserts(seen) == ["toy_partner", "toy_lead", "toy_lead__tags_rel"]
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 8
    assert costs[2] <= costs[0] + 4, "what is read by key is read 500 at a time"


def test_changing_a_batch_costs_the_same_for_any_number(toy: World) -> None:
    costs = []
    for number in SIZES:
        with toy.env() as env:
            env.create(Lead, _rows(number))
        with toy.env() as env:
            records = env.scalars(sa.select(env[Lead]).order_by(env[Lead].id.desc()).limit(number)).all()
            with toy.statements() as seen:
                env.write(records, {"state": "working"})
                env.flush()
        assert sum(statement.startswith("UPDATE") for statement in seen) == 1
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 2
    assert costs[2] <= costs[0] + 2


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


def test_a_record_that_gains_lines_is_not_read_for_that(toy: World) -> None:
    with toy.env() as env:
        env.create(Partner, [{"name": "p"}])
    with toy.env() as env:
        partner = env.scalars(sa.select(env[Partner])).one()
        with toy.statements() as seen:
            env.create(Lead, [{"title": "x", "partner": partner}])
            env.flush()
        assert not [statement for statement in seen if "SELECT toy_partner.id, " in statement]
