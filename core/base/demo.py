"""Demo data of base: a company in Bandung, its teams and users, and everyone it deals with.

The same scale gives the same records on every machine: all chance comes from one seed. E-mail addresses and
web sites end in `.example`, so that nothing that is tried out here reaches anybody.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa

from core import Env, LazyText, Scale, UserError, _
from core.base.address import Address
from core.base.company import Company
from core.base.currency import Currency
from core.base.demo_partners import Carer, Crowd, Place, Row
from core.base.demo_ways import Ways
from core.base.demo_words import TAGS
from core.base.partner import Partner
from core.base.partner_email import PartnerEmail
from core.base.partner_link import PartnerLink
from core.base.partner_phone import PartnerPhone
from core.base.region import Regency
from core.base.role import Role
from core.base.tag import Tag
from core.base.team import Team
from core.base.user import User

PASSWORD = "lumbung-demo"
"""The password of every demo user: the command sets it, and never outside of a demo database."""
DOMAIN = "griyasentosa.example"
BATCH = 500
"""Partners per flush: with more at once the collection of garbage costs more than the statements saved."""
PARTNERS, LARGE = 400, 100_000


class Person(NamedTuple):
    """A demo user: `mail` is the part before the @, `team` a key of TEAMS, `job` what the list says."""

    name: str
    mail: str
    team: str
    role: str
    job: LazyText
    lang: str = "id"
    tz: str = "Asia/Jakarta"

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.mail}@{DOMAIN}"


TEAMS = {"head": "Penjualan", "homes": "Penjualan Rumah", "business": "Penjualan Komersial"}
"""The first is above the others."""

PEOPLE = (
    Person("Made Wirawan", "made", "head", "base.admin", _("Administrator"), tz="Asia/Makassar"),
    Person("Dewi Kartika", "dewi", "head", "base.manager", _("Sales manager")),
    Person("Ayu Lestari", "ayu", "homes", "base.user", _("Seller of homes")),
    Person("Rizky Aditya", "rizky", "homes", "base.user", _("Seller of homes")),
    Person("Siti Rahmawati", "siti", "homes", "base.user", _("Seller of homes")),
    Person("Bima Saputra", "bima", "business", "base.user", _("Seller to businesses")),
    Person("Nadia Putri", "nadia", "business", "base.user", _("Seller to businesses")),
    Person("Yohanes Situmorang", "yohanes", "business", "base.user", _("Seller to businesses"), lang="en"),
)
LEADERS = {"head": "dewi", "homes": "ayu", "business": "bima"}

SIGN_INS = tuple((person.email, person.job) for person in PEOPLE)
"""E-mail and role, in words, of each demo user; PASSWORD opens all of them."""


def make(env: Env, scale: Scale) -> Iterator[tuple[int, int]]:
    """Writes the demo data, 400 partners or 100,000. Raises UserError where it is there already."""
    if env.scalar(sa.select(env[User].id).where(env[User].email == PEOPLE[0].email)) is not None:
        raise UserError(_("The demo data is already in this database."))
    company = _company(env)
    _users(env, company)
    total = LARGE if scale.large else PARTNERS
    crowd, ways = _crowds(env, company, 0.4 if scale.large else 1)
    done = 0
    yield done, total
    with spared():
        for count, rows in _shares(crowd, total):
            for start in range(0, count, BATCH):
                batch = [next(rows) for _number in range(start, min(start + BATCH, count))]
                done += _write(env, crowd, ways, batch)
                yield done, total


@contextmanager
def spared() -> Iterator[None]:
    """Spares what lives already from the collection of garbage: a fifth of the time of many new records."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _company(env: Env) -> Company:
    rupiah = env.scalars(sa.select(env[Currency]).where(env[Currency].code == "IDR")).one()
    bandung = env.scalars(sa.select(env[Regency]).where(env[Regency].code == "32.73")).one()
    row = {
        "name": "Griya Sentosa",
        "currency": rupiah,
        "street": "Jl. Cendana Raya No. 18",
        "regency": bandung,
        "postcode": "40114",
        "phone": "+622220457781",
        "email": f"halo@{DOMAIN}",
        "npwp": "0731940284429000",
    }
    return env.create(Company, [row])[0]


def _users(env: Env, company: Company) -> None:
    roles = {role.name: role for role in env.scalars(sa.select(env[Role]))}
    teams = dict(
        zip(TEAMS, env.create(Team, [{"name": x, "company": company} for x in TEAMS.values()]), strict=True)
    )
    users = env.create(User, [
        {
            "name": person.name, "email": person.email, "lang": person.lang, "tz": person.tz,
            "phone": f"+62812204577{number:02}", "roles": [roles[person.role]], "teams": [teams[person.team]],
            "company": company, "companies": [company],
        }
        for number, person in enumerate(PEOPLE)
    ])  # fmt: skip
    by_mail = {person.mail: user for person, user in zip(PEOPLE, users, strict=True)}
    for key, team in teams.items():
        team.leader = by_mail[LEADERS[key]]
        team.parent = teams["head"] if key != "head" else None
    env.flush()


def _crowds(env: Env, company: Company, density: float) -> tuple[Crowd, Ways]:
    """Makers of partners, and of what belongs to them; each by chance of its own."""
    tags = env.create(Tag, [{"name": {"id": name, "en": en}, "color": color} for name, en, color in TAGS])
    env.flush()
    carers = [Carer(user.id, user.teams[0].id) for user in sellers(env)]
    places = _places(env)
    partners, others = (
        Crowd(random.Random(seed), places, carers, company.id, tags)
        for seed in ("lumbung base", "lumbung base: further")
    )
    return partners, Ways(others, density)


def sellers(env: Env) -> list[User]:
    """The demo users who look after partners and leads, in their order."""
    mails = [person.email for person in PEOPLE if person.team != "head"]
    return list(env.scalars(sa.select(env[User]).where(env[User].email.in_(mails)).order_by(env[User].id)))


def _places(env: Env) -> list[Place]:
    R = env[Regency]
    rows = env.execute(sa.select(R.id, R.name, R.code, R.province_id).order_by(R.code))
    return [Place(*row) for row in rows]


def _shares(crowd: Crowd, total: int) -> list[tuple[int, Iterator[Row]]]:
    """Organisations first: the people after them work there."""
    firms, bodies = total * 35 // 100, total * 7 // 100
    return [
        (firms, crowd.firms(firms)),
        (bodies, crowd.bodies(bodies)),
        (total - firms - bodies, crowd.people()),
    ]


def _write(env: Env, crowd: Crowd, ways: Ways, rows: list[Row]) -> int:
    partners = env.create(Partner, rows)
    env.flush()
    crowd.remember(partners)
    env.create(Address, [*crowd.addresses(partners), *ways.addresses(partners)])
    env.create(PartnerLink, ways.links(partners))
    env.create(PartnerPhone, ways.phones(partners))
    env.create(PartnerEmail, ways.emails(partners))
    env.flush()
    return len(partners)
