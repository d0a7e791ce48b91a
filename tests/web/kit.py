"""What the tests of the web share: a served database with demo data, and visitors who walk through it.

Every answer is looked at (`rules.check`), and one of 4xx must have left the database as it was. A visitor
who is answered 5xx fails the test, unless it said that it would be.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import argon2
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from werkzeug.routing import Rule

from core.access import sessions
from core.access.passwords import set_password
from core.assembly import Assembly, assemble
from core.base.demo import DOMAIN, PASSWORD
from core.loader import GROUP, Catalogue, discover
from core.manifest import Scale
from core.orm.database import Database
from core.orm.env import Env, open_env
from core.schema.install import install
from core.schema.tables import sign_in_failure
from core.testing import client
from core.testing.client import Answer, form_in  # noqa: F401 - tests take it from here
from core.testing.markup import typed  # noqa: F401
from core.web.dispatcher import ANY_HOST, Dispatcher, Sites, Tenant
from core.web.requests import TOKEN_COOKIE
from core.web.site import Site

_looking: ContextVar[bool] = ContextVar("looking", default=False)


@contextlib.contextmanager
def _look() -> Iterator[None]:
    """A block in which the tests themselves ask."""
    token = _looking.set(True)
    try:
        yield
    finally:
        _looking.reset(token)


def is_looking() -> bool:
    """Whether the tests themselves ask the database whether it changed: no statement of the page."""
    return _looking.get()


_HARMLESS = re.compile(
    r"\s*(SELECT|PRAGMA|BEGIN|SAVEPOINT|RELEASE|ROLLBACK|(INSERT INTO|UPDATE|DELETE FROM) sign_in_failure"
    r"|WITH(?!.*\b(INSERT|UPDATE|DELETE)\b))\b",
    re.DOTALL,
)
_writes = [0]
"""How many statements of this process may have written anything but what is COUNTED."""


@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def _hear(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
    if not _HARMLESS.match(statement):
        _writes[0] += 1


SECRET = "a secret of tests that is long enough"
ADDONS = [EntryPoint("crm", "addons.crm", GROUP), EntryPoint("sample", "tests.web.sample", GROUP)]
COUNTED = "sign_in_failure"
"""The table of what a refused sign-in counts: it is there to be written by those who are refused."""
SEEN = "seen_at"
"""The column of a session that may change at any time: it is no business of a request's outcome."""


# ----------------------------------------------------------------- databases
def found(*more: EntryPoint) -> Catalogue:
    """The addons of the repository and of these tests, and those that a test brings."""
    return discover([], entry_points=[*ADDONS, *more])


def fill(url: str, catalogue: Catalogue, names: Sequence[str] = ("crm",), *, demo: bool = True) -> None:
    """Installs addons into an empty database, with their demo data and PASSWORD for each of its users."""
    with contextlib.closing(Database(url)) as database:
        install(database, catalogue, names)
        assembly = assemble(catalogue, names)
        try:
            with open_env(assembly.registry, database) as env:
                _make_people(env, assembly, demo=demo)
            _let_in(database, assembly.registry.info("base.user").table)
        finally:
            assembly.dispose()


def _make_people(env: Env, assembly: Assembly, *, demo: bool) -> None:
    """The demo data; without it the two who manage, and every list of theirs is empty."""
    if demo:
        for item in assembly.demo:
            for _progress in item.value.make(env, Scale()):
                pass
        return
    roles = {role.name: role for role in env.scalars(sa.select(env["base.role"]))}
    people = {"Dewi Kartika": "base.manager", "Made Wirawan": "base.admin"}
    for name, role in people.items():
        address = f"{name.split()[0].lower()}@{DOMAIN}"
        row = {"name": name, "email": address, "roles": [roles[role], roles["crm.manager"]]}
        env.create(env["base.user"], [row])


def _let_in(database: Database, users: sa.Table) -> None:
    """PASSWORD for everyone, in a hash as weak as argon2 allows: tests sign in all the time."""
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.writing.begin() as connection:
        for user_id in connection.scalars(sa.select(users.c.id)).all():
            set_password(connection, user_id, quick)


