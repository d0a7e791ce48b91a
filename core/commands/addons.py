"""`lumbung addons`: which addons there are, what installing one would do, and doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from core.commands import shared
from core.errors import LoadError
from core.i18n.lazy import _

if TYPE_CHECKING:
    from core.catalogue import Catalogue
    from core.schema.install import Preparation, Report


@click.group()
def addons() -> None:
    """List, plan and install addons."""


@addons.command("list")
@shared.database_option
@shared.json_option
def list_(db: str | None, as_json: bool) -> None:
    """List the addons that are found, in the order in which they are put together."""
    from core.loader import discover

    catalogue = discover()
    rows = list(_rows(catalogue, shared.installed_or_none(db) or []))
    if as_json:
        shared.print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['name']:20} {row['version'] or '–':8} {_STATES[row['state']]!s:14} {row['label']}")
        if row["message"]:
            click.echo(f"    {row['message']}")


@addons.command("plan")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@shared.database_option
@shared.json_option
def plan(names: Sequence[str], db: str | None, as_json: bool) -> None:
    """Show what installing addons would bring: further addons first, then tables and rows."""
    from core.loader import discover
    from core.schema.install import prepared

    with (
        shared.existing(db) as database,
        database.reading.connect() as connection,
        prepared(connection, discover(), names) as ready,
    ):
        found = _described(ready, names)
    if as_json:
        shared.print_json(found)
        return
    _print_plan(found)


@addons.command("install")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@shared.database_option
@shared.dry_run_option
def install_(names: Sequence[str], db: str | None, dry_run: bool) -> None:
    """Install addons with all that they depend on, at once or not at all."""
    from core.loader import discover
    from core.schema.install import install

    with shared.existing(db) as database:
        report = install(database, discover(), names, shared.say, dry_run=dry_run)
    _print_report(report)
    if dry_run:
        click.echo(_("That was a dry run: nothing was changed."))


_STATES = {
    "installed": _("installed"),
    "found": _("not installed"),
    "quarantined": _("quarantined"),
}


def _rows(catalogue: Catalogue, installed: Sequence[str]) -> Iterator[dict[str, Any]]:
    names, faults = _in_order(catalogue)
    faults |= _quarantined(catalogue, installed)
    for name in [*names, *sorted(faults.keys() - set(names))]:
        found = catalogue.addons.get(name)
        yield {
            "name": name,
            "version": found.addon.version if found else None,
            "label": str(found.addon.label) if found else "",
            "state": "quarantined" if name in faults else "installed" if name in installed else "found",
            "installed": name in installed,
            "depends": list(found.addon.depends) if found else [],
            "module": found.module if found else None,
            "message": str(faults[name]) if name in faults else None,
        }


def _in_order(catalogue: Catalogue) -> tuple[list[str], dict[str, LoadError]]:
    """The addons that can be put in an order, and what keeps the others from it."""
    from core.catalogue import order

    names, faults = set(catalogue.addons), dict(catalogue.broken)
    while True:
        try:
            return order(catalogue, names), faults
        except LoadError as error:
            if error.addon not in names:
                raise
            faults[error.addon] = error
            names.discard(error.addon)


def _quarantined(catalogue: Catalogue, installed: Sequence[str]) -> dict[str, LoadError]:
    """What is wrong with installed addons, as it shows only when they are put together."""
    from core.assembly import assemble

    if not installed:
        return {}
    assembly = assemble(catalogue, installed)
    assembly.dispose()
    return assembly.quarantined


def _described(ready: Preparation, names: Sequence[str]) -> dict[str, Any]:
    from core.schema.install import shipped

    rows: Counter[str] = Counter()
    for addon, _model, values in shipped(ready.assembly):
        if addon in ready.new:
            rows[addon] += len(values)
    return {
        "pulled_in": [name for name in ready.new if name not in names],
        "addons": ready.new,
        "steps": [asdict(step) for step in ready.plan.steps()],
        "refused": [
            {"addon": item.addon, "table": item.table, "reason": str(item.reason), "remedy": str(item.remedy)}
            for item in ready.plan.refused
        ],
        "rows": dict(rows),
    }


def _print_plan(found: dict[str, Any]) -> None:
    if not found["addons"] and not found["steps"] and not found["refused"]:
        click.echo(_("Everything is there already."))
    if found["pulled_in"]:
        click.echo(_("Needed first: %(names)s", names=", ".join(found["pulled_in"])))
    if found["addons"]:
        click.echo(_("To be installed: %(names)s", names=", ".join(found["addons"])))
    whole = {step["table"] for step in found["steps"] if step["kind"] == "table"}
    for step in found["steps"]:
        if step["kind"] == "table" or step["table"] not in whole:
            click.echo(f"  {_KINDS[step['kind']]!s:8} {_place(step):40} {step['addon']}")
    for item in found["refused"]:
        click.echo(
            f"  {_('refused')!s:8} {item['table']:40} {item['addon']}: {item['reason']} {item['remedy']}"
        )
    for addon, count in found["rows"].items():
        click.echo(_("Rows shipped by %(addon)s: %(count)s", addon=addon, count=count))


_KINDS = {"table": _("table"), "column": _("column"), "index": _("index")}


def _place(step: dict[str, str]) -> str:
    return f"{step['table']}.{step['name']}" if step["kind"] == "column" else step["name"]


def _print_report(report: Report) -> None:
    kinds = Counter(step.kind for step in report.plan.steps())
    if report.installed:
        click.echo(_("Installed: %(names)s", names=", ".join(report.installed)))
    else:
        click.echo(_("Everything was installed already."))
    if kinds:
        click.echo(
            _(
                "Tables: %(tables)s, columns: %(columns)s, indexes: %(indexes)s",
                tables=kinds["table"],
                columns=kinds["column"],
                indexes=kinds["index"],
            )
        )
    rows = report.rows
    if rows.created or rows.updated or rows.kept:
        click.echo(
            _(
                "Rows: %(created)s new, %(updated)s updated, %(kept)s left as users changed them",
                created=rows.created,
                updated=rows.updated,
                kept=rows.kept,
            )
        )
