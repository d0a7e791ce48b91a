"""The access matrix, generated: every model, operation, door, role and company, allowed and denied.

Each answer is looked at for its status and for the canaries of records that the asker may not read, and what
is refused must leave the database as it was. A route that no driver here knows fails the matrix.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import nullcontext
from typing import Any

import pytest
import sqlalchemy as sa

from core.access.door import AccessDenied
from core.base import OfRecord, Thread
from core.errors import UserError
from core.orm.contacts import Email, Phone
from core.orm.env import open_env
from core.orm.files import File
from core.orm.info import ModelInfo
from core.orm.kinds import Char, Json
from core.orm.links import Link, One2many
from core.testing.records import LONG_ENOUGH, canary, short, value
from core.web.routes import Route
from tests.access.stage import GUEST, OWN, PERSONAL, THROUGH, Sample, Stage, reader, same
from tests.web.markup import read, typed

MODELS = ("base.access_right", "base.activity", "base.address", "base.attachment", "base.change", "base.company",
          "base.currency", "base.follower", "base.message", "base.notification", "base.partner", "base.partner_email",
          "base.partner_link", "base.partner_phone", "base.province", "base.regency", "base.role",
          "base.saved_view", "base.sequence", "base.tag", "base.team", "base.user", "base.word",
          "crm.deal", "crm.lead", "crm.lost_reason", "crm.pipeline", "crm.stage", "crm.stage_need")  # fmt: skip
"""For the names of the tests only: `test_every_model_is_in_the_matrix` sees to it that none is missing."""
VIEWS, FILES = "base.saved_view", "base.attachment"
DECOY = canary(999_999)
Tally = dict[tuple[str, str, bool], int]
"""How many cases there were, by door, operation and whether they were allowed."""


class Cases:
    """The cases of one model: runs them for everyone, and counts."""

    def __init__(self, staged: Stage, model: str) -> None:
        self.staged = staged
        self.info: ModelInfo = staged.registry.models[model]
        self.samples = staged.of(model)
        self.path = f"/app/{model}"
        self.ids = ",".join(str(sample.id) for sample in self.samples)
        self.tally: Tally = defaultdict(int)
        staged.asked.clear()
        self.is_thread = issubclass(self.info.cls, Thread)
        self.told: set[frozenset[str]] = set()
        """The sets of fields of which each was asked for already."""

    def drive(self, who: str, drivers: Collection[Callable[[Cases, str], None]]) -> None:
        """The cases of some drivers for somebody."""
        for driver in drivers:
            driver(self, who)

    def check_driven(self, drivers: Collection[Callable[[Cases, str], None]]) -> None:
        """Fails where a route of one of the drivers was not asked of this model."""
        wanted = {name for name, driver in MODEL_ROUTES.items() if driver in drivers}
        assert not wanted - self.staged.asked, "no case asks them"

    def count(self, door: str, operation: str, allowed: bool) -> None:
        self.tally[door, operation, allowed] += 1

    def enters(self, who: str, operation: str) -> bool:
        return self.staged.scope(who, self.info, operation) != "none"

    def get(self, who: str, path: str) -> Any:
        return self.staged.ask(who, path)

    # ------------------------------------------------------------- lists
    def lists(self, who: str) -> None:
        """The list itself, as a file, and each of its parameters over the generated records."""
        if not self.enters(who, "r"):
            for query in ("", f"?q={self.samples[0].word}", "?sort=id", "?format=csv"):
                self.refuse(who, f"{self.path}{query}", "list", "r", 403)
            return
        page = self.get(who, f"{self.path}?id__in={self.ids}")
        assert page.status_code == 200
        rows = self.get(who, f"{self.path}?id__in={self.ids}&format=csv").text.splitlines()
        seen = [sample for sample in self.samples if self.staged.may(who, sample, "r")]
        for sample in self.samples:
            shown = f'"{self.path}/{sample.id}"' in page.text
            assert shown is (sample in seen), (who, sample)
            self.count("list", "r", shown)
        assert len(rows) == len(seen) + 1
        self.count("csv", "r", len(seen) > 0)
        self.finds(who)
        self.sorts_and_groups(who)

    def finds(self, who: str) -> None:
        """Search and filters find what may be seen; of the rest they say what they say of what is not there."""
        view = self.staged.site.assembly.views[f"{self.info.name}.list"]
        asked = [f"{self.path}?q={{}}"] if self.info.searched else []
        for item in self.info.own_fields:
            if issubclass(self.info.cls, OfRecord) and item.name == "model":
                continue  # of each record the same
            if (
                isinstance(item, Char)
                and "eq" in item.operators
                and item.size >= LONG_ENOUGH
                and type(item) is Char
            ):
                asked.append(f"{self.path}?{item.name}__eq={{}}")
        assert view.model is self.info
        for question in asked:
            nothing = None
            for sample in self.samples:
                answer = self.get(who, question.format(sample.word))
                field = question.partition("?")[2].partition("__")[0]
                if field in self.info.fields and not self.staged.may_read_field(who, self.info, field):
                    assert answer.status_code == 400
                    continue
                shown = f'"{self.path}/{sample.id}"' in answer.text
                assert shown is self.staged.may(who, sample, "r"), (who, question, sample)
                self.count("search" if "?q=" in question else "filter", "r", shown)
                if not shown:
                    nothing = nothing or self.get(who, question.format(DECOY))
                    assert same(answer, nothing, but={sample.word: DECOY}), (who, question)

    def sorts_and_groups(self, who: str) -> None:
        """By every field: those that are closed to the reader are refused like those that are not there."""
        for item in self.info.fields.values():
            open_ = self.staged.may_read_field(who, self.info, item.name)
            doors = {
                "sort": item.sortable,
                "group": item.groupable,
                "columns": not isinstance(item, One2many),
            }
            able = [door for door, can in doors.items() if can and open_]
            refused = [[door] for door in doors if door not in able]
            for asked in ([able] if able else []) + refused:  # one question in the place of three
                query = "".join(f"&{door}={item.name}" for door in asked)
                answer = self.get(who, f"{self.path}?id__in={self.ids}{query}")
                assert answer.status_code == (200 if asked is able else 400), (who, query)
                for door in asked:
                    self.count(door, "r", asked is able)

    # ------------------------------------------------------------- records
    def records(self, who: str) -> None:
        """The page of each record and of its history: 403 for the model, and the very 404 of what is not there."""
        for behind in ("", "/history"):
            self._pages(who, behind)
        if self.is_thread:
            self._pages(who, "/timeline")
        else:
            path = f"{self.path}/{self.samples[0].id}/timeline"
            self.refuse(who, path, "record", "r", 404 if self.enters(who, "r") else 403)

    def _pages(self, who: str, behind: str) -> None:
        missing = self.get(who, f"{self.path}/987654321{behind}")
        for sample in self.samples:
            path = f"{self.path}/{sample.id}{behind}"
            if not self.enters(who, "r"):
                self.refuse(who, path, "record", "r", 403)
                continue
            answer = self.get(who, path)
            allowed = self.staged.may(who, sample, "r")
            self.count("record", "r", allowed)
            assert answer.status_code == (200 if allowed else 404), (who, sample)
            if not allowed:
                assert same(answer, missing, but={path: f"{self.path}/987654321{behind}"}), (who, sample)

    # ------------------------------------------------------------- forms
    def forms(self, who: str) -> None:
        """New and edit, looked at and sent."""
        forged = self.forged
        if self.enters(who, "c"):
            page = self.get(who, f"{self.path}/new")
            assert page.status_code == 200
            self.create(who, page)
        else:
            self.refuse(who, f"{self.path}/new", "new", "c", 403)
            self.refuse(who, f"{self.path}/new", "new", "c", 403, forged)
        for sample in self.samples:
            self.edit(who, sample, forged)

    def create(self, who: str, page: Any) -> None:
        answer = self.staged.ask(who, f"{self.path}/new", {**self.fresh(who, page.text)})
        self.count("new", "c", answer.status_code == 303)
        assert answer.status_code == 303, (who, read(answer.text).one("main").text[:600])

    def edit(self, who: str, sample: Sample, forged: dict[str, Any]) -> None:
        path = f"{self.path}/{sample.id}/edit"
        if not self.enters(who, "w") or not self.enters(who, "r"):
            self.refuse(who, path, "edit", "w", 403)
            self.refuse(who, path, "edit", "w", 403, forged)
        elif not self.staged.may(who, sample, "w"):
            status = 403 if self.staged.may(who, sample, "r") else 404
            self.refuse(who, path, "edit", "w", status)
            self.refuse(who, path, "edit", "w", status, forged)
        else:
            page = self.get(who, path)
            assert page.status_code == 200
            sent = self.staged.ask(who, path, self.inputs(page.text))
            assert sent.status_code == 303, (who, path, read(sent.text).one("main").text[:800])
            self.count("edit", "w", True)

    def inputs(self, html: str) -> dict[str, Any]:
        sent: dict[str, Any] = dict(typed(read(html).one("main").one("form", method="post")))
        sent.pop("csrf_token", None)
        return sent

    def fresh(self, who: str, html: str) -> dict[str, Any]:
        """What makes a new record: what the form of the user's own record holds, or generated texts."""
        empty, sent = self.inputs(html), {}
        info = self.info
        with open_env(self.staged.registry, self.staged.database, readonly=True) as env:
            record = env.get(info.cls, self.samples[0].id)
            for name in read(html).one("main").one("form", method="post").walk():
                field = info.fields.get(name.get("name") or "")
                if field is None or (record is None and not field.required):
                    continue
                if isinstance(field, Phone):
                    sent[field.name] = value(field, "", {})
                elif isinstance(field, Char) and (field.unique or isinstance(field, Email)):
                    fresh = short(min(field.size, LONG_ENOUGH))
                    sent[field.name] = f"{who}@fresh.example" if field.widget == "email" else fresh
                elif (
                    record is not None and env.may_see(info.name, field.name) and not isinstance(field, Link)
                ):
                    sent[field.name] = field.typed(getattr(record, field.name), env.formats)
                elif isinstance(field, Link) and name.tag == "select" and not any(empty.get(field.name, ())):
                    options = [option["value"] for option in name.all("option") if option["value"]]
                    chosen = str(self.staged.samples[field.target_name, OWN].id)
                    sent[field.name] = chosen if chosen in options else (options or [""])[0]
        if info.name in PERSONAL:  # a copy of a word that others may not read would seem to be told to them
            sent = {name: text.replace(self.samples[0].word, "copied") for name, text in sent.items()}
        return {**empty, **sent, **self.ends()}

    def ends(self) -> dict[str, str]:
        """What generated values cannot say: two contacts who have no role together yet, a record to go with."""
        if issubclass(self.info.cls, OfRecord):
            ends = {"model": "base.partner", "record_id": str(self.staged.samples["base.partner", OWN].id)}
            return {**ends, "reminder": ""} if "reminder" in self.info.fields else ends
        if self.info.name != "base.partner_link":
            return {}
        with open_env(self.staged.registry, self.staged.database) as env:
            rows = [{"name": "person"}, {"name": "organisation", "kind": "company"}]
            person, company = env.create(env["base.partner"], rows)
            env.flush()
            return {"person": str(person.id), "company": str(company.id)}

    # ------------------------------------------------------------- saved views
    def views(self, who: str) -> None:
        """Views of the list are saved by all who read it, and changed and deleted by their owner only."""
        path, saved_views = f"{self.path}/views", self.staged.registry.models[VIEWS]
        new = {"name": "view", "query": "sort=id"}
        if not self.enters(who, "r") or self.staged.scope(who, saved_views, "c") != "all":
            with self.staged.unchanged():
                self.refuse(who, path, "views", "c", 403, new)
            return
        with self.staged.unchanged():
            for other in self.staged.of(VIEWS):
                self.refuse(who, f"{path}/{other.id}", "views", "w", 404, {"name": "mine"})
                self.refuse(who, f"{path}/{other.id}/delete", "views", "w", 404, {})
        saved = self.staged.ask(who, path, new)
        assert saved.status_code == 303, (who, saved.text[:500])
        key = saved.headers["Location"].rpartition("=")[2]
        for act, data in ((f"{path}/{key}", {"name": "again"}), (f"{path}/{key}/delete", {})):
            assert self.staged.ask(who, act, data).status_code == 303, (who, act)
        self.get(who, self.path)  # what was done is said once, and is no business of the next test
        self.count("views", "c", True)

    # ------------------------------------------------------------- actions
    def actions(self, who: str) -> None:
        """Archive, restore and delete, as far as nothing is changed by it: what is not archived is restored."""
        for sample in self.samples:
            path = f"{self.path}/{sample.id}"
            for name in ("archive", "restore"):
                self.act(who, f"{path}/{name}", sample, "w", {}, does=name == "restore")
            old = {"version": "987654321"}
            self.act(who, f"{path}/delete", sample, "d", None, status=200)
            self.act(who, f"{path}/delete", sample, "d", old, status=409)
        many = {"row": [str(sample.id) for sample in self.samples]}
        for name in ("archive", "restore"):
            if not self.enters(who, "w"):
                self.refuse(who, f"{self.path}/{name}", name, "w", 403, many)
        if self.enters(who, "w"):
            status = 303 if self.enters(who, "r") else 403
            assert self.staged.ask(who, f"{self.path}/restore", many).status_code == status

    def settable(self, who: str) -> frozenset[str]:
        """The fields that somebody may set on many records at once, by what is declared."""
        view = self.staged.site.assembly.views[f"{self.info.name}.form"]
        nodes = {
            node.name for node in view.fields if not (node.attrs.get("readonly") or node.attrs.get("quiet"))
        }
        found = frozenset(item.name for item in self.info.fields.values() if item.name in nodes
            and not (isinstance(item, One2many | Json) or item.unique or item.readonly)
            and self.staged.may_read_field(who, self.info, item.name)
            and self.staged.may_write_field(who, item))  # fmt: skip
        board = self.staged.site.assembly.views.get(f"{self.info.name}.kanban")
        said = board is not None and board.attrs["by"] in found  # a stage says its pipeline too
        return found - {board.attrs["within"]} if board is not None and said else found

    def bulk(self, who: str) -> None:
        """One field of many: asked for by who may set it, and left as it is where they may not write the record."""
        path, rows = f"{self.path}/bulk", [str(sample.id) for sample in self.samples]
        if not self.enters(who, "w") or not self.enters(who, "r"):
            self.refuse(who, path, "bulk", "w", 403, {"row": rows, "field": self.info.label_field or "id"})
            return
        open_ = self.settable(who)
        names = ["id", *sorted(open_)[:1]] if open_ in self.told else [*self.info.fields, "nothing"]
        self.told.add(open_)  # each field for one of those to whom the same ones are open
        for name in names:
            answer = self.staged.ask(who, path, {"row": rows, "field": name})
            assert answer.status_code == (200 if name in open_ else 400), (who, name)
            self.count("bulk", "w", name in open_)
        self._set_foreign(who, open_)

    def _set_foreign(self, who: str, open_: frozenset[str]) -> None:
        """What one may read and not write is left, whatever is asked."""
        texts = sorted(name for name in open_ if type(self.info.fields[name]) is Char)
        foreign = [
            str(sample.id)
            for sample in self.samples
            if self.staged.may(who, sample, "r") and not self.staged.may(who, sample, "w")
        ]
        if not texts or not foreign:
            return
        path = f"{self.path}/bulk"
        page = self.staged.ask(who, path, {"row": foreign, "field": texts[0]})
        taken = self.staged.ask(who, path, {**self.inputs(page.text), "value": "taken"})
        assert taken.status_code == 303, (who, read(taken.text).one("main").text[:500])
        self.get(who, self.path)  # what was left is said once
        self.count("bulk set", "w", False)

    def files(self, who: str) -> None:
        """Files of records that may be read are listed and sent; those are attached to what may be written."""
        reads = self.staged.scope(who, self.staged.registry.models[FILES], "r") != "none"
        for sample in self.samples_with(self.is_thread or bool(self.held)):
            path = f"{self.path}/{sample.id}"
            sees = self.enters(who, "r") and self.staged.may(who, sample, "r")
            for name in (*self.held, "nothing"):
                self._file(who, f"{path}/file/{name}", "r", 200 if sees and name in self.held else 404)
            status, sent = 404, {"file": (io.BytesIO(b"foreign"), "foreign.txt")}
            if sees and self.is_thread:
                status = 200 if reads else 403  # who may read no file at all attaches none
            self._file(who, f"{path}/files", "r", status)
            if status == 200 and self.staged.may(who, sample, "w"):
                status, sent = 422, {}  # nothing is chosen: said on the page of the files
            self._file(who, f"{path}/files", "w", 403 if status == 200 else status, sent)

    def _file(self, who: str, path: str, operation: str, status: int, data: Any = None) -> None:
        """One case; 403 stands before all else for those who may not do this with any record."""
        door = "file" if "/file/" in path else "files"
        if not (self.enters(who, operation) and self.enters(who, "r")):
            status = 403
        if status not in (200, 422):
            self.refuse(who, path, door, operation, status, data)
            return
        answer = self.staged.ask(who, path, data)
        assert answer.status_code == status, (who, path, answer.status_code)
        assert door == "files" or answer.text in {sample.word for sample in self.samples}, path
        self.count(door, operation, True)

    @property
    def held(self) -> list[str]:
        """The fields that hold a file."""
        return [item.name for item in self.info.fields.values() if isinstance(item, File)]

    def samples_with(self, has_it: bool) -> list[Sample]:
        """All of them where the model has what is asked for; where it has not, they are all alike."""
        return self.samples if has_it else self.samples[:1]

    def notes(self, who: str) -> None:
        """Notes on records that may be read, changed by their author alone; an empty one changes nothing."""
        for sample in self.samples_with(self.is_thread):
            path, follow = f"{self.path}/{sample.id}/notes", f"{self.path}/{sample.id}/follow"
            is_there = self.staged.may(who, sample, "r") and self.is_thread
            if not self.enters(who, "r"):
                self.refuse(who, path, "note", "r", 403, {"body": "x"})
            elif not is_there:
                self.refuse(who, path, "note", "r", 404, {"body": "x"})
                self.refuse(who, follow, "note", "r", 404, {"follows": "yes"})
            else:
                assert self.staged.ask(who, path, {"body": " "}).status_code == 422
                assert self.staged.ask(who, follow, {"follows": "x"}).status_code == 400
                self.count("note", "r", True)
            missing = f"{path}/987654321"
            for act, data in ((missing, {"body": "x"}), (f"{missing}/delete", {})):
                self.refuse(who, act, "note", "r", 404 if self.enters(who, "r") else 403, data)
            self._change_note(who, sample, path, is_there)

    def _change_note(self, who: str, sample: Sample, path: str, is_there: bool) -> None:
        note = self.staged.notes.get((sample.model, sample.place))
        if note is None:
            return
        if is_there and who == reader(sample.model):  # of another version than there is
            assert self.staged.ask(who, f"{path}/{note}", {"body": "x", "version": "9"}).status_code == 422
            self.count("note", "w", True)
            return
        status = 404 if self.enters(who, "r") and not is_there else 403
        for act, data in ((f"{path}/{note}", {"body": "x", "version": "1"}), (f"{path}/{note}/delete", {})):
            self.refuse(who, act, "note", "w", status, data)

    def moves(self, who: str) -> None:
        """Moves of cards to where they are, which change nothing; a model without a board has none."""
        path, board = f"{self.path}/move", self.staged.site.assembly.views.get(f"{self.info.name}.kanban")
        if board is None:
            data = {"move": "1.1.1", "query": ""}
            self.refuse(who, path, "move", "w", 404 if self.enters(who, "w") else 403, data)
            return
        column = self.info.table.c[self.info.fields[board.attrs["by"]].key]
        for sample in self.samples:
            with self.staged.database.reading.connect() as connection:
                here = connection.scalar(sa.select(column).where(self.info.table.c.id == sample.id))
            self.act(who, path, sample, "w", {"move": f"{sample.id}.{here}.{here}", "query": ""})

    def act(
        self,
        who: str,
        path: str,
        sample: Sample,
        operation: str,
        data: Any,
        *,
        status: int = 303,
        does: bool = True,
    ) -> None:
        """One action with one record; `does` is false where those who may are not to do it."""
        if not self.enters(who, operation) or not self.enters(who, "r"):
            self.refuse(who, path, "action", operation, 403, data)
        elif not self.staged.may(who, sample, operation):
            self.refuse(
                who, path, "action", operation, 403 if self.staged.may(who, sample, "r") else 404, data
            )
        elif does:
            answer = self.staged.ask(who, path, data)
            assert answer.status_code == status, (who, path, answer.status_code)
            self.count("action", operation, True)

    @property
    def forged(self) -> dict[str, Any]:
        return {item.name: self.samples[0].word for item in self.info.own_fields if type(item) is Char}

    def refuse(self, who: str, path: str, door: str, operation: str, status: int, data: Any = None) -> None:
        """A denied case; a guest is sent to sign in instead."""
        answer = self.staged.ask(who, path, data)
        if who == GUEST:
            assert answer.status_code == 302 and answer.headers["Location"].startswith("/login"), path
        else:
            assert answer.status_code == status, (who, path, answer.status_code)
        self.count(door, operation, False)

    def suggestions(self, who: str) -> None:
        """What a combobox offers: no record that may not be seen, nor a word of it."""
        for sample in self.samples:
            path = f"{self.path}/suggest?q={sample.word}"
            if not self.enters(who, "r"):
                self.refuse(who, path, "suggest", "r", 403)
                continue
            keys = {text.rpartition("#")[2] for text, _label in self.get(who, path).get_json()["items"]}
            hidden = {str(other.id) for other in self.samples if not self.staged.may(who, other, "r")}
            assert not keys & hidden, (who, sample)
            self.count("suggest", "r", str(sample.id) in keys)

    # ------------------------------------------------------------- the ORM
    def orm(self, who: str) -> None:
        """What jobs, imports and addons have: read, write, create and delete in an env."""
        for sample in self.samples:
            for operation, act in {"r": _read, "w": _write, "d": _delete}.items():
                may = self.staged.may(who, sample, operation) and self.staged.may(who, sample, "r")
                assert self.attempt(who, act, sample) is may, (who, operation, sample)
                self.count("orm", operation, may)
        if not self.enters(who, "c"):
            assert self.attempt(who, _create, self.samples[0]) is False
            self.count("orm", "c", False)

    def attempt(self, who: str, act: Callable[[Any, ModelInfo, Sample], bool], sample: Sample) -> bool:
        with self.staged.env(who) as env:
            try:
                return act(env, self.info, sample)
            except AccessDenied:
                return False


