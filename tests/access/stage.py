"""One database with three records of every model and a user of every role, and what each may do by what is declared.

What may be done is worked out anew here, from the declarations alone, and never by the code under test.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client

from core import CurrentUser, Env
from core.access import sessions
from core.base import CompanyOwned, Thread
from core.files.store import store_of
from core.loader import GROUP, discover
from core.orm.env import open_env
from core.orm.info import ModelInfo
from core.orm.links import Link
from core.schema.install import install
from core.testing.records import canary, in_order, make
from core.web.dispatcher import Dispatcher
from core.web.requests import TOKEN_COOKIE
from core.web.site import Site
from tests.web.kit import digest

ADDONS = [EntryPoint("crm", "addons.crm", GROUP)]
GUEST, NOBODY = "(guest)", "(no role)"
OWN, OTHER, SHARED = "own", "other", "shared"
"""The company of a record: that of the users, another, or none."""
HOST = "http://localhost"
NOTE = "a note"
"""The text of `Stage.notes`."""
WORD = re.compile(r"zq[0-9]{6}xk")
THROUGH = {"base.activity", "base.attachment", "base.address", "base.follower", "base.message", "base.notification",
           "base.partner_email", "base.partner_link", "base.partner_phone", "crm.stage", "crm.stage_need"}  # fmt: skip
"""Models whose records belong to a company by the contact or the pipeline that they lead to, or go with."""
PERSONAL = {"base.saved_view"}
"""Models whose records are their owner's alone, as long as they are not shared. A rule that is told of neither here
nor in THROUGH fails the matrix."""
ALIKE = re.compile(r'name="csrf_token" value="[^"]*"|[0-9A-F]{4}-[0-9A-F]{4}')
"""What differs between two answers to one question: the token of a form and the number of a request."""


@dataclass(frozen=True)
class Sample:
    """A generated record."""

    model: str
    place: str
    id: int
    word: str
    owner: str | None
    in_team: bool


@dataclass
class Stage:
    """The database, served; `samples` are the records by model and place."""

    dispatcher: Dispatcher
    samples: dict[tuple[str, str], Sample] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    notes: dict[tuple[str, str], int] = field(default_factory=dict)
    """The key of a note on each record with notes, written by the `reader` of its model."""
    asked: set[str] = field(default_factory=set)
    """The routes that were asked."""

    # ------------------------------------------------------------- what there is
    @property
    def site(self) -> Site:
        tenant = self.dispatcher.tenant("*")
        assert tenant is not None
        return tenant.site()

    @property
    def database(self) -> Any:
        return self.dispatcher.tenants["*"].database

    @property
    def registry(self) -> Any:
        return self.site.assembly.registry

    @cached_property
    def roles(self) -> dict[str, frozenset[str]]:
        """Each role with all that it implies."""
        shipped = {item.value.name: item.value for item in self.site.assembly.roles}

        def all_of(name: str) -> frozenset[str]:
            return frozenset({name}).union(*(all_of(other) for other in shipped[name].implies))

        return {**{name: all_of(name) for name in shipped}, NOBODY: frozenset(), GUEST: frozenset()}

    def of(self, model: str) -> list[Sample]:
        """The records of a model."""
        return [self.samples[model, place] for place in (OWN, OTHER, SHARED)]

    # ------------------------------------------------------------- what is declared
    def scope(self, who: str, info: ModelInfo, operation: str) -> str:
        """The widest scope of an operation that any role of `who` is granted: none, own, team or all."""
        widths = ["none", "own", "team", "all"]
        found = [0]
        for role in self.roles[who]:
            for part in info.access.get(role, "").split():
                letters, _mark, scope = part.partition(":")
                found += [widths.index(scope or "all")] if operation in letters else []
        return widths[max(found)]

    def may(self, who: str, sample: Sample, operation: str) -> bool:
        """Whether somebody may do something with a record."""
        info = self.registry.models[sample.model]
        scope = self.scope(who, info, operation)
        if not self.reaches(info, sample) or (info.name in PERSONAL and sample.owner != who):
            return False
        return scope == "all" or (scope == "own" and sample.owner == who) or (
            scope == "team" and (sample.owner == who or sample.in_team))  # fmt: skip

    def reaches(self, info: ModelInfo, sample: Sample) -> bool:
        """Whether the company of a record is one of the users'."""
        bound = issubclass(info.cls, CompanyOwned) or info.name in THROUGH
        return not bound or sample.place != OTHER

    def may_read_field(self, who: str, info: ModelInfo, name: str) -> bool:
        """Whether a field is open to somebody, and where it is a link, its target."""
        item: Any = info.fields[name]
        if item.access is not None and not any("r" in item.access.get(role, "") for role in self.roles[who]):
            return False
        target = item.target_name if isinstance(item, Link) else None
        return target is None or self.scope(who, self.registry.models[target], "r") != "none"

    def may_write_field(self, who: str, item: Any) -> bool:
        """Whether a field may be set by somebody, as far as the field itself says."""
        return item.access is None or any("w" in item.access.get(role, "") for role in self.roles[who])

    def words_for(self, who: str) -> set[str]:
        """The canaries of all records that somebody may read."""
        return {sample.word for sample in self.samples.values() if self.may(who, sample, "r")}

    # ------------------------------------------------------------- what happens
    def ask(self, who: str, path: str, data: Any = None) -> Any:
        """The answer to somebody; a form is sent with a token that holds. Never 5xx, never a foreign word."""
        client = self.clients[who]
        self._note(path, "GET" if data is None else "POST")
        if data is None:
            answer = client.get(path, base_url=HOST, buffered=True)
        else:
            answer = client.post(
                path, base_url=HOST, buffered=True, data={"csrf_token": self.tokens[who], **data}
            )
        assert answer.status_code < 500, (who, path, answer.text[:2000])
        self.check_words(who, path, answer.text)
        return answer

    def _note(self, path: str, method: str) -> None:
        with suppress(HTTPException):  # no address, or one that leads elsewhere
            self.asked.add(self._addresses.match(path.partition("?")[0], method)[0])

    @cached_property
    def _addresses(self) -> Any:
        return self.site.app.url_map.bind("localhost")

    def check_words(self, who: str, path: str, text: str) -> None:
        """Fails where a text has the canary of a record that somebody may not read, and did not bring along."""
        told = set(WORD.findall(text)) - set(WORD.findall(path)) - self._words[who]
        assert not told, f"{who} at {path} is told {told}"

    @cached_property
    def _words(self) -> dict[str, set[str]]:
        return {who: self.words_for(who) for who in self.roles}

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fails where the database is not as before at the end of the block."""
        before = digest(self.database)
        yield
        assert digest(self.database) == before, "what was refused was written"

    @contextmanager
    def env(self, who: str) -> Iterator[Env]:
        """An env of somebody, of which nothing is kept."""

        class Undo(Exception):
            pass

        try:
            with open_env(self.registry, self.database, self._current_user(who)) as env:
                yield env
                raise Undo
        except Undo:
            pass

    def _current_user(self, who: str) -> CurrentUser:
        if who == GUEST:
            return CurrentUser()
        users = self.registry.info("base.user").table
        with self.database.reading.begin() as connection:
            row = connection.execute(sa.select(users).where(users.c.id == self.users[who])).one()
            return sessions.current_user(connection, self.registry, row._mapping)


def same(first: Any, second: Any, *, but: Mapping[str, str], without: re.Pattern[str] = ALIKE) -> bool:
    """Whether two answers are alike in status and body, when the first says the values of `but` for its keys.

    `without` is left out of both.
    """
    text = first.text
    for before, after in but.items():
        text = text.replace(before, after)
    return first.status_code == second.status_code and without.sub("", text) == without.sub("", second.text)


def reader(model: str) -> str:
    """A role that reads all records of a model, as far as a company lets it."""
    return "crm.manager" if model.startswith("crm.") else "base.admin"


@contextmanager
def stage(url: str, files: Path) -> Iterator[Stage]:
    """The stage in an empty database, which keeps its files below a folder."""
    catalogue = discover([], entry_points=ADDONS)
    with closing(Dispatcher({"*": url}, "a secret of tests that is long enough", catalogue)) as dispatcher:
        made = Stage(dispatcher)
        install(made.database, catalogue, ["crm"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LUMBUNG_DATA", str(files))
            store_of(made.database)  # which knows its folder from now on
        with open_env(made.registry, made.database) as env:
            _fill(made, env)
        for who in made.roles:
            _let_in(made, who)
        yield made


def _fill(made: Stage, env: Env) -> None:
    currency = env.scalars(sa.select(env["base.currency"]).order_by(env["base.currency"].id)).first()
    rows = [{"name": name, "currency": currency} for name in (OWN, OTHER)]
    companies = dict(zip((OWN, OTHER), env.create(env["base.company"], rows), strict=True))
    team = env.create(env["base.team"], [{"name": "team"}])[0]
    roles = {role.name: role for role in env.scalars(sa.select(env["base.role"]))}
    people = {}
    for who in made.roles.keys() - {GUEST}:
        row = {
            "name": who,
            "email": f"{who.strip('()').replace(' ', '-')}@people.example",
            "teams": [team],
            "roles": [roles[who]] if who in roles else [],
            "company": companies[OWN],
            "companies": [companies[OWN]],
        }
        people[who] = env.create(env["base.user"], [row])[0]
    env.flush()
    made.users = {who: person.id for who, person in people.items()}
    keys, notes = iter(range(1, 10_000)), dict[tuple[str, str], Any]()
    for place in (OWN, OTHER, SHARED):
        owner = None if place == SHARED else "crm.user"
        fixed = {
            "owner": people.get(owner or ""),
            "team": None if place == SHARED else team,
            "company": companies.get(place),
        }
        linked: dict[str, Any] = {}
        for info in in_order(env.registry):
            word = canary(next(keys))
            record = make(env, info, word, linked, {**fixed, **_further(env, info, word, fixed)})
            env.flush()
            linked[info.name] = record
            has_owner = "owner" in info.fields
            made.samples[info.name, place] = Sample(
                info.name, place, record.id, word, owner if has_owner else None, has_owner and place != SHARED
            )
            if issubclass(info.cls, Thread):
                row = {
                    "model": info.name,
                    "record_id": record.id,
                    "body": NOTE,
                    "owner": people[reader(info.name)],
                }
                notes[info.name, place] = env.create(env["base.message"], [row])[0]
    env.flush()
    made.notes = {where: note.id for where, note in notes.items()}


def _further(env: Env, info: ModelInfo, word: str, fixed: Mapping[str, Any]) -> dict[str, Any]:
    """What generated values cannot say: a file is kept, and the far end of a role is an organisation."""
    if info.name == "base.attachment":
        digest, size = store_of(env.database).put(io.BytesIO(word.encode()))
        return {"file": {"name": f"{word}.txt", "type": "text/plain", "size": size, "digest": digest}}
    if info.name != "base.partner_link":
        return {}
    row = {"name": "organisation", "kind": "company", "company": fixed["company"]}
    return {"company": env.create(env["base.partner"], [row])[0]}


def _let_in(made: Stage, who: str) -> None:
    client = made.clients[who] = Client(made.dispatcher)
    if who != GUEST:
        with made.database.writing.begin() as connection:
            token = sessions.begin(connection, made.users[who], "tests", remember=True)
        client.set_cookie(TOKEN_COOKIE, token, domain="localhost")
    page = client.get("/login" if who == GUEST else "/", base_url=HOST).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page[:500]
    made.tokens[who] = found[1]
