"""What who sells finds on the home page: figures of their own, and the deals on which something is to be done."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from addons.crm.deal import Deal
from addons.crm.lead import Lead
from addons.crm.words import DEAL, DEALS
from core import DashboardCard, DashboardRow, DashboardTile, Env, Why, _, beginning, hookimpl, total
from core.base import Activity

SHOWN, SOON = 5, dt.timedelta(days=14)
"""So many deals stand on the page; one that closes by then is soon."""
NEEDED = ("state", "owner", "company", "closed_at", "close_date")
"""Fields of deals by which all of this goes: where one is closed to the user, there is none of it."""
AMOUNTS = {"won": "amount", "open": "amount", "share": "expected"}


@hookimpl
def dashboard(env: Env) -> Iterable[DashboardCard | DashboardTile]:
    """Figures of this month, what lies idle, and the user's open deals."""
    if env.may(Deal, "r") and all(env.may_see(Deal, name) for name in NEEDED):
        yield from _figures(env)
        yield _deals(env)
    if env.may(Lead, "r") and all(env.may_see(Lead, name) for name in ("state", "owner")):
        yield _new_leads(env)


# ----------------------------------------------------------------- figures
def _figures(env: Env) -> Iterator[DashboardTile]:
    """Of the user's deals: won this month, open, and open without anything planned."""
    rows = _counted(env)
    numbers = {name: sum(row[name] for row in rows) for name in ("won", "open", "idle")}
    counts = {name: env.formats.number(number) for name, number in numbers.items()}
    won, opened, share = (added(env, f"sum_{name}", rows) for name in AMOUNTS)
    here = f"/app/{env[Deal].__lumbung__.name}?owner__eq={env.user.id}&state__eq="
    yield DashboardTile(
        "crm.won", _("Won this month"), won[0] or counts["won"],
        _("%(number)s %(deals)s", number=counts["won"], deals=DEAL if numbers["won"] == 1 else DEALS) if won[0] else "",
        f"{here}won&closed_at__ge={env.today().replace(day=1)}", won[1], order=10,
    )  # fmt: skip
    both = _("%(amount)s, expected %(share)s", amount=opened[0], share=share[0])
    yield DashboardTile(
        "crm.open", _("My open %(deals)s", deals=DEALS), counts["open"],
        both if opened[0] and share[0] else opened[0], f"{here}open", opened[1], order=20,
    )  # fmt: skip
    if env.may(Activity, "r"):
        yield DashboardTile("crm.idle", _("Nothing planned"), counts["idle"], _("of the open ones"), order=30)


def _counted(env: Env) -> Sequence[Mapping[Any, Any]]:
    """Counts and sums in one statement, a row for each company, as each has a currency."""
    cls: Any = env[Deal]
    since = beginning(env.today().replace(day=1), env.formats.zone)
    is_open, is_won = cls.state == "open", sa.and_(cls.state == "won", cls.closed_at >= since)
    parts = {"won": is_won, "open": is_open, "idle": sa.and_(is_open, ~_is_planned(env)), "share": is_open}
    counted = [sa.func.count(sa.case((which, 1))).label(name) for name, which in parts.items()]
    added = [
        total(sa.case((parts[name], getattr(cls, field)))).label(f"sum_{name}")
        for name, field in AMOUNTS.items()
        if env.may_see(Deal, field)
    ]
    chosen = sa.select(cls.company_id, *counted, *added).where(*_mine(env, cls), sa.or_(is_open, is_won))
    return env.execute(chosen.group_by(cls.company_id)).mappings().all()


def added(env: Env, name: str, rows: Iterable[Mapping[Any, Any]]) -> tuple[str, str]:
    """Sums of companies by currency, as amounts of several do not add up: in three digits, and in full.

    Empty of what is closed to the user.
    """
    money, item = env.currencies, env.registry.info(Deal).fields["amount"]
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.get(name):
            found[money.code(item, row["company_id"])] += row[name]  # type: ignore[arg-type]
    codes = sorted(found, key=lambda code: (code != money.own, code))
    writers = env.formats.money_short, env.formats.money
    short, full = (" + ".join(write(found[code], code) for code in codes) for write in writers)
    return short, full


