"""Two databases with equal keys on one set of sites and threads: nobody is told a word of another's.

Each database has two companies, each company a user with a language of their own, and every record a word that
stands nowhere else. Requests of all four are mixed on shared threads; each answer must have words of its own reader
and none that is not for them, in body and headers, and no word may be in the log.
"""

from __future__ import annotations

import logging
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from core.base.demo import DOMAIN, PASSWORD
from core.web.requests import TOKEN_COOKIE
from tests.copies import POSTGRESQL, SQLITE, Copies
from tests.web import kit
from tests.web.conftest import copies as copies  # the databases
from tests.web.conftest import kind as kind
from tests.web.conftest import serve as serve  # and the sites over them
from tests.web.markup import read, typed

HOSTS = ("one.example", "two.example")
FORM_COOKIE = "lumbung_form"
PEOPLE = {"dewi": "id", "made": "en"}
"""Who signs in, and in which language they read."""
ROWS, THREADS = 8, 8
REQUESTS = int(os.environ.get("LUMBUNG_TEST_REQUESTS", "0"))
"""So many on each kind of database for the full figure (`make test-mixed`), else as a run of all has time for."""
WORD = re.compile(r"\bzq(?:one|two)(?:dewi|made)?xk\b")
LEADS, PARTNERS = "/app/crm.lead", "/app/base.partner"


@dataclass
class Person:
    """Somebody who is signed in: `word` stands in every record of their company, `shared` in all of their database."""

    host: str
    lang: str
    word: str
    shared: str
    theirs: int
    """The key of a record of their own company; in the other database it is somebody else's."""
    hidden: int
    """The key of a record of the other company."""
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""


