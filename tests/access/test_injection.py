"""Nothing that a request brings becomes a piece of a statement: a true condition is answered like a false one.

Every parameter of the route map is asked, path, address and form; each statement that runs meanwhile is heard.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa

from core.errors import FieldError
from core.orm.env import open_env
from core.orm.kinds import Char, Text
from core.web.forms.drawn import STATE
from core.web.listing.labels import Labels
from core.web.listing.parameters import PARAMETERS, Filters
from core.web.listing.reading import Reading
from core.web.routes import TOKEN, Route
from tests.access.stage import ALIKE, GUEST, NOBODY, OWN, Stage, reader, same
from tests.access.test_matrix import PLACES, address
from tests.web.markup import read, typed

MARK = "qzinj"
"""Stands in every payload, and may stand in no statement."""
REFUSALS = {200, 302, 303, 400, 401, 404, 409, 410, 422, 429}
ANSWERS = {"note_edit": {422}}
"""A note of the asker's own is looked at, and refused for its version or its text."""
TWINS = (
    "(case when {c} then name else id end)" + f"/*{MARK}*/",
    f"{MARK}' or {{c}} --",
    f"name,(select {MARK} where {{c}})",
    f"id); select {MARK} where ({{c}}",
    f"{MARK}%' or {{c}} or name like '%",
    f"{MARK}\\' or {{c}} #",
)
TRUE, FALSE = "1=1", "1=2"
ECHOES = {TRUE: FALSE, quote(TRUE): quote(FALSE), quote(quote(TRUE)): quote(quote(FALSE))}
"""How a page may say again what it was asked."""
MODELS = ("crm.lead", "base.partner")
"""Whose lists and forms are asked over the web; the filters of all models are asked where they are read."""
DRAWN = re.compile(rf'{ALIKE.pattern}|name="{STATE}" value="[^"]*"')
"""No two answers have the same of it: each form that is drawn has a key of its own."""
NUMBERS = re.compile(rf"{DRAWN.pattern}|[0-9]+")
FOR_ONE = (
    "page",
    "limit",
    "sort",
    "group",
    "columns",
    "format",
    "fold",
    "filter",
    "filter_field",
    "filter_operator",
    "filter_value",
)
"""Parameters of a list that are one of a few words, or need another beside them: any other text is 400."""


@contextmanager
def heard(staged: Stage) -> Iterator[list[str]]:
    """The statements, without their values. Fails where a piece of a payload stands in one."""
    seen: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
    assert not [text for text in seen if MARK in text.lower()]


UNDONE = {"activity_done": {"next_kind": "call", "next_title": ""}}
"""What has a form of a page of its own refused: else the first of two answers would be of another state."""
REFUSED = {"note": "x" * Text.limit}
"""The same for what is written by a single input: no text is so long."""


def alike(
    staged: Stage, who: str, method: str, true: str, false: str, data: Any = None, other: Any = None
) -> Any:
    """The answer to the true condition, which must be that to the false one."""
    one, two = staged.ask(who, true, data), staged.ask(who, false, other)
    tries = data is not None and (who == GUEST or "password" in true)
    counts = NUMBERS if tries else DRAWN  # of tries that are left
    assert same(one, two, but=ECHOES, without=counts), (who, true, one.status_code, two.status_code)
    where, there = one.headers.get("Location", ""), two.headers.get("Location", "")
    assert where == there.replace(quote(FALSE), quote(TRUE)).replace(FALSE, TRUE)
    return one


def twins(payload: str) -> tuple[str, str]:
    return payload.format(c=TRUE), payload.format(c=FALSE)


def filled(staged: Stage, route: Route, model: str) -> str:
    """The address of a route for a record of a model, and the note on it that its reader wrote."""
    sample, note = staged.samples.get((model, OWN)), staged.notes.get((model, OWN))
    found = {"<model>": model, "<key:key>": sample.id if sample else 1, "<key:note>": note}
    parts = zip(route.path.split("/"), address(route).split("/"), strict=True)
    return "/".join(str(found.get(part) or other) for part, other in parts)


# ----------------------------------------------------------------- true and false
SHARES = 3


