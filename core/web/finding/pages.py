"""The page of the search over everything, and what the palette asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from core.errors import FieldError
from core.i18n.lazy import _
from core.i18n.words import new_one
from core.web import requests
from core.web.finding import recent
from core.web.finding.records import SYMBOL, Found, find
from core.web.listing.page import new_href
from core.web.routes import USERS, Parameters, Route
from core.web.shell import MenuGroup, address, menu_groups, menus, render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.manifest import Menu
    from core.web.site import Site

ON_PAGE, IN_PALETTE = 8, 5
"""Records of each model that are shown."""


@dataclass(frozen=True)
class Command:
    """An entry of the palette that was not searched for: something to do, a place, or a record that was opened last."""

    href: str
    label: str
    symbol: str
    under: str = ""


@dataclass
class Finding:
    """The handlers, over one site."""

    site: Site

    def page(self) -> ResponseReturnValue:
        """What was found, model by model."""
        text = " ".join(request.args.get("q", "").split())
        found, error = self._found(text, ON_PAGE)
        title = _("Search: %(text)s", text=text) if text and not error else _("Search")
        last = self._last() if not text else []
        html = render("core/search.html", title, text=text, found=found, error=error, last=last)
        return html, 422 if error else 200

    def palette(self) -> ResponseReturnValue:
        """The options of the palette: records for a text, else those that were opened last and the commands.

        The script narrows these itself.
        """
        text = " ".join(request.args.get("q", "").split())
        found, error = self._found(text, IN_PALETTE)
        entries = menus() if not text else []
        template = self.site.templates.get_template("core/palette.html")
        goes = _goes(menu_groups(entries))
        last = self._last() if not text else []
        html = template.render(text=text, found=found, last=last, makes=_makes(entries), goes=goes)
        return {"html": html, "error": error or ""}

    def _found(self, text: str, shown: int) -> tuple[list[Found], str | None]:
        try:
            return find(self.site, requests.env(), text, _symbols(), shown), None
        except FieldError as error:
            return [], str(error)

    def _last(self) -> list[Command]:
        """The records that were opened last."""
        env, symbols = requests.env(), _symbols()
        return [
            Command(
                f"/app/{model}/{key}", text, symbols.get(model, SYMBOL), str(env.registry.models[model].label)
            )
            for (model, key), text in recent.last(env)
        ]


def _symbols() -> dict[str, str]:
    """The icons of models that stand in the menu."""
    return {address(menu.target).removeprefix("/app/"): menu.icon for menu in menus()}


def _makes(entries: Sequence[Menu]) -> list[Command]:
    """What can be made anew, of what stands in the menu."""
    env = requests.env()
    models = [menu.target.__lumbung__.model for menu in entries if not isinstance(menu.target, str)]
    infos = [env.registry.models[model] for model in models if env.may(model, "c")]
    return [Command(new_href(env, info.name), new_one(str(info.label)), "plus") for info in infos]


def _goes(groups: Sequence[MenuGroup]) -> list[Command]:
    """The places of the menu, and those of one's own."""
    goes = [
        Command(link.href, link.label, link.icon, group.label) for group in groups for link in group.links
    ]
    return [
        *goes,
        Command("/settings/profile", str(_("Your profile")), "user"),
        Command("/settings/password", str(_("Change your password")), "key"),
    ]


def register(site: Site) -> None:
    """Whoever is signed in may search; what they find is for their roles to say."""
    recent.register(site)
    finding, text = Finding(site), Parameters(("q",))
    site.routes.add(
        Route("search", "/search", finding.page, USERS, query=text),
        Route("palette", "/search/palette", finding.palette, USERS, query=text),
    )