def record(env: Env, model: str, key: int) -> Any:
    """A record that must be there."""
    found = env.get(env[model], key)
    assert found is not None, f"no {model} {key}"
    return found


UNTOLD = {
    COUNTED,
    "addon_failure",
    *(f"search_{part}" for part in ("data", "idx", "docsize", "config", "content")),
}
"""Tries to sign in, what addons did wrong, and what SQLite keeps behind the table of search, which is told itself."""
COLUMNS = {
    "sqlite": "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
    "postgresql": "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
    " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0"
    " AND NOT a.attisdropped",
}
ROWS = {
    "sqlite": "SELECT group_concat(line, char(10)) FROM (SELECT {} AS line FROM {} ORDER BY 1)",
    "postgresql": "SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (SELECT {} AS line FROM {}) AS lines",
}
CELL = {"sqlite": "quote({})", "postgresql": "coalesce(quote_literal({}::text), '-')"}


def quoted(name: str) -> str:
    """A name of a table or column as both databases read it whatever it is."""
    return f'"{name}"'


def digest(database: Database) -> str:
    """What all tables hold together, as a text that differs if anything does."""
    with database.reading.begin() as connection:
        return digest_by(connection)


def digest_by(connection: sa.Connection) -> str:
    """The same as a connection sees it; the database puts it together."""
    kind, tables = connection.dialect.name, defaultdict[str, list[str]](list)
    for table, column in connection.exec_driver_sql(COLUMNS[kind]):
        if table not in UNTOLD and column != SEEN:
            tables[table].append(CELL[kind].format(quoted(column)))
    lines = {table: " || ',' || ".join(sorted(cells)) for table, cells in sorted(tables.items())}
    parts = [f"SELECT '{table}', ({ROWS[kind].format(line, quoted(table))})" for table, line in lines.items()]
    held = connection.exec_driver_sql(" UNION ALL ".join(parts).replace("%", "%%")).all()
    return hashlib.sha256(repr(sorted(map(tuple, held))).encode("utf-8", "surrogatepass")).hexdigest()


