"""Upgrading addons: what only adds by itself, all else by scripts, once, in order, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import DatabaseError, LoadError, SchemaBehind, UserError
from core.orm.env import Env
from core.schema import ledger, tables
from core.schema.apply import SchemaRefused
from core.schema.install import upgrade
from core.schema.preparing import prepared
from core.schema.uninstall import uninstall
from tests.core.test_install import BASE, Site
from tests.core.test_schema import look
from tests.core.workshop import workshop

pytestmark = pytest.mark.usefixtures("english")

RECIPE = Path(__file__).parent / "recipe_upgrade.py"
HEAD = """
    from core import *
    from small_base import Tag

"""
OLD = (
    HEAD
    + """
    addon = Addon("depot", version="1.0")

    class House(Model, name="depot.house", label="House", access={"base.user": "rwcd"}):
        name = Char(20, required=True, index=True)
        word = Char(translate=True)
        old = Integer()
        size = Char(10)
        tags = Many2many(Tag)
        next = Many2one(lambda: House)
        owner = Integer()
        code = Char(10, required=True)
        weight = Integer()
        rent = Decimal()

    class Scrap(Model, name="depot.scrap", label="Scrap", access={"base.user": "rwcd"}):
        house = Many2one(House)

    @hookimpl
    def models():
        return [House, Scrap]

    @hookimpl
    def data():
        return [Rows(House, [{"key": "one", "name": "One", "code": "a"}, {"key": "two", "name": "Two", "code": "b"}])]
"""
)
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


def write(site: Site, source: str, scripts: dict[str, str]) -> None:
    """The addon in another version."""
    folder = site.folder / "depot" / "upgrades"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    site.write(depot=source)
    for version, script in scripts.items():
        (folder / f"{version}.py").write_text(dedent(script), encoding="utf-8")


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    with opened(url, tmp_path) as made:
        yield made


@contextmanager
def opened(url: str, tmp_path: Path) -> Iterator[Site]:
    """The first version, with what people do with it."""
    with workshop(tmp_path) as shop:
        made = Site(url, shop.folder)
        (shop.base / "small_base.py").write_text(dedent(BASE), encoding="utf-8")
        write(made, OLD, {})
        with closing(made.database):
            made.install("depot")
            made.read(fill, write=True)
            yield made


def fill(env: Env) -> None:
    """What people do with the first version."""
    red, blue = env.create(env["base.tag"], [{"name": "red"}, {"name": "blue"}])
    env.flush()
    one, two = env.scalars(sa.select(env["depot.house"]).order_by(env["depot.house"].id)).all()
    one.size, one.old, one.tags, one.owner = "12", 5, [red, blue], blue.id
    two.weight = 9
    two.size, two.next, two.name = "big", one, "Mine"
    env.create(env["depot.scrap"], [{"house": one}])
    env.flush()
    env.delete(env.create(env["depot.house"], [{"name": "gone", "code": "c"}]))


def houses(site: Site) -> Any:
    def work(env: Env) -> Any:
        house = env["depot.building"]
        return [
            (found.title, found.size, [tag.name for tag in found.labels], found.beside and found.beside.title,
             found.owner and found.owner.name, found.code, found.weight, found.floors, found.kind)
            for found in env.scalars(sa.select(house).order_by(house.id))
        ]  # fmt: skip

    return site.read(work)


def noted(site: Site) -> dict[str, str]:
    with site.database.reading.connect() as connection:
        return {row.name: row.version for row in connection.execute(sa.select(tables.addon))}


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


COUNTING = """
    def after(env):
        env.create(env["base.tag"], [{"name": "from 1"}])
"""
COUNTED = """
    from core import *
    addon = Addon("other", version="1.0")
