"""Upgrading addons: what only adds by itself, all else by scripts, once and in order; rows are kept."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import SchemaBehind
from core.orm.env import Env
from core.schema import ledger
from core.schema.install import upgrade
from core.schema.preparing import prepared
from tests.core.depot import COUNTED, COUNTING, HEAD, OLD, all_of, noted, opened, write
from tests.core.depot import site as site
from tests.core.test_install import Site
from tests.core.test_schema import look

pytestmark = pytest.mark.usefixtures("english")
RECIPE = Path(__file__).parent / "recipe_upgrade.py"
NEW = (
    HEAD
    + """
    addon = Addon("depot", version="1.10")

    class House(Model, name="depot.building", label="House", access={"base.user": "rwcd"}):
        title = Char(60, required=True, index=True)
        word = Char(translate=True, required=True)
        size = Integer()
        labels = Many2many(Tag)
        beside = Many2one(lambda: House)
        owner = Many2one(Tag)
        code = Char(10)
        weight = Integer(required=True)
        floors = Integer(required=True)
        kind = Select({"a": "A"}, default="a")
        rent = Decimal()

    @hookimpl
    def models():
        return [House]

    @hookimpl
    def data():
        return [Rows(House, [{"key": "one", "title": "First"}, {"key": "two", "title": "Second"}])]
