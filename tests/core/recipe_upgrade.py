"""The upgrade script of `docs/recipes/upgrade.md`: `tests/core/test_upgrade.py` runs it as a file of an addon."""

from sqlalchemy import select

from core import Env, Tables


def before(tables: Tables) -> None:
    tables.execute("UPDATE garden_plot SET size = NULL WHERE size = :unknown", {"unknown": "?"})
    tables.rename_field("garden.plot", "size", "area")
    tables.change_field("garden.plot", "area")
    tables.drop_field("garden.plot", "note")


def after(env: Env) -> None:
    for plot in env.scalars(select(env["garden.plot"])):
        plot.use = "vegetables" if plot.area else "none"