"""

BAD = {
    "before": ("def before(tables):\n    tables.rename_field('depot.house', 'name', 'title')\n    1 / 0  # here",
               "ZeroDivisionError: division by zero"),
    "after": ("from sqlalchemy import delete\ndef after(env):\n    env.execute(delete(env['depot.scrap']))\n"
              "    env['depot.hous']  # here", "UnknownModel"),
    "unknown field": ("def before(tables):\n    tables.drop_field('depot.house', 'nme')  # here",
                      "The tables have no field “nme” of depot.house. Name model and field"),
    "unknown model": ("def before(tables):\n    tables.drop_model('depot.hut')  # here",
                      "The tables have no model “depot.hut”"),
    "unknown index": ("def before(tables):\n    tables.drop_index('ix_depot_house__nme')  # here",
                      "The tables have no index “ix_depot_house__nme”"),
    "import": ("import nothing_of_that_name  # here", "ModuleNotFoundError"),
    "syntax": ("def before(tables:  # here", "SyntaxError"),
    "nothing": ("# here", "neither before(tables) nor after(env)"),
    "field of an unknown model": ("def before(tables):\n    tables.drop_field('depot.hut', 'name')  # here",
                                  "The tables have no field “name” of depot.hut"),
    "exact number": ("def before(tables):\n    tables.change_field('depot.house', 'rent')  # here",
                     "“rent” of depot.house is an exact number, which no cast makes"),
    "no cast": ("def before(tables):\n    tables.execute('SELECT nothing FROM depot_house')  # here", "nothing"),
}  # fmt: skip


def test_a_script_that_fails_takes_everything_back_and_is_named_by_line(site: Site) -> None:
    before = look(site.database), noted(site), site.version()
    for script, message in BAD.values():
        write(site, OLD.replace("1.0", "1.2"), {"1.1": COUNTING, "1.2": script})
        with pytest.raises(LoadError) as fault:
            upgrade(site.database, site.catalogue())
        file = site.folder / "depot" / "upgrades" / "1.2.py"
        line = next(number for number, text in enumerate(script.splitlines(), 1) if "# here" in text)
        assert message in str(fault.value) and fault.value.addon == "depot"
        assert fault.value.origin == (str(file), line), message
        assert (look(site.database), noted(site), site.version()) == before, message
    assert site.read(lambda env: len(env.scalars(sa.select(env["depot.scrap"])).all())) == 1
    write(site, OLD.replace("1.0", "1.2"), {"1.1": COUNTING, "1.2": COUNTING.replace("1", "2")})
    assert len(upgrade(site.database, site.catalogue()).scripts) == 2, (
        "the next run goes on from the beginning"
    )


def test_what_must_have_a_value_and_was_not_filled_is_refused(site: Site) -> None:
    before = look(site.database)
    source = OLD.replace("1.0", "1.1").replace("old = Integer()", "old = Integer(required=True)")
    write(site, source, {"1.1": "def after(env):\n    pass"})
    with pytest.raises(LoadError, match=r"depot_house.old must have a value, and .* 1 rows have none"):
        upgrade(site.database, site.catalogue())
    assert look(site.database) == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("owner = Integer()", "owner = Decimal()", r"depot_house\.owner changes from"),
     ("rent = Decimal()", "rent = Integer()", r"depot_house\.rent changes from"),
     ("rent = Decimal()", "rent = Decimal(scale=5)", r"depot_house\.rent changes from")],
)  # fmt: skip
def test_numbers_are_never_read_by_another_power_of_ten(site: Site, old: str, new: str, message: str) -> None:
    """On SQLite both are whole numbers, and the tables look alike."""
    before = look(site.database)
    write(site, OLD.replace("1.0", "1.1").replace(old, new), {})
    with pytest.raises(SchemaRefused, match=message):
        upgrade(site.database, site.catalogue())
    name = old.split()[0]
    write(
        site,
        OLD.replace("1.0", "1.1").replace(old, new),
        {"1.1": f"def before(tables):\n    tables.change_field('depot.house', '{name}')"},
    )
    with pytest.raises(LoadError, match="is an exact number, which no cast makes"):
        upgrade(site.database, site.catalogue())
    assert look(site.database) == before


def test_an_exact_number_keeps_its_places_under_another_name(site: Site) -> None:
    rent = OLD.replace("1.0", "1.1").replace("rent = Decimal()", "fee = Decimal()")
    write(site, rent, {"1.1": "def before(tables):\n    tables.rename_field('depot.house', 'rent', 'fee')"})
    upgrade(site.database, site.catalogue())
    write(site, rent.replace("1.1", "1.2").replace("fee = Decimal()", "fee = Integer()"), {})
    with pytest.raises(SchemaRefused, match=r"depot_house\.fee changes from"):
        upgrade(site.database, site.catalogue())


def test_an_exact_number_that_comes_back_as_another_is_refused(site: Site) -> None:
    uninstall(site.database, site.catalogue(), ["depot"])
    write(site, OLD.replace("rent = Decimal()", "rent = Integer()"), {})
    with pytest.raises(SchemaRefused, match=r"depot_house\.rent changes from"):
        site.install("depot")
    write(site, OLD, {})
    site.install("depot")


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


def test_a_downgrade_is_refused(site: Site) -> None:
    write(site, OLD.replace("1.0", "1.10"), {})
    upgrade(site.database, site.catalogue())
    before = look(site.database)
    write(site, OLD.replace("1.0", "1.9"), {})
    for work in (lambda: upgrade(site.database, site.catalogue()), lambda: site.install("base")):
        with pytest.raises(
            UserError, match=r"depot 1.10 is installed, but version 1.9 is found. Install the package"
        ):
            work()
    assert look(site.database) == before and noted(site)["depot"] == "1.10"


def test_files_that_are_no_script_of_the_addon_are_told(site: Site) -> None:
    for name, remedy in (("1.2", "Raise version= of the addon to 1.2"), ("first", "as 1.1.py")):
        write(site, OLD.replace("1.0", "1.1"), {name: "def before(tables): pass"})
        with pytest.raises(LoadError, match=remedy) as fault:
            upgrade(site.database, site.catalogue())
        assert fault.value.origin == (str(site.folder / "depot" / "upgrades" / f"{name}.py"), 1)


def test_names_say_what_may_be_upgraded(site: Site) -> None:
    site.write(other=COUNTED)
    site.install("other")
    site.write(other=COUNTED.replace("1.0", "2.0"))
    write(site, OLD.replace("1.0", "1.1"), {})
    with pytest.raises(UserError, match="newer versions of other as well"):
        upgrade(site.database, site.catalogue(), ["depot"])
    with pytest.raises(UserError, match="No addon “nothing” was found"):
        upgrade(site.database, site.catalogue(), ["nothing"])
    site.write(third=COUNTED.replace("other", "third"))
    with pytest.raises(UserError, match="third is not installed"):
        upgrade(site.database, site.catalogue(), ["third"])
    assert upgrade(site.database, site.catalogue(), ["depot", "other"]).raised.keys() == {"depot", "other"}
    assert noted(site) == {"base": "1.0", "depot": "1.1", "other": "2.0"}


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
    led = site.read(lambda env: [house.next and house.next.house.name for house in _all(env, "depot.house")])
    assert led == [None, "One"], "the key leads to what has it there"
    write(site, EMPTIED, {"1.1": TURNING, "1.2": EMPTYING})
    upgrade(site.database, site.catalogue())
    assert not [name for name in look(site.database) if name.startswith("depot")]
    assert noted(site)["depot"] == "1.2"


def _all(env: Env, model: str) -> Any:
    return env.scalars(sa.select(env[model]).order_by(env[model].id)).all()


def test_a_link_that_a_script_leaves_without_its_end_is_refused(site: Site) -> None:
    """PostgreSQL refuses it in the script, the embedded database before the commit."""
    before = look(site.database)
    write(site, OLD.replace("1.0", "1.1"), {"1.1": ORPHANS})
    with pytest.raises((LoadError, DatabaseError), match="depot_house"):
        upgrade(site.database, site.catalogue())
    assert look(site.database) == before
    assert site.read(lambda env: len(_all(env, "depot.house"))) == 2


ORPHANS = """
    def before(tables):
        tables.execute("DELETE FROM depot_scrap")
        tables.execute("DELETE FROM depot_house WHERE name = :name", {"name": "One"})
"""


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
        assert site.read(lambda env: sorted(house.weight for house in _all(env, "depot.house"))) == [1, 10]


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
