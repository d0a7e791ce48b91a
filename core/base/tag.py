"""Tags: words by which records are told apart."""

from __future__ import annotations

from core import Char, Model, Select, _

COLORS = {
    "p1": _("Brown"),
    "p2": _("Plum"),
    "p3": _("Blue"),
    "p4": _("Green"),
    "p5": _("Ochre"),
    "p6": _("Teal"),
    "p7": _("Violet"),
    "p8": _("Grey"),
}
"""The colours of the stylesheet, by their class."""


class Tag(
    Model,
    name="base.tag",
    label=_("Tag"),
    plural=_("Tags"),
    access={"base.user": "rc", "base.manager": "rwcd"},
    order="name",
):
    """One tag, usable on every model that has tags."""

    name = Char(translate=True, required=True, label=_("Name"), list=True, search=True)
    color = Select(COLORS, label=_("Colour"), list=True)
