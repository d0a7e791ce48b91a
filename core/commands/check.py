"""`lumbung check`: whether the addons that are found and installed fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from core.commands import shared
from core.i18n.lazy import _, ngettext

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.catalogue import Catalogue
    from core.errors import LoadError
    from core.orm.compose import Finding
    from core.web.site import Site


@click.command()
@shared.database_option
@shared.json_option
def check(db: str | None, as_json: bool) -> None:
    """Check addons, models, views, access and translations: all that are found, and all that are installed.

    Every hook that adds to the site is called, and the site is built; what cannot be beside the others is checked by
    itself. Exits with 1 where an addon is quarantined or has a fault that would show only at work. Findings work, but
    are likely mistakes.
    """
    from core.apps import companions
    from core.loader import discover
    from core.web.site import sound_site

    catalogue = discover()
    names, apart = companions(catalogue, shared.installed_or_none(db) or ())
    site = sound_site(catalogue, names, "check")
    found = _described(catalogue, site, apart)
    site.assembly.dispose()
    if as_json:
        shared.print_json(found)
    else:
        _print(found)
    if found["quarantined"] or found["faults"]:
        raise SystemExit(1)


def _described(catalogue: Catalogue, site: Site, apart: Mapping[str, LoadError]) -> dict[str, Any]:
    from core.checks.names import unknown_names
    from core.schema.shipped import unreadable

    assembly = site.assembly
    faults = catalogue.broken | assembly.quarantined | unreadable(assembly, assembly.names)
    findings, unread = list(_findings(catalogue, site)), list(_unread(site))
    for name, error in apart.items():
        more, templates = _by_itself(catalogue, name, error)
        findings += more
        unread += templates
    unknown = [item for addon in catalogue.addons.values() for item in unknown_names(addon)]
    return {
        "addons": list(assembly.names),
        "models": len(assembly.registry.models),
        "views": len(assembly.views),
        "routes": len(site.routes),
        "roles": len(assembly.roles),
        "findings": [_told(item) for item in findings],
        "faults": [_told(item) for item in (*unknown, *unread)],
        "translations": _untranslated(),
        "quarantined": {name: str(error) for name, error in faults.items()},
    }


def _by_itself(catalogue: Catalogue, name: str, error: LoadError) -> tuple[list[Finding], list[Finding]]:
    """Findings and unread templates of an addon that cannot be beside the others: that, and what it is alone."""
    from core.catalogue import closure
    from core.orm.compose import Finding
    from core.web.site import sound_site

    text = _("It cannot be installed together with the others: %(fault)s %(remedy)s",
             fault=error.fault, remedy=error.remedy)  # fmt: skip
    site = sound_site(catalogue, closure(catalogue, [name]), "check")
    own = [item for item in _findings(catalogue, site) if item.addon == name]
    unread = [item for item in _unread(site) if item.addon == name]
    site.assembly.dispose()
    return [Finding(name, text, error.origin), *own], unread


def _findings(catalogue: Catalogue, site: Site) -> Iterator[Finding]:
    from core.checks.bare import bare
    from core.checks.forgotten import forgotten
    from core.checks.values import unknown_icons

    assembly = site.assembly
    yield from assembly.findings
    yield from unknown_icons(site.templates)
    active = catalogue.addons.keys() & {*assembly.names, *assembly.quarantined}
    for name in sorted(active):
        yield from forgotten(catalogue.addons[name], active)
        yield from bare(catalogue.addons[name])
    yield from _unlabelled(catalogue, assembly)


def _unread(site: Site) -> Iterator[Finding]:
    from core.orm.compose import Finding

    for error in site.templates.faults():
        yield Finding(error.addon, error.fault, error.origin)


def _unlabelled(catalogue: Catalogue, assembly: Assembly) -> Iterator[Finding]:
    """What nobody can read in another language, as it is not even marked: of all but base."""
    from core.catalogue import BASE
    from core.checks.labels import unlabelled, untranslated
    from core.orm.compose import Finding

    for name in (name for name in assembly.names if name != BASE):
        for error in (*unlabelled(catalogue.addons[name].addon), *untranslated(assembly, name)):
            yield Finding(name, f"{error.fault} {error.remedy}", error.origin)


def _told(item: Finding) -> dict[str, Any]:
    return {"addon": item.addon, "text": str(item.text), "origin": str(item.origin) if item.origin else None}


def _untranslated() -> dict[str, int]:
    """How many faults the catalogues of each addon have."""
    from core.i18n.check import check as faults
    from core.i18n.files import all_domains

    counts = {name: len(list(faults(domain))) for name, domain in all_domains().items()}
    return {name: count for name, count in counts.items() if count}


def _print(found: dict[str, Any]) -> None:
    for message in found["quarantined"].values():
        click.echo(_("Quarantined: %(message)s", message=message))
    for item in found["faults"]:
        click.echo(
            _(
                "Fault: %(addon)s (%(where)s): %(text)s",
                addon=item["addon"],
                where=item["origin"],
                text=item["text"],
            )
        )
    for item in found["findings"]:
        where = f" ({item['origin']})" if item["origin"] else ""
        click.echo(
            _(
                "Finding: %(addon)s%(where)s: %(text)s",
                addon=item["addon"] or "–",
                where=where,
                text=item["text"],
            )
        )
    for name, count in found["translations"].items():
        click.echo(
            ngettext(
                "Finding: %(addon)s has %(count)s fault in its translations; “lumbung i18n check” names it.",
                "Finding: %(addon)s has %(count)s faults in its translations; “lumbung i18n check” names them.",
                count,
                addon=name,
            )
        )
    click.echo(
        _(
            "%(addons)s: %(models)s models, %(views)s views, %(roles)s roles, %(routes)s routes.",
            addons=", ".join(found["addons"]),
            models=found["models"],
            views=found["views"],
            routes=found["routes"],
            roles=found["roles"],
        )
    )
    if found["quarantined"]:
        count = len(found["quarantined"])
        click.echo(ngettext("%(count)s addon is quarantined.", "%(count)s addons are quarantined.", count))
