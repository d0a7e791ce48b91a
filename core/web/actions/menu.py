"""The entries of the menu of a record, as far as the user may."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from core.access.grants import Operation
from core.i18n.lazy import _
from core.web.records.reading import Action


def record_actions(record: Any, may: Collection[Operation]) -> list[Action]:
    """What can be done with a record as a whole, by somebody who `may` do this with it."""
    env, model = record.env, record.__lumbung__.name
    here = f"/app/{model}/{record.id}"
    actions = [Action(_("Edit all"), f"{here}/edit", "edit")] if "w" in may else []
    if env.may(model, "c"):
        actions.append(Action(_("Duplicate"), f"/app/{model}/new?copy={record.id}", "copy"))
    if "w" in may and record.archived:
        actions.append(Action(_("Restore"), f"{here}/restore", "undo", post=True))
    elif "w" in may:
        actions.append(Action(_("Archive"), f"{here}/archive", "box", post=True))
    if "d" in may:
        actions.append(Action(_("Delete"), f"{here}/delete", "trash", tone="bad"))
    return actions
