"""See as: how much of everything somebody sees, and why they may do something with one record or not.

Only read, never written in their name. Each look is noted in the history of the person.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import sqlalchemy as sa
from flask import request
from flask_wtf.csrf import generate_csrf

from core.access import explaining, sessions
from core.errors import FieldError
from core.i18n.lazy import TextLike, _
from core.orm import history
from core.orm.env import MAX_KEY, Env
from core.orm.links import Many2one
from core.orm.session import Session
from core.web import requests
from core.web.admin.matrix import COLUMNS, in_order
from core.web.admin.roles import ADMINS
from core.web.admin.tabs import SEE_AS, Tab, tabs
from core.web.listing import NOT_VISIBLE
from core.web.listing.labels import Labels
from core.web.numbers import number
from core.web.routes import Parameters, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.assembly import Assembly
    from core.manifest import Rule
    from core.orm.info import ModelInfo
    from core.web.site import Site

USER, ROLE, TEAM = "base.user", "base.role", "base.team"
WHO, WHAT = "user", "record"
RECORD = re.compile(r"(?:.*/app/)?([a-z0-9_]+\.[a-z0-9_]+)[/ #]+([0-9]{1,19})(?:[/?#].*)?")
"""A record as one has it at hand: the address of its page, or its kind and number."""


@dataclass
class Count:
    """How many records of a kind somebody sees."""

    label: TextLike
    seen: str
    of: str


@dataclass
class Answer:
    """What one may do with a record, and why."""

    label: TextLike
    allowed: bool
    reasons: Sequence[TextLike]


@dataclass
class SeeAsPage:
    """What the template knows as `see`."""

    action: str
    csrf: str
    tabs: Sequence[Tab]
    people: Sequence[tuple[int, str, bool]]
    record: str
    errors: list[tuple[str, str]] = field(default_factory=list)
    name: str = ""
    facts: Sequence[tuple[TextLike, str]] = ()
    counts: Sequence[Count] = ()
    tried: str = ""
    tried_href: str = ""
    answers: Sequence[Answer] = ()
    is_off: bool = False


@dataclass
class SeeAs:
    """The handler, over one site."""

    site: Site

    def show(self) -> ResponseReturnValue:
        """Asks whom to see as; sent, it counts and explains, and notes that it did."""
        given = request.form if request.method == "POST" else request.args
        env = requests.env()
        users: Any = env[USER]
        people = env.execute(sa.select(users.id, users.name).order_by(users.name, users.id)).all()
        who = number(given.get(WHO, ""))
        page = SeeAsPage(
            action=SEE_AS,
            csrf=generate_csrf(),
            tabs=tabs(env, SEE_AS),
            people=[(key, name, key == who) for key, name in people],
            record=given.get(WHAT, ""),
        )
        if request.method == "POST":
            try:
                target = self._target(page.record)
                if who is None or who not in {key for key, _name in people}:
                    raise FieldError(_("Choose a person."), WHO)
            except FieldError as error:
                page.errors = [(error.field or WHO, str(error))]
            else:
                _note(who)
                self._look(page, who, target)
        title = _("See as %(name)s", name=page.name) if page.name else _("See as")
        return render("core/see_as.html", title, see=page), 422 if page.errors else 200

    def _target(self, text: str) -> tuple[ModelInfo, int] | None:
        """The record that was typed, None for none. Raises FieldError where it is not there."""
        if not text.strip():
            return None
        match = RECORD.fullmatch(unquote(text.strip()))
        info = self.site.assembly.registry.models.get(match[1]) if match else None
        if match is None or info is None or int(match[2]) > MAX_KEY:
            raise FieldError(
                _("Paste the address of a record, or type its kind and number as in “base.partner 12”."), WHAT
            )
        known = sa.select(info.table.c.id).where(info.table.c.id == int(match[2]))
        if requests.env().session.core_connection().scalar(known) is None:
            raise FieldError(_("There is no such record."), WHAT)
        return info, int(match[2])

    def _look(self, page: SeeAsPage, who: int, target: tuple[ModelInfo, int] | None) -> None:
        with seen_as(who) as (theirs, row):
            page.name, page.is_off = theirs.user.name, not row["active"] or row["archived"]
            roles = _role_labels(requests.env())
            page.facts = _facts(requests.env(), theirs, roles)
            page.counts = list(_counts(self.site.assembly, theirs))
            if target is not None:
                self._explain(page, theirs, *target, roles)

    def _explain(
        self, page: SeeAsPage, theirs: Env, info: ModelInfo, key: int, roles: dict[str, str]
    ) -> None:
        env = requests.env()
        record = env.get(info.cls, key) if env.may(info.name, "r") else None
        page.tried = f"{info.label} {record.display_label() if record is not None else f'#{key}'}"
        page.tried_href = f"/app/{info.name}/{key}" if record is not None else ""
        origins = {id(item.value): item.addon for item in self.site.assembly.rules}

        def rule(one: Rule) -> TextLike:
            name = one.name or one.model.__name__
            return _("“%(name)s” (addon %(addon)s)", name=name, addon=origins.get(id(one), "–"))

        names = explaining.Names(
            roles, rule, _whose(env, info, key, "owner", USER), _whose(env, info, key, "team", TEAM)
        )
        labels = dict(COLUMNS)
        found = explaining.verdicts(theirs, info, key, names) or []
        page.answers = [Answer(labels[one.operation], one.allowed, one.reasons) for one in found]


@contextlib.contextmanager
def seen_as(key: int) -> Iterator[tuple[Env, Any]]:
    """A read-only env with the rights of a user, and their row; language and time zone stay the reader's."""
    mine = requests.env()
    users, connection = mine.registry.info(USER).table, mine.session.core_connection()
    row = connection.execute(sa.select(users).where(users.c.id == key)).one()._mapping
    user = replace(sessions.current_user(connection, mine.registry, row), lang=mine.lang, tz=mine.tz)
    session = Session(bind=requests.database().reading, expire_on_commit=False)
    with contextlib.closing(session):
        yield Env(mine.registry, requests.database(), session, user, readonly=True), row


