"""Upgrades that are refused, or fail in the middle: all of it or nothing, and the message names what is to be done."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.errors import DatabaseError, LoadError, UserError
from core.schema.apply import SchemaRefused
from core.schema.install import upgrade
from core.schema.uninstall import uninstall
from tests.core.depot import COUNTED, COUNTING, OLD, all_of, noted, write
from tests.core.depot import site as site
from tests.core.test_install import Site
from tests.core.test_schema import look

pytestmark = pytest.mark.usefixtures("english")

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
    "column of none": ("def before(tables):\n    tables.execute('SELECT nothing FROM depot_house')  # here", "nothing"),
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


def test_a_link_that_a_script_leaves_without_its_end_is_refused(site: Site) -> None:
    """PostgreSQL refuses it in the script, the embedded database before the commit."""
    before = look(site.database)
    write(site, OLD.replace("1.0", "1.1"), {"1.1": ORPHANS})
    with pytest.raises((LoadError, DatabaseError), match="depot_house"):
        upgrade(site.database, site.catalogue())
    assert look(site.database) == before
    assert site.read(lambda env: len(all_of(env, "depot.house"))) == 2


ORPHANS = """
    def before(tables):
        tables.execute("DELETE FROM depot_scrap")
        tables.execute("DELETE FROM depot_house WHERE name = :name", {"name": "One"})
"""