# ----------------------------------------------------------------- served
class Served:
    """One database behind a dispatcher, as its visitors find it."""

    def __init__(self, url: str, dispatcher: Dispatcher, host: str = ANY_HOST) -> None:
        self.url = url
        self.dispatcher = dispatcher
        self.host = "localhost" if host == ANY_HOST else host
        self._known = self._mark_known = ""

    @property
    def database(self) -> Database:
        """The database as the dispatcher has it."""
        tenant = self.dispatcher.tenant(self.host)
        assert tenant is not None
        return tenant.database

    def forgive(self) -> None:
        """Nobody has tried to sign in yet."""
        with self.database.writing.begin() as connection:
            connection.execute(sign_in_failure.delete())

    @property
    def site(self) -> Site:
        """The site that answers here."""
        tenant = self.dispatcher.tenant(self.host)
        assert tenant is not None
        return tenant.site()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return make_url(self.url).get_backend_name() == "sqlite"

    @contextlib.contextmanager
    def env(self) -> Iterator[Env]:
        """A writing env of nobody, for what a test prepares or looks up."""
        with open_env(self.site.assembly.registry, self.database) as env:
            yield env
        self.forget()

    def value(self, model: str, key: int, name: str) -> Any:
        """One value of one record as it is stored now; links as their keys."""
        with open_env(self.site.assembly.registry, self.database, readonly=True) as env:
            value = getattr(record(env, model, key), name)
            if isinstance(value, list):
                return [record.id for record in value]
            return value.id if hasattr(value, "display_label") else value

    def change(self, model: str, key: int, **values: Any) -> None:
        """Writes values behind the back of everyone."""
        with self.env() as env:
            env.write([record(env, model, key)], values)

    def first(self, model: str, **values: Any) -> int:
        """The key of the first record with these values."""
        with open_env(self.site.assembly.registry, self.database, readonly=True) as env:
            cls = env[model]
            wanted = sa.select(cls.id).order_by(cls.id).filter_by(**values).limit(1)
            key = env.scalar(wanted)
            assert isinstance(key, int), f"no {model} with {values}"
            return key

    def count(self, model: str) -> int:
        """How many records of a model there are."""
        with open_env(self.site.assembly.registry, self.database, readonly=True) as env:
            return int(env.scalar(sa.select(sa.func.count(env[model].id))))

    # ------------------------------------------------------------- unchanged
    def state(self) -> str:
        """The digest of the database, worked out again only where something was written since."""
        with _look():
            mark = self._mark()
            if mark != self._mark_known:
                self._known, self._mark_known = digest(self.database), mark
            return self._known

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Callable[[], bool]]:
        """For a block: says whether the database is another than it was at its beginning.

        The database itself keeps how it was, for as long as a transaction reads it: only where something was
        written both are put together. Who is refused at the door is counted there, and that is all.
        """
        with contextlib.ExitStack() as stack:
            with _look():
                mark, before = self._mark(), stack.enter_context(self.database.reading.connect())
                if not self.database.is_sqlite:
                    before.execution_options(isolation_level="REPEATABLE READ")
                before.execute(sa.text(f"SELECT count(*) FROM {COUNTED}"))  # from here on it is kept

            writes = _writes[0]

            def is_changed() -> bool:
                with _look():
                    is_told = _writes[0] != writes and self._mark() != mark
                    return is_told and digest_by(before) != digest(self.database)

            yield is_changed

    def forget(self) -> None:
        """Whatever the mark says, something may have been written."""
        self._mark_known = ""

    def _mark(self) -> str:
        """What changes with every write: the files of SQLite, on PostgreSQL the number of the next one."""
        path = self.database.path
        if path is not None:
            files = [file for file in (path, Path(f"{path}-wal")) if file.exists()]
            return repr([(file.stat().st_size, file.stat().st_mtime_ns) for file in files])
        with self.database.reading.begin() as connection:
            return str(connection.scalar(sa.text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")))

    # ------------------------------------------------------------- visitors
    def visitor(self, lang: str = "id") -> Visitor:
        """Somebody with a browser in a language, not signed in."""
        return Visitor(self, lang)

    def sign_in(self, person: str = "dewi", lang: str | None = None) -> Visitor:
        """A demo user in a new session, as the form would begin it: dewi leads sales, made manages, ayu sells."""
        visitor = self.visitor(lang or "id")
        users = self.site.assembly.registry.info("base.user").table
        with self.database.writing.begin() as connection:
            key = connection.scalar(sa.select(users.c.id).where(users.c.email == f"{person}@{DOMAIN}"))
            assert key is not None, person
            token = sessions.begin(connection, key, "tests", remember=False)
        visitor.client.set_cookie(TOKEN_COOKIE, token, domain=self.host)
        if lang is not None:
            visitor.get(f"/language/{lang}")
        return visitor


class Visitor(client.Visitor):
    """Somebody with a browser, at whose refused requests the database is looked at."""

    def __init__(self, served: Served, lang: str) -> None:
        super().__init__(served.dispatcher, lang, served.host)
        self.served = served

    def watched(self) -> contextlib.AbstractContextManager[Callable[[], bool]]:
        return self.served.snapshot()


# ----------------------------------------------------------------- dispatchers
def sites() -> Sites:
    """Sites that several dispatchers can share, so that the addons are put together once."""
    return Sites(found(), SECRET)


def dispatcher(urls: Mapping[str, str], shared: Sites) -> Dispatcher:
    """A dispatcher over sites that others use too."""
    made = Dispatcher({}, SECRET, shared.catalogue)
    made.sites = shared
    made.tenants = {host: Tenant(Database(url), shared) for host, url in urls.items()}
    return made


def address(rule: Rule) -> str:
    """An address of a route, with values that lead somewhere."""
    known = {
        "model": "crm.lead",
        "key": 1,
        "unit": 1,
        "note": 1,
        "name": "photo.png",
        "code": "en",
        "filename": "lumbung.css",
        "token": "nothing",
        "addon": "crm",
    }
    built = rule.build({name: known[name] for name in rule.arguments}, append_unknown=False)
    assert built is not None
    return built[1]
