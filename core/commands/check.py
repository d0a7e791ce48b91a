"""`lumbung check`: whether the addons that are found and installed fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from core.commands import shared
from core.i18n.lazy import _, ngettext

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.catalogue import Catalogue


@click.command()
@shared.database_option
@shared.json_option
def check(db: str | None, as_json: bool) -> None:
    """Check addons, models, views, access and translations: all that are found, and all that are installed.

    Exits with 1 where an addon is quarantined. Findings work, but are likely mistakes.
    """
    from core.assembly import assemble
    from core.loader import discover

    catalogue = discover()
    assembly = assemble(catalogue, sorted({*catalogue.addons, *(shared.installed_or_none(db) or ())}))
    found = _described(catalogue, assembly)
    assembly.dispose()
    if as_json:
        shared.print_json(found)
    else:
        _print(found)
    if found["quarantined"]:
        raise SystemExit(1)


def _described(catalogue: Catalogue, assembly: Assembly) -> dict[str, Any]:
    from core.web.site import build_site

    faults = catalogue.broken | assembly.quarantined
    return {
        "addons": list(assembly.names),
        "models": len(assembly.registry.models),
        "views": len(assembly.views),
        "routes": len(
            build_site(assembly, "check").routes
        ),  # refuses a route that says nobody who may open it
        "roles": len(assembly.roles),
        "findings": [
            {"addon": item.addon, "text": str(item.text), "origin": str(item.origin) if item.origin else None}
            for item in assembly.findings
        ],
        "translations": _untranslated(),
        "quarantined": {name: str(error) for name, error in faults.items()},
    }


def _untranslated() -> dict[str, int]:
    """How many faults the catalogues of each addon have."""
    from core.i18n.check import check as faults
    from core.i18n.files import all_domains

    counts = {name: len(list(faults(domain))) for name, domain in all_domains().items()}
    return {name: count for name, count in counts.items() if count}


def _print(found: dict[str, Any]) -> None:
    for message in found["quarantined"].values():
        click.echo(_("Quarantined: %(message)s", message=message))
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
