"""`lumbung addons`: which addons there are, what installing or uninstalling one would do, and doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from core.commands import shared
from core.errors import UserError
from core.i18n.lazy import TextLike, _

if TYPE_CHECKING:
    from core.apps import Outlook
    from core.footprint import Footprint
    from core.schema.install import Report
    from core.schema.plan import Step
    from core.schema.purge import Leftovers
    from core.schema.uninstall import Removal


@click.group()
def addons() -> None:
    """List, plan, install, upgrade, uninstall and purge addons."""


@addons.command("list")
@shared.database_option
@shared.json_option
def list_(db: str | None, as_json: bool) -> None:
    """List the addons that are found, in the order in which they are put together."""
    from core.apps import listed, quarantined
    from core.loader import discover

    catalogue, (installed, parked) = discover(), shared.versions(db)
    apps = listed(catalogue, installed, quarantined(catalogue, list(installed)), parked)
    if as_json:
        shared.print_json([app.as_json() for app in apps])
        return
    for app in apps:
        version = f"{app.noted} → {app.version}" if app.can_be_upgraded else app.version or app.noted or "–"
        click.echo(f"{app.name:20} {version:8} {_STATES[app.state]!s:14} {app.label}")
        if app.fault:
            click.echo(f"    {app.fault}")


@addons.command("plan")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@shared.database_option
@shared.json_option
def plan(names: Sequence[str], db: str | None, as_json: bool) -> None:
    """Show what installing addons would bring: further addons first, then tables and rows.

    Then what each adds or wraps, in the order of calls, and where two of them meet; of installed addons too.
    """
    from core.apps import outlook
    from core.loader import discover
    from core.schema.preparing import prepared

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
    _print_report(report, _("Everything was installed already."))
    if dry_run:
        _say_dry()


@addons.command("upgrade")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@shared.database_option
@shared.dry_run_option
def upgrade_(names: Sequence[str], db: str | None, dry_run: bool) -> None:
    """Bring installed addons up to the versions that are found: new columns, then their upgrade scripts.

    Without a NAME all of them. All of it happens at once or not at all; all data is kept.
    """
    from core.loader import discover
    from core.schema.install import upgrade

    with shared.existing(db) as database:
        report = upgrade(database, discover(), names, shared.say, dry_run=dry_run)
    _print_report(report, _("Everything was up to date already."))
    if dry_run:
        _say_dry()


@addons.command("uninstall")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@shared.database_option
@shared.dry_run_option
@shared.yes_option
@shared.json_option
def uninstall_(names: Sequence[str], db: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Uninstall addons. Their data is kept, out of sight, and comes back when they are installed again.

    What would be put away is told first; then it asks, or takes --yes.
    """
    from core.loader import discover
    from core.schema.uninstall import outlook, uninstall

    catalogue = discover()
    with shared.existing(db) as database:
        with database.reading.connect() as connection:
            found = outlook(connection, catalogue, names)
        if as_json:
            shared.print_json(found.as_json())
        else:
            _print_removal(found)
        if not (dry_run or yes or click.confirm(str(_("Uninstall it now?")), err=True)):
            raise click.Abort
        uninstall(database, catalogue, names, shared.say, dry_run=dry_run)
    if dry_run:
        shared.say(_DRY)
    elif not as_json:
        click.echo(_("Uninstalled: %(names)s. The data is kept.", names=", ".join(found.names)))


