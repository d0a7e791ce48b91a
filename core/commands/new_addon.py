"""`lumbung new-addon`: the files of a new addon, which passes its own tests."""

from __future__ import annotations

from pathlib import Path

import click

from core.commands import shared
from core.i18n.lazy import _, ngettext


@click.command("new-addon")
@click.argument("name")
@click.option("--model", metavar="WORD", help="Begin a model, such as unit.")
@click.option("--extends", metavar="MODEL", help="Add a field to a model of another addon, such as crm.lead.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where its folder is made (else here).",
)
@click.option("--dry-run", is_flag=True, help="List the files and write none.")
@shared.json_option
def new_addon(
    name: str, model: str | None, extends: str | None, into: Path, dry_run: bool, as_json: bool
) -> None:
    """Write a new addon NAME: manifest, hooks, models, translations and tests, in a folder of its own."""
    from core.loader import discover
    from core.scaffold.plan import planned
    from core.scaffold.writing import write

    plan = planned(discover(), name, model, extends)
    files = write(plan, into, dry_run=dry_run)
    if as_json:
        shared.print_json({"folder": str(into / plan.folder), "files": files, "written": not dry_run})
        return
    for file in files:
        click.echo(file)
    count = len(files)
    if dry_run:
        shared.say(ngettext("%(count)s file would be written.", "%(count)s files would be written.", count))
    else:
        shared.say(
            _(
                "Written. Next: cd %(folder)s, pip install --editable '.[test]', then pytest. The names that you gave "
                "are in English still in %(catalogue)s.",
                folder=into / plan.folder,
                catalogue=f"{plan.package}/translations/id",
            )
        )