"""
)
SCRIPTS = {
    "1.1": """
    from core import Env, Tables

    def before(tables: Tables) -> None:
        tables.drop_model("depot.scrap")
        tables.drop_field("depot.house", "old")
        tables.rename_field("depot.house", "name", "label")
        tables.rename_model("depot.house", "depot.building")
    """,
    "1.2": """
    from sqlalchemy import select
    from core import Env, Tables

    def before(tables: Tables) -> None:
        tables.rename_field("depot.building", "label", "title")
        tables.rename_field("depot.building", "tags", "labels")
        tables.rename_field("depot.building", "next", "beside")

    def after(env: Env) -> None:
        for house in env.scalars(select(env["depot.building"])):
            house.floors, house.word = len(house.title), house.word or "W"
            house.weight = house.weight or 7
    """,
    "1.10": """
    from core import Tables

    def before(tables: Tables) -> None:
        tables.execute("UPDATE depot_building SET size = :none WHERE size = :text", {"none": "0", "text": "big"})
        tables.rename_field("depot.building", "owner", "owner_id")
        for name in ("title", "size", "owner", "code"):
            tables.change_field("depot.building", name)
    """,
}


def houses(site: Site) -> Any:
    def work(env: Env) -> Any:
        house = env["depot.building"]
        return [
            (found.title, found.size, [tag.name for tag in found.labels], found.beside and found.beside.title,
             found.owner and found.owner.name, found.code, found.weight, found.floors, found.kind)
            for found in env.scalars(sa.select(house).order_by(house.id))
        ]  # fmt: skip

    return site.read(work)


def test_scripts_rename_change_drop_and_fill_and_rows_are_kept(site: Site) -> None:
    write(site, NEW, SCRIPTS)
    report = upgrade(site.database, site.catalogue())
    assert [(script.addon, script.version) for script in report.scripts] == [
        ("depot", "1.1"), ("depot", "1.2"), ("depot", "1.10"),
    ]  # fmt: skip
    assert report.raised == {"depot": ("1.0", "1.10")}
    assert noted(site)["depot"] == "1.10"
    assert houses(site) == [
        ("First", 12, ["red", "blue"], None, "blue", "a", 7, 3, "a"),
        ("Mine", 0, [], "First", None, "b", 9, 4, "a"),
    ]
    assert (report.rows.updated, report.rows.kept) == (1, 1), "the row that somebody changed is left"
    with site.database.reading.connect() as connection, prepared(connection, site.catalogue(), []) as ready:
        assert not ready.reshapes and not ready.plan.refused and not list(ready.plan.steps())
    found = look(site.database)
    assert not {"depot_scrap", "depot_house", "depot_house__tags_rel"} & found.keys()
    [made] = site.read(lambda env: _with_next_key(env), write=True)
    assert made == 4, "keys do not come again"


def _with_next_key(env: Env) -> list[int]:
    made = env.create(env["depot.building"], [{"title": "new", "weight": 1, "floors": 1, "word": "n"}])
    env.flush()
    return [made[0].id]


def test_a_link_on_a_model_of_another_is_left_to_the_script_of_who_brought_it(site: Site) -> None:
    linked = OLD.replace("House, Scrap]", "House, Scrap, Tagged]").replace(
        "    @hookimpl", "    class Tagged(Tag):\n        house = Many2one(House)\n\n    @hookimpl", 1
    )
    write(site, linked.replace("1.0", "1.1"), {})
    upgrade(site.database, site.catalogue())
    write(site, OLD.replace("1.0", "1.2"), {})
    with site.database.reading.connect() as connection, prepared(connection, site.catalogue(), []) as ready:
        assert {item.addon for item in ready.plan.refused} == {"depot"}
    write(
        site,
        OLD.replace("1.0", "1.2"),
        {"1.2": "def before(tables):\n    tables.drop_field('base.tag', 'house')"},
    )
    with site.database.reading.connect() as connection, prepared(connection, site.catalogue(), []) as ready:
        assert ready.plan.refused == []
    upgrade(site.database, site.catalogue())
    assert "house_id" not in str(look(site.database)["base_tag"])


def test_an_index_that_somebody_dropped_by_hand_is_made_anew(site: Site) -> None:
    before = look(site.database)
    with site.database.writing.begin() as connection:
        names = [index["name"] for index in sa.inspect(connection).get_indexes("depot_house")]
        for name in names:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    assert names
    assert len(upgrade(site.database, site.catalogue()).plan.indexes) == len(names)
    assert look(site.database) == before


def test_a_script_runs_once_and_not_at_all_where_the_addon_is_new(site: Site) -> None:
    write(site, OLD.replace("1.0", "1.1"), {"1.1": COUNTING})
    assert [script.version for script in site.install("depot").scripts] == ["1.1"]
    assert not upgrade(site.database, site.catalogue()).scripts
    write(site, OLD.replace("1.0", "1.2"), {"1.1": COUNTING, "1.2": COUNTING.replace("1", "2")})
    assert [script.version for script in upgrade(site.database, site.catalogue(), ["depot"]).scripts] == [
        "1.2"
    ]
    assert site.read(lambda env: sorted(env.scalars(sa.select(env["base.tag"].name)))) == [
        "blue", "from 1", "from 2", "red",
    ]  # fmt: skip
    site.write(other=COUNTED)
    (site.folder / "other" / "upgrades").mkdir()
    (site.folder / "other" / "upgrades" / "1.0.py").write_text(
        "raise RuntimeError('it is new')", encoding="utf-8"
    )
    assert not site.install("other").scripts


def test_a_database_in_which_nobody_noted_places_is_brought_up_to_date(site: Site) -> None:
    """What nobody knows is left alone, as it was until then."""
    before = look(site.database)
    with site.database.writing.begin() as connection:
        for table in ("ledger", "parked"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN places")
        found = "kind = 'column' AND name = 'places'"
        connection.exec_driver_sql(f"DELETE FROM ledger WHERE {found}")
    write(
        site,
        OLD.replace("1.0", "1.1"),
        {"1.1": "def before(tables):\n    tables.drop_index('ix_depot_house__name')"},
    )
    with pytest.raises(SchemaBehind, match=r"ledger\.places \(\+1\) is missing"):
        site.read(lambda env: ledger.check(env.session.core_connection(), env.registry))
    upgrade(site.database, site.catalogue())
    assert look(site.database)["ledger"] == before["ledger"]
    upgraded = site.read(lambda env: ledger.owned(env.session.core_connection(), "core"))
    assert {step.places for step in upgraded if step.name == "places"} == {""}


TURNED = (
    OLD.replace('version="1.0"', 'version="1.1"')
    .replace("name = Char(20, required=True, index=True)", "name = Char(20, required=True)")
    .replace("        old = Integer()\n", "")
    .replace("        tags = Many2many(Tag)\n", "")
    .replace("next = Many2one(lambda: House)", "next = Many2one(lambda: Rest)")
    .replace("weight = Integer()", "weight = Integer(default=3)")
    .replace('Scrap(Model, name="depot.scrap"', 'Rest(Model, name="depot.rest"')
    .replace("house = Many2one(House)", "house = Many2one(House)\n        tags = Many2many(Tag)")
    .replace("[House, Scrap]", "[House, Rest, Watch]")
    .replace(
        "    @hookimpl\n    def models",
        """    class Watch(Model, name="depot.watch", label="Watch", access={"base.user": "rwcd"}):
        model = Char()

    @hookimpl
    def models""",
    )
)
TURNING = """
    def before(tables):
        there = [name for name in ("old", "tags", "next", "nothing") if tables.has_field("depot.house", name)]
        assert there == ["old", "tags", "next"] and not tables.has_field("depot.hut", "old")
        for name in there[:2]:
            tables.drop_field("depot.house", name)
        tables.drop_index("ix_depot_house__name")
        tables.rename_model("depot.scrap", "depot.rest")
        tables.change_field("depot.house", "next")
        tables.change_field("depot.house", "weight")