def _read(env: Any, info: ModelInfo, sample: Sample) -> bool:
    return env.get(info.cls, sample.id) is not None


def _write(env: Any, info: ModelInfo, sample: Sample) -> bool:
    record = env.get(info.cls, sample.id)
    if record is None:
        return False
    record.archived = True
    env.flush()
    return True


def _delete(env: Any, info: ModelInfo, sample: Sample) -> bool:
    record = env.get(info.cls, sample.id)
    if record is None:
        return False
    if not env.may_with(record, "d"):
        env.session.delete(record)
        env.flush()
    try:
        env.delete([record])
    except UserError:  # something else needs it: rights were not the matter
        return True
    except AccessDenied as error:
        return str(info.plural) not in str(error)  # what hangs on it is not theirs
    return True


def _create(env: Any, info: ModelInfo, sample: Sample) -> bool:
    env.create(info.cls, [{}])
    env.flush()
    return True


QUICK = {"base.partner_phone", "base.user", "crm.lead"}
"""One model for each way in which rows are reached: the fast suite has these, the whole one all."""


EACH_MODEL = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in MODELS]


@pytest.mark.parametrize("model", EACH_MODEL)
def test_every_door_of_a_model(staged: Stage, model: str) -> None:
    cases = Cases(staged, model)
    for who in staged.roles:
        with staged.unchanged():
            cases.drive(who, LOOKS)
            cases.orm(who)
        may_change = cases.enters(who, "w") or cases.enters(who, "c")
        with nullcontext() if may_change else staged.unchanged():
            cases.drive(who, FORMS)
    cases.check_driven({*LOOKS, *FORMS})
    _check_tally(cases)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_views_of_each_list(staged: Stage, model: str) -> None:
    cases = Cases(staged, model)
    for who in staged.roles:
        cases.drive(who, KEPT)
    cases.check_driven(KEPT)
    assert cases.tally["views", "c", True] and cases.tally["views", "c", False]


