"""`lumbung serve`: the web server."""

from __future__ import annotations

import socket

import click

from core import settings
from core.commands import shared
from core.i18n.lazy import _

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
    with shared.existing(db):
        pass
    run(settings.database_url(db), host, port)


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
    """Says where, and serves."""
    from core.web.server import serve as serve_site

    click.echo(_("Lumbung is at http://%(host)s:%(port)s (stop with Ctrl+C)", host=host, port=port))
    serve_site(url, host, port)
