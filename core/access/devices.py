"""The sessions of one user, as that person or an administrator sees and ends them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import sqlalchemy as sa

from core.schema.tables import session

BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
            ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
           ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
LONGEST = 60
MARK = 16
"""So many letters of the digest of a token name a session: nobody signs in by them."""


@dataclass(frozen=True)
class Device:
    """A session that goes on: `mark` names it among those of its user."""

    mark: str
    name: str
    made_at: dt.datetime
    seen_at: dt.datetime
    expires_at: dt.datetime


def devices(connection: sa.Connection, user_id: int) -> list[Device]:
    """The sessions of a user that are not over, the last used first."""
    table = session.c
    mine = sa.and_(table.user_id == user_id, table.expires_at > dt.datetime.now(dt.UTC))
    rows = connection.execute(sa.select(session).where(mine).order_by(table.seen_at.desc(), table.token_hash))
    return [
        Device(row.token_hash[:MARK], name_of(row.user_agent), row.made_at, row.seen_at, row.expires_at)
        for row in rows
    ]


def end(connection: sa.Connection, user_id: int, mark: str) -> int:
    """Ends a session of a user; how many that were. Done already, it is none."""
    mine = sa.and_(session.c.user_id == user_id, sa.func.substr(session.c.token_hash, 1, MARK) == mark)
    return connection.execute(session.delete().where(mine)).rowcount


def end_all(connection: sa.Connection, user_id: int, but: str = "") -> int:
    """Ends all sessions of a user, without the one that `but` is the digest of; how many that were."""
    mine = sa.and_(session.c.user_id == user_id, session.c.token_hash != but)
    return connection.execute(session.delete().where(mine)).rowcount


def name_of(agent: str) -> str:
    """A browser and its system as one calls them; else what it says of itself."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    if browser or system:
        return " · ".join(part for part in (browser, system) if part)
    return re.sub(r"\s+", " ", agent).strip()[:LONGEST]