@pytest.mark.parametrize("model", EACH_MODEL)
def test_actions_with_each_record(staged: Stage, model: str) -> None:
    cases = Cases(staged, model)
    with staged.unchanged():
        for who in staged.roles:
            cases.drive(who, ACTS)
    cases.check_driven(ACTS)
    _check_acts(cases)


def _check_acts(cases: Cases) -> None:
    """A denied case of each action always, and an allowed one where there is what it is about."""
    roles = cases.staged.roles
    granted = {letter: any(cases.enters(who, letter) for who in roles) for letter in "rwd"}
    writers = [who for who in roles if cases.enters(who, "w") and cases.enters(who, "r")]
    expected = {
        ("action", "w"): granted["w"],
        ("action", "d"): granted["d"],
        ("bulk", "w"): any(cases.settable(who) for who in writers),
        ("files", "r"): cases.is_thread,
        ("files", "w"): cases.is_thread and granted["w"],
        ("file", "r"): bool(cases.held),
        ("note", "r"): cases.is_thread,
        ("note", "w"): cases.is_thread,
    }
    for (door, operation), is_allowed in expected.items():
        is_denied = door != "note" or operation != "w" or cases.is_thread  # else there is no note at all
        assert bool(cases.tally[door, operation, False]) is is_denied, (door, operation)
        assert bool(cases.tally[door, operation, True]) is is_allowed, (door, operation)


