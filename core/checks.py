"""What the contributions of addons must hold, beyond what composing models and views finds by itself.

Each check raises LoadError naming addon, place, fault and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from werkzeug.routing import Map, Rule

from core.catalogue import BASE
from core.errors import LoadError, Origin
from core.faults import did_you_mean
from core.i18n.lazy import LazyText, _
from core.manifest import Menu, Page, Role, Rows
from core.orm.fields import Field
from core.orm.links import Link
from core.orm.model import Fragment, Model
from core.orm.names import table_name
from core.orm.registry import Registry
from core.plugins import Contribution

ACCESS = re.compile(r"[rwcd]+(:(own|team|all))?( [rwcd]+(:(own|team|all))?)*")
RESERVED_ROOMS = (
    "app", "apps", "api", "login", "logout", "settings", "static", "healthz", "readyz", "metrics",
)  # fmt: skip
"""Where addresses of the core begin; no page of an addon does."""

Models = Sequence[Contribution[type[Model]]]


# ----------------------------------------------------------------- models
def check_models(models: Models, reach: Mapping[str, frozenset[str]]) -> None:
    """Names of models, and that each fragment builds only on what is published and depended on."""
    owners = {item.value: item.addon for item in models}
    tables: dict[str, str] = {}
    for item in models:
        fragment: Fragment = item.value.__lumbung__
        if not fragment.extends and not fragment.abstract:
            _check_model_name(item, fragment, tables)
        for base in item.value.__mro__[1:]:
            _check_base(item, base, owners, reach[item.addon])


def _check_model_name(item: Contribution[type[Model]], fragment: Fragment, tables: dict[str, str]) -> None:
    if fragment.model.split(".")[0] != item.addon:
        raise _fault(
            item,
            fragment.origin,
            _("The model %(model)s does not bear the name of its addon.", model=fragment.model),
            _("Call it “%(name)s”.", name=f"{item.addon}.{fragment.model.split('.')[1]}"),
        )
    table = table_name(fragment.model)
    other = tables.setdefault(table, fragment.model)
    if other != fragment.model:
        raise _fault(
            item,
            fragment.origin,
            _(
                "The models %(first)s and %(second)s would lie in one table, %(table)s.",
                first=other,
                second=fragment.model,
                table=table,
            ),
            _("Give one of them another name."),
        )


def _check_base(
    item: Contribution[type[Model]], base: type, owners: Mapping[type, str], near: Collection[str]
) -> None:
    if base is Model or not _has_fields(base):
        return
    origin = item.value.__lumbung__.origin
    if base not in owners:
        raise _fault(
            item,
            origin,
            _(
                "%(name)s builds on %(base)s, which nobody publishes.",
                name=item.value.__name__,
                base=base.__qualname__,
            ),
            _("Name %(base)s in models() too.", base=base.__qualname__),
        )
    if owners[base] not in near:
        raise _fault(
            item,
            origin,
            _(
                "%(name)s builds on %(base)s of %(owner)s, on which %(addon)s does not depend.",
                name=item.value.__name__,
                base=base.__qualname__,
                owner=owners[base],
                addon=item.addon,
            ),
            _("Name “%(owner)s” in depends, or in extras and do it in that module.", owner=owners[base]),
        )


def _has_fields(cls: type) -> bool:
    return isinstance(vars(cls).get("__lumbung__"), Fragment) or any(
        isinstance(v, Field) for v in vars(cls).values()
    )


def check_reach(registry: Registry, reach: Mapping[str, frozenset[str]]) -> None:
    """That links lead only to models of addons that are depended on: others may be missing tomorrow."""
    for info in registry:
        for link in info.fields.values():
            addon = registry.addon_of(link)
            if not isinstance(link, Link) or not addon:
                continue
            target = registry.models[link.target_name]
            if target.addon not in reach[addon]:
                raise LoadError(
                    _(
                        "Field %(model)s.%(field)s leads to %(target)s, which %(addon)s does not depend on.",
                        model=info.name,
                        field=link.name,
                        target=target.name,
                        addon=addon,
                    ),
                    _(
                        "Name “%(owner)s” in depends, or in extras and do it in that module.",
                        owner=target.addon,
                    ),
                    addon=addon,
                    origin=link.origin,
                )


# ----------------------------------------------------------------- roles
def check_roles(roles: Sequence[Contribution[Role]]) -> None:
    """Names of roles, and that what they imply exists and does not go round."""
    implied: dict[str, tuple[str, ...]] = {}
    for item in roles:
        name = item.value.name
        if name in implied:
            raise _twice(item, _("The role %(name)s is defined twice.", name=name))
        if not re.fullmatch(rf"{item.addon}\.[a-z][a-z0-9_]*", name):
            raise _fault(
                item,
                item.value.origin,
                _("The role %(name)s does not bear the name of its addon.", name=name),
                _("Call it “%(addon)s.” and a word in small letters.", addon=item.addon),
            )
        implied[name] = item.value.implies
    for item in roles:
        _check_known(item, item.value.implies, implied, item.value.origin)
    for item in roles:
        if item.value.name in _implied_by(item.value.name, implied):
            raise _fault(
                item,
                item.value.origin,
                _("The role %(name)s implies itself.", name=item.value.name),
                _("Take one role out of implies: %(names)s.", names=", ".join(item.value.implies)),
            )


def _implied_by(name: str, implied: Mapping[str, tuple[str, ...]]) -> set[str]:
    reached: set[str] = set()
    open_ = list(implied[name])
    while open_:
        other = open_.pop()
        if other not in reached:
            reached.add(other)
            open_ += implied[other]
    return reached


def check_access(models: Models, roles: Collection[str]) -> None:
    """That each `access=` grants known operations to roles that exist."""
    for item in models:
        fragment: Fragment = item.value.__lumbung__
        access = fragment.access or {}
        _check_known(item, access, roles, fragment.origin)
        for role, letters in access.items():
            if not ACCESS.fullmatch(letters):
                raise _fault(
                    item,
                    fragment.origin,
                    _(
                        "%(name)s gives %(role)s “%(letters)s”, which is no access.",
                        name=item.value.__name__,
                        role=role,
                        letters=letters,
                    ),
                    _('Write letters of r, w, c and d, such as "rwcd" or "r w:own".'),
                )


# ----------------------------------------------------------------- pages, menus, rows
def check_pages(pages: Sequence[Contribution[Page]], roles: Collection[str]) -> None:
    """Who may see each page, and that its address is well formed and free."""
    taken: dict[tuple[str, str], str] = {}
    for item in pages:
        page = item.value
        if not page.roles:
            raise _fault(
                item,
                page.origin,
                _("The page %(path)s says nobody who may see it.", path=page.path),
                _('Add roles=("base.user",) for everyone who is signed in, or a narrower role.'),
            )
        _check_known(item, page.roles, roles, page.origin)
        _check_path(item)
        for method in page.methods:
            if taken.setdefault((page.path, method), item.addon) != item.addon:
                raise _fault(
                    item,
                    page.origin,
                    _(
                        "The page %(path)s is there already, by %(other)s.",
                        path=page.path,
                        other=taken[page.path, method],
                    ),
                    _("Give it an address of its own, such as /%(addon)s/….", addon=item.addon),
                )


def _check_path(item: Contribution[Page]) -> None:
    path = item.value.path
    if item.addon != BASE and (path == "/" or path.strip("/").split("/")[0] in RESERVED_ROOMS):
        raise _fault(
            item,
            item.value.origin,
            _("The page %(path)s lies at an address of Lumbung's own.", path=path),
            _("Give it an address of its own, such as /%(addon)s/….", addon=item.addon),
        )
    try:
        Map([Rule(path, endpoint="page", methods=item.value.methods)])
    except (ValueError, LookupError, TypeError) as error:
        raise _fault(
            item,
            item.value.origin,
            _("The page %(path)s has no valid address: %(error)s.", path=path, error=str(error).rstrip(".")),
            _("Begin it with / and write what varies as <int:id>."),
        ) from error


def check_menus(menus: Sequence[Contribution[Menu]], registry: Registry) -> None:
    """That each menu leads somewhere, and that no two have one name."""
    names: set[str] = set()
    for item in menus:
        menu = item.value
        if menu.name in names:
            raise _twice(item, _("The menu %(name)s is defined twice.", name=menu.name))
        names.add(menu.name)
        if isinstance(menu.target, str) and menu.target.startswith("/"):
            continue
        if menu.target not in registry:
            target = menu.target if isinstance(menu.target, str) else menu.target.__lumbung__.model
            raise _fault(
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
            raise _fault(
                item,
                item.origin,
                _("data() gives records of %(model)s, which is no model here.", model=item.value.model),
                _("Publish the model, or name its addon in depends."),
            )


# ----------------------------------------------------------------- shared
def _check_known(
    item: Contribution[Any], names: Iterable[str], known: Collection[str], origin: Origin
) -> None:
    for name in names:
        if name not in known:
            raise _fault(
                item,
                origin,
                _("The role %(name)s is defined by nobody.", name=name),
                did_you_mean(name, known, _("Define it in roles(), or name its addon in depends.")),
            )


def _twice(item: Contribution[Any], fault: LazyText) -> LoadError:
    return _fault(item, item.value.origin, fault, _("Give one of them another name."))


def _fault(item: Contribution[Any], origin: Origin | None, fault: LazyText, remedy: LazyText) -> LoadError:
    return LoadError(fault, remedy, addon=item.addon, origin=origin)
