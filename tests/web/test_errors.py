"""Errors: what a person reads when something is not there, not allowed, not understood, or broken."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import DatabaseError, UserError
from core.i18n.catalogs import LANGUAGES, gettext, speaking
from core.schema import tables
from tests.copies import Copies
from tests.web import kit
from tests.web.markup import typed

NUMBER = re.compile(r"\b[0-9A-F]{4}-[0-9A-F]{4}\b")
CANARY = "canary-7f3a"
"""In every error that is provoked here: no page may hold it."""


def heading(answer: kit.Answer) -> str:
    """What an error page says first."""
    return answer.main.one("div", class_="empty").one("h2").text


def number(answer: kit.Answer) -> str:
    """The number that finds the request in the log."""
    [found] = NUMBER.findall(answer.main.text)
    return str(found)


def fail(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Makes every list raise `error` while it is drawn."""
    from core.web import generic

    def broken(*_arguments: Any, **_named: Any) -> Any:
        raise error

    monkeypatch.setattr(generic, "render", broken)


ADDRESSES = [
    ("/app/nope", 404),
    ("/nowhere", 404),
    ("/app/crm.lead/999999", 404),
    ("/app/base.user/new", 403),
    ("/app/base.role", 403),
    ("/app/crm.lead?sort=nope", 400),
    ("/app/crm.lead?page=%00", 400),
]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_error_has_a_page_in_the_reader_s_language(shared: kit.Served, lang: str) -> None:
    visitor = shared.sign_in("ayu", lang=lang)
    texts = {
        404: "There is no such page",
        403: "You may not open this yet",
        400: "This request could not be read",
    }
    numbers = set()
    for address, status in ADDRESSES:
        answer = visitor.get(address)
        assert answer.status_code == status, address
        with speaking(lang):
            assert heading(answer) == gettext("core", texts[status]), address
        assert answer.page.one("html")["lang"] == lang
        assert "Ayu Lestari" in answer.page.one("header", class_="side").text, "the way on is there"
        ways = [link["href"] for link in answer.main.one("div", class_="empty").all("a")]
        assert "/" in ways, address
        numbers.add(number(answer))
    assert len(numbers) == len(ADDRESSES)


def test_a_stranger_who_asks_for_nothing_real_is_asked_to_sign_in(shared: kit.Served) -> None:
    assert shared.visitor().get("/nowhere").headers["Location"] == "/login?next=%2Fnowhere"


