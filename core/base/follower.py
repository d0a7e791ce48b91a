"""Followers: who is told of what happens on a record, or does not want to be any more."""

from __future__ import annotations

from core import Boolean, Many2one, Ref, _
from core.base.of_record import OfRecord
from core.base.user import User, own_user


class Follower(
    OfRecord,
    name="base.follower",
    label=_("Follower"),
    plural=_("Followers"),
    access={"base.user": "r w:own c d:own"},
    order="id",
    history=False,
):
    """What somebody said of a record. Who owns it or wrote on it follows without a row, until one says otherwise."""

    owner = Many2one(
        User, required=True, ondelete="cascade", default=own_user, readonly=True, label=_("Who"), list=True
    )
    owner_id: Ref
    follows = Boolean(default=True, label=_("Follows"), list=True)

    def display_label(self) -> str:
        return self.owner.display_label()
