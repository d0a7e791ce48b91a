"""The rows that addons ship, as their hooks give them: roles first, then what `data()` says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import LoadError
from core.faults import blame, in_words
from core.i18n.lazy import _
from core.manifest import Key, Role, Row, Rows

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.plugins import Contribution


def shipped(assembly: Assembly) -> Iterator[tuple[str, Any, Sequence[Row]]]:
    """(addon, model, rows) of all that addons ship, in order; roles first, as rows may refer to them."""
    owners = {role.value.name: role.addon for role in assembly.roles}
    for addon in assembly.names:
        yield addon, "base.role", [_role_row(item, owners) for item in assembly.roles if item.addon == addon]
        for rows in assembly.data:
            if rows.addon == addon:
                yield addon, rows.value.model, _read(assembly, rows)


def unreadable(assembly: Assembly, names: Collection[str]) -> dict[str, LoadError]:
    """Those of the addons `names` whose rows cannot be read, and why."""
    faults: dict[str, LoadError] = {}
    for rows in (rows for rows in assembly.data if rows.addon in names):
        try:
            _read(assembly, rows)
        except LoadError as error:
            faults.setdefault(rows.addon, error)
    return faults


def _read(assembly: Assembly, rows: Contribution[Rows]) -> Sequence[Row]:
    try:
        return rows.value.read()
    except Exception as error:
        fault = _("The rows of data() cannot be read: %(error)s.", error=in_words(error))
        raise blame(error, rows.addon, assembly.folders[rows.addon], fault, rows.origin) from error


def _role_row(item: Contribution[Role], owners: Mapping[str, str]) -> Row:
    role, implies = item.value, [Key(name, owners[name]) for name in item.value.implies]
    return {"key": role.name, "name": role.name, "label": role.label, "implies": implies, "addon": item.addon}
