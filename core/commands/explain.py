"""`lumbung explain`: where each part of a model, view or hook comes from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from core.commands import shared
from core.i18n.lazy import _

if TYPE_CHECKING:
    from core.explain import Entry


@click.command()
@click.argument("name", metavar="MODEL|VIEW|HOOK")
@shared.database_option
@shared.json_option
def explain(name: str, db: str | None, as_json: bool) -> None:
    """Show which addon, file and line each field, view node or hook comes from.

    Of the installed addons; where there is no database yet, of all that are found.
    """
    from core.explain import explain as explained

    assembly = shared.assembled(db)
    try:
        found = explained(assembly, name)
    finally:
        assembly.dispose()
    if as_json:
        shared.print_json(found.as_json())
        return
    click.echo(f"{found.name} ({found.kind}, {found.addon})")
    _print(found.entries)
    if found.fragments:
        click.echo(_("Fragments, in the order of super():"))
        _print(found.fragments)


def _print(entries: Iterable[Entry]) -> None:
    rows = [("  " * entry.depth + entry.name, entry.kind, entry.addon, _place(entry)) for entry in entries]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for *cells, place in rows:
        shown = "  ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True))
        click.echo(f"  {shown}  {place}")


def _place(entry: Entry) -> str:
    """File and line, the file as seen from here where that is shorter."""
    if not entry.file:
        return ""
    near = os.path.relpath(entry.file)
    return f"{entry.file if near.startswith(os.pardir) else near}:{entry.line}"
