"""Demo data of what people do together: activities around today, and notes, some of which mention a colleague."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core import Env, Model, Scale
from core.base.activity import DONE, PLANNED, Activity
from core.base.announcing import MENTION
from core.base.demo import sellers
from core.base.message import Message
from core.base.notification import Notification
from core.base.partner import Partner
from core.base.user import User

DO = {
    "call": ("Telepon tindak lanjut brosur", "Telepon hasil BI checking", "Telepon negosiasi harga"),
    "mail": ("Kirim denah dan daftar harga", "Kirim simulasi cicilan", "Kirim penawaran revisi"),
    "meeting": ("Survei lokasi", "Rapat dengan direksi", "Akad di kantor notaris"),
    "task": ("Siapkan penawaran", "Tagih booking fee", "Lengkapi berkas KPR"),
}
RESULTS = (
    "Minta potongan Rp25 jt, siap akad bulan ini bila KPR disetujui.",
    "Belum diangkat, coba lagi besok pagi.",
    "Tertarik, minta dikirim simulasi cicilan 15 tahun.",
    "Sudah diterima, akan dibahas dengan keluarga.",
)
NOTES = (
    "Lebih suka dihubungi lewat WhatsApp setelah pukul 16.00.",
    "Sudah punya rumah di Cimahi, cari yang lebih dekat kantor.",
    "Bandingkan dengan kompetitor di https://perumahan.example/daftar-harga sebelum menawar.",
    "Keputusan ada di istrinya; ajak berdua saat survei.",
)
ASK = "@{} tolong bantu yang ini, klien minta bertemu minggu depan."


LATE = 4
"""So many days ago nothing is left undone."""


class Place(NamedTuple):
    """A record, and who looks after it."""

    model: str
    key: int
    owner: int


def contacts(env: Env, scale: Scale) -> Iterator[tuple[int, int]]:
    """Around contacts: 90 activities and 40 notes."""
    yield from together(env, random.Random("lumbung together"), {Partner: ()}, 90, 40)


def together(
    env: Env, rng: random.Random, models: Mapping[type[Model], Sequence[Any]], activities: int, notes: int
) -> Iterator[tuple[int, int]]:
    """So many of each, on records that somebody looks after, of `models` and as its conditions say.

    The same chance gives the same ones.
    """
    total = activities + notes
    yield 0, total
    places = [place for model, wanted in models.items() for place in _places(env, model, wanted)]
    names = {user.id: user.name for user in sellers(env)}
    midnight = env.now().replace(hour=0, minute=0, second=0, microsecond=0)
    env.create(Activity, [_activity(rng, rng.choice(places), midnight) for _number in range(activities)])
    rows = [_note(rng, rng.choice(places), midnight) for _number in range(notes)]
    env.create(Message, rows)
    env.flush()
    _mention(env, rng, rng.sample(places, 6), names, midnight)
    yield total, total


def _places(env: Env, model: type[Model], wanted: Sequence[Any]) -> list[Place]:
    cls: Any = env[model]
    chosen = sa.select(cls.id, cls.owner_id).where(cls.owner_id.is_not(None), *wanted)
    rows = env.execute(chosen.order_by(cls.id).limit(400))
    return [Place(cls.__lumbung__.name, key, owner) for key, owner in rows]


def _activity(rng: random.Random, place: Place, midnight: dt.datetime) -> dict[str, Any]:
    """Most are done, some are for the days to come, those of the last days may be overdue."""
    kind = rng.choice(list(DO))
    days = rng.choice((*range(-40, 0), *range(15)))
    due = midnight + dt.timedelta(days=days, hours=rng.randrange(1, 10), minutes=rng.choice((0, 15, 30)))
    row: dict[str, Any] = {
        "model": place.model, "record_id": place.key, "owner_id": place.owner, "kind": kind,
        "title": rng.choice(DO[kind]), "due": due, "state": PLANNED,
    }  # fmt: skip
    if days < -LATE or (days < 0 and rng.random() < 0.4):
        row |= {"state": DONE, "result": rng.choice(RESULTS), "done_at": due + dt.timedelta(minutes=20)}
    return row


def _note(rng: random.Random, place: Place, midnight: dt.datetime) -> dict[str, Any]:
    when = midnight - dt.timedelta(days=rng.randrange(1, 60), minutes=-rng.randrange(60, 600))
    return {
        "model": place.model, "record_id": place.key, "owner_id": place.owner, "body": rng.choice(NOTES),
        "created_at": when,
    }  # fmt: skip


def _mention(
    env: Env, rng: random.Random, places: Sequence[Place], names: dict[int, str], midnight: dt.datetime
) -> None:
    """Notes to a colleague of the same team, who has not read them yet."""
    teams = {user.id: {team.id for team in user.teams} for user in sellers(env)}
    for place in places:
        near = [key for key in names if key != place.owner and teams[key] & teams.get(place.owner, set())]
        if not near:
            continue
        whom = rng.choice(near)
        row = {
            **_note(rng, place, midnight),
            "body": ASK.format(names[whom]),
            "mentions": env.read(User, [whom]),
        }
        [message] = env.create(Message, [row])
        env.flush()
        env.create(Notification, [
            {"model": place.model, "record_id": place.key, "owner_id": whom, "kind": MENTION, "message": message}
        ])  # fmt: skip
