"""Rows of demo partners: believable people, firms and public bodies, drawn from one source of chance."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias, cast

from core.base.demo_words import (
    AREAS,
    BODIES,
    FIRM_FIRST,
    FIRM_SECOND,
    FIRM_THIRD,
    FORMS,
    MAIL,
    MEN,
    MEN_LAST,
    MOBILE,
    NEAR,
    NOTES,
    SHARED_LAST,
    STREETS,
    VILLAGES,
    WOMEN,
    WOMEN_LAST,
)
from core.base.partner import Partner
from core.base.tag import Tag

Row: TypeAlias = dict[str, Any]
FIRMS = len(FIRM_FIRST) * len(FIRM_SECOND) * len(FIRM_THIRD)


class Place(NamedTuple):
    """A regency: its key, name and code, and the key of its province."""

    regency: int
    name: str
    code: str
    province: int

    @property
    def domain(self) -> str:
        """How its public bodies are called on the net, such as `garutkab`."""
        kind, _space, name = self.name.replace("Administrasi ", "").partition(" ")
        return slug(name) + kind.lower().replace("kabupaten", "kab")

    @property
    def zone(self) -> str:
        """The code of its province where that is one of NEAR, else nothing."""
        return self.code[:2] if self.code[:2] in NEAR else ""


class Carer(NamedTuple):
    """A user who looks after partners, and that user's team."""

    user: int
    team: int


class Employer(NamedTuple):
    """An organisation that people work for."""

    partner: int
    domain: str
    place: Place
    carer: Carer


