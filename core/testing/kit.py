"""What a test of an addon needs: an env, users of any role, records, and visitors of the site.

All of it lies in one transaction of which nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.access import sessions
from core.access.grants import Operation
from core.access.users import find_roles
from core.i18n import catalogs
from core.orm.env import SYSTEM, CurrentUser, Env, commit, open_env
from core.orm.model import Model
from core.testing.client import Visitor
from core.testing.records import make_with_links
from core.web.requests import TOKEN_COOKIE

if TYPE_CHECKING:
    from core.testing.stock import Installation

WORDS: Mapping[str, Operation] = {"read": "r", "write": "w", "create": "c", "delete": "d"}
"""What `can` calls the operations."""
LANG = "en"
"""The language of a test that asks for none."""


class Kit:
    """One test's env and whatever goes with it; use the fixtures `env`, `env_as`, `can`, `make` and `visit`."""

    env: Env

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.lang = LANG
        self._inner: list[Env] = []
        self._users: dict[tuple[str, ...], int] = {}

    @contextmanager
    def opened(self) -> Iterator[None]:
        """For a block: `env` is open, as the system; what is pending at its end is dropped."""
        with self._open(SYSTEM) as self.env:
            self.env.session.core_connection()  # begins here: whoever begins later ends earlier
            with catalogs.speaking(self.lang):
                self.speak(self.lang)
                yield
            self.env.session.rollback()

    def _open(self, user: CurrentUser) -> AbstractContextManager[Env]:
        return open_env(self.installation.assembly.registry, self.installation.database, user)

    def speak(self, lang: str) -> None:
        """Lets the env of the system, and whoever comes after, have a language."""
        catalogs.set_language(lang)
        self.lang = lang
        self.env.user = replace(self.env.user, lang=lang)

    def commit(self) -> None:
        """Does what the end of a request does: hooks, last numbers, commit, and `after_commit`. All is undone later."""
        commit(self.env)

    # ------------------------------------------------------------- users
    @property
    def now(self) -> Env:
        """The env of the innermost `env_as`, else that of the system."""
        return self._inner[-1] if self._inner else self.env

    @contextmanager
    def env_as(self, *roles: str, name: str = "", lang: str = "") -> Iterator[Env]:
        """An env of a user with these roles: committed at the end of the block, taken back where it raises.

        The same roles are the same user, unless another `name` is given.
        """
        user = self.current_user(*roles, name=name)
        self.now.flush()
        try:
            with self._open(replace(user, lang=lang or self.lang)) as inner:
                self._inner.append(inner)
                try:
                    yield inner
                finally:
                    self._inner.pop()
        finally:
            self.now.session.expire_all()

    def user(self, *roles: str, name: str = "") -> Any:
        """The record of a user with these roles, made when first asked for; works for the company `company`."""
        key = (*sorted(roles), name)
        users = self.env["base.user"]
        if key not in self._users:
            words = " ".join(filter(None, key)) or "nobody"
            row = {
                "name": words,
                "email": f"{words.replace(' ', '-')}@kit.example",
                "roles": find_roles(self.env, roles),
                "company": self.company,
                "companies": [self.company],
            }
            [user] = self.env.create(users, [row])
            self.env.flush()
            self._users[key] = user.id
        return self.env.get(users, self._users[key])

    def current_user(self, *roles: str, name: str = "") -> CurrentUser:
        """The same as an env has it, with what the roles imply."""
        key = self.user(*roles, name=name).id
        registry, connection = self.env.registry, self.env.session.core_connection()
        users = registry.info("base.user").table
        row = connection.execute(sa.select(users).where(users.c.id == key)).one()
        return sessions.current_user(connection, registry, row._mapping)

    @property
    def company(self) -> Any:
        """The company that users of the kit work for."""
        companies = self.env["base.company"]
        found = self.env.scalars(sa.select(companies).order_by(companies.id).limit(1)).first()
        if found is None:
            currencies = self.env["base.currency"]
            currency = self.env.scalars(sa.select(currencies).order_by(currencies.id).limit(1)).first()
            [found] = self.env.create(companies, [{"name": "Kit", "currency": currency}])
            self.env.flush()
        return found

    def roles_of(self, model: Any) -> tuple[str, ...]:
        """All roles that are granted something of a model: who has them may whatever anybody may."""
        return tuple(sorted(self.env.registry.info(model).access))

    def can(self, operation: str, thing: Any) -> bool:
        """Whether the user of the innermost `env_as` may read, write, create or delete a record, or any of a model."""
        letter, env = WORDS[operation], self.now
        if not isinstance(thing, Model):
            return env.may(thing, letter)
        if not env.may(type(thing), "r"):
            return False  # to ask for the record would be refused
        session: Any = orm.object_session(thing)
        if session is not None:
            session.env.flush()
        [key] = sa.inspect(thing).identity or (0,)  # it may be of an env that is closed
        seen = env.get(type(thing), key)
        return seen is not None and (letter == "r" or env.may_with(seen, letter))

    # ------------------------------------------------------------- records and visitors
    def make(self, model: Any, **values: Any) -> Any:
        """A record with `values`, else with the defaults of its fields, else with values by their kinds; what its
        required links need is made too.

        Of the innermost `env_as`, else of the system.
        """
        return make_with_links(self.now, self.now.registry.info(model), values, defaults=True)

    def visit(self, *roles: str, name: str = "", lang: str = "", guest: bool = False) -> Visitor:
        """Somebody at the site: a user with these roles who is signed in, or a guest."""
        self.now.flush()
        visitor = Visitor(self.installation.dispatcher, lang or self.lang)
        visitor.around = self._up_to_date
        if guest:
            return visitor
        user = self.user(*roles, name=name)
        if user.lang != visitor.lang:
            user.lang = visitor.lang
            self.env.flush()
        with self.installation.database.writing.begin() as connection:
            token = sessions.begin(connection, user.id, "kit", remember=False)
        visitor.client.set_cookie(TOKEN_COOKIE, token, domain=visitor.host)
        return visitor

    @contextmanager
    def _up_to_date(self) -> Iterator[None]:
        """Around a request: it finds what the test wrote, and what the test holds is read again after it."""
        envs = (self.env, *self._inner)
        for env in envs:
            env.flush()
        yield
        for env in envs:
            env.session.expire_all()
