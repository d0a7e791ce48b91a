"""`lumbung init`: a database with base, a company and somebody who may do everything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from core import settings
from core.commands import shared
from core.errors import DatabaseError
from core.i18n import catalogs
from core.i18n.lazy import _

if TYPE_CHECKING:
    from core.orm.database import Database
    from core.orm.env import Env

ADMIN = "base.admin"


@click.command()
@shared.database_option
@click.option("--addons", default="", metavar="NAMES", help="Addons to install too, such as crm,sale.")
@click.option("--company", help="The name of the company.")
@click.option("--admin-email", metavar="EMAIL", help="Who signs in first, as the administrator.")
@click.option("--admin-name", metavar="NAME", help="The administrator's name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@shared.dry_run_option
def init(
    db: str | None,
    addons: str,
    company: str | None,
    admin_email: str | None,
    admin_name: str | None,
    password_stdin: bool,
    dry_run: bool,
) -> None:
    """Make a new database with base, a company and its administrator.

    What is not given is asked for on the terminal. Without a terminal a password is made up and printed,
    this once.
    """
    from core.access.passwords import hash_password
    from core.loader import discover
    from core.schema.install import install

    url = settings.database_url(db)
    email = admin_email or _asked(_("Email of the administrator"), "--admin-email")
    names = ["base", *(name.strip() for name in addons.split(",") if name.strip())]
    company = company or (
        _asked(_("Name of the company"), "--company") if sys.stdin.isatty() else str(_("My company"))
    )
    with shared.opened(url) as database, shared.new_file(database, keep=not dry_run):
        refuse_used(database)
        password, made_up = shared.new_password(password_stdin)
        hashed = hash_password(password)

        def finish(env: Env) -> None:
            make_first(
                env,
                company=str(company),
                email=email,
                name=admin_name or email.partition("@")[0],
                hashed=hashed,
            )

        report = install(database, discover(), names, shared.say, finish=finish, dry_run=dry_run)
        where = database.path or database.url.render_as_string()
    if dry_run:
        click.echo(_("That was a dry run: nothing was changed."))
        return
    click.echo(_("%(where)s is ready with %(addons)s.", where=where, addons=", ".join(report.installed)))
    click.echo(_("Sign in as %(email)s.", email=email))
    if made_up:
        click.echo(_("The password, shown this once: %(password)s", password=password))


def refuse_used(database: Database) -> None:
    """Raises DatabaseError where the database holds tables already."""
    from core.schema.plan import is_empty

    with database.writing.begin() as connection:
        if not is_empty(connection):
            where = database.path or database.url.render_as_string()
            raise DatabaseError(
                _(
                    "%(where)s holds tables already; nothing was changed. Name an empty database by --db.",
                    where=where,
                )
            )


def make_first(env: Env, *, company: str, email: str, name: str, hashed: str) -> None:
    """The company, and the administrator who belongs to it."""
    from core.access.users import create_user

    [own] = env.create(env["base.company"], [{"name": company}])
    first = create_user(env, email=email, name=name, roles=[ADMIN], password_hash=hashed, company=own)
    first.lang = catalogs.current_language()  # whoever answers the questions reads the pages next


def _asked(question: object, option: str) -> str:
    """What somebody at the terminal answers. Without one, the option has to be given."""
    if not sys.stdin.isatty():
        raise click.UsageError(str(_("Without a terminal, %(option)s has to be given.", option=option)))
    return str(click.prompt(str(question)))
