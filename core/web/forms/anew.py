"""What was typed into the form of a record that is gone by now, in the form of a new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.datastructures import MultiDict

from core.web.forms import drawn as state
from core.web.forms.drawn import STATE, Drawn
from core.web.forms.form import RecordForm
from core.web.forms.links import LinksInput
from core.web.forms.rows import MOST, Rows

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.forms.layout import Layout


def anew(layout: Layout, env: Env, key: int, typed: MultiDict[str, str]) -> RecordForm:
    """The form of a new record with what was typed for the record `key`; rows that were to be removed are left out.

    Raises BadRequest where `typed` is not what a form for this user and record could send.
    """
    old, begun = state.posted(layout.model.name, key, typed), RecordForm(layout, env, None)
    begun.drawn = replace(begun.drawn, lang=old.lang, tz=old.tz)
    sent = MultiDict([(STATE, begun.sealed())])
    for item in begun.inputs:
        if not item.readonly:
            sent.setlist(item.name, typed.getlist(item.name) if item.name in old.shown else item.shown)
        if isinstance(item, LinksInput):
            sent.setlist(item.adds, typed.getlist(item.adds))
    for rows in begun.lists.values():
        for name, texts in _rows(rows, old, typed):
            sent.setlist(name, texts)
    return RecordForm(layout, env, None, sent)


def _rows(rows: Rows, old: Drawn, typed: MultiDict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """The inputs of the rows of a list, each row as one to come."""
    if not rows.may_add:
        return
    start = f"{rows.name}-new"
    new = dict.fromkeys(name.split("-")[1] for name in typed if name.startswith(start))
    keys = [key for key in (*old.rows.get(rows.name, {}), *new) if typed.get(f"{rows.name}-{key}") != "1"]
    for number, key in enumerate(keys[:MOST], start=1):
        for column, fresh in rows.fresh.items():
            name = f"{rows.name}-{key}-{column}"
            was_sent = name in typed or name in old.shown or key in new
            yield f"{start}{number}-{column}", typed.getlist(name) if was_sent else fresh
