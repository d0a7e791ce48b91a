"""The mixin of records that belong to one of our companies, or to all."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core import Env, Many2one, Model, _
from core.base.company import Company
from core.sql import among_few, unindexed


def own_company(env: Env) -> Company | None:
    """The company that the user works for."""
    return None if env.company is None else env.get(Company, env.company)


class CompanyOwned(Model, abstract=True):
    """Has a `company`: only who may use that company sees the record; without one it is shared by all."""

    company = Many2one(Company, default=own_company, label=_("Our company"))


def of_my_companies(model: Any, env: Env) -> sa.ColumnElement[bool]:
    """The rule of `model`, which is CompanyOwned: its records are of a company that the user may use, or of none."""
    kept = env.registry.kept if isinstance(model, type) else {}  # an alias is of one statement
    mine = tuple(sorted(env.companies))
    key = of_my_companies, model, env.database.is_sqlite, mine
    if key not in kept:
        company = unindexed(env, model.company_id)
        kept[key] = sa.or_(company.is_(None), among_few(env, company, mine))
    return kept[key]  # type: ignore[no-any-return]
