"""The addresses of actions on records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.web.actions import record
from core.web.actions.bulk import BulkActions
from core.web.actions.bulk_edit import FIELD, FORM, BulkEdit
from core.web.actions.undoing import undo_unit
from core.web.listing.selection import CHOSEN, EVERY, QUERY
from core.web.routes import USERS, Door, Parameters, Route

if TYPE_CHECKING:
    from core.web.site import Site


def register(site: Site) -> None:
    """A POST for each action; that of a delete is asked for on a page."""
    bulk, edit, many, one = BulkActions(site), BulkEdit(site), "/app/<model>", "/app/<model>/<key:key>"
    writers, post = Door(operation="w"), ("POST",)
    seen, chosen = Parameters((record.VERSION,)), Parameters((CHOSEN, EVERY, QUERY, FIELD))
    site.routes.add(
        Route("archive", f"{one}/archive", record.archive, writers, post, form=seen),
        Route("restore", f"{one}/restore", record.restore, writers, post, form=seen),
        Route("delete", f"{one}/delete", record.delete, Door(operation="d"), ("GET", "POST"), form=seen),
        Route("archive_many", f"{many}/archive", bulk.archive, writers, post, form=chosen),
        Route("restore_many", f"{many}/restore", bulk.restore, writers, post, form=chosen),
        Route(
            "edit_many", f"{many}/bulk", edit.edit, writers, post, form=FORM, size=edit.size, again=edit.again
        ),
        Route("undo", "/undo/<key:unit>", undo_unit, USERS, post, form=Parameters(("next",))),
    )