def share(payloads: Sequence[str], number: int) -> Sequence[str]:
    """A third of the payloads, another one for each number: three in a row have them all."""
    return payloads[number % min(SHARES, len(payloads)) :: SHARES]


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(SHARES))
def test_every_parameter_of_every_route(staged: Stage, turn: int) -> None:
    """Path, address and form; 100 % of what the route map names, filters below. A turn has a third of the payloads."""
    asked: set[tuple[str, str, str]] = set()
    with heard(staged) as statements:
        for route in staged.site.routes:
            asked |= _ask_paths(staged, route, turn)
            for model in MODELS if "<model>" in route.path else ("",):
                asked |= _ask_addresses(staged, route, model, turn)
                asked |= _ask_forms(staged, route, model, turn)
    assert asked == set(every_parameter(staged))
    assert statements


def every_parameter(staged: Stage) -> Iterator[tuple[str, str, str]]:
    """Route, place and name of what the route map names."""
    for route in staged.site.routes:
        for part in route.path.split("/"):
            if part.startswith("<"):
                yield route.name, "path", part.rpartition(":")[2].strip("<>")
        for model in MODELS if "<model>" in route.path else ("",):
            for name in route.query.fixed:
                yield route.name, "query", name
            for name in route.form.names(staged.site.assembly, model) if "POST" in route.methods else ():
                yield route.name, "form", name


def _ask_paths(staged: Stage, route: Route, turn: int) -> set[tuple[str, str, str]]:
    asked = set()
    parts = route.path.split("/")
    for place, part in enumerate(parts):
        if part.startswith("<") and "GET" in route.methods:
            for payload in share(TWINS[:3], turn + place):
                true, false = (_with(route, place, text) for text in twins(payload))
                answer = alike(staged, "base.admin", "GET", true, false)
                assert answer.status_code in (200, 302, 404, 410), (route.name, answer.status_code)
            asked.add((route.name, "path", part.rpartition(":")[2].strip("<>")))
        elif part.startswith("<"):
            true, false = (_with(route, place, text) for text in twins(TWINS[1]))
            alike(staged, "base.admin", "POST", true, false, {}, {})
            asked.add((route.name, "path", part.rpartition(":")[2].strip("<>")))
    return asked


def _with(route: Route, place: int, text: str) -> str:
    parts = address(route).split("/")
    return "/".join([*parts[:place], quote(text, safe=""), *parts[place + 1 :]])


def _ask_addresses(staged: Stage, route: Route, model: str, turn: int) -> set[tuple[str, str, str]]:
    asked = set()
    path, who = (
        address(route).replace(PLACES["model"], model or PLACES["model"]),
        reader(model or route.path[1:].replace("/", ".")),
    )
    who = GUEST if route.door.guests else who
    for number, name in enumerate(route.query.fixed):
        for payload in share(TWINS, turn + number):
            true, false = (f"{path}?{urlencode({name: text})}" for text in twins(payload))
            answer = alike(staged, who, "GET", true, false)
            if route.name == "list" and name in FOR_ONE:
                assert answer.status_code == 400, (name, payload)
        asked.add((route.name, "query", name))
    unknown = staged.ask(who, f"{path}?{MARK}=1")
    assert unknown.status_code == 400 or "GET" not in route.methods, route.name
    return asked


def drawn(staged: Stage, who: str, path: str) -> dict[str, Any]:
    """What the form of a page holds, with the list of what it showed."""
    sent: dict[str, Any] = dict(
        typed(read(staged.ask(who, path).text).one("main").one("form", method="post"))
    )
    del sent[TOKEN]
    return sent


def unsaved(staged: Stage, model: str, sent: dict[str, Any], name: str) -> dict[str, Any]:
    """A form that cannot be saved whatever stands in `name`: another text is too long, where it has one."""
    fields = staged.registry.models[model].fields
    other = next((other for other in sent if other != name and type(fields.get(other)) is Char), None)
    return {**sent, other: "x" * 1_000} if other else sent


def _ask_forms(staged: Stage, route: Route, model: str, turn: int) -> set[tuple[str, str, str]]:
    if "POST" not in route.methods:
        return set()
    asked = set()
    path = filled(staged, route, model)
    who = GUEST if route.door.guests else reader(model or route.path[1:].replace("/", "."))
    has_page = bool(model) and "GET" in route.methods
    sent = drawn(staged, who, path) if has_page else {}
    names = route.form.names(staged.site.assembly, model)
    for number, name in enumerate(names):
        for payload in share(TWINS[:3] if model else TWINS[1:2], turn + number):
            rest = unsaved(staged, model, sent, name) if has_page else UNDONE.get(route.name, {})
            one, two = ({**rest, name: text + REFUSED.get(route.name, "")} for text in twins(payload))
            answer = alike(staged, who, "POST", path, path, one, two)
            assert answer.status_code in ANSWERS.get(route.name, REFUSALS), (route.name, name)
        asked.add((route.name, "form", name))
    forged = staged.ask(who, path, {**sent, MARK: "1"})
    assert forged.status_code == 400, route.name
    staged.ask(who, "/")  # what was said of it is shown once, and not on the page of the next route
    return asked


