"""Changes: who did what to which record, and when. Written by the flush itself, and by nobody else."""

from __future__ import annotations

from core import Char, Integer, Json, Model, Select, _

ACTIONS = {
    "create": _("Created"),
    "write": _("Changed"),
    "delete": _("Deleted"),
    "look": _("Seen as"),
    "left": _("Rows left"),
}


class Change(
    Model,
    name="base.change",
    label=_("Change"),
    plural=_("Changes"),
    access={"base.admin": "r"},
    order="-id",
    history=False,
):
    """One record and one flush. `values` maps a field to what it was and became, None for a new record.

    Who and when are the row's own stamps. The changes of one transaction share a `unit`, by which they
    are undone together; it begins with the moment, so that those of a day lie side by side. Pages show of it what
    the reader may see of the record (core.web.history). One of action `left` maps a model to the keys of records
    that belonged to this one and do no more.
    """

    model = Char(80, required=True, label=_("Kind of record"))
    record_id = Integer(required=True, index=True, label=_("Record"))
    action = Select(ACTIONS, required=True, label=_("Action"))
    unit = Integer(required=True, index=True, label=_("Transaction"))
    values = Json(label=_("Values"))
