"""What an addon does at work: its pages, its rights, and its models in lists, forms, files and search."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa

from core.access.grants import Operation, granted
from core.errors import LoadError, UserError
from core.i18n.catalogs import LANGUAGES
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.kinds import Char
from core.orm.links import Many2one
from core.testing.checks.declared import all_roles
from core.testing.client import Answer, Visitor
from core.testing.kit import Kit
from core.testing.records import LONG_ENOUGH, make_with_links, new_word, value
from core.testing.subject import Subject

Values = Mapping[str, Mapping[str, Any]]
"""Of some models the values with which a record can be made, where the kinds of the fields do not tell enough;
a function is called with the kit."""
ROWS, SLACK = 20, 3
"""A list with further pages counts them, whatever is on this one: that is no statement for each row."""
OWNER = "owner"
SENT, REFUSED = (302, 303), (400, 401, 403)
_PART = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>")
NUMBERS = {"int", "key", "float"}


# ----------------------------------------------------------------- who and what
def everything(info: ModelInfo) -> tuple[str, ...]:
    """All roles that a model grants something: who has them may whatever anybody may."""
    return tuple(sorted(info.access))


def may(info: ModelInfo, operation: Operation, *roles: str) -> str:
    """The scope of an operation for some roles, by what is shipped."""
    return str(granted(info.name, info.access, roles or everything(info), {}).get(operation, "none"))


def shown(subject: Subject) -> Iterator[ModelInfo]:
    """The models of the addon that somebody may look at."""
    return (info for info in subject.models() if may(info, "r") != "none")


def a_record(kit: Kit, info: ModelInfo, values: Values, *roles: str, name: str = "") -> Any:
    """A record that belongs to the user with these roles (else with all that the model grants something)."""
    roles = roles or everything(info)
    said = values.get(info.name, {}).items()
    given = {field: value(kit) if callable(value) else value for field, value in said}
    if isinstance(info.fields.get(OWNER), Many2one):
        given.setdefault(OWNER, kit.user(*roles, name=name))
    before = kit.env.user
    kit.env.user = kit.current_user(*roles, name=name)
    try:
        return make_with_links(kit.now, info, given)
    finally:
        kit.env.user = before


@contextmanager
def blamed(subject: Subject, info: ModelInfo, what: str) -> Iterator[list[LoadError]]:
    """A block of which whatever goes wrong is a fault of the model."""
    faults: list[LoadError] = []
    try:
        yield faults
    except UserError as error:
        faults.append(
            _about(
                subject,
                info,
                f"{what}: a record that is made by the kinds of its fields is refused: {error}",
                f'Say in the test case what is allowed: values = {{"{info.name}": {{…}}}}.',
            )
        )
    except AssertionError as error:
        faults.append(
            _about(subject, info, f"{what}: {error}", "Look at the page, or at the log of the run.")
        )


def _about(subject: Subject, info: ModelInfo, what: str, remedy: str) -> LoadError:
    return subject.fault(info.fragments[0].__lumbung__.origin, f"{info.name}: {what}", remedy)


# ----------------------------------------------------------------- pages made by hand
def protected(subject: Subject, kit: Kit) -> Iterator[LoadError]:
    """A guest is asked to sign in, and who has no role is refused."""
    guest, nobody = kit.visit(guest=True), kit.visit()
    for page in subject.own(subject.installation.assembly.pages):
        for method in page.methods:
            asked, refused = (_ask(who, method, filled(page.path)) for who in (guest, nobody))
            is_asked = "/login" in asked.headers.get("Location", "") or asked.status_code in REFUSED
            if not is_asked or refused.status_code not in REFUSED:
                yield subject.fault(
                    page.origin,
                    f"{method} {page.path} answers a guest with {asked.status_code}, and somebody without a role "
                    f"with {refused.status_code}.",
                    'Name who may open it: roles=("base.user",).',
                )


def answering(subject: Subject, kit: Kit) -> Iterator[LoadError]:
    """The pages made by hand answer those who may open them, in each language; 404 where there is no such record."""
    for page in subject.own(subject.installation.assembly.pages):
        for lang in LANGUAGES if "GET" in page.methods else ():
            try:
                answer = kit.visit(*page.roles, lang=lang).get(filled(page.path))
                said = "" if answer.status_code in (200, 404, *SENT) else str(answer.status_code)
            except AssertionError as error:
                said = str(error)[:500]
            if said:
                yield subject.fault(page.origin, f"{page.path} in {lang}: {said}.", "Correct its function.")


def filled(path: str) -> str:
    """An address with something in each part that varies."""
    return _PART.sub(lambda match: "1" if match[1] in NUMBERS else "x", path)


def _ask(visitor: Visitor, method: str, path: str) -> Answer:
    return visitor.get(path) if method == "GET" else visitor.post(path)


# ----------------------------------------------------------------- rights
def running_rules(subject: Subject, kit: Kit) -> Iterator[LoadError]:
    """Each rule can be asked by every role."""
    assembly, noted = subject.installation.assembly, subject.installation.database.failures
    rules = subject.own(assembly.rules)
    for role in sorted({item.value.name for item in assembly.roles}):
        with kit.env_as(role) as env:
            for rule in rules:
                try:
                    for info in (info for info in assembly.registry if issubclass(info.cls, rule.model)):
                        env.session.core_connection().execute(
                            sa.select(info.table.c.id).where(rule.where(info.cls, env)).limit(1)
                        )
                except Exception as error:
                    yield subject.fault(
                        rule.origin,
                        f"The rule about {rule.model.__lumbung__.model} fails for {role}: {error}.",
                        "A rule that fails lets nobody pass: let it give a condition for every user.",
                    )
    noted.clear()


def hidden_from_others(subject: Subject, kit: Kit, values: Values) -> Iterator[LoadError]:
    """Where a role reads its own records only, those of another user are as if they were not."""
    known = {item.value.name: item.value for item in subject.installation.assembly.roles}
    for info in shown(subject):
        for role in info.access:
            if may(info, "r", *all_roles(known, role)) != "own":
                continue
            with blamed(subject, info, f"own records of {role}") as faults:
                record = a_record(kit, info, values, role)
                path = f"/app/{info.name}/{record.id}"
                if kit.visit(role).get(path).status_code != 200:
                    faults.append(
                        _about(subject, info, f"{role} does not see an own record.", "Look at its rules.")
                    )
                if kit.visit(role, name="other").get(path).status_code != 404:
                    faults.append(
                        _about(
                            subject,
                            info,
                            f"{role} sees a record of somebody else.",
                            "Look at access= and rules().",
                        )
                    )
            yield from faults


# ----------------------------------------------------------------- models
def model_pages(subject: Subject, kit: Kit, values: Values) -> Iterator[LoadError]:
    """List, record and forms answer 200 in every language, and the list names the record."""
    for info in shown(subject):
        with blamed(subject, info, "pages") as faults:
            record = a_record(kit, info, values)
            paths = [f"/app/{info.name}", f"/app/{info.name}/{record.id}"]
            paths += [f"/app/{info.name}/new"] if may(info, "c") != "none" else []
            paths += [f"/app/{info.name}/{record.id}/edit"] if may(info, "w") != "none" else []
            for lang in LANGUAGES:
                visitor = kit.visit(*everything(info), lang=lang)
                for path in paths:
                    status = visitor.get(path).status_code
                    if status != 200:
                        said = f"{path} in {lang} answers {status}."
                        faults.append(_about(subject, info, said, "Look at its fields, views and rules."))
        yield from faults


def round_trip(subject: Subject, kit: Kit, values: Values) -> Iterator[LoadError]:
    """A record is made by its form, changed, archived and restored."""
    for info in shown(subject):
        if may(info, "c") == "none" or may(info, "w") == "none":
            continue
        with blamed(subject, info, "made, changed and archived by its pages") as faults:
            record = a_record(kit, info, values)
            visitor, path = kit.visit(*everything(info)), f"/app/{info.name}"
            faults += _made(subject, info, kit, visitor, f"{path}/new?copy={record.id}", values)
            faults += _changed(subject, info, kit, visitor, record)
            for action, is_archived in (("archive", True), ("restore", False)):
                token = visitor.token(f"{path}/{record.id}/edit")
                kit.env.session.expire_all()
                data = {"csrf_token": token, "version": str(record.version)}
                visitor.post(f"{path}/{record.id}/{action}", data)
                kit.env.session.expire_all()
                if record.archived is not is_archived:
                    faults.append(_about(subject, info, f"{action} does nothing.", "Look at before_write()."))
        yield from faults


def _made(
    subject: Subject, info: ModelInfo, kit: Kit, visitor: Visitor, path: str, values: Values
) -> list[LoadError]:
    """Sends the form of a copy, with other texts and links: they may have to be one of a kind, alone or with others."""
    given, word = values.get(info.name, {}), new_word()
    links = {
        item.name: a_record(kit, kit.env.registry.info(item.target_name), values).display_label()
        for item in info.near_links
        if item.unique and item.name not in given
    }
    form = visitor.get(path)
    names = {item.get("name") for item in form.main.all("input")}
    fresh = {
        item.name: str(value(item, word, {}))
        for item in info.own_fields
        if item.name in names - links.keys() and (item.unique or (_is_long(item) and item.name not in given))
    }
    typed = {name: text for name, text in links.items() if form.main.all(name=name)}
    answer = visitor.send(form, fresh | typed)
    return [] if answer.status_code in SENT else [_refused(subject, info, "The form of a new one", answer)]


def _is_long(item: Field[Any]) -> bool:
    """Whether any text can be written into it, such as one of these words."""
    return type(item) is Char and item.size >= LONG_ENOUGH and not item.readonly


def _changed(subject: Subject, info: ModelInfo, kit: Kit, visitor: Visitor, record: Any) -> list[LoadError]:
    path, word = f"/app/{info.name}/{record.id}/edit", new_word()
    form = visitor.get(path)
    names = {item.get("name") for item in form.main.all("input")}
    texts = [item.name for item in info.own_fields if item.name in names and _is_long(item)]
    answer = visitor.send(form, {texts[0]: word} if texts else {})
    if answer.status_code not in SENT:
        return [_refused(subject, info, "The form of a change", answer)]
    kit.env.session.expire_all()
    if texts and getattr(record, texts[0]) != word:
        return [_about(subject, info, f"A change of {texts[0]} is not kept.", "Look at before_write().")]
    return []


def _refused(subject: Subject, info: ModelInfo, what: str, answer: Answer) -> LoadError:
    shown = answer.main.all(class_="err") + answer.main.all(class_="note")
    said = "; ".join(dict.fromkeys(item.text for item in shown if item.text)) or answer.status
    return _about(
        subject,
        info,
        f"{what} is refused: {said}",
        f'Say in the test case what is allowed: values = {{"{info.name}": {{…}}}}.',
    )


def files(subject: Subject, kit: Kit, values: Values) -> Iterator[LoadError]:
    """The list is exported as CSV, with a line for each record."""
    for info in shown(subject):
        with blamed(subject, info, "CSV") as faults:
            a_record(kit, info, values)
            answer = kit.visit(*everything(info)).get(f"/app/{info.name}?format=csv")
            if answer.mimetype != "text/csv" or len(answer.text.splitlines()) < 2:
                faults.append(
                    _about(subject, info, "The CSV of its list has no line.", "Look at its views and rules.")
                )
        yield from faults


def found_again(subject: Subject, kit: Kit, values: Values) -> Iterator[LoadError]:
    """A record is found by the text of a field that is searched."""
    for info in shown(subject):
        texts = [item for item in info.searched if type(item) is Char and not item.compute]
        with blamed(subject, info, "search") as faults:
            record = a_record(kit, info, values) if texts else None
            word = getattr(record, texts[0].name) if record is not None else None
            if word:
                answer = kit.visit(*everything(info)).get(f"/app/{info.name}", query_string={"q": str(word)})
                if f'/app/{info.name}/{cast(Any, record).id}"' not in answer.text:
                    said = f"A search for its {texts[0].name} does not find it."
                    faults.append(_about(subject, info, said, "Look at search=True and at its rules."))
        yield from faults


def constant_statements(subject: Subject, kit: Kit, values: Values) -> Iterator[LoadError]:
    """The list asks the database as often for twenty records as for one."""
    for info in shown(subject):
        with blamed(subject, info, "statements of the list") as faults:
            visitor, path = kit.visit(*everything(info)), f"/app/{info.name}"
            a_record(kit, info, values)
            visitor.get(path)
            few = counted(visitor, path)
            for _number in range(ROWS - 1):
                a_record(kit, info, values)
            many = counted(visitor, path)
            if many > few + SLACK:
                said = f"The list takes {few} statements for one record and {many} for {ROWS}."
                remedy = (
                    "Let display_label() and computes touch links of the record, and send no query of each."
                )
                faults.append(_about(subject, info, said, remedy))
        yield from faults


def counted(visitor: Visitor, path: str) -> int:
    """How many statements a page takes."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        heard.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        visitor.get(path)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
    return len(heard)