# ----------------------------------------------------------------- filters
@pytest.mark.slow
def test_every_filter_of_every_model(staged: Stage) -> None:
    """Over the fields of the model and of those that its links lead to: counted with a true and a false condition."""
    asked = 0
    with heard(staged) as statements:
        for info in staged.registry:
            with staged.env(reader(info.name)) as env:
                view = staged.site.list_view(info.name, env)
                for name in Filters().names(staged.site.assembly, info.name):
                    payload = TWINS[asked % len(TWINS)]
                    before = len(statements)
                    true, false = (_count(view, env, name, text) for text in twins(payload))
                    assert true == false, (info.name, name, payload)
                    assert len(statements) == before or true is not None
                    asked += 1
    assert asked > 1_000


def _count(view: Any, env: Any, name: str, text: str) -> int | None:
    """How many rows a filter leaves; None where it is refused, before any statement."""
    try:
        query = view.query(env, [(name, text)])
    except FieldError:
        return None
    return Reading(env, view.model, query, Labels(env)).count()


# ----------------------------------------------------------------- odd values
ODD = ("2147483648", "9223372036854775808", "18446744073709551616", "18889465931478580854784", "-1", "a\x00b", "\x00",
       "9" * 5_000, "1e400", "NaN", "०", "٣", "\u202e", "😀" * 300)  # fmt: skip
RAW = ("%ED%A0%80", "%00", "%FF%FE", "a%00b")
"""As they stand in an address: a lone surrogate, NUL, and bytes that are no text."""


