"""What describes a property, on a unit for sale and on the deal about one; and what cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from core import Integer, Model, Refusals, Select, UserError, _

TYPES = {
    "landed": _("Landed house"),
    "shophouse": _("Shophouse"),
    "apartment": _("Apartment"),
    "land": _("Plot of land"),
}
CERTIFICATES = {
    "shm": _("Freehold (SHM)"),
    "hgb": _("Right to build (HGB)"),
    "shmsrs": _("Strata title (SHMSRS)"),
    "ppjb": _("Binding sale agreement (PPJB)"),
    "girik": _("Girik"),
}
NUMBERS = ("land_area", "building_area", "bedrooms", "bathrooms")
TRAITS = ("property_type", *NUMBERS, "certificate")
"""What a deal takes over from its unit, where it says nothing else."""
MOST_FLOORS = 2
"""A house is built on two floors at most: more is a slip of the keyboard."""


class Property(Model, abstract=True):
    """Type, areas in square metres, rooms and certificate. Numbers that cannot be are refused, whoever writes them."""

    property_type = Select(TYPES, label=_("Property type"))
    land_area = Integer(label=_("Land area"))
    building_area = Integer(label=_("Building area"))
    bedrooms = Integer(label=_("Bedrooms"))
    bathrooms = Integer(label=_("Bathrooms"))
    certificate = Select(CERTIFICATES, label=_("Certificate"))

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _check(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _check([record for record in records if not changed[record.id].isdisjoint(TRAITS)])


def _check(records: Sequence[Any]) -> None:
    faults = [fault for record in records for fault in _faults(record)]
    if faults:
        raise Refusals(faults)


def _faults(record: Any) -> Iterator[UserError]:
    fields, below = record.__lumbung__.fields, set()
    for name in NUMBERS:
        if (getattr(record, name) or 0) < 0:
            below.add(name)
            yield UserError(_("%(field)s cannot be negative.", field=fields[name].label), name, record)
    land, building = record.land_area, record.building_area
    if building is None or below & {"land_area", "building_area"}:
        return
    if record.property_type == "land" and building:
        yield UserError(
            _("There is no building on a plot of land. Choose another type."), "building_area", record
        )
    if record.property_type == "landed" and land is not None and building > land * MOST_FLOORS:
        most = record.env.formats.number(land * MOST_FLOORS)
        yield UserError(
            _("The building area is at most the land area × 2, which is %(most)s m².", most=most),
            "building_area",
            record,
        )  # fmt: skip