def test_a_method_that_is_not_there(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi")
    token = visitor.token("/")
    for path in ("/", "/app/crm.lead", "/app/crm.lead/1", "/healthz"):
        answer = visitor.post(path, {"csrf_token": token})
        assert answer.status_code == 405
        assert NUMBER.search(answer.main.text)


def test_a_body_that_is_too_large_is_refused(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi")
    data = {"csrf_token": visitor.token("/"), "title": "x" * (5 * 1024 * 1024)}
    answer = visitor.post("/app/crm.lead/new", data)
    assert answer.status_code in (400, 413)
    assert "x" * 100 not in answer.text


def test_too_many_parts_are_refused(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi")
    token = visitor.token("/").encode()
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    parts = part % (b"csrf_token", token) + part % (b"tags", b"1") * 5_001 + b"--b--\r\n"
    for kind, body in (
        ("application/x-www-form-urlencoded", b"csrf_token=" + token + b"&tags=1" * 20_000),
        ("multipart/form-data; boundary=b", parts),
    ):
        answer = visitor.post("/app/crm.lead/new", body, content_type=kind)
        assert answer.status_code in (400, 413), kind


# ----------------------------------------------------------------- 500
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_that_fails_says_so_and_the_log_says_why(
    shared: kit.Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lang: str
) -> None:
    visitor = shared.sign_in("dewi", lang=lang)
    fail(monkeypatch, RuntimeError(f"{CANARY}: SELECT password FROM /srv/secret.py"))
    with caplog.at_level(logging.ERROR, "lumbung.web"):
        answer = visitor.get("/app/crm.lead?page=2", fails=500)
    with speaking(lang):
        assert heading(answer) == gettext("core", "Something went wrong on our side")
    assert CANARY not in answer.text
    again, home = answer.main.one("div", class_="empty").all("a")
    assert (again["href"], home["href"]) == ("/app/crm.lead?page=2", "/")
    [record] = [record for record in caplog.records if record.name == "lumbung.web"]
    assert number(answer) in record.getMessage()
    assert record.exc_info and CANARY in str(record.exc_info[1])


def test_a_page_that_fails_leaves_nothing_half_written(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch, unchanged: Callable[..., Any]
) -> None:
    """Also not when the failure comes after the records were written, before the transaction ends."""
    visitor = served.sign_in("dewi")
    shown = visitor.get("/app/crm.lead/1/edit")

    def broken(_record: Any) -> str:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(served.site.assembly.registry.models["crm.lead"].cls, "display_label", broken)
    form = shown.main.one("form", method="post")
    data = {**typed(form), "title": "Setengah"}
    with unchanged(served):
        visitor.post(form["action"], data, fails=500)


def test_a_refusal_of_an_addon_is_read_as_it_is(shared: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    fail(monkeypatch, UserError("The shop <b>closes</b> at nine."))
    answer = visitor.get("/app/crm.lead")
    assert answer.status_code == 400
    assert "The shop <b>closes</b> at nine." in answer.main.text


def test_an_error_page_that_fails_itself_is_still_an_answer(
    shared: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where even the frame cannot be drawn, plain words come, and no trace."""
    from core.web import shell

    visitor = shared.sign_in("dewi")

    def broken(_title: str) -> Any:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(shell, "frame", broken)
    answer = visitor.get("/app/crm.lead", fails=500)
    assert CANARY not in answer.text and "Traceback" not in answer.text
    assert NUMBER.search(answer.text)


# ----------------------------------------------------------------- 503
def test_a_locked_database_is_said_as_such(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = served.sign_in("dewi", lang="en")
    fail(monkeypatch, DatabaseError(f"The database {CANARY} is locked."))
    answer = visitor.get("/app/crm.lead", fails=503)
    assert heading(answer) == "Back in a moment"
    assert int(answer.headers["Retry-After"]) > 0
    assert CANARY not in answer.text
    assert number(answer)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (sa.exc.OperationalError("SELECT 1", {}, Exception("database is locked")), 503),
        (sa.exc.OperationalError("SELECT 1", {}, Exception("server closed the connection")), 503),
        (sa.exc.OperationalError("SELECT 1", {}, Exception("database or disk is full")), 503),
        (sa.exc.TimeoutError("QueuePool limit of size 10 reached"), 503),
        (sa.exc.ProgrammingError("SELECT 1", {}, Exception("no such column: canary")), 500),
    ],
)
def test_what_a_driver_says_is_no_matter_for_a_reader(
    shared: kit.Served, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    """A database that cannot be used now is told from a fault of ours, and neither in the driver's words."""
    visitor = shared.sign_in("dewi")
    fail(monkeypatch, error)
    answer = visitor.get("/app/crm.lead", fails=status)
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert number(answer)


def test_a_database_that_goes_away_is_503_and_comes_back(
    kind: str, copies: Copies, serve: Callable[..., Any]
) -> None:
    """Whether it was there before or not: a page in plain words, and the next request asks again."""
    with copies.copy(kind) as url:
        aside = Aside(kind, url)
        for seen_before in (True, False):
            with serve({"*": url}) as dispatcher:
                served = kit.Served(url, dispatcher)
                visitor = served.visitor("en")
                if seen_before:
                    assert visitor.get("/login").status_code == 200
                    served.database.close()
                with aside.gone():
                    for path in ("/login", "/app/crm.lead", "/healthz"):
                        answer = visitor.get(path, fails=503)
                        assert int(answer.headers["Retry-After"]) > 0
                        assert "lumbung" not in answer.headers.get("Set-Cookie", "")
                assert visitor.get("/login").status_code == 200


class Aside:
    """A database that can be put out of reach for a while."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.url = sa.make_url(url)

    @contextlib.contextmanager
    def gone(self) -> Any:
        """Out of reach inside the block."""
        name = self.url.database or ""
        other = f"{name}_aside"
        self._rename(name, other)
        yield
        self._rename(other, name)

    def _rename(self, name: str, other: str) -> None:
        if self.kind == "sqlite":
            for suffix in ("", "-wal", "-shm"):
                Path(f"{other}{suffix}").unlink(missing_ok=True)
                if Path(f"{name}{suffix}").exists():
                    Path(f"{name}{suffix}").rename(f"{other}{suffix}")
            return
        engine = sa.create_engine(self.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{name}" RENAME TO "{other}"'))
        engine.dispose()


def test_a_database_that_was_never_made_is_503(tmp_path: Path, serve: Callable[..., Any]) -> None:
    """No file is made by looking for one."""
    path = tmp_path / "none.db"
    with serve({"*": f"sqlite:///{path}"}) as dispatcher:
        served = kit.Served(f"sqlite:///{path}", dispatcher)
        assert served.visitor().get("/login", fails=503).headers["Retry-After"]
    assert not path.exists()


def test_a_database_that_is_older_than_the_program_is_a_pause_and_ends_by_itself(
    kind: str, copies: Copies, serve: Callable[..., Any]
) -> None:
    """As where the code of a server is exchanged before the database is brought up to date."""
    with copies.copy(kind) as url, serve({"*": url}) as dispatcher:
        served = kit.Served(url, dispatcher)
        row = {"kind": "column", "table_name": "base_partner", "name": "npwp"}
        with served.database.writing.begin() as connection:
            connection.execute(
                tables.ledger.delete().where(*(tables.ledger.c[key] == value for key, value in row.items()))
            )
        for path in ("/", "/login", "/app/base.partner"):
            answer = served.visitor("en").get(path, fails=503)
            assert "Your data is safe" in answer.main.text and answer.headers["Retry-After"]
        with served.database.writing.begin() as connection:
            connection.execute(tables.ledger.insert().values(**row, addon="base"))
        assert served.visitor().get("/login").status_code == 200
