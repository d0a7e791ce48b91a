"""`lumbung serve`: the web server."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import click

from core import settings
from core.commands import shared
from core.i18n.lazy import _

if TYPE_CHECKING:
    import sqlalchemy as sa

    from core.orm.database import Database

PORT = 8069

host_option = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
port_option = click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535))


@click.command()
@shared.database_option
@host_option
@port_option
def serve(db: str | None, host: str, port: int) -> None:
    """Serve the database on the web until it is stopped."""
    settings.secret()
    check_port(host, port)
    with shared.existing(db) as database:
        look_for_demo_users(database)
    run(settings.database_url(db), host, port)


def look_for_demo_users(database: Database) -> None:
    """Warns of a database that `lumbung demo` made. Raises SettingsError on its users in another."""
    import sqlalchemy as sa

    from core.schema.tables import registry_version

    with database.reading.connect() as connection:
        is_demo = connection.scalar(sa.select(registry_version.c.demo)) is not None
        found = [] if is_demo else _with_demo_password(connection)
    if is_demo:
        shared.say(_("This is a demo database: everybody knows its passwords. Keep nothing real in it."))
    if found:
        raise settings.SettingsError(
            _(
                "%(emails)s can sign in with the password of the demo, which everybody knows. "
                "Give them another with “lumbung user passwd EMAIL”, or switch them off.",
                emails=", ".join(found),
            )
        )


def _with_demo_password(connection: sa.Connection) -> list[str]:
    import sqlalchemy as sa

    from core.access.passwords import verify_password
    from core.base.demo import PASSWORD, SIGN_INS
    from core.schema.tables import credential

    users = sa.table("base_user", *map(sa.column, ("id", "email", "active", "archived")))
    kept = (
        sa.select(users.c.email, credential.c.password_hash)
        .join(credential, credential.c.user_id == users.c.id)
        .where(users.c.email.in_([email for email, _role in SIGN_INS]), users.c.active, ~users.c.archived)
        .order_by(users.c.email)
    )
    return [email for email, hashed in connection.execute(kept) if verify_password(hashed, PASSWORD)]


def check_port(host: str, port: int) -> None:
    """Raises SettingsError where somebody else listens there, before anything long is begun."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        raise settings.SettingsError(
            _(
                "Port %(port)s of %(host)s cannot be used: %(reason)s. Choose another by --port.",
                port=port,
                host=host,
                reason=error.strerror or str(error),
            )
        ) from error


def run(url: str, host: str, port: int) -> None:
    """Says where, and serves. Raises SchemaBehind on a database that is older than the program."""
    from core.web.server import serve as serve_site

    told = _("Lumbung is at http://%(host)s:%(port)s (stop with Ctrl+C)", host=host, port=port)
    serve_site(url, host, port, ready=lambda: click.echo(told))
