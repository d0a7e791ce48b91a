"""The mixin of records that belong to a partner: ways to reach it and places where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import Many2one, Model, _

if TYPE_CHECKING:
    from core.base.partner import Partner


def _partner() -> type[Partner]:
    from core.base.partner import (
        Partner,
    )  # it names the models that belong to it, so it is read after this mixin

    return Partner


class PartnerOwned(Model, abstract=True):
    """Has a `partner`: who may see that one sees the record, and it goes when the partner goes."""

    partner: Many2one[Partner] = Many2one(
        _partner, required=True, ondelete="cascade", label=_("Contact"), list=True
    )