@requests.repeated
def _note(who: int) -> None:
    with requests.writing() as env:
        history.write_many(env.session, env.registry.info(USER), {who: None}, history.LOOKED)


def _counts(assembly: Assembly, theirs: Env) -> Iterator[Count]:
    """How much they see of each kind of data that there is; one statement."""
    rights, formats = theirs.session.rights, theirs.formats
    assert rights is not None
    infos = [info for _group, info in in_order(assembly)]
    columns = []
    for info in infos:
        of = sa.select(sa.func.count()).select_from(info.table).where(info.table.c.archived.is_(False))
        condition = rights.condition(info, "r")
        columns += [
            of.scalar_subquery(),
            (of if condition is None else of.where(condition)).scalar_subquery(),
        ]
    row = theirs.session.core_connection().execute(sa.select(*columns)).one()
    for info, of, seen in zip(infos, row[::2], row[1::2], strict=True):
        if of:
            rest = _("all") if seen == of else _("of %(number)s", number=formats.number(of))
            yield Count(info.plural, formats.number(seen), str(rest))


def _role_labels(env: Env) -> dict[str, str]:
    return {role.name: role.display_label() for role in env.scalars(sa.select(env[ROLE]))}


def _facts(env: Env, theirs: Env, roles: dict[str, str]) -> list[tuple[TextLike, str]]:
    """Who they are: roles with those included, teams with those below, companies."""
    labels, user = Labels(env), theirs.user
    teams, companies = labels.get(TEAM, user.teams), labels.get("base.company", user.companies)
    return [
        (_("Roles"), ", ".join(sorted(roles.get(name, name) for name in user.roles)) or "–"),
        (_("Teams"), ", ".join(sorted(label.text for label in teams.values())) or "–"),
        (_("Companies"), ", ".join(sorted(label.text for label in companies.values())) or "–"),
    ]


def _whose(env: Env, info: ModelInfo, key: int, name: str, target: str) -> TextLike:
    """Whom a record belongs to, by the link of that name; a record without an owner to whoever made it."""
    item = info.fields.get(name)
    if isinstance(item, Many2one):
        column = info.table.c[item.key]
    elif name == "owner":
        column = info.table.c.created_by
    else:
        return "–"
    value = env.session.core_connection().scalar(sa.select(column).where(info.table.c.id == key))
    if value is None:
        return _("nobody")
    found = Labels(env).get(target, [value])
    return found[value].text if value in found else NOT_VISIBLE


def register(site: Site) -> None:
    """Its address."""
    names = Parameters((WHO, WHAT))
    site.routes.add(
        Route("see_as", SEE_AS, SeeAs(site).show, ADMINS, ("GET", "POST"), query=names, form=names)
    )
