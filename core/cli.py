"""The command `lumbung`. Each command lives in a module of its own, imported when it is called."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any

import click

from core.errors import LumbungError
from core.i18n import catalogs

COMMANDS: Mapping[str, str] = {
    "addons": "core.commands.addons:addons",
    "check": "core.commands.check:check",
    "demo": "core.commands.demo:demo",
    "explain": "core.commands.explain:explain",
    "i18n": "core.i18n.commands:i18n",
    "init": "core.commands.init:init",
    "new-addon": "core.commands.new_addon:new_addon",
    "serve": "core.commands.serve:serve",
    "user": "core.commands.user:user",
}
LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Application(click.Group):
    """A group that imports a command when it is asked for, and says errors in words and in one language."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def main(self, *args: Any, **kwargs: Any) -> Any:
        token = catalogs.set_language(system_language())
        try:
            return super().main(*args, **kwargs)
        finally:
            catalogs.reset_language(token)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LumbungError as error:
            click.echo(str(error), err=True)
            ctx.exit(1)


def system_language() -> str:
    """The language of the system's settings, English where it is none of ours."""
    for name in LANGUAGE_VARIABLES:
        value = os.environ.get(name)
        if value:
            code = value.partition("_")[0].partition(".")[0]
            return code if code in catalogs.LANGUAGES else "en"
    return "en"


def _choose_language(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        catalogs.set_language(value)


@click.group(cls=Application, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lumbung")
@click.option(
    "--lang",
    type=click.Choice(list(catalogs.LANGUAGES)),
    is_eager=True,
    expose_value=False,
    callback=_choose_language,
    help="The language of messages (else that of LANG).",
)
def main() -> None:
    """Lumbung: a modular ERP and CRM framework.

    LUMBUNG_DB names the database, LUMBUNG_DATA the folder of files (else ./data), LUMBUNG_ADDONS_PATH
    folders with further addons, LUMBUNG_SECRET what cookies are signed with, LUMBUNG_PROXIES how many
    proxies stand in front of the server (0 unless set: then only a connection by https is taken for one).
    """


if __name__ == "__main__":
    main()
