"""Attachments: files that go with records, each in the editions that it had."""

from __future__ import annotations

from core import Char, File, Integer, Many2many, Many2one, Ref, _
from core.base.of_record import OfRecord
from core.base.tag import Tag
from core.base.user import User, own_user


class Attachment(
    OfRecord,
    name="base.attachment",
    label=_("File"),
    plural=_("Files"),
    access={"base.user": "r w:own d:own", "base.manager": "rwd"},
    order="-created_at",
):
    """A file of a record. It is attached on the page of that; an older edition is archived and leads nowhere else."""

    name = Char(200, required=True, label=_("Name"), list=True, search=True)
    file = File(required=True, readonly=True, label=_("Content"), list=True)
    edition = Integer(required=True, default=1, readonly=True, label=_("Edition"), list=True)
    previous: Many2one[Attachment | None] = Many2one(
        lambda: Attachment, ondelete="set_null", readonly=True, label=_("Edition before")
    )
    previous_id: Ref
    tags = Many2many(Tag, label=_("Tags"), list=True)
    owner = Many2one(
        User, ondelete="set_null", default=own_user, readonly=True, label=_("Attached by"), list=True
    )
    owner_id: Ref