"""
EMPTIED = """
    from core import *

    addon = Addon("depot", version="1.2")
"""
EMPTYING = """
    def before(tables):
        tables.drop_field("depot.house", "next")
        for name in ("rest", "house", "watch"):
            tables.drop_model(f"depot.{name}")
"""


def test_links_turn_elsewhere_indexes_and_tables_between_go_and_in_the_end_all_models(site: Site) -> None:
    write(site, TURNED, {"1.1": TURNING})
    upgrade(site.database, site.catalogue())
    found = look(site.database)
    ways = [(key[1], key[2]) for key in found["depot_house"]["foreign keys"]]
    assert ways == [(["next_id"], "depot_rest")]
    assert [index[0] for index in found["depot_house"]["indexes"]] == ["ix_depot_house__next_id"]
    assert "depot_house__tags_rel" not in found
    [weight] = [column for column in found["depot_house"]["columns"] if column[0] == "weight"]
    assert "3" in weight[3], "it has the default"
    led = site.read(
        lambda env: [house.next and house.next.house.name for house in all_of(env, "depot.house")]
    )
    assert led == [None, "One"], "the key leads to what has it there"
    write(site, EMPTIED, {"1.1": TURNING, "1.2": EMPTYING})
    upgrade(site.database, site.catalogue())
    assert not [name for name in look(site.database) if name.startswith("depot")]
    assert noted(site)["depot"] == "1.2"


def test_a_script_waits_for_a_table_in_use(postgres_url: str, tmp_path: Path, monkeypatch: Any) -> None:
    """And is run anew from its beginning: what it did before is taken back."""
    monkeypatch.setattr("core.schema.apply.LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr("core.schema.install.PAUSE_SECONDS", 0)
    with opened(postgres_url, tmp_path) as site:
        write(site, OLD.replace("1.0", "1.1"), {"1.1": WAITING})
        told = []
        with closing(site.database.writing.connect()) as reader:
            reader.exec_driver_sql("SELECT * FROM depot_house")

            def progress(text: object) -> None:
                told.append(str(text))
                if told.count("Upgrading depot to 1.1 ...") == 2:
                    reader.rollback()

            assert upgrade(site.database, site.catalogue(), progress=progress).raised == {
                "depot": ("1.0", "1.1")
            }
        assert told.count("Upgrading depot to 1.1 ...") == 2
        assert site.read(lambda env: sorted(house.weight for house in all_of(env, "depot.house"))) == [1, 10]


WAITING = """
    def before(tables):
        tables.execute("UPDATE depot_house SET weight = coalesce(weight, 0) + 1")
        tables.rename_field("depot.house", "old", "older")
        tables.rename_field("depot.house", "older", "old")
"""

GARDEN = """
    from core import *

    addon = Addon("garden", version="1.0")

    class Plot(Model, name="garden.plot", label="Plot", access={"base.user": "rwcd"}):
        size = Char(10)
        note = Text()

    @hookimpl
    def models():
        return [Plot]
"""


def test_the_script_of_the_recipe_does_what_it_says(site: Site) -> None:
    site.write(garden=GARDEN)
    site.install("garden")
    rows = [{"size": "12"}, {"size": "?", "note": "wet"}]
    site.read(lambda env: env.create(env["garden.plot"], rows), write=True)
    (site.folder / "garden" / "upgrades").mkdir()
    (site.folder / "garden" / "upgrades" / "1.1.py").write_text(
        RECIPE.read_text(encoding="utf-8"), encoding="utf-8"
    )
    fields = "area = Integer()\n        use = Char(required=True)"
    site.write(garden=GARDEN.replace("1.0", "1.1").replace("size = Char(10)\n        note = Text()", fields))
    upgrade(site.database, site.catalogue(), ["garden"])
    plots = site.read(
        lambda env: [(plot.area, plot.use) for plot in env.scalars(sa.select(env["garden.plot"]))]
    )
    assert sorted(plots, key=str) == [(12, "vegetables"), (None, "none")]
