"""`lumbung user`: people who sign in, for whoever has no browser at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from core.commands import shared
from core.errors import UserError
from core.i18n.lazy import _

if TYPE_CHECKING:
    from core.orm.database import Database
    from core.orm.env import Env

stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.group()
def user() -> None:
    """Add people who sign in, change their passwords, make links by which they choose one."""


@user.command()
@click.argument("email")
@click.option("--name", help="The person's name (else what stands before the @).")
@click.option(
    "--role", "roles", multiple=True, default=["base.user"], show_default=True, help="May be repeated."
)
@stdin_option
@shared.database_option
@shared.dry_run_option
def add(
    email: str, name: str | None, roles: Sequence[str], password_stdin: bool, db: str | None, dry_run: bool
) -> None:
    """Add a person who signs in as EMAIL, in the first company."""
    import sqlalchemy as sa

    from core.access.passwords import hash_password
    from core.access.users import create_user

    with shared.existing(db) as database:
        password, made_up = shared.new_password(password_stdin)
        hashed = hash_password(password, email)
        with _writing(database, dry_run) as env:
            company = env.scalar(sa.select(env["base.company"]).order_by(env["base.company"].id).limit(1))
            create_user(
                env,
                email=email,
                name=name or email.partition("@")[0],
                roles=roles,
                password_hash=hashed,
                company=company,
            )
    _print(_("%(email)s can sign in.", email=email), password, made_up, dry_run)


@user.command()
@click.argument("email")
@stdin_option
@shared.database_option
@shared.dry_run_option
def passwd(email: str, password_stdin: bool, db: str | None, dry_run: bool) -> None:
    """Give the person who signs in as EMAIL another password, and sign them out everywhere."""
    from core.access.passwords import hash_password, set_password
    from core.access.users import find_user

    with shared.existing(db) as database:
        password, made_up = shared.new_password(password_stdin)
        hashed = hash_password(password, email)
        with _writing(database, dry_run) as env:
            set_password(env.session.core_connection(), find_user(env, email).id, hashed)
    _print(_("%(email)s has another password.", email=email), password, made_up, dry_run)


@user.command()
@click.argument("email")
@shared.database_option
@shared.dry_run_option
def reset(email: str, db: str | None, dry_run: bool) -> None:
    """Make a link by which the person who signs in as EMAIL chooses a password, good once and for an hour."""
    from core.access import resets
    from core.access.users import find_user
    from core.i18n import catalogs
    from core.i18n.formats import formats

    with shared.existing(db) as database, _writing(database, dry_run) as env:
        person = find_user(env, email)
        if not person.active or person.archived:
            raise UserError(_("%(name)s may not sign in: allow that first.", name=person.name))
        token, until = resets.make(env.session.core_connection(), person.id)
        clock = formats(catalogs.current_language(), person.tz).time(until)
    if dry_run:
        click.echo(_("That was a dry run: nothing was changed."))
        return
    click.echo(_("Good once, until %(time)s. Put the address of your site before it:", time=clock))
    click.echo(resets.path(token))


@contextmanager
def _writing(database: Database, dry_run: bool) -> Iterator[Env]:
    """An env over the installed addons; a dry run takes everything back at its end."""
    from core.assembly import assemble
    from core.loader import discover
    from core.orm.env import open_env
    from core.schema.preparing import installed

    with database.reading.connect() as connection:
        names = installed(connection)
    assembly = assemble(discover(), names)
    try:
        with open_env(assembly.registry, database) as env:
            yield env
            env.flush()
            if dry_run:
                env.session.rollback()
    finally:
        assembly.dispose()


def _print(text: object, password: str, made_up: bool, dry_run: bool) -> None:
    if dry_run:
        click.echo(_("That was a dry run: nothing was changed."))
        return
    click.echo(str(text))
    if made_up:
        click.echo(_("The password, shown this once: %(password)s", password=password))
