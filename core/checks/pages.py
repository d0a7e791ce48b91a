"""Pages, menus and shipped records: who may see them, and that what they lead to is there."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from werkzeug.routing import Map
from werkzeug.routing import Rule as Route

from core.catalogue import BASE
from core.checks.common import check_roles_known, fault, given_twice
from core.faults import did_you_mean
from core.i18n.lazy import _
from core.manifest import Menu, Page, Rows
from core.orm.registry import Registry
from core.plugins import Contribution

RESERVED_ROOMS = (
    "app", "apps", "api", "login", "logout", "language", "theme", "settings", "static",
    "healthz", "readyz", "metrics",
)  # fmt: skip
"""Where addresses of the core begin; no page of an addon does."""


def check_pages(pages: Sequence[Contribution[Page]], roles: Collection[str]) -> None:
    """Who may see each page, and that its address is well formed and free."""
    taken: dict[tuple[str, str], str] = {}
    for item in pages:
        page = item.value
        if not page.roles:
            raise fault(
                item,
                page.origin,
                _("The page %(path)s says nobody who may see it.", path=page.path),
                _(
                    'Add roles=("%(role)s",) for everyone who is signed in, or a narrower role.',
                    role="base.user",
                ),
            )
        check_roles_known(item, page.roles, roles, page.origin)
        _check_address(item)
        for method in page.methods:
            if (page.path, method.upper()) in taken:
                other = taken[page.path, method.upper()]
                raise fault(
                    item,
                    page.origin,
                    _("The page %(path)s is there already, by %(other)s.", path=page.path, other=other),
                    _("Give it an address of its own, such as /%(addon)s/….", addon=item.addon),
                )
            taken[page.path, method.upper()] = item.addon


def _check_address(item: Contribution[Page]) -> None:
    page = item.value
    try:
        Map([Route(page.path, endpoint="page", methods=page.methods)])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise fault(
            item,
            page.origin,
            _(
                "The page %(path)s has no valid address: %(error)s.",
                path=page.path,
                error=str(error).rstrip("."),
            ),
            _("Begin it with /, write what varies as <int:id>, and methods as a tuple."),
        ) from error
    if item.addon != BASE and (page.path == "/" or page.path.split("/")[1] in RESERVED_ROOMS):
        raise fault(
            item,
            page.origin,
            _("The page %(path)s lies at an address of Lumbung's own.", path=page.path),
            _("Give it an address of its own, such as /%(addon)s/….", addon=item.addon),
        )
    if not callable(page.view):
        raise fault(
            item,
            page.origin,
            _("The page %(path)s has no function that answers.", path=page.path),
            _("Give it the function itself, without calling it."),
        )


def check_menus(menus: Sequence[Contribution[Menu]], registry: Registry) -> None:
    """That each menu leads somewhere, and that no two have one name."""
    names: set[str] = set()
    for item in menus:
        menu = item.value
        if menu.name in names:
            raise given_twice(item, _("The menu %(name)s is defined twice.", name=menu.name))
        names.add(menu.name)
        if isinstance(menu.target, str) and menu.target.startswith("/"):
            continue
        if menu.target not in registry:
            target = menu.target if isinstance(menu.target, str) else menu.target.__lumbung__.model
            raise fault(
                item,
                menu.origin,
                _(
                    "The menu %(name)s leads to %(model)s, which is no model here.",
                    name=menu.name,
                    model=target,
                ),
                did_you_mean(target, registry.models, _("Publish the model, or let it lead to an address.")),
            )


def check_rows(rows: Sequence[Contribution[Rows]], registry: Registry) -> None:
    """That shipped records are of a model that exists."""
    for item in rows:
        if item.value.model not in registry:
            raise fault(
                item,
                item.origin,
                _("data() gives records of %(model)s, which is no model here.", model=item.value.model),
                _("Publish the model, or name its addon in depends."),
            )
