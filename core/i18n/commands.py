"""`lumbung i18n`: the texts in the code, and the catalogues that follow them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from core.i18n import files
from core.i18n.catalogs import LANGUAGES, compiled
from core.i18n.check import check as faults_of
from core.i18n.extract import Text
from core.i18n.files import CatalogueError, Domain
from core.i18n.lazy import _, ngettext

_addons = click.argument("addons", nargs=-1, metavar="[ADDON]...")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def i18n() -> None:
    """Texts and their translations.

    ADDON is the name of an addon that is found, or the folder of any addon; without one, the core and
    all addons that are found.
    """


@i18n.command()
@_addons
@_as_json
def extract(addons: Sequence[str], as_json: bool) -> None:
    """List the texts in the code; how many there are, or with --json each."""
    found = {domain.name: _texts(domain) for domain in _chosen(addons)}
    if as_json:
        _print_json({name: [_as_row(text) for text in texts] for name, texts in found.items()})
        return
    for name, texts in found.items():
        click.echo(
            ngettext("%(domain)s: %(count)s text", "%(domain)s: %(count)s texts", len(texts), domain=name)
        )


@i18n.command()
@_addons
@_dry_run
def update(addons: Sequence[str], dry_run: bool) -> None:
    """Bring the catalogues up to the texts in the code: new ones in, vanished ones out."""
    for domain in _chosen(addons):
        texts = _texts(domain)
        for file, language in ((domain.file(language), language) for language in LANGUAGES):
            with _stopping():
                content = files.updated(file, language, texts).encode()
            changed = file.read_bytes() != content if file.exists() else bool(texts)
            if changed:
                _put(file, content, dry_run)


@i18n.command("compile")
@_addons
@_dry_run
def compile_(addons: Sequence[str], dry_run: bool) -> None:
    """Write the compiled catalogues, which are read faster. They are optional."""
    for domain in _chosen(addons):
        for source in filter(Path.exists, map(domain.file, LANGUAGES)):
            with _stopping(), files.reading(source):
                content = compiled(source)
            _put(source.with_suffix(".mo"), content, dry_run)


@i18n.command()
@_addons
@_as_json
def check(addons: Sequence[str], as_json: bool) -> None:
    """Find texts without a whole and fitting translation; exit 1 if there are any."""
    faults = [fault for domain in _chosen(addons) for fault in faults_of(domain)]
    if as_json:
        _print_json([{**vars(fault), "fault": str(fault.fault)} for fault in faults])
    for fault in () if as_json else faults:
        click.echo(str(fault))
    if faults:
        raise SystemExit(1)


def _chosen(addons: Sequence[str]) -> list[Domain]:
    """The domains that the arguments name. Exits with 2 on one that is none."""
    by_name = not addons or any(map(str.isidentifier, addons))
    known = files.all_domains() if by_name else {}
    return [_domain(addon, known) for addon in addons] if addons else list(known.values())


def _domain(addon: str, known: Mapping[str, Domain]) -> Domain:
    with _stopping():
        domain = known.get(addon) or files.domain_in(Path(addon))
    if domain is None:
        raise click.UsageError(
            str(
                _(
                    "“%(addon)s” is neither the name of an addon that is found nor the folder of one.",
                    addon=addon,
                )
            )
        )
    return domain


def _texts(domain: Domain) -> list[Text]:
    with _stopping():
        return list(domain.texts().values())


def _put(file: Path, content: bytes, dry_run: bool) -> None:
    with _stopping():
        if not dry_run:
            files.write(file, content)
    click.echo(_("%(file)s would be written", file=file) if dry_run else _("%(file)s written", file=file))


def _as_row(text: Text) -> dict[str, object]:
    return {"message": text.message, "plural": text.plural, "files": sorted(text.files)}


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def _stopping() -> Iterator[None]:
    """Exits with 1 and the reason where a file cannot be read or written."""
    try:
        yield
    except (CatalogueError, OSError, SyntaxError) as error:
        raise click.ClickException(str(error)) from error