class Chance:
    """What is drawn: names and numbers, from one source of chance."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def person_name(self) -> str:
        """A given name and a family name that go together."""
        firsts, lasts = self.rng.choice(((MEN, MEN_LAST), (WOMEN, WOMEN_LAST)))
        last = self.rng.choice(SHARED_LAST if self.rng.random() < 0.35 else lasts)
        return f"{self.rng.choice(firsts)} {last}"

    def mobile(self) -> str:
        """A mobile number as it is stored."""
        return f"+62{self.rng.choice(MOBILE)}{self.rng.randrange(2_000_0000, 9_999_9999)}"

    def landline(self, code: str) -> str:
        """A telephone number of the regency of that code, as it is stored."""
        return f"+62{_area(code)[1]}{self.rng.randrange(200_0000, 899_9999)}"

    def postcode(self, code: str) -> str:
        """A postcode of the regency of that code."""
        return f"{_area(code)[0]}{self.rng.randrange(11, 99)}"

    def npwp(self) -> str:
        """A tax number of 16 digits with a right check digit."""
        digits = f"{self.rng.randrange(10_000_000, 99_999_999)}"
        return f"0{digits}{check_digit(digits)}{self.rng.randrange(401, 449)}000"

    def firm(self, number: int) -> str:
        """The firm of that number, without its legal form: each of FIRMS numbers gives another name."""
        rest, third = divmod(number, len(FIRM_THIRD))
        first, second = divmod(rest, len(FIRM_SECOND))
        return f"{FIRM_FIRST[first]} {FIRM_SECOND[second]} {FIRM_THIRD[third]}"


class Crowd(Chance):
    """Makes rows for `env.create`, in the same order the same rows.

    Links are given by key: a hundred thousand records do not have to hang on a few loaded ones.
    """

    def __init__(
        self,
        rng: random.Random,
        places: Sequence[Place],
        carers: Sequence[Carer],
        company: int,
        tags: Sequence[Tag],
    ) -> None:
        super().__init__(rng)
        self.places = {place.regency: place for place in places}
        self.carers = carers
        self.company = company
        self.tags = tags
        self.employers: list[Employer] = []
        self._here = list(places)
        self._weights = _cumulative(places)

    # ------------------------------------------------------------- partners
    def firms(self, count: int) -> Iterator[Row]:
        """Companies, no two of the same name."""
        for number in self.rng.sample(range(FIRMS), count):
            name = self.firm(number)
            domain = f"{slug(name)}.example"
            row = self._organisation("company", f"{self.rng.choice(FORMS)} {name}", domain, self._place())
            row["npwp"] = self.npwp()
            yield row

    def bodies(self, count: int) -> Iterator[Row]:
        """Public bodies, those nearer to Bandung first where there are few."""
        near = sorted(self.places.values(), key=lambda place: place.zone != "32")
        span = range(min(len(near), max(count // len(BODIES) + 1, 30)) * len(BODIES))
        for number in self.rng.sample(span, count):
            place = near[number // len(BODIES)]
            name, short = BODIES[number % len(BODIES)]
            domain = f"{short}-{place.domain}.example"
            yield self._organisation("public_body", f"{name} {place.name}", domain, place)

    def people(self) -> Iterator[Row]:
        """Persons without end; about half of them work for an organisation that was remembered."""
        while True:
            employer = self.rng.choice(self.employers) if self.rng.random() < 0.5 else None
            place = employer.place if employer else self._place()
            name = self.person_name()
            mail = f"{slug(name, '.')}{'' if employer else self.rng.randrange(1, 99)}"
            row = self._partner("person", name, place, employer.carer if employer else None)
            row["mobile"] = self.mobile()
            row["email"] = f"{mail}@{employer.domain if employer else self.rng.choice(MAIL)}"
            row["parent_id"] = employer.partner if employer else None
            yield row

    def remember(self, partners: Iterable[Partner]) -> None:
        """Lets people of later rows work for those of `partners` that are organisations."""
        for partner in partners:
            if partner.kind != "person":
                record = cast(Any, partner)
                domain = (partner.email or "").partition("@")[2]
                carer = Carer(record.owner_id, record.team_id)
                self.employers.append(Employer(partner.id, domain, self.places[record.city_id], carer))

    def _organisation(self, kind: str, name: str, domain: str, place: Place) -> Row:
        row = self._partner(kind, name, place, None)
        row["phone"] = self.landline(place.code)
        row["email"] = f"{self.rng.choice(('info', 'kontak', 'admin'))}@{domain}"
        row["website"] = f"https://www.{domain}"
        return row

    def _partner(self, kind: str, name: str, place: Place, carer: Carer | None) -> Row:
        user, team = carer or self.rng.choice(self.carers)
        row: Row = {
            "kind": kind,
            "name": name,
            "city_id": place.regency,
            "owner_id": user,
            "team_id": team,
            "company_id": self.company,
            "lang": "en" if self.rng.random() < 0.04 else "id",
        }
        if self.rng.random() < 0.25:
            row["tags"] = [self.rng.choice(self.tags)]
        if self.rng.random() < 0.05:
            row["notes"] = self.rng.choice(NOTES)
        return row

    # ------------------------------------------------------------- parts
    def addresses(self, partners: Iterable[Partner]) -> list[Row]:
        """An address for each written partner; who works for an organisation is found there."""
        return [
            self._address(cast(Any, partner)) for partner in partners if cast(Any, partner).parent_id is None
        ]

    def _address(self, partner: Any) -> Row:
        rng, place = self.rng, self.places[partner.city_id]
        return {
            "partner_id": partner.id,
            "use": "home" if partner.kind == "person" else "main",
            "street": f"Jl. {rng.choice(STREETS)} No. {rng.randrange(1, 240)}",
            "rt_rw": f"{rng.randrange(1, 15):03}/{rng.randrange(1, 20):03}",
            "village": rng.choice(VILLAGES),
            "district": rng.choice(VILLAGES),
            "regency_id": place.regency,
            "province_id": place.province,
            "postcode": self.postcode(place.code),
        }

    def _place(self) -> Place:
        return self.rng.choices(self._here, cum_weights=self._weights)[0]


def check_digit(digits: str) -> int:
    """The ninth digit of a tax number, by Luhn's rule over the eight before it."""
    doubled = (sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(digits))
    return -sum(doubled) % 10


def _area(code: str) -> tuple[str, str]:
    return AREAS.get(code) or AREAS[code[:2]]


def _cumulative(places: Sequence[Place]) -> list[float]:
    """How likely each place is, summed up: the weight of its zone, shared by the places in it."""
    sizes = Counter(place.zone for place in places)
    weights = {**NEAR, "": 100 - sum(NEAR.values())}
    return list(accumulate(weights[place.zone] / sizes[place.zone] for place in places))


def slug(name: str, joint: str = "") -> str:
    """`name` as part of an address: its words in small letters, joined by `joint`."""
    return joint.join(re.findall("[a-z]+", name.lower()))
