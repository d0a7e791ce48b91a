"""Signed-in sessions: a row per browser, found with its user in one statement; the cookie holds the token."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.i18n import catalogs
from core.i18n.formats import DEFAULT_ZONE
from core.orm.env import CurrentUser
from core.orm.once import per_registry
from core.schema.tables import registry_version
from core.schema.tables import session as session_table

if TYPE_CHECKING:
    from core.orm.registry import Registry

DAYS_REMEMBERED = 30
HOURS_OTHERWISE = 12
SEEN_EVERY = dt.timedelta(minutes=1)
"""How exactly the last use of a session is known: the shorter, the more is written."""


@dataclass(frozen=True)
class SignedIn:
    """A session that holds, with what every page shows of its user."""

    token_hash: str
    user: CurrentUser
    brand: str
    version: int
    """Of what workers keep in memory: access and addons."""
    seen_at: dt.datetime
    remember: bool
    """Whether the session outlives the browser."""


def begin(connection: sa.Connection, user_id: int, agent: str, *, remember: bool) -> str:
    """A new session of `user_id`. Gives the token for the cookie; only its hash is kept.

    Sessions that are over go at the same time, those of everybody.
    """
    token = secrets.token_urlsafe(32)
    now = dt.datetime.now(dt.UTC)
    connection.execute(session_table.delete().where(session_table.c.expires_at <= now))
    life = dt.timedelta(days=DAYS_REMEMBERED) if remember else dt.timedelta(hours=HOURS_OTHERWISE)
    connection.execute(
        session_table.insert().values(
            token_hash=token_hash(token),
            user_id=user_id,
            made_at=now,
            seen_at=now,
            expires_at=now + life,
            user_agent=agent[:200],
        )
    )
    return token


def end(connection: sa.Connection, token: str) -> None:
    """Ends one session."""
    connection.execute(session_table.delete().where(session_table.c.token_hash == token_hash(token)))


def touch(connection: sa.Connection, signed_in: SignedIn) -> None:
    """Notes that a session was used just now."""
    table, now = session_table, dt.datetime.now(dt.UTC)
    mine = sa.and_(table.c.token_hash == signed_in.token_hash, table.c.seen_at <= now - SEEN_EVERY)
    connection.execute(table.update().where(mine).values(seen_at=now))


def token_hash(token: str) -> str:
    """What is kept of a token. It is random and long, so a plain digest cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def find(connection: sa.Connection, registry: Registry, token: str) -> SignedIn | None:
    """The session of a token with its user, None where it is unknown, over, or the user is switched off."""
    asked = {"token": token_hash(token), "now": dt.datetime.now(dt.UTC)}
    rows = connection.execute(_statements(registry).session, asked).all()
    if not rows:
        return None
    row = rows[0]
    return SignedIn(
        token_hash=row.token_hash,
        user=_user(row._mapping, ((each.kind, each.text, each.number) for each in rows)),
        brand=row.brand or "Lumbung",
        version=row.registry_version or 0,
        seen_at=row.seen_at,
        remember=row.expires_at - row.made_at > dt.timedelta(hours=HOURS_OTHERWISE),
    )


def current_user(connection: sa.Connection, registry: Registry, user: Any) -> CurrentUser:
    """The frozen user of a row of base.user, with roles, teams and companies, in one more statement."""
    grants = connection.execute(_statements(registry).grants, {"user": user["id"]})
    return _user(user, (tuple(row) for row in grants))


def _user(user: Any, grants: Iterable[tuple[Any, ...]]) -> CurrentUser:
    found: dict[str | None, list[Any]] = {"role": [], "team": [], "company": [], None: []}
    for kind, text, number in grants:
        found[kind].append(text if kind == "role" else number)
    first = [user["company_id"]] if user["company_id"] is not None else []
    return CurrentUser(
        id=user["id"],
        name=user["name"],
        lang=user["lang"] or catalogs.DEFAULT_LANGUAGE,
        tz=user["tz"] or DEFAULT_ZONE,
        theme=user["theme"] if user["theme"] in ("light", "dark") else "",
        shortcuts=user["shortcuts"] != "off",
        roles=frozenset(found["role"]),
        teams=tuple(found["team"]),
        companies=tuple(dict.fromkeys(first + found["company"])),
    )


@dataclass(frozen=True)
class _Statements:
    """What every request asks."""

    session: sa.Select[Any]
    grants: sa.CompoundSelect[Any]


@per_registry
def _statements(registry: Registry) -> _Statements:
    return _Statements(_session(registry), _grants(registry, sa.bindparam("user")))


def _session(registry: Registry) -> sa.Select[Any]:
    """The session with the hash `token` that is not over at `now`, its user with a row per grant, and the company."""
    users, companies = registry.info("base.user").table, registry.info("base.company").table
    signed_in = (
        sa.select(
            *(users.c[name] for name in ("id", "name", "lang", "tz", "theme", "shortcuts", "company_id")),
            companies.c.name.label("brand"),
            session_table.c.token_hash,
            session_table.c.made_at,
            session_table.c.seen_at,
            session_table.c.expires_at,
        )
        .join_from(session_table, users, users.c.id == session_table.c.user_id)
        .outerjoin(companies, companies.c.id == users.c.company_id)
        .where(
            session_table.c.token_hash == sa.bindparam("token"),
            session_table.c.expires_at > sa.bindparam("now"),
            users.c.active.is_(True),
            users.c.archived.is_(False),
        )
        .cte("signed_in")
    )
    grants = _grants(registry, sa.select(signed_in.c.id).scalar_subquery()).subquery("grants")
    version = sa.select(registry_version.c.version).scalar_subquery().label("registry_version")
    return sa.select(signed_in, grants, version).outerjoin_from(signed_in, grants, sa.true())


def _grants(registry: Registry, key: sa.ColumnElement[int]) -> sa.CompoundSelect[Any]:
    """(kind, text, number) of every role with those it implies, every team with those below, every company.

    Of the user with the key `key`.
    """
    user, role, team = (registry.info(name) for name in ("base.user", "base.role", "base.team"))
    of_user, implies = user.associations, role.associations["implies"]
    roles = sa.select(of_user["roles"].c.target_id.label("id")).where(of_user["roles"].c.source_id == key)
    role_ids = roles.cte("role_ids", recursive=True)
    role_ids = role_ids.union(sa.select(implies.c.target_id).where(implies.c.source_id == role_ids.c.id))
    teams = sa.select(of_user["teams"].c.target_id.label("id")).where(of_user["teams"].c.source_id == key)
    team_ids = teams.cte("team_ids", recursive=True)
    team_ids = team_ids.union(sa.select(team.table.c.id).where(team.table.c.parent_id == team_ids.c.id))
    companies = of_user["companies"]
    nothing, zero = sa.literal("").label("text"), sa.literal(0).label("number")
    return sa.union_all(
        sa.select(sa.literal("role").label("kind"), role.table.c.name.label("text"), zero).where(
            role.table.c.id.in_(sa.select(role_ids.c.id))
        ),
        sa.select(sa.literal("team"), nothing, team_ids.c.id),
        sa.select(sa.literal("company"), nothing, companies.c.target_id).where(companies.c.source_id == key),
    )