@dataclass
class Towns:
    """The two databases behind one dispatcher."""

    dispatcher: Any
    people: list[Person]

    def ask(
        self,
        person: Person,
        path: str,
        data: Mapping[str, Any] | None = None,
        host: str = "",
        cookies: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer to a person, or to their cookies at another host."""
        held = {**person.cookies, **(cookies or {})}
        client = Client(self.dispatcher, response_wrapper=kit.Answer, use_cookies=False)
        return client.open(
            path,
            method="GET" if data is None else "POST",
            data=data,
            base_url=f"http://{host or person.host}",
            buffered=True,
            headers={"Accept-Language": person.lang},
            environ_overrides={"HTTP_COOKIE": "; ".join(f"{name}={text}" for name, text in held.items())},
        )


@pytest.fixture
def towns(kind: str, copies: Copies, serve: Callable[..., Any]) -> Iterator[Towns]:
    """Two databases that were filled alike, word for word and key for key, but for the words."""
    with ExitStack() as stack:
        urls = {host: stack.enter_context(copies.copy(kind, "bare")) for host in HOSTS}
        dispatcher = stack.enter_context(serve(urls))
        people = []
        for host in HOSTS:
            people += _fill(kit.Served(urls[host], dispatcher, host))
        assert [(person.theirs, person.hidden) for person in people[:2]] == [
            (person.theirs, person.hidden) for person in people[2:]
        ]
        yield Towns(dispatcher, people)


def _fill(served: kit.Served) -> list[Person]:
    """Companies, partners and leads of one database, and its two people, signed in."""
    town = served.host.partition(".")[0]
    shared, made = f"zq{town}xk", []
    with served.env() as env:
        currency = env.scalars(sa.select(env["base.currency"]).order_by(env["base.currency"].id)).first()
        people = {
            name: env.scalars(sa.select(env["base.user"]).filter_by(email=f"{name}@{DOMAIN}")).one()
            for name in PEOPLE
        }
        for name, lang in PEOPLE.items():
            word = f"zq{town}{name}xk"
            company = env.create(env["base.company"], [{"name": f"{shared} {lang}", "currency": currency}])[0]
            env.write(
                [people[name]],
                {"name": f"{shared} {name}", "lang": lang, "company": company, "companies": [company]},
            )
            rows = [{"name": f"{word} {number}", "company": company} for number in range(ROWS)]
            env.create(env["base.partner"], rows)
            leads = [
                {"title": f"{word} {number}", "company": company, "contact_name": f"{word} c"}
                for number in range(ROWS)
            ]
            made.append((name, lang, word, env.create(env["crm.lead"], leads)))
        env.flush()
        keys = {name: leads[0].id for name, _lang, _word, leads in made}
    found = []
    for name, lang, word, _leads in made:
        other = next(key for who, key in keys.items() if who != name)
        person = Person(served.host, lang, word, shared, keys[name], other)
        visitor = served.visitor(lang)
        visitor.fill("/login", {"email": f"{name}@{DOMAIN}", "password": PASSWORD})
        person.csrf = visitor.token("/")
        for cookie in (TOKEN_COOKIE, FORM_COOKIE):
            held = visitor.client.get_cookie(cookie, domain=served.host)
            assert held is not None
            person.cookies[cookie] = held.value
        found.append(person)
    return found


# ----------------------------------------------------------------- what is asked
Question = Callable[[Towns, Person, random.Random], None]


def check(person: Person, answer: Any, path: str, *, status: int = 200, own: bool = True) -> str:
    """Status, language, words of the reader's own, and none of anybody else's but those that they asked with."""
    told = f"{answer.text}\n" + "\n".join(f"{name}: {value}" for name, value in answer.headers)
    assert answer.status_code == status, (person, path, answer.status_code, answer.text[:500])
    foreign = set(WORD.findall(told)) - {person.word, person.shared} - set(WORD.findall(path))
    assert not foreign, f"{person.host} {person.word} at {path} is told {foreign}"
    if own:
        assert person.word in told, f"{person.host} {person.word} at {path} is told nothing of their own"
    if answer.mimetype == "text/html" and not 300 <= status < 400:
        assert f'<html lang="{person.lang}"' in answer.text, (person, path)
    return str(answer.text)


def _page(*paths: str, **options: Any) -> Question:
    def ask(towns: Towns, person: Person, dice: random.Random) -> None:
        path = dice.choice(paths).format(word=person.word, key=person.theirs, hidden=person.hidden)
        check(person, towns.ask(person, path), path, **options)

    return ask


def _foreign_search(towns: Towns, person: Person, dice: random.Random) -> None:
    word = dice.choice([other.word for other in towns.people if other is not person])
    path = f"{LEADS}?q={word}"
    text = check(person, towns.ask(person, path), path, own=False)
    assert not re.search(rf'href="{LEADS}/\d', text), f"{person.word} finds records by {word}"


def _foreign_cookie(towns: Towns, person: Person, dice: random.Random) -> None:
    """At the other host nobody is signed in by it."""
    host = next(host for host in HOSTS if host != person.host)
    answer = towns.ask(person, LEADS, host=host)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=%2Fapp%2Fcrm.lead")
    assert not WORD.search(answer.text)


def _theme(towns: Towns, person: Person, dice: random.Random) -> None:
    data = {"csrf_token": person.csrf, "theme": dice.choice(["light", "dark"]), "next": LEADS}
    check(person, towns.ask(person, "/theme", data), "/theme", status=302, own=False)


def _edit(towns: Towns, person: Person, dice: random.Random) -> None:
    """Another may have been quicker: then the form says so, with what both wrote."""
    path = f"{LEADS}/{person.theirs}/edit"
    shown = check(person, towns.ask(person, path), path)
    form = next(form for form in read(shown).one("main").all("form", method="post"))
    data = dict(typed(form)) | {"contact_name": f"{person.word} c{dice.randrange(99)}"}
    answer = towns.ask(person, form["action"], data)
    status = answer.status_code if answer.status_code in (409, 422) else 303
    check(person, answer, path, status=status, own=False)


QUESTIONS: list[tuple[int, Question]] = [
    (2, _page("/", own=False)),
    (
        8,
        _page(
            LEADS, PARTNERS, f"{LEADS}?sort=-title&limit=20", f"{LEADS}?q={{word}}", f"{PARTNERS}?q={{word}}"
        ),
    ),
    (4, _page(f"{LEADS}?title__contains={{word}}", f"{LEADS}?group=state", f"{LEADS}?columns=title,company")),
    (3, _page(f"{LEADS}?format=csv", f"{PARTNERS}?format=csv")),
    (8, _page(f"{LEADS}/{{key}}", f"{LEADS}/{{key}}/edit")),
    (2, _page(f"{LEADS}/new", "/settings/password", own=False)),
    (3, _page(f"{LEADS}/{{hidden}}", f"{LEADS}/{{hidden}}/edit", f"{LEADS}/99999", status=404, own=False)),
    (1, _page(f"{LEADS}?title__gt=a&nope__eq=1", status=400, own=False)),
    (2, _foreign_search),
    (2, _foreign_cookie),
    (1, _theme),
    (1, _edit),
]


def _storm(towns: Towns, number: int) -> None:
    weights, questions = zip(*QUESTIONS, strict=True)

    def ask(seed: int) -> None:
        dice = random.Random(seed)
        [question] = dice.choices(questions, weights)
        question(towns, dice.choice(towns.people), dice)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(ask, seed) for seed in range(number)]:
            done.result()


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (SQLITE, 200),
        pytest.param(SQLITE, REQUESTS or 10_000, marks=pytest.mark.slow),
        pytest.param(POSTGRESQL, REQUESTS or 1_000, marks=[pytest.mark.postgres, pytest.mark.slow]),
    ],
    indirect=["kind"],
)
def test_nobody_is_told_a_word_of_another_s(
    towns: Towns, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    caplog.set_level(logging.DEBUG, "lumbung")
    _storm(towns, number)
    assert caplog.records
    told = [record.getMessage() + str(record.exc_info) for record in caplog.records]
    assert [text for text in told if WORD.search(text)] == []


# ----------------------------------------------------------------- cookies
def test_a_cookie_of_one_database_is_none_of_the_other(towns: Towns) -> None:
    """The session, the token of forms and the language: all are of the database that made them."""
    dewi, made = towns.people[:2]
    other = towns.people[2]
    for cookies in (dewi.cookies, made.cookies):
        answer = towns.ask(dewi, "/", host=other.host, cookies=cookies)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/login")
    data = {"csrf_token": dewi.csrf, "theme": "dark", "next": "/"}
    assert towns.ask(dewi, "/theme", data).status_code == 302
    forms = {FORM_COOKIE: dewi.cookies[FORM_COOKIE]}
    refused = towns.ask(other, "/theme", data, cookies=forms)
    assert refused.status_code == 400, "a token of forms of the other database, with its own cookie"
    assert towns.ask(other, "/theme", {**data, "csrf_token": other.csrf}).status_code == 302


def test_a_language_of_one_database_is_none_of_the_other(towns: Towns) -> None:
    dewi, other = towns.people[0], towns.people[2]
    chosen = towns.ask(dewi, "/language/en")
    [text] = [text for text in chosen.headers.getlist("Set-Cookie") if text.startswith(FORM_COOKIE)]
    cookie = {FORM_COOKIE: text.partition("=")[2].partition(";")[0]}
    assert '<html lang="en"' in towns.ask(dewi, "/", cookies=cookie).text
    assert '<html lang="id"' in towns.ask(other, "/", cookies=cookie).text
