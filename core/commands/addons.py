"""`lumbung addons`: which addons there are, what installing one would do, and doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from core.commands import shared
from core.i18n.lazy import _

if TYPE_CHECKING:
    from core.apps import Outlook
    from core.schema.install import Report
    from core.schema.plan import Step


@click.group()
def addons() -> None:
    """List, plan and install addons."""


@addons.command("list")
@shared.database_option
@shared.json_option
def list_(db: str | None, as_json: bool) -> None:
    """List the addons that are found, in the order in which they are put together."""
    from core.apps import listed, quarantined
    from core.loader import discover

    catalogue, installed = discover(), shared.installed_or_none(db) or []
    apps = listed(catalogue, installed, quarantined(catalogue, installed))
    if as_json:
        shared.print_json([app.as_json() for app in apps])
        return
    for app in apps:
        click.echo(f"{app.name:20} {app.version or '–':8} {_STATES[app.state]!s:14} {app.label}")
        if app.fault:
            click.echo(f"    {app.fault}")


@addons.command("plan")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@shared.database_option
@shared.json_option
def plan(names: Sequence[str], db: str | None, as_json: bool) -> None:
    """Show what installing addons would bring: further addons first, then tables and rows."""
    from core.apps import outlook
    from core.loader import discover
    from core.schema.install import prepared

    catalogue = discover()
    with (
        shared.existing(db) as database,
        database.reading.connect() as connection,
        prepared(connection, catalogue, names) as ready,
    ):
        found = outlook(ready, catalogue, names)
    if as_json:
        shared.print_json(found.as_json())
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


def _print_plan(found: Outlook) -> None:
    if found.is_empty:
        click.echo(_("Everything is there already."))
    if found.pulled_in:
        click.echo(_("Needed first: %(names)s", names=", ".join(found.pulled_in)))
    if found.addons:
        click.echo(_("To be installed: %(names)s", names=", ".join(found.addons)))
    whole = {step.table for step in found.steps if step.kind == "table"}
    for step in found.steps:
        if step.kind == "table" or step.table not in whole:
            click.echo(f"  {_KINDS[step.kind]!s:8} {_place(step):40} {step.addon}")
    for item in found.refused:
        click.echo(f"  {_('refused')!s:8} {item.table:40} {item.addon}: {item.reason} {item.remedy}")
    for addon, count in found.rows.items():
        click.echo(_("Rows shipped by %(addon)s: %(count)s", addon=addon, count=count))


_KINDS = {"table": _("table"), "column": _("column"), "index": _("index")}


def _place(step: Step) -> str:
    return f"{step.table}.{step.name}" if step.kind == "column" else step.name


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