def _new_leads(env: Env) -> DashboardTile:
    cls: Any = env[Lead]
    states = ("new", "working")
    counted = [sa.func.count(sa.case((cls.state == state, 1))) for state in states]
    new, working = env.execute(sa.select(*counted).where(*_mine(env, cls), cls.state.in_(states))).one()
    write = env.formats.number
    return DashboardTile(
        "crm.leads", _("New leads"), write(new), _("%(number)s being worked on", number=write(working)),
        f"/app/{cls.__lumbung__.name}?owner__eq={env.user.id}&state__eq=new", order=40,
    )  # fmt: skip


# ----------------------------------------------------------------- the open deals
def _deals(env: Env) -> DashboardCard:
    """What is overdue first, then what has nothing planned, then what closes soon; no others."""
    cls: Any = env[Deal]
    today, planned = env.today(), _is_planned(env)
    late, soon = cls.close_date < today, cls.close_date <= today + SOON
    rank = sa.case((late, 0), (~planned, 1), else_=2)
    chosen = sa.select(cls, planned).where(*_mine(env, cls), cls.state == "open", sa.or_(~planned, soon))
    rows = env.execute(
        chosen.order_by(rank, cls.close_date.is_(None), cls.close_date, cls.id).limit(SHOWN)
    ).all()
    return DashboardCard(
        "crm.deals", _("%(deals)s to follow up", deals=DEALS),
        [_row(env, deal, is_planned=is_planned) for deal, is_planned in rows],
        f"/app/{cls.__lumbung__.name}?owner__eq={env.user.id}&state__eq=open",
        (DEAL, _("Reason"), _("Stage"), _("Amount")), order=10,
    )  # fmt: skip


def _row(env: Env, deal: Any, *, is_planned: bool) -> DashboardRow:
    info, money = deal.__lumbung__, env.currencies
    amount, stage, contact = (_told(deal, name) for name in ("amount", "stage", "partner"))
    code = money.of(info.fields["amount"], deal)
    short, full = (
        "" if amount is None else write(amount, code)
        for write in (env.formats.money_short, env.formats.money)
    )
    return DashboardRow(
        deal.display_label(), f"/app/{info.name}/{deal.id}", contact.display_label() if contact else "", short,
        (stage.display_label(), "") if stage else None, _why(env, deal.close_date, is_planned=is_planned), full,
    )  # fmt: skip


def _why(env: Env, closes: dt.date | None, *, is_planned: bool) -> Why:
    """What presses most: the day that is over, that nothing is planned, or the day that comes soon."""
    if closes is not None and closes < env.today():
        return Why(_("Was to close on %(day)s", day=env.formats.date(closes)), "warn", "late")
    if closes is None or not is_planned:
        return Why(_("Nothing planned"), "warn", "late")
    return Why(_("Closes %(day)s", day=env.formats.date(closes)), "clock", "now")


def _told(deal: Any, name: str) -> Any:
    return getattr(deal, name) if deal.env.may_see(Deal, name) else None


def _mine(env: Env, cls: Any) -> tuple[Any, Any]:
    return cls.owner_id == env.user.id, cls.archived.is_(False)


def _is_planned(env: Env) -> Any:
    """Whether something is still to be done for a deal, or for the lead that it was; true for whom that is closed."""
    if not env.may(Activity, "r"):
        return sa.true()
    cls: Any = env[Deal]
    plan: Any = env[Activity]
    of_it: Any = sa.and_(plan.model == cls.__lumbung__.name, plan.record_id == cls.id)
    if env.may_see(Deal, "lead"):
        of_it = sa.or_(
            of_it, sa.and_(plan.model == env[Lead].__lumbung__.name, plan.record_id == cls.lead_id)
        )
    return sa.exists().where(of_it, plan.state == "planned", plan.archived.is_(False))