@addons.command("purge")
@click.argument("name", metavar="NAME")
@shared.database_option
@shared.dry_run_option
@shared.yes_option
@shared.json_option
def purge_(name: str, db: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Delete for good what is kept of an addon that was uninstalled.

    What that is is told first; then it asks for the name, or takes --yes. Nothing brings it back but a backup.
    """
    from core.loader import discover
    from core.schema.purge import leftovers, purge

    with shared.existing(db) as database:
        with database.reading.connect() as connection:
            found = leftovers(connection, name)
        if as_json:
            shared.print_json(found.as_json())
        else:
            _print_leftovers(found)
        if not (dry_run or yes):
            typed = click.prompt(
                str(_("Type the name of the addon to delete all of this for good")), err=True
            )
            if typed != name:
                raise UserError(_("That is not its name: nothing was deleted."))
        found = purge(database, discover(), name, shared.say, dry_run=dry_run)
    if found.left:
        shared.say(
            _("Rows that are left in the archive, as others lead to them: %(count)s", count=found.left)
        )
    if dry_run:
        shared.say(_DRY)
    elif not as_json:
        click.echo(_("Deleted what was kept of %(name)s.", name=name))


_DRY = _("That was a dry run: nothing was changed.")


def _say_dry() -> None:
    click.echo(_DRY)


_STATES = {
    "installed": _("installed"),
    "found": _("not installed"),
    "parked": _("data kept"),
    "quarantined": _("quarantined"),
}


def _print_plan(found: Outlook) -> None:
    if found.is_empty:
        click.echo(_("Everything is there already."))
    if found.pulled_in:
        click.echo(_("Needed first: %(names)s", names=", ".join(found.pulled_in)))
    if found.addons:
        click.echo(_("To be installed: %(names)s", names=", ".join(found.addons)))
    _print_raised(found.raised)
    for addon, version in found.scripts:
        click.echo(_("Upgrade script of %(addon)s: %(version)s", addon=addon, version=version))
    for addon, table, name in found.returning:
        place = table if table == name else f"{table}.{name}"
        click.echo(f"  {_('comes back')!s:12} {place:40} {addon}")
    _print_steps(found)
    for addon, count in found.rows.items():
        click.echo(_("Rows shipped by %(addon)s: %(count)s", addon=addon, count=count))
    _print_footprint(found.footprint)


def _print_footprint(found: Footprint) -> None:
    from core.footprint import KINDS

    for addon, touches in found.touches.items():
        click.echo(_("What %(addon)s adds or wraps:", addon=addon))
        for touch in touches:
            calls = " → ".join(touch.calls) if len(touch.calls) > 1 else ""
            near = touch.origin.near if touch.origin else ""
            cells = (f"{KINDS[touch.kind]!s:15}", f"{touch.label:40}", str(touch.told), calls, near)
            click.echo(f"  {'  '.join(cell for cell in cells if cell)}")
    for clash in found.clashes:
        click.echo(_("Look at this: %(message)s", message=f"{clash.says} {clash.origin or ''}".rstrip()))


def _print_raised(raised: Mapping[str, tuple[str, str]]) -> None:
    for name, (before, now) in raised.items():
        click.echo(_("%(addon)s: from version %(before)s to %(now)s", addon=name, before=before, now=now))


def _print_steps(found: Outlook) -> None:
    whole = {step.table for step in found.steps if step.kind == "table"}
    for step in found.steps:
        if step.kind == "table" or step.table not in whole:
            click.echo(f"  {_KINDS[step.kind]!s:8} {_place(step):40} {step.addon}")
    for item in found.refused:
        click.echo(f"  {_('refused')!s:8} {item.table:40} {item.addon}: {item.reason} {item.remedy}")


_KINDS = {"table": _("table"), "column": _("column"), "index": _("index")}


def _place(step: Step) -> str:
    return f"{step.table}.{step.name}" if step.kind == "column" else step.name


def _print_report(report: Report, nothing: TextLike) -> None:
    kinds = Counter(step.kind for step in report.plan.steps())
    if report.installed:
        click.echo(_("Installed: %(names)s", names=", ".join(report.installed)))
    raised = {name: versions for name, versions in report.raised.items() if name not in report.installed}
    _print_raised(raised)
    if not (report.installed or raised or kinds or report.scripts):
        click.echo(nothing)
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
    for item in report.lost:
        keys = ", ".join(map(str, item.keys[:_NAMED])) + (" ..." if len(item.keys) > _NAMED else "")
        click.echo(_("Emptied, as what it led to is gone: %(table)s.%(column)s (%(keys)s)",
                     table=item.table, column=item.column, keys=keys))  # fmt: skip


_NAMED = 10
"""So many keys are named of what is gone."""


def _print_removal(found: Removal) -> None:
    click.echo(_("To be uninstalled: %(names)s. What is put away, and kept:", names=", ".join(found.names)))
    for table, _label, rows in found.tables:
        click.echo(f"  {_KINDS['table']!s:8} {table:40} {_('rows: %(count)s', count=rows)}")
    for table, column, values in found.columns:
        click.echo(
            f"  {_KINDS['column']!s:8} {f'{table}.{column}':40} {_('values: %(count)s', count=values)}"
        )
    for title, names in ((_("Views"), found.views), (_("Menus"), found.menus), (_("Roles"), found.roles)):
        if names:
            click.echo(f"{title}: {', '.join(map(str, names))}")
    for plural, count in found.rows:
        click.echo(_("Archived, as it shipped them: %(count)s of %(model)s", count=count, model=plural))


def _print_leftovers(found: Leftovers) -> None:
    click.echo(_("Kept of %(addon)s %(version)s:", addon=found.addon, version=found.version))
    for table, rows in found.tables:
        click.echo(f"  {_KINDS['table']!s:8} {table:40} {_('rows: %(count)s', count=rows)}")
    for table, column, values in found.columns:
        click.echo(
            f"  {_KINDS['column']!s:8} {f'{table}.{column}':40} {_('values: %(count)s', count=values)}"
        )
    if found.rows:
        click.echo(_("Archived rows in tables of others: %(count)s", count=found.rows))
