"""The addon of `docs/recipes/claim.md` that takes two things at once: `tests/core/orm/test_claims.py` installs it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from core import Addon, Char, Claim, Env, Many2one, Model, One2many, _, hookimpl

addon = Addon("clinic", version="1.0", label=_("Clinic"))
STAFF = {"base.user": "rwcd"}


class Doctor(Model, name="clinic.doctor", label=_("Doctor"), plural=_("Doctors"), access=STAFF):
    name = Char(required=True, label=_("Name"))


class Room(Model, name="clinic.room", label=_("Room"), plural=_("Rooms"), access=STAFF):
    name = Char(required=True, label=_("Name"))


class Appointment(
    Claim, name="clinic.appointment", label=_("Appointment"), plural=_("Appointments"), access=STAFF
):
    resource: ClassVar[str] = "doctor"

    doctor = Many2one(Doctor, required=True, index=True, label=_("Doctor"))
    room = Many2one(Room, required=True, label=_("Room"))
    stays = One2many(lambda: Stay, "appointment", label=_("Stays"))


class Stay(Claim, name="clinic.stay", label=_("Stay"), plural=_("Stays"), access=STAFF):
    """The room of an appointment, which is taken with it."""

    resource: ClassVar[str] = "room"

    room = Many2one(Room, required=True, index=True, label=_("Room"))
    appointment = Many2one(Appointment, required=True, ondelete="cascade", label=_("Appointment"))


FOLLOWED = ("room", "begins", "ends", "archived")


@hookimpl
def record_created(env: Env, records: Sequence[Any]) -> None:
    for taken in records:
        if isinstance(taken, env["clinic.appointment"]):
            values = {name: getattr(taken, name) for name in FOLLOWED}
            env.create(env["clinic.stay"], [{"appointment": taken, **values}])


@hookimpl
def record_updated(env: Env, records: Sequence[Any], changed: Mapping[int, frozenset[str]]) -> None:
    for taken in records:
        if isinstance(taken, env["clinic.appointment"]) and changed[taken.id] & set(FOLLOWED):
            env.write(taken.stays, {name: getattr(taken, name) for name in FOLLOWED})


@hookimpl
def models() -> list[type[Model]]:
    return [Doctor, Room, Appointment, Stay]
