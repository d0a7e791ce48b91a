"""An addon with the partner of the measurements: the same fields as the floor's table, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from core import Addon, Char, Model, _, hookimpl

addon = Addon("bench", version="1.0", label=_("Measurements"))


class Partner(
    Model,
    name="bench.partner",
    label=_("Partner"),
    plural=_("Partners"),
    access={"base.user": "rwcd"},
    order="name",
):
    """What the floor keeps of a partner."""

    name = Char(required=True, index=True, label=_("Name"), list=True, search=True)
    email = Char(label=_("Email"), list=True)
    phone = Char(label=_("Phone"), list=True)
    city = Char(label=_("City"), list=True)


@hookimpl
def models() -> Sequence[type[Model]]:
    """The partner."""
    return [Partner]
