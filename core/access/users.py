"""Users: making the first and the next, for the commands and the pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.access.passwords import set_password
from core.errors import UserError
from core.faults import did_you_mean
from core.i18n.lazy import _
from core.orm.env import Env

ADMIN = "base.admin"


def clean_email(env: Env, email: str) -> str:
    """The address as it is stored. Raises FieldError on what is none."""
    return str(env.registry.info("base.user").fields["email"].read(email.strip()))


def find_user(env: Env, email: str) -> Any:
    """The user of base.user who signs in with `email`. Raises UserError where there is none."""
    users, address = env["base.user"], clean_email(env, email)
    user = env.scalar(sa.select(users).where(users.email == address))
    if user is None:
        raise UserError(_("Nobody signs in as %(email)s.", email=address), "email")
    return user


def create_user(
    env: Env, *, email: str, name: str, roles: Iterable[str], password_hash: str, company: Any = None
) -> Any:
    """A new user who can sign in. Raises UserError on a taken address or an unknown role."""
    users, address = env["base.user"], clean_email(env, email)
    if env.scalar(sa.select(users.id).where(users.email == address)) is not None:
        raise UserError(_("Somebody signs in as %(email)s already.", email=address), "email")
    values = {
        "email": address,
        "name": name,
        "roles": find_roles(env, roles),
        "company": company,
        "companies": [company] if company else [],
    }
    [user] = env.create(users, [values])
    env.flush()
    set_password(env.session.core_connection(), user.id, password_hash)
    return user


def find_roles(env: Env, names: Iterable[str]) -> list[Any]:
    """The records of roles by their technical names. Raises UserError on an unknown one."""
    role = env["base.role"]
    known = {item.name: item for item in env.scalars(sa.select(role))}
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, _("Known roles: %(names)s.", names=", ".join(sorted(known))))
            raise UserError(_("There is no role “%(name)s”. %(hint)s", name=name, hint=hint), "roles")
    return [known[name] for name in names]


def administrators(env: Env, most: int) -> list[str]:
    """The names of some who administer the system, for whoever needs their help."""
    users, roles = env.registry.info("base.user"), env.registry.info("base.role").table
    held = users.associations["roles"]
    statement = (
        sa.select(users.table.c.name)
        .join(held, held.c.source_id == users.table.c.id)
        .join(roles, roles.c.id == held.c.target_id)
        .where(roles.c.name == ADMIN, users.table.c.active.is_(True), users.table.c.archived.is_(False))
        .order_by(users.table.c.name)
        .limit(most)
    )
    return list(env.session.core_connection().scalars(statement))
