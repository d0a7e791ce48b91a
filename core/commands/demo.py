"""`lumbung demo`: a database to look at, with believable data, and the server on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from core import settings
from core.commands import shared
from core.commands.serve import check_port, host_option, port_option, run
from core.errors import DatabaseError, SchemaBehind
from core.i18n.lazy import _

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.orm.database import Database
    from core.orm.env import Env

BEGUN, COMPLETE = "begun", "complete"
SHOWN = 3


@click.command()
@click.option("--db", metavar="URL", help="The database (else demo.db in the data folder; never LUMBUNG_DB).")
@click.option("--large", is_flag=True, help="100,000 contacts instead of 400.")
@click.option("--fresh", is_flag=True, help="Make the demo database anew where there is one.")
@click.option("--no-serve", is_flag=True, help="Make the database only.")
@host_option
@port_option
def demo(db: str | None, large: bool, fresh: bool, no_serve: bool, host: str, port: int) -> None:
    """Make a demo database with every addon that is found, where there is none, and serve it."""
    url = settings.database_url(db or f"sqlite:///{settings.data_folder() / 'demo.db'}")
    if not no_serve:
        settings.secret()
        check_port(host, port)
    with shared.opened(url) as database:
        state = _state(database)
        if state is not None and (fresh or state == BEGUN):
            _remove(database)
            state = None
        if state is None:
            with shared.new_file(database):
                _make(database, large)
    _print_sign_ins()
    if not no_serve:
        try:
            run(url, host, port)
        except SchemaBehind:
            _bring_up_to_date(url)
            run(url, host, port)


def _bring_up_to_date(url: str) -> None:
    """Adds what the program needs by now: there is nothing to lose in a demo, and nobody to ask."""
    from core.loader import discover
    from core.schema.install import install

    with shared.opened(url) as database:
        install(database, discover(), ["base"], shared.say)


def _state(database: Database) -> str | None:
    """How far a demo database got; None where there is nothing. Raises DatabaseError on other data."""
    import sqlalchemy as sa

    from core.schema import tables
    from core.schema.plan import is_empty

    if shared.is_missing(database):
        return None
    with database.reading.connect() as connection:
        if is_empty(connection):
            return None
        known = tables.registry_version
        state = None
        if sa.inspect(connection).has_table(known.name):
            state = connection.scalar(sa.select(known.c.demo))
    if state is None:
        where = database.path or database.url.render_as_string()
        raise DatabaseError(_("%(where)s holds data that is no demo; nothing was changed.", where=where))
    return str(state)


def _remove(database: Database) -> None:
    """Takes a demo database away: the file, or every table."""
    import sqlalchemy as sa

    if database.path is not None:
        database.close()
        shared.remove_file(database.path)
        return
    with database.writing.begin() as connection:
        quote = connection.dialect.identifier_preparer.quote
        for name in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE {quote(name)} CASCADE")


def _make(database: Database, large: bool) -> None:
    from core.assembly import assemble
    from core.loader import discover
    from core.orm.env import open_env
    from core.schema.install import install

    catalogue = discover()
    assembly = assemble(catalogue, sorted(catalogue.addons))
    for error in (catalogue.broken | assembly.quarantined).values():
        shared.say(str(error))
    try:
        install(database, catalogue, assembly.names, shared.say, finish=lambda env: _mark(env, BEGUN))
        _fill(database, assembly, large)
        with open_env(assembly.registry, database) as env:
            _let_in(env)
            _mark(env, COMPLETE)
    finally:
        assembly.dispose()


def _fill(database: Database, assembly: Assembly, large: bool) -> None:
    """The demo data of each addon, a transaction each, with progress."""
    from core.manifest import Scale
    from core.orm.env import open_env

    for item in assembly.demo:
        label = f"{item.value.name!s:30}"  # before the env sets the language of its user
        with (
            click.progressbar(length=1, label=label, file=sys.stderr) as bar,
            open_env(assembly.registry, database) as env,
        ):
            for done, total in item.value.make(env, Scale(large=large)):
                bar.length = total
                bar.update(done - bar.pos)


def _let_in(env: Env) -> None:
    """The password of the demo users."""
    import sqlalchemy as sa

    from core.access.passwords import hash_password, set_password
    from core.base.demo import PASSWORD, SIGN_INS

    hashed, users = hash_password(PASSWORD), env["base.user"]
    for user in env.scalars(sa.select(users).where(users.email.in_([email for email, _role in SIGN_INS]))):
        set_password(env.session.core_connection(), user.id, hashed)


def _mark(env: Env, state: str) -> None:
    from core.schema import tables

    env.session.core_connection().execute(tables.registry_version.update().values(demo=state))


def _print_sign_ins() -> None:
    from core.base.demo import PASSWORD, SIGN_INS

    click.echo(_("Sign in with the password %(password)s as:", password=PASSWORD))
    for email, role in SIGN_INS[:SHOWN]:
        click.echo(f"  {email:40} {role}")