@contextmanager
def quick() -> Iterator[None]:
    """Fails where a block takes a second of this process."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("model", MODELS)
def test_odd_values_are_answered_by_4xx_and_at_once(staged: Stage, model: str) -> None:
    who, path = reader(model), f"/app/{model}"
    with staged.unchanged():
        for name in (
            *PARAMETERS.fixed,
            "id__eq",
            "id__in",
            "owner__eq",
            "name__eq",
            "created_at__ge",
            "version__lt",
        ):
            for text in (*map(quote, ODD), *RAW):
                with quick():
                    status = staged.ask(who, f"{path}?{name}={text}").status_code
                assert status in (200, 302, 400, 404), (name, text)
                # A number of the size of a key may be that of a saved view: 404 when there is none.
                refused = (400, 404) if name == "filter" else (400,)
                assert status in refused or name not in FOR_ONE, (name, text)
        for text in (*map(quote, ODD), *RAW):
            for tail in ("", "/edit"):
                assert staged.ask(who, f"{path}/{text}{tail}").status_code in (400, 404), text


def test_odd_values_in_forms_are_refused(staged: Stage) -> None:
    path = f"/app/crm.lead/{staged.samples['crm.lead', OWN].id}/edit"
    with staged.unchanged():
        sent = drawn(staged, "crm.manager", path)
        for name in (STATE, "partner", "owner", "revenue", "tags"):
            for text in ODD[:8]:
                rest = unsaved(staged, "crm.lead", sent, name)
                answer = staged.ask("crm.manager", path, {**rest, name: text})
                assert answer.status_code in (400, 413, 422), (name, text)


def test_unbounded_questions_are_refused_at_once(staged: Stage) -> None:
    many = "&".join(f"name__contains=a{n}" for n in range(10_000))
    deep = ".".join(["parent"] * 1_000)
    huge = "a" * 1_000_000
    keys = ",".join(map(str, range(100_000)))
    asked = {
        "limit=1000000000": 400,
        "page=1000000000000": 400,
        many: 400,
        f"{deep}.name__eq=x": 400,
        f"{huge}=1": 400,
        f"{huge}__eq=1": 400,
        f"q={huge}": 400,
        f"name__contains={huge}": 400,
        f"id__in={keys}": 400,
        "q=(a%2B)%2B$": 200,
        f"sort={huge}": 400,
        f"columns={'name,' * 10_000}": 400,
    }
    with staged.unchanged(), heard(staged):
        for query, status in asked.items():
            with quick():
                answer = staged.ask("base.admin", f"/app/base.partner?{query}")
            assert answer.status_code == status or (status == 400 and answer.status_code == 414), query[:60]
            assert len(answer.text) < 200_000
        for data in ({huge: "1"}, {"name": huge}, {f"x{n}": "1" for n in range(6_000)}):
            with quick():
                answer = staged.ask("base.admin", "/app/base.partner/new", data)
            assert answer.status_code in (400, 413, 422)


# ----------------------------------------------------------------- fields that are closed (S02)
CLOSED = ["sort=email", "sort=-email", "group=email", "email__contains=a", "email__isnull=true", "columns=name,email",
          "roles__isnull=false", "roles.name__eq=base.admin", "lang__eq=id", "active__eq=true", "email_texts__eq=a",
          "filter_field=email&filter_operator=contains&filter_value=a"]  # fmt: skip


@pytest.mark.parametrize("query", CLOSED)
def test_a_closed_field_is_no_way_to_ask(staged: Stage, query: str) -> None:
    """The answer is that to a field that is not there, whatever the condition; no statement is run on it."""
    for who in ("base.user", "crm.manager"):
        with heard(staged) as statements:
            answer = staged.ask(who, f"/app/base.user?{query}")
        assert answer.status_code == 400
        assert not [text for text in statements if "email LIKE" in text or "ORDER BY base_user.email" in text]
    assert staged.ask("base.admin", f"/app/base.user?{query}").status_code in (200, 302, 400)


@pytest.mark.parametrize(("path", "name"), [("base.partner", "owner"), ("base.partner", "team.leader")])
def test_a_closed_field_is_not_reached_over_a_link(staged: Stage, path: str, name: str) -> None:
    true = staged.ask("base.user", f"/app/{path}?{name}.email__contains=canary")
    false = staged.ask("base.user", f"/app/{path}?{name}.email__contains=nobody")
    assert true.status_code == 400
    assert same(true, false, but={"canary": "nobody"})
    missing = staged.ask("base.user", f"/app/{path}?{name}.xmail__contains=canary")
    assert same(true, missing, but={"email": "xmail"})


# ----------------------------------------------------------------- forged forms (S07)
EXTRA = (
    "id",
    "created_by",
    "updated_by",
    "created_at",
    "archived",
    "is_admin",
    "roles",
    "groups",
    "company_id",
    "owner_id",
    "team.name",
    "owner.email",
    "user.email",
    "tenant_id",
    "price",
    "state__eq",
    "__class__",
    "password",
    "name_texts",
)


@pytest.mark.parametrize("model", MODELS)
def test_fields_that_a_form_did_not_show_are_refused(staged: Stage, model: str) -> None:
    who, path = reader(model), f"/app/{model}"
    key = staged.samples[model, OWN].id
    with staged.unchanged():
        for target in (f"{path}/new", f"{path}/{key}/edit"):
            sent = drawn(staged, who, target)
            for name in EXTRA:
                assert staged.ask(who, target, {**sent, name: "1"}).status_code == 400, name
                assert staged.ask(who, target, {"title": "x", name: "1"}).status_code == 400, name


def test_closed_fields_and_foreign_users_are_not_set_by_forms(staged: Stage) -> None:
    """Roles are for administrators: for all others the door is shut before a field is looked at."""
    key = staged.users[NOBODY]
    with staged.unchanged():
        for who in ("base.user", "base.manager", "crm.manager", NOBODY):
            for data in ({"roles": "1"}, {"email": "me@people.example"}):
                assert staged.ask(who, f"/app/base.user/{key}/edit", data).status_code == 403


def logins(env: Any) -> list[str]:
    return list(env.scalars(sa.select(env["base.user"].email).order_by(env["base.user"].id)))


def test_editing_a_contact_changes_no_login(staged: Stage) -> None:
    with staged.env("base.admin") as env:
        before = logins(env)
    with open_env(
        staged.registry, staged.database
    ) as system:  # one of its own: other tests look for the samples
        made = system.create(system["base.partner"], [{"name": "contact"}])
        system.flush()
        key = made[0].id
    path = f"/app/base.partner/{key}/edit"
    for email in (before[1], "somebody.else@people.example"):
        answer = staged.ask("base.admin", path, {**drawn(staged, "base.admin", path), "email": email})
        assert answer.status_code == 303, answer.text[:2000]
    with staged.env("base.admin") as env:
        assert logins(env) == before


def test_the_token_of_forms_is_no_parameter_of_addresses(staged: Stage) -> None:
    assert staged.ask("base.admin", f"/app/base.partner?{TOKEN}=x").status_code == 400
