"""What real estate adds to activities: a viewing."""

from __future__ import annotations

from core import Choices, _
from core.base import Activity as BaseActivity


class Activity(BaseActivity):
    """An activity that may be a viewing of a property."""

    kind = Choices({"viewing": _("Viewing")}, symbols={"viewing": "eye"})
