"""The frame around every page: brand, menu, languages, user; and how a template is rendered in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import current_app, g, get_flashed_messages, request

from core.i18n import catalogs
from core.i18n.lazy import TextLike, _
from core.web import requests
from core.web.threads.bell import MOST, unread

if TYPE_CHECKING:
    from core.manifest import Menu
    from core.web.site import Site

TONES = 8
LONGEST_PATH = 2_000
GROUPS: tuple[tuple[str, TextLike], ...] = ()


@dataclass
class Link:
    """An entry of the menu."""

    href: str
    label: str
    icon: str
    current: bool = False
    count: str | None = None


@dataclass
class MenuGroup:
    """Entries under one heading; the first has none."""

    label: str
    links: list[Link] = field(default_factory=list)


@dataclass
class UserBadge:
    """What the frame shows of the user."""

    name: str
    initials: str
    tone: str


@dataclass
class CompanyChoice:
    """A company that the user may work for; `current` where it is the only one that is switched on."""

    key: int
    label: str
    current: bool


@dataclass
class PageFrame:
    """What every template knows as `page`."""

    title: str
    lang: str
    theme: str
    shortcuts: bool
    """Whether single letters are shortcuts for this person (WCAG 2.2, 2.1.4)."""
    path: str
    brand: str
    languages: list[tuple[str, str, str, bool]]
    user: UserBadge | None
    menu: list[MenuGroup]
    tabbar: list[Link]
    flash: Sequence[Any]
    companies: Sequence[CompanyChoice] = ()
    unread: str = ""
    """How many notices wait for this person, empty for none."""


def render(template: str, title: TextLike, **context: Any) -> str:
    """A template inside the frame, in the language of the request."""
    site: Site = current_app.extensions["lumbung"]
    return site.templates.get_template(template).render(page=frame(str(title)), **context)


def frame(title: str) -> PageFrame:
    """The frame for this request; without its env (an error while opening it) a bare one."""
    env = g.get("env")
    user = env.user if env is not None and env.user.id is not None else None
    entries = menus() if user else []
    choices = companies() if user else []
    chosen = next((one.label for one in choices if one.current), None)
    return PageFrame(
        title=title,
        lang=catalogs.current_language(),
        theme=user.theme if user else "",
        shortcuts=user.shortcuts if user else True,
        path=_here(),
        brand=chosen or (g.signed_in.brand if requests.signed_in() else _brand()),
        languages=[
            (code, name, f"/language/{code}?next={quote(_here())}", code == _lang())
            for code, name in catalogs.LANGUAGES.items()
        ],
        user=UserBadge(user.name, initials(user.name), tone(user.id)) if user else None,
        menu=menu_groups(entries) if user else [],
        tabbar=_tabbar(entries) if user else [],
        flash=get_flashed_messages(with_categories=True),
        companies=choices,
        unread=_waiting() if user else "",
    )


def _waiting() -> str:
    count = unread(requests.env())
    return f"{MOST - 1}+" if count >= MOST else str(count or "")


def companies() -> list[CompanyChoice]:
    """The companies to choose from, for who may work for several; one statement."""
    mine = g.signed_in.user.companies if requests.signed_in() else ()
    if len(mine) < 2:
        return []
    import sqlalchemy as sa

    env = requests.env()
    company = env.registry.info("base.company").table.c
    found = sa.select(company.id, company.name).where(company.id.in_(mine)).order_by(company.name)
    rows = env.session.core_connection().execute(found)
    return [CompanyChoice(row.id, row.name, env.companies == (row.id,)) for row in rows]


def _here() -> str:
    """The address of this page, for coming back to it; nobody comes back to one that no browser would send."""
    if request.url_rule is not None and "GET" not in (request.url_rule.methods or ()):
        return "/"  # the answer to a form has no address of its own
    whole = request.full_path.rstrip("?")
    return next((path for path in (whole, request.path) if len(path) <= LONGEST_PATH), "/")


def _lang() -> str:
    return catalogs.current_language()


def _brand() -> str:
    """The company's name before sign-in: that of the first one."""
    import sqlalchemy as sa

    env = g.get("env")
    if env is None:
        return "Lumbung"
    company = env.registry.info("base.company").table
    statement = sa.select(company.c.name).order_by(company.c.id).limit(1)
    return env.session.core_connection().scalar(statement) or "Lumbung"


def initials(name: str) -> str:
    """The first letters of the first two words."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def tone(key: int | None) -> str:
    """One of the eight colours of people, always the same for a record."""
    return f"p{(key or 0) % TONES + 1}"


def menu_groups(entries: Sequence[Menu]) -> list[MenuGroup]:
    """The entries under their headings, after the home page."""
    groups: dict[str, MenuGroup] = {
        "": MenuGroup("", [Link("/", str(_("Home")), "home", request.path == "/")])
    }
    for menu in entries:
        group = groups.setdefault(str(menu.group), MenuGroup(str(menu.group)))
        group.links.append(_link(menu))
    return list(groups.values())


def _tabbar(entries: Sequence[Menu]) -> list[Link]:
    chosen = [menu for menu in entries if menu.tabbar][:2]
    home = Link("/", str(_("Home")), "home", request.path == "/")
    return [home, *map(_link, chosen)]


def menus() -> list[Menu]:
    """The entries of the menu that this user may open, in order."""
    site: Site = current_app.extensions["lumbung"]
    open_to = (item.value for item in site.assembly.menus if _may_open(item.value))
    return sorted(open_to, key=lambda menu: (menu.order, str(menu.label)))


def _may_open(menu: Menu) -> bool:
    if not isinstance(menu.target, str):
        return requests.env().may(menu.target, "r")
    route = requests.site().routes.at(menu.target)
    return route is None or route.door.is_open(requests.env())


def _link(menu: Menu) -> Link:
    href = address(menu.target)
    current = request.path == href or request.path.startswith(f"{href}/")
    shape = "?view=kanban" if menu.board and _has_board(menu) else ""
    return Link(f"{href}{shape}", str(menu.label), menu.icon, current)


def _has_board(menu: Menu) -> bool:
    """Whether the user may read what the columns of the board are by."""
    model = address(menu.target).removeprefix("/app/")
    view = requests.site().assembly.views.get(f"{model}.kanban")
    names = () if view is None else filter(None, (view.attrs["by"], view.attrs["within"]))
    return view is not None and all(requests.env().may_see(model, name) for name in names)


def address(target: Any) -> str:
    """Where a menu leads: an address, or the list of a model."""
    return target if isinstance(target, str) else f"/app/{target.__lumbung__.model}"
