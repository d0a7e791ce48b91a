"""The figures above a contact that crm knows: what it may still buy, and what it bought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from addons.crm.deal import Deal
from addons.crm.home import added
from addons.crm.words import DEAL, DEALS
from core import DashboardTile, Env, Model, _, hookimpl, total
from core.base import Partner

NEEDED = ("partner", "state", "company", "closed_at")
LINKS = ("partner", "contact")
"""What makes a deal that of a contact: its activities are told by these too (core.base.card)."""


@hookimpl
def tiles(env: Env, record: Model) -> Iterable[DashboardTile]:
    """Its open deals and those that were won, with their amounts; none of a kind of which there is none."""
    is_open = env.may(Deal, "r") and all(env.may_see(Deal, name) for name in NEEDED)
    for partner in env.only(Partner, [record]) if is_open else ():
        links = [name for name in LINKS if env.may_see(Deal, name)]
        rows = _counted(env, partner.id, links)
        here = f"/app/{env[Deal].__lumbung__.name}"
        for state, title in (("open", _("Open %(deals)s", deals=DEALS)), ("won", _("Won"))):
            count = sum(row[state] for row in rows)
            short, full = added(env, f"sum_{state}", rows)
            told = _(
                "%(number)s %(deals)s", number=env.formats.number(count), deals=DEAL if count == 1 else DEALS
            )
            last = max((row["last"] for row in rows if row["last"]), default=None) if state == "won" else None
            if last is not None:
                told = _(
                    "%(what)s, the last one %(when)s", what=told, when=env.formats.relative(last, env.now())
                )
            # a list goes by one link: it leads where one has all of them
            whole = [name for name in links if sum(row[f"{name}_{state}"] for row in rows) == count]
            href = f"{here}?{whole[0]}__eq={partner.id}&state__eq={state}" if whole else ""
            if count:
                yield DashboardTile(
                    f"crm.{state}", title, short or env.formats.number(count), told, href, full,
                    order=10 + 10 * (state == "won"),
                )  # fmt: skip


def _counted(env: Env, key: int, links: Sequence[str]) -> Sequence[Mapping[Any, Any]]:
    """Counts and sums of a contact's deals in one statement, a row for each company, as each has a currency.

    Those by each of its links are counted too.
    """
    cls: Any = env[Deal]
    leads = {name: getattr(cls, f"{name}_id") == key for name in links}
    states = {state: cls.state == state for state in ("open", "won")}
    shown: list[Any] = [sa.func.count(sa.case((which, 1))).label(state) for state, which in states.items()]
    shown += [
        sa.func.count(sa.case((sa.and_(which, lead), 1))).label(f"{name}_{state}")
        for state, which in states.items()
        for name, lead in leads.items()
    ]
    shown.append(sa.func.max(sa.case((states["won"], cls.closed_at))).label("last"))
    if env.may_see(Deal, "amount"):
        shown += [
            total(sa.case((which, cls.amount))).label(f"sum_{state}") for state, which in states.items()
        ]
    chosen = sa.select(cls.company_id, *shown).where(sa.or_(*leads.values()), cls.archived.is_(False))
    return env.execute(chosen.group_by(cls.company_id)).mappings().all()
