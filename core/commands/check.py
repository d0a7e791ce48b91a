"""`lumbung check`: whether the addons that are found and installed fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from core.commands import shared
from core.i18n.lazy import _, ngettext

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.catalogue import Catalogue
    from core.orm.compose import Finding
    from core.web.site import Site


@click.command()
@shared.database_option
@shared.json_option
def check(db: str | None, as_json: bool) -> None:
    """Check addons, models, views, access and translations: all that are found, and all that are installed.

    Every hook that adds to the site is called, and the site is built. Exits with 1 where an addon is quarantined
    or has a fault that would show only at work. Findings work, but are likely mistakes.
    """
    from core.loader import discover
    from core.web.site import sound_site

    catalogue = discover()
    names = sorted({*catalogue.addons, *(shared.installed_or_none(db) or ())})
    site = sound_site(catalogue, names, "check")
    found = _described(catalogue, site)
    site.assembly.dispose()
    if as_json:
        shared.print_json(found)
    else:
        _print(found)
    if found["quarantined"] or found["faults"]:
        raise SystemExit(1)


def _described(catalogue: Catalogue, site: Site) -> dict[str, Any]:
    from core.checks.forgotten import forgotten
    from core.checks.names import unknown_names
    from core.checks.values import unknown_icons
    from core.orm.compose import Finding
    from core.schema.shipped import unreadable

    assembly = site.assembly
    faults = catalogue.broken | assembly.quarantined | unreadable(assembly, assembly.names)
    unknown = [item for addon in catalogue.addons.values() for item in unknown_names(addon)]
    active = catalogue.addons.keys() & {*assembly.names, *assembly.quarantined}
    unseen = list(unknown_icons(site.templates))
    unseen += [item for name in sorted(active) for item in forgotten(catalogue.addons[name], active)]
    unread = (Finding(error.addon, error.fault, error.origin) for error in site.templates.faults())
    return {
        "addons": list(assembly.names),
        "models": len(assembly.registry.models),
        "views": len(assembly.views),
        "routes": len(site.routes),
        "roles": len(assembly.roles),
        "findings": [
            _told(item) for item in (*assembly.findings, *unseen, *_unlabelled(catalogue, assembly))
        ],
        "faults": [_told(item) for item in (*unknown, *unread)],
        "translations": _untranslated(),
        "quarantined": {name: str(error) for name, error in faults.items()},
    }


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
