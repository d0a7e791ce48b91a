"""What the checks share: faults of a contribution, and names that must be known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from core.errors import LoadError, Origin
from core.faults import did_you_mean
from core.i18n.lazy import LazyText, _
from core.plugins import Contribution


def fault(item: Contribution[Any], origin: Origin | None, what: LazyText, remedy: LazyText) -> LoadError:
    """A load error of the addon that gave `item`."""
    return LoadError(what, remedy, addon=item.addon, origin=origin)


def given_twice(item: Contribution[Any], what: LazyText) -> LoadError:
    """A load error for a second thing of one name."""
    return fault(item, item.value.origin, what, _("Give one of them another name."))


def check_roles_known(
    item: Contribution[Any], names: Iterable[str], known: Collection[str], origin: Origin
) -> None:
    """Raises LoadError unless `names` are roles that somebody defines."""
    if isinstance(names, str):
        raise fault(
            item,
            origin,
            _("“%(name)s” stands alone where several roles may stand.", name=names),
            _('Write ("%(name)s",): the comma makes it a tuple.', name=names),
        )
    for name in names:
        if name not in known:
            raise fault(
                item,
                origin,
                _("The role %(name)s is defined by nobody.", name=name),
                did_you_mean(name, known, _("Define it in roles(), or name its addon in depends.")),
            )
