"""The recipe of what an addon brings only where another one is: `docs/recipes/extras.md`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from core.assembly import assemble
from core.catalogue import Catalogue
from core.loader import GROUP, discover
from core.orm.database import Database
from core.schema.install import install
from core.schema.uninstall import uninstall
from tests.core.workshop import workshop

ADDONS = [EntryPoint(name, f"addons.{name}", GROUP) for name in ("crm", "realestate")]
RECIPE = Path(__file__).parent / "recipe_extras"


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with workshop(tmp_path) as made:
        shutil.copytree(RECIPE, made.folder / "garages", ignore=shutil.ignore_patterns("__pycache__"))
        yield discover([str(made.folder)], entry_points=ADDONS)


def fields(catalogue: Catalogue, *names: str) -> set[str]:
    assembly = assemble(catalogue, names)
    try:
        assert not assembly.quarantined
        return {f"{info.name}.{item.name}" for info in assembly.registry for item in info.own_fields}
    finally:
        assembly.dispose()


def test_it_is_imported_only_where_the_other_is(catalogue: Catalogue) -> None:
    alone = fields(catalogue, "garages")
    assert "base.partner.cars" in alone and "garages.with_realestate" not in sys.modules
    beside = fields(catalogue, "crm", "realestate", "garages")
    assert {"base.partner.cars", "realestate.unit.garages"} <= beside


def test_its_column_comes_and_goes_with_the_other(catalogue: Catalogue, url: str) -> None:
    """Whichever of the two is installed first; what stood in it is kept till the other comes back."""
    with closing(Database(url)) as database:
        install(database, catalogue, ["garages"])
        report = install(database, catalogue, ["realestate"])
        made = {(step.table, step.name, step.addon) for step in report.plan.steps() if step.kind == "column"}
        assert ("realestate_unit", "garages", "garages") in made
        gone = uninstall(database, catalogue, ["realestate"])
        assert "realestate_unit" in {table for table, _label, _rows in gone.tables}
        assert "base.partner.cars" in fields(catalogue, "garages")
        back = install(database, catalogue, ["realestate"])
        assert ("garages", "column", "realestate_unit", "garages") in {entry[:4] for entry in back.returned}
