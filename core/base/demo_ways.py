"""Rows of demo data about how partners are reached: roles of people, further numbers, e-mails and addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast

from core.base.demo_partners import Crowd, Row, slug
from core.base.demo_words import MAIL, STREETS, VILLAGES
from core.base.partner import Partner

TITLES = {
    "director": ("Direktur", "Direktur Utama", "Wakil Direktur"),
    "finance": ("Manajer Keuangan", "Staf Keuangan", "Kepala Bagian Keuangan"),
    "purchasing": ("Manajer Pembelian", "Staf Pengadaan", "Kepala Pengadaan"),
    "logistics": ("Kepala Gudang", "Staf Logistik"),
    "technical": ("Kepala Teknik", "Pengawas Lapangan"),
    "owner": ("Pemilik", "Komisaris"),
}
INSIDE = ("director", "finance", "purchasing", "logistics", "technical")
"""Roles in the order in which an organisation's people get them."""
OUTSIDE = {"finance": "Konsultan Pajak", "technical": "Arsitek", "owner": "Komisaris"}
"""What someone of another house is for an organisation."""
CALLING = (
    "Jam kerja saja",
    "Minta bicara dengan bagian keuangan",
    "Hubungi sebelum datang",
    "Setelah pukul 16.00",
)
WANTED = 3
"""Contacts that an organisation gets before others have their second."""


class Ways:
    """Makes rows for `env.create` about the partners of a batch; `crowd` gives numbers and places.

    `density` is how much of it there is: 1 where every page should have some, less where there are very many.
    """

    def __init__(self, crowd: Crowd, density: float) -> None:
        self.crowd = crowd
        self.density = density
        self.rng = crowd.rng
        self._known: Counter[int] = Counter()
        self._open: list[int] = []

    # ------------------------------------------------------------- roles
    def links(self, partners: Sequence[Partner]) -> list[Row]:
        """A role for nearly everyone who works for an organisation; some have another role at a second one."""
        return [row for partner in partners for row in self._roles(partner)]

    def _roles(self, partner: Partner) -> Iterator[Row]:
        employer = cast(Any, partner).parent_id
        if employer is None or not self._is_chosen(0.9):
            return
        role = INSIDE[self._known[employer] % len(INSIDE)]
        yield self._role(partner, employer, role, self.rng.choice(TITLES[role]), None)
        if len(self._open) > WANTED and self.rng.random() < 0.3:
            second = self.rng.choice(self._open)
            if second != employer:
                role, title = self.rng.choice(list(OUTSIDE.items()))
                mail = (
                    f"{slug(partner.name, '.')}@{self.rng.choice(MAIL)}" if self.rng.random() < 0.5 else None
                )
                yield self._role(partner, second, role, title, mail)

    def _role(self, person: Partner, company: int, role: str, title: str, email: str | None) -> Row:
        self._known[company] += 1
        if self._known[company] == 1:
            self._open.append(company)
        elif self._known[company] == WANTED and company in self._open:
            self._open.remove(company)
        return {
            "person_id": person.id,
            "company_id": company,
            "role": role,
            "job_title": title,
            "email": email,
        }

    # ------------------------------------------------------------- numbers and e-mails
    def phones(self, partners: Sequence[Partner]) -> list[Row]:
        """A further number for a quarter."""
        return [self._phone(partner) for partner in partners if self._is_chosen(0.25)]

    def _phone(self, partner: Partner) -> Row:
        place = self.crowd.places[cast(Any, partner).city_id]
        is_person = partner.kind == "person"
        use = self.rng.choice(("whatsapp", "home", "work") if is_person else ("whatsapp", "work", "fax"))
        number = self.crowd.mobile() if use == "whatsapp" else self.crowd.landline(place.code)
        note = self.rng.choice(CALLING) if self.rng.random() < 0.2 else None
        return {"partner_id": partner.id, "use": use, "number": number, "note": note}

    def emails(self, partners: Sequence[Partner]) -> list[Row]:
        """Where organisations want invoices and orders, and where some people are reached at home."""
        return [row for partner in partners for row in self._mails(partner)]

    def _mails(self, partner: Partner) -> Iterator[Row]:
        rng, domain = self.rng, (partner.email or "").partition("@")[2]
        if partner.kind != "person":
            if self._is_chosen(0.3):
                yield {"partner_id": partner.id, "use": "billing", "email": f"keuangan@{domain}"}
            if self._is_chosen(0.15):
                lang = "en" if rng.random() < 0.1 else None
                yield {
                    "partner_id": partner.id,
                    "use": "orders",
                    "email": f"pembelian@{domain}",
                    "lang": lang,
                }
        elif domain not in MAIL and self._is_chosen(0.2):
            mail = f"{slug(partner.name, '.')}{rng.randrange(1, 99)}@{rng.choice(MAIL)}"
            yield {"partner_id": partner.id, "use": "private", "email": mail}

    # ------------------------------------------------------------- places
    def addresses(self, partners: Sequence[Partner]) -> list[Row]:
        """Where some organisations want goods, invoices or letters of the authorities."""
        firms = [partner for partner in partners if partner.kind != "person"]
        return [self._address(partner) for partner in firms if self._is_chosen(0.22)]

    def _address(self, partner: Partner) -> Row:
        rng, place = self.rng, self.crowd.places[cast(Any, partner).city_id]
        use = rng.choices(("shipping", "billing", "registered"), (12, 6, 4))[0]
        street = f"Jl. {rng.choice(STREETS)} No. {rng.randrange(1, 240)}"
        return {
            "partner_id": partner.id,
            "use": use,
            "street": f"Gudang, {street}" if use == "shipping" else street,
            "rt_rw": f"{rng.randrange(1, 15):03}/{rng.randrange(1, 20):03}",
            "village": rng.choice(VILLAGES),
            "district": rng.choice(VILLAGES),
            "regency_id": place.regency,
            "province_id": place.province,
            "postcode": self.crowd.postcode(place.code),
        }

    def _is_chosen(self, chance: float) -> bool:
        return self.rng.random() < chance * self.density
