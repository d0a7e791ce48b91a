"""The currency of an amount: that of its record, else of the company of its record, else of one's own company."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.i18n.formats import DEFAULT_CURRENCY
from core.orm.links import Many2one
from core.orm.once import asked_once, per_registry
from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.numbers import Money
    from core.orm.registry import Registry

COMPANY, CURRENCY = "base.company", "base.currency"


def decider(info: ModelInfo, item: Money[Any]) -> Many2one[Any] | None:
    """The link of the same record that says the currency of an amount: to a currency, or to a company."""
    found = info.fields.get(item.currency or "company")
    target = CURRENCY if item.currency else COMPANY
    return found if isinstance(found, Many2one) and found.target_name == target else None


class Currencies:
    """The currencies of what one env shows. Companies are few: all are read at once, when first asked about."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self.version: int | None = None
        """That of what workers keep of the database, where it is known: of one version they are read once."""
        self._writers: dict[str, Callable[[Any], str]] = {}

    @asked_once
    def _of_companies(self) -> Mapping[int, str]:
        pairs, database = _pairs(self._env.registry), self._env.database
        if pairs is None:
            return {}
        if self.version is None:
            return dict(self._read(pairs))
        kept = database.currencies  # exchanged as one, as threads share the database
        if kept is None or kept[0] != self.version:
            kept = database.currencies = self.version, dict(self._read(pairs))
        return kept[1]

    @asked_once
    def _codes(self) -> Mapping[int, str]:
        currency = self._env.registry.models[CURRENCY].table.c
        return dict(self._read(sa.select(currency.id, currency.code)))

    def _read(self, statement: sa.Select[Any]) -> Sequence[Any]:
        return self._env.session.core_connection().execute(statement).all()

    @property
    def own(self) -> str:
        """That of the company that new records belong to, else of the first one there is."""
        known = self._of_companies
        return known.get(self._env.company or 0) or next(iter(known.values()), DEFAULT_CURRENCY)

    @asked_once
    def by_code(self) -> dict[str, list[int]]:
        """The companies whose records the user may see, by their currency; one's own comes first."""
        found: dict[str, list[int]] = {self.own: []}
        for key in self._env.companies or self._of_companies:
            if key in self._of_companies:
                found.setdefault(self._of_companies[key], []).append(key)
        return found

    def code(self, item: Money[Any], key: int | None) -> str:
        """The currency that `key` says, the value of the `decider` of an amount."""
        known = self._codes if item.currency and key is not None else self._of_companies
        return known.get(key or 0) or self.own

    def of(self, item: Money[Any], record: Any) -> str:
        """That of an amount of a record; of one that is still to come, without a record."""
        link = None if record is None else self._decider(record.__lumbung__, item)
        return self.own if link is None else self.code(item, getattr(record, link.key))

    def of_keys(self, info: ModelInfo, item: Money[Any], keys: Sequence[int]) -> Mapping[int, str]:
        """Those of the amounts of some records, as they are now; nothing where there is one currency only."""
        link = self._decider(info, item)
        if link is None or not keys or (item.currency is None and len(set(self._of_companies.values())) < 2):
            return {}
        table = info.table.c
        rows = self._read(sa.select(table.id, table[link.key]).where(among(self._env, table.id, keys)))
        return {key: self.code(item, value) for key, value in rows}

    def _decider(self, info: ModelInfo, item: Money[Any]) -> Many2one[Any] | None:
        """The `decider` of an amount, where the user may read it."""
        link = decider(info, item)
        return link if link is not None and self._env.may_see(info.name, link.name) else None

    def writer(self, code: str) -> Callable[[Any], str]:
        """How amounts of a currency are written for the user."""
        if code not in self._writers:
            show = self._env.formats.money_formatter(code)
            self._writers[code] = lambda value: "" if value is None else show(value)
        return self._writers[code]

    def symbol(self, code: str) -> str:
        """What stands before the amounts of a currency."""
        return self._env.formats.symbol(code)


@per_registry
def _pairs(registry: Registry) -> sa.Select[Any] | None:
    """The key of each company and the code of its currency; None where there are no such models."""
    models = registry.models
    if COMPANY not in models or CURRENCY not in models:
        return None
    company, currency = models[COMPANY].table.c, models[CURRENCY].table.c
    pairs = sa.select(company.id, currency.code).where(company.currency_id == currency.id)
    return pairs.order_by(company.id)
