"""Demo data of crm: the leads of the last twelve months, from the contacts of base and from strangers."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from addons.crm.lead import Lead
from addons.crm.prospect import SOURCES
from core import Env, Scale
from core.base import Partner, Role, User
from core.base.demo import PEOPLE, TEAMS, sellers, spared
from core.base.demo_partners import FIRMS, Chance, Row, slug
from core.base.demo_words import FORMS, MAIL

LEADS, LARGE = 250, 20_000
BATCH = 500
DAYS = 365
MILLION = 1_000_000


class Offer(NamedTuple):
    """What is sold: a title with a place for one of `kinds`, and the price from and to, in million rupiah."""

    title: str
    kinds: Sequence[str]
    low: int
    high: int


HOMES = (
    Offer("Rumah tipe 36 {}", ("Cluster Kenanga", "Cluster Melati", "Taman Cendana"), 385, 560),
    Offer("Rumah tipe 60 {}", ("Cluster Kenanga", "Cluster Anggrek", "Taman Cendana"), 690, 985),
    Offer("Rumah tipe 120 {}", ("pojok taman", "Cluster Anggrek", "tepi danau"), 1_650, 2_600),
    Offer("Kavling {}", ("90 m² Blok C-11", "150 m² Blok F-03", "200 m² Blok A-07"), 420, 1_100),
    Offer("Simulasi KPR {}", ("rumah pertama", "tenor 15 tahun", "suami istri bekerja"), 400, 900),
    Offer("Renovasi {}", ("dapur dan kamar mandi", "atap bocor", "lantai dua"), 35, 240),
    Offer("Sewa rumah {}", ("1 tahun", "2 tahun", "dekat sekolah"), 30, 85),
)
BUSINESS = (
    Offer("Ruko 2 lantai {}", ("Buah Batu", "Kopo", "Soekarno-Hatta"), 1_250, 2_900),
    Offer("Gudang {}", ("400 m² Gedebage", "800 m² Rancaekek", "1.200 m² Cikarang"), 2_100, 8_500),
    Offer("Sewa kantor {}", ("60 m² lantai 3", "120 m² lantai 5", "satu lantai penuh"), 95, 780),
    Offer("Renovasi {}", ("kantor cabang", "ruang rapat", "lobi dan resepsionis"), 80, 650),
    Offer("Rumah dinas {}", ("6 unit", "12 unit", "20 unit"), 3_200, 11_000),
    Offer("Lahan {}", ("2.000 m² untuk gudang", "5.000 m² untuk pabrik", "sekolah"), 2_400, 14_000),
)
JOBS = {
    "company": ("Direktur", "Pemilik", "Manajer Pembelian", "Manajer Umum", "Staf Pengadaan"),
    "public_body": (
        "Kepala Bidang",
        "Kepala Subbagian Umum",
        "Pejabat Pengadaan",
        "Staf Sarana dan Prasarana",
    ),
}
NOTES = (
    "Bisa survei Sabtu pagi. Tanya apakah uang muka boleh dicicil 6 kali.",
    "Sudah membandingkan dengan dua pengembang lain.",
    "Menunggu persetujuan direksi, telepon lagi minggu depan.",
    "Nomor tidak dapat dihubungi, sudah dicoba tiga kali.",
    "Minta brosur dan daftar harga lewat email.",
    "Datang ke stan pameran bersama keluarga.",
)
SOURCE_WEIGHTS = (28, 18, 12, 8, 8, 14, 8, 4)
"""Of SOURCES, in their order."""
STATE_WEIGHTS = (
    (7, {"new": 72, "working": 24, "junk": 4}),
    (45, {"new": 14, "working": 48, "qualified": 20, "converted": 8, "junk": 10}),
    (DAYS, {"working": 12, "qualified": 20, "converted": 40, "junk": 28}),
)
"""Age in days up to which the states are spread so."""


def make(env: Env, scale: Scale) -> Iterator[tuple[int, int]]:
    """Gives the demo users their roles and writes 250 leads, or 20,000, oldest first."""
    total = LARGE if scale.large else LEADS
    yield 0, total
    _grant(env)
    book = Book(env, random.Random("lumbung crm"))
    moments = sorted(book.moment() for _number in range(total))
    with spared():
        for start in range(0, total, BATCH):
            env.create(Lead, [book.lead(moment) for moment in moments[start : start + BATCH]])
            env.flush()
            yield min(start + BATCH, total), total


def _grant(env: Env) -> None:
    roles = {role.name: role for role in env.scalars(sa.select(env[Role]))}
    users = {user.email: user for user in env.scalars(sa.select(env[User]))}
    for person in PEOPLE:
        users[person.email].roles.append(roles["crm.manager" if person.team == "head" else "crm.user"])
    env.flush()


class Known(NamedTuple):
    """What a lead takes over from a contact."""

    id: int
    kind: str
    name: str
    email: str | None
    phone: str | None
    mobile: str | None
    website: str | None
    city: int
    employer: str | None
    employer_kind: str | None

    @property
    def organisation(self) -> tuple[str, str] | None:
        """Kind and name of the organisation that this is, or that this person works for."""
        if self.kind != "person":
            return self.kind, self.name
        return (self.employer_kind, self.employer) if self.employer and self.employer_kind else None


class Seller(NamedTuple):
    """A user who works on leads, the team and company, and what the team sells."""

    user: int
    team: int
    company: int | None
    offers: Sequence[Offer]


class Book(Chance):
    """Makes rows of leads for `env.create`, links given by key."""

    def __init__(self, env: Env, rng: random.Random) -> None:
        super().__init__(rng)
        self.midnight = midnight(env)
        self.known = _known(env)
        self.cities = sorted({contact.city for contact in self.known})
        self.sellers = known_sellers(env)

    def moment(self) -> dt.datetime:
        """When a lead came: of late more than a year ago, at an hour at which people write and call."""
        return moment(self.rng, self.midnight, 2, 60)

    def lead(self, moment: dt.datetime) -> Row:
        """One lead that came at `moment`, as far as it got since."""
        rng = self.rng
        who = self._stranger() if rng.random() < 0.4 else self._contact(rng.choice(self.known))
        state = self._state((self.midnight - moment).days)
        return {
            **who,
            **self._wish(who["kind"], state),
            "state": state,
            "source": rng.choices(list(SOURCES), SOURCE_WEIGHTS)[0],
            "created_at": moment,
            "note": rng.choice(NOTES) if rng.random() < 0.3 else None,
        }

    def _contact(self, contact: Known) -> Row:
        row: Row = {
            "kind": "person",
            "partner_id": contact.id,
            "contact_name": contact.name if contact.kind == "person" else self.person_name(),
            "email": contact.email,
            "phone": contact.phone,
            "mobile": contact.mobile or self.mobile(),
            "website": contact.website,
            "city_id": contact.city,
        }
        return {**row, **self._at(*contact.organisation)} if contact.organisation else row

    def _stranger(self) -> Row:
        name, rng = self.person_name(), self.rng
        mail = f"{slug(name, '.')}{rng.randrange(1, 99)}@{rng.choice(MAIL)}"
        row: Row = {"contact_name": name, "mobile": self.mobile(), "city_id": rng.choice(self.cities)}
        if rng.random() < 0.6:
            return {**row, "kind": "person", "email": mail}
        firm = self.firm(rng.randrange(FIRMS))
        return {
            **row,
            **self._at("company", f"{rng.choice(FORMS)} {firm}"),
            "email": f"{slug(name, '.')}@{slug(firm)}.example",
            "email_alt": mail if rng.random() < 0.3 else None,
        }

    def _at(self, kind: str, name: str) -> Row:
        return {"kind": "organisation", "company_name": name, "job_title": self.rng.choice(JOBS[kind])}

    def _state(self, age: int) -> str:
        weights = next(spread for days, spread in STATE_WEIGHTS if age <= days)
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def _wish(self, kind: str, state: str) -> Row:
        """What is wanted, and of whom: some new leads wait for an owner, their team sees them."""
        rng = self.rng
        offers = HOMES if kind == "person" else BUSINESS
        seller = rng.choice([seller for seller in self.sellers if seller.offers is offers])
        offer = rng.choice(offers)
        price = Decimal(rng.randrange(offer.low, offer.high + 1) * MILLION)
        return {
            "title": offer.title.format(rng.choice(offer.kinds)),
            "revenue": None if rng.random() < 0.06 else price,
            "owner_id": None if state == "new" and rng.random() < 0.2 else seller.user,
            "team_id": seller.team,
            "company_id": seller.company,
        }


def midnight(env: Env) -> dt.datetime:
    """The beginning of today."""
    return env.now().replace(hour=0, minute=0, second=0, microsecond=0)


def moment(rng: random.Random, midnight: dt.datetime, lately: float, earliest: int) -> dt.datetime:
    """A moment of the last year, from `earliest` minutes after midnight on; the greater `lately`, the more are late."""
    days = 1 + int((DAYS - 1) * rng.random() ** lately)
    return midnight - dt.timedelta(days=days, minutes=-rng.randrange(earliest, 600))


def _known(env: Env) -> list[Known]:
    P: Any = env[Partner]
    employer = orm.aliased(P)
    rows = env.execute(
        sa.select(P.id, P.kind, P.name, P.email, P.phone, P.mobile, P.website, P.city_id)
        .add_columns(employer.name, employer.kind)
        .outerjoin(P.parent.of_type(employer))
        .order_by(P.id)
    )
    return [Known(*row) for row in rows]


def known_sellers(env: Env) -> list[Seller]:
    """Who sells what, for which team."""
    offers = {TEAMS["homes"]: HOMES, TEAMS["business"]: BUSINESS}
    return [
        Seller(user.id, team.id, user.company_id, offers[team.name])
        for user in sellers(env)
        for team in user.teams
    ]
