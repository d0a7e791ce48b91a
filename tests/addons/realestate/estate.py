"""What is sold in Cluster Melati, and what those who sell there do to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from addons.realestate import Hold, Unit
from core import CurrentUser, Env, UserError
from core.access.sessions import current_user
from core.base import Partner
from core.base.demo import DOMAIN
from core.orm.env import open_env
from tests.web import kit

CLIENTS = 50
MILLION = 1_000_000


@contextmanager
def signed_in(served: kit.Served, mail: str) -> Iterator[Env]:
    """An env of somebody."""
    with open_env(served.site.assembly.registry, served.database, who(served, mail)) as env:
        yield env


def who(served: kit.Served, mail: str) -> CurrentUser:
    registry = served.site.assembly.registry
    users = registry.info("base.user").table
    with served.database.reading.connect() as connection:
        row = connection.execute(sa.select(users).where(users.c.email == f"{mail}@{DOMAIN}")).one()
        return current_user(connection, registry, row._mapping)


def unit(env: Env, code: str = "B-07") -> Any:
    cls: Any = env[Unit]
    return env.scalars(sa.select(cls).where(cls.code == code)).one()


def partner(env: Env, name: str = "Budi Santoso") -> Any:
    cls: Any = env[Partner]
    return env.scalars(sa.select(cls).where(cls.name == name)).one()


def hold(env: Env, code: str = "B-07", **values: Any) -> Any:
    made = env.create(Hold, [{"unit": unit(env, code), "partner": partner(env), **values}])[0]
    env.flush()
    return made


def over(env: Env, code: str = "B-07") -> Any:
    """A hold that was written in time, and is over since yesterday; nobody has written anything since."""
    one = hold(env, code, begins=env.now() - dt.timedelta(days=4))
    ended = env.now() - dt.timedelta(days=1)
    with env.sudo("as time does") as su:
        su.write([su.as_own(one)], {"ends": ended})
        su.flush()
        su.write([su.as_own(one.unit)], {"state": "held", "held_until": ended})
    return one


@contextmanager
def refused(env: Env, field: str) -> Iterator[pytest.ExceptionInfo[UserError]]:
    with pytest.raises(UserError) as caught:
        yield caught
        env.flush()
    assert field in [fault.field for fault in caught.value.faults]
    env.session.rollback()