def _check_tally(cases: Cases) -> None:
    """For each operation that some role has, an allowed case at each of its doors; a denied one always."""
    doors = {"r": ["list", "csv", "sort", "record", "orm"], "w": ["edit", "orm"], "c": ["new"], "d": ["orm"]}
    for operation, names in doors.items():
        granted = any(cases.enters(who, operation) for who in cases.staged.roles)
        for door in names:
            assert cases.tally[door, operation, False] or door in ("csv", "sort"), (door, operation)
            assert cases.tally[door, operation, True] or not granted, f"{door} {operation}: never allowed"


def test_every_model_is_in_the_matrix(staged: Stage) -> None:
    assert sorted(staged.registry.models) == sorted(MODELS)


def test_the_matrix_knows_what_every_rule_means(staged: Stage) -> None:
    """A new rule changes who sees what: say so in `Stage.reaches`."""
    for info in staged.registry:
        known = issubclass(info.cls, _company_owned()) or info.name in THROUGH | PERSONAL
        assert len(staged.registry.policy.rules.get(info.name, ())) == int(known), info.name


def _company_owned() -> type:
    from core.base import CompanyOwned

    return CompanyOwned


# ----------------------------------------------------------------- other routes
MODEL_ROUTES = {
    "list": Cases.lists,
    "suggest": Cases.suggestions,
    **dict.fromkeys(("record", "history", "timeline"), Cases.records),
    **dict.fromkeys(("new", "edit"), Cases.forms),
    **dict.fromkeys(("archive", "restore", "delete", "archive_many", "restore_many"), Cases.actions),
    "edit_many": Cases.bulk,
    **dict.fromkeys(("files", "attach", "file"), Cases.files),
    **dict.fromkeys(("note", "note_edit", "note_delete", "follow"), Cases.notes),
    "move": Cases.moves,
    **dict.fromkeys(("save_view", "change_view", "delete_view"), Cases.views),
}
"""The driver of each route that is about a model."""
LOOKS, FORMS = (Cases.lists, Cases.records, Cases.suggestions), (Cases.forms,)
KEPT, ACTS = (Cases.views,), (Cases.actions, Cases.bulk, Cases.files, Cases.notes, Cases.moves)
"""The drivers, by the test that calls them: that each route was asked in them is checked there."""
PLACES = {
    "code": "en",
    "filename": "lumbung.css",
    "token": "x" * 43,
    "addon": "crm",
    "key": "1",
    "name": "file",
    "note": "1",
    "unit": "1",
    "model": "base.partner",
}
"""A value for each parameter of a path."""


