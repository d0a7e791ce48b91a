"""Whom to write to: the right person and address for a purpose, for many partners at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from core.base.partner_email import PartnerEmail
from core.base.partner_link import PartnerLink

if TYPE_CHECKING:
    from core import Env
    from core.base.partner import Partner

BATCH = 500


class Purpose(NamedTuple):
    """What a message is about: the role that it goes to in an organisation, and the use of an e-mail address."""

    role: str | None
    use: str | None


PURPOSES: Mapping[str, Purpose] = {
    "general": Purpose(None, None),
    "billing": Purpose("finance", "billing"),
    "orders": Purpose("purchasing", "orders"),
    "delivery": Purpose("logistics", "delivery"),
}


class Contact(NamedTuple):
    """Who is written to, at which address, in which language."""

    partner: Partner
    email: str
    lang: str | None


def contacts_for(partners: Sequence[Partner], purpose: str) -> dict[int, Contact]:
    """As `Partner.contact_for` says. Raises KeyError for a purpose that there is none of."""
    wanted = PURPOSES[purpose]
    found: dict[int, Contact] = {}
    for start in range(0, len(partners), BATCH):
        batch = partners[start : start + BATCH]
        book = _Book(batch[0].env, batch)
        for partner in batch:
            contact = next(book.candidates(partner, wanted), None)
            if contact is not None:
                found[partner.id] = contact
    return found


class _Book:
    """The roles and further addresses of some partners, read in three statements."""

    def __init__(self, env: Env, partners: Sequence[Partner]) -> None:
        link: Any = env[PartnerLink]
        self.links: dict[int, list[Any]] = defaultdict(list)
        organisations = [partner.id for partner in partners if partner.kind != "person"]
        current = sa.select(link).where(link.company_id.in_(organisations), link.archived.is_(False))
        for row in env.scalars(current.order_by(link.id)):
            if row.person is not None and not row.person.archived:
                self.links[row.company_id].append(row)
        people = {row.person_id for rows in self.links.values() for row in rows}
        self.emails = _emails(env, {*people, *(partner.id for partner in partners)})

    def candidates(self, partner: Partner, wanted: Purpose) -> Iterator[Contact]:
        """Whom to write to, best first."""
        links = self.links[partner.id]
        yield from self._people([link for link in links if link.role == wanted.role])
        yield from self._own(partner, wanted.use)
        yield from self._people(links)

    def _people(self, links: Sequence[Any]) -> Iterator[Contact]:
        for link in links:
            if link.email:
                yield Contact(link.person, link.email, link.person.lang)
            yield from self._own(link.person, None)

    def _own(self, partner: Partner, use: str | None) -> Iterator[Contact]:
        """The address of the use, the preferred one, the others; private ones last."""
        rows = self.emails[partner.id]
        fitting = [row for row in rows if row.use == use]
        yield from (Contact(partner, row.email, row.lang or partner.lang) for row in fitting)
        if partner.email:
            yield Contact(partner, partner.email, partner.lang)
        others = sorted(rows, key=lambda row: row.use == "private")
        yield from (Contact(partner, row.email, row.lang or partner.lang) for row in others)


def _emails(env: Env, keys: set[int]) -> dict[int, list[Any]]:
    row: Any = env[PartnerEmail]
    found: dict[int, list[Any]] = defaultdict(list)
    current = sa.select(row).where(row.archived.is_(False)).order_by(row.id)
    wanted = sorted(keys)
    for start in range(0, len(wanted), BATCH):
        for email in env.scalars(current.where(row.partner_id.in_(wanted[start : start + BATCH]))):
            found[email.partner_id].append(email)
    return found
