"""Units: what can be bought, one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Self

import sqlalchemy as sa

from addons.realestate import hold as holding
from addons.realestate import project as projects
from addons.realestate.access import SETTING
from addons.realestate.states import TONES, UNIT_STATES, check_changed, check_new
from addons.realestate.traits import TYPES, Property
from core import Char, DateTime, Many2one, Money, One2many, Ref, Select, Text, UserError, _
from core.base import CompanyOwned, Partner, Thread, key_of, targets


class Unit(
    Property,
    CompanyOwned,
    Thread,
    name="realestate.unit",
    label=_("Unit"),
    plural=_("Units"),
    access=SETTING,
    order="code",
):
    """A house, shophouse, apartment or plot. `state` follows from who holds it (addons.realestate.standing).

    A hold that is over by time frees it at that moment, wherever it is shown or asked for.
    """

    project: Many2one[projects.Project] = Many2one(
        lambda: projects.Project, required=True, index=True, label=_("Project")
    )
    project_id: Ref
    code = Char(40, required=True, label=_("Code"), help=_("Such as B-07: block and number."), search=True)
    block = Char(40, label=_("Block"), help=_("Left empty, what stands before the dash of the code."))
    property_type = Select(TYPES, required=True, default="landed", override=True, label=_("Property type"))
    price = Money(least=0, label=_("Price"))
    state = Select(
        UNIT_STATES,
        required=True,
        default="available",
        tones=TONES,
        lapses={"held": ("held_until", "available")},
        index=True,
        readonly=True,
        label=_("State"),
        help=_("It follows from who holds the unit."),
    )
    held_until = DateTime(readonly=True, label=_("Held until"))
    buyer = Many2one(Partner, ondelete="set_null", readonly=True, label=_("Buyer"))
    buyer_id: Ref
    holds: One2many[holding.Hold] = One2many(lambda: holding.Hold, "unit", label=_("Holds"))
    note = Text(label=_("Note"))

    @property
    def is_free(self) -> bool:
        """Whether it can be had: a hold that is over by time frees it."""
        return self.state == "available"

    def choice_label(self) -> str:
        whose: projects.Project | None = self.project
        name = self.display_label()
        return name if whose is None else f"{whose.display_label()} · {name}"

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        check_new(records)
        _settle(records)
        _check_codes(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        check_changed(records, changed)
        _settle([record for record in records if "project" in changed[record.id]])
        _check_codes([record for record in records if changed[record.id] & {"project", "code"}])


def _settle(units: Sequence[Any]) -> None:
    """A unit is of the company of its project, and stands in the block that its code tells."""
    for unit, whose in zip(units, targets(units, "project", projects.Project) if units else (), strict=True):
        if whose is not None:
            unit.company = whose.company
        if not unit.block and unit.code and "-" in unit.code:
            unit.block = unit.code.partition("-")[0].strip() or None


def _check_codes(units: Sequence[Any]) -> None:
    """Raises UserError where a project would have two units of one code, however that is written."""
    mine: dict[int, dict[str, Any]] = defaultdict(dict)
    for unit in units:
        key, code = key_of(unit, "project"), (unit.code or "").strip().casefold()
        if key is not None and mine[key].setdefault(code, unit) is not unit:
            raise _taken(unit)
    for key in sorted(mine):
        if units[0].env.locked(projects.Project, key) is None:  # held, so that of two people one comes second
            continue
        for unit in _others(units[0].env, key, mine[key]):
            raise _taken(unit)


def _others(env: Any, key: int, mine: Mapping[str, Any]) -> list[Any]:
    """Those of `mine`, by code, whose code another unit of the project has."""
    own = [unit.id for unit in mine.values() if unit.id is not None]
    with env.sudo("codes of all units of a project") as su:
        cls: Any = su[Unit]
        wanted = sa.select(cls.id, cls.code).where(cls.project_id == key)
        found = {code.strip().casefold() for other, code in su.execute(wanted) if other not in own}
    return [unit for code, unit in mine.items() if code in found]


def _taken(unit: Any) -> UserError:
    return UserError(_("Another unit of the project has the code %(code)s.", code=unit.code), "code", unit)
