"""Housing projects: what is built at one place, in units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import sqlalchemy as sa

from addons.realestate import unit as units
from addons.realestate.access import SETTING
from addons.realestate.paying import RATE
from core import Char, Many2one, One2many, Percent, Select, Text, UserError, _, stored
from core.base import CompanyOwned, Regency, Thread, key_of

STATES = {"planned": _("Planned"), "selling": _("On sale"), "closed": _("Closed")}
TONES = {"planned": "info", "selling": "ok", "closed": ""}


class Project(
    CompanyOwned,
    Thread,
    name="realestate.project",
    label=_("Project"),
    plural=_("Projects"),
    access=SETTING,
    order="name",
):
    """A place where units are sold; they are of the company that it is of."""

    name = Char(120, required=True, label=_("Name"), search=True)
    state = Select(STATES, required=True, default="selling", tones=TONES, label=_("State"))
    developer = Char(120, label=_("Developer"))
    street = Char(label=_("Street"), search=True)
    city = Many2one(Regency, label=_("City"))
    rate = Percent(
        required=True,
        default=RATE,
        least=0,
        most=100,
        label=_("Mortgage rate"),
        help=_("A year, for the estimate of the monthly instalment."),
    )
    units: One2many[units.Unit] = One2many(lambda: units.Unit, "project", label=_("Units"))
    note = Text(label=_("Note"))

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _keep_company([record for record in records if "company" in changed[record.id]])


def _keep_company(projects: Sequence[Any]) -> None:
    """Raises UserError where the units of a project would be of another company than it."""
    for project in projects:
        if stored(project, "company") == key_of(project, "company"):
            continue
        with project.env.sudo("whether a project has units") as env:
            cls: Any = env[units.Unit]
            used = env.scalar(sa.select(cls.id).where(cls.project_id == project.id).limit(1))
        if used is not None:
            raise UserError(_("The project has units. It stays with its company."), "company", project)
