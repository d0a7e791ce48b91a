"""Sequences: how the numbers of a kind of document look."""

from __future__ import annotations

from core import Boolean, Char, Integer, Model, _


class Sequence(
    Model,
    name="base.sequence",
    label=_("Sequence"),
    plural=_("Sequences"),
    access={"base.admin": "rwcd"},
    order="code",
):
    """Counted per company, and anew each year where `yearly` says so; an addon ships those that it draws from."""

    name = Char(required=True, label=_("Name"))
    code = Char(80, required=True, unique=True, label=_("Code"), help=_("By which an addon asks for it."))
    pattern = Char(
        80,
        required=True,
        default="{number}",
        label=_("Pattern"),
        help=_("{number}, {year} and {month} are filled in, as in INV/{year}/{number}."),
    )
    padding = Integer(required=True, default=5, label=_("Digits"))
    yearly = Boolean(label=_("New each year"))
    gap_free = Boolean(
        label=_("Without gaps"),
        help=_(
            "Numbers follow each other without one missing; they are given last, when a document is safe."
        ),
    )