def test_every_driver_is_called() -> None:
    assert set(MODEL_ROUTES.values()) == {*LOOKS, *FORMS, *KEPT, *ACTS}


def test_every_route_has_a_driver(staged: Stage) -> None:
    for route in staged.site.routes:
        assert route.door.operation is None or route.name in MODEL_ROUTES, f"no driver for {route.name}"
        address(route)


def address(route: Route) -> str:
    """The address of a route. Fails for a parameter of a path that PLACES does not know."""
    parts = [
        part.rpartition(":")[2].strip("<>") if part.startswith("<") else None
        for part in route.path.split("/")
    ]
    named = zip(route.path.split("/"), parts, strict=True)
    return "/".join(part if name is None else PLACES[name] for part, name in named)


def test_every_other_route_lets_in_whom_it_names(staged: Stage) -> None:
    """Pages made by hand, and those of the core: 403 for whom they do not name, sign-in for guests."""
    allowed = denied = 0
    with staged.unchanged():
        for route in staged.site.routes:
            if route.door.operation is not None:
                continue
            for who in staged.roles:
                open_ = (
                    route.door.guests
                    or (route.door.users and who != GUEST)
                    or bool(route.door.roles & staged.roles[who])
                )
                if "GET" in route.methods:
                    answer = staged.ask(who, address(route))
                    _check_entry(staged, route, who, open_, answer)
                    allowed, denied = allowed + open_, denied + (not open_)
                if "POST" in route.methods and not open_:
                    _check_entry(staged, route, who, open_, staged.ask(who, address(route), {}))
    assert allowed and denied


def _check_entry(staged: Stage, route: Route, who: str, open_: bool, answer: Any) -> None:
    to_sign_in = (
        answer.headers.get("Location", "").startswith("/login?") or answer.headers.get("Location") == "/login"
    )
    if open_:
        assert answer.status_code != 403 and not (to_sign_in and who != GUEST), (route.name, who)
    elif who == GUEST:
        assert answer.status_code == 302 and to_sign_in, (route.name, who)
    else:
        assert answer.status_code == 403, (route.name, who, answer.status_code)
