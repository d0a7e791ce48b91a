"""An addon that fails in a hook: the pages of everybody else answer, and an administrator is told."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import hookspecs
from core.loader import discover
from core.schema import tables
from core.web.dispatcher import Sites
from tests.copies import Copies
from tests.core.workshop import Workshop, workshop
from tests.web import kit

PAGES = ("/", "/app/base.partner", "/app/base.partner/new", "/app/crm.lead", "/app/base.user", "/apps")
HEAD = """\
from core import *
from core.base import Currency, Partner, Tag

addon = Addon("sour", version="1.0", label="Sour")

def fail(*given, **named):
    raise RuntimeError("it is sour")  # here

"""
WHEN_BUILT = ("models", "views", "menus", "roles", "rules", "pages", "data", "demo")
WHEN_RUN = {
    "record_created": "@hookimpl\ndef record_created(env, records): fail()",
    "record_updated": "@hookimpl\ndef record_updated(env, records): fail()",
    "record_deleted": "@hookimpl\ndef record_deleted(env, ids): fail()",
    "after_commit": "@hookimpl\ndef after_commit(env, events): fail()",
    "dashboard": "@hookimpl\ndef dashboard(env): fail()",
    "timeline": "@hookimpl\ndef timeline(env, record): fail()",
    "tiles": "@hookimpl\ndef tiles(env, record): fail()",
    "rules": '@hookimpl\ndef rules(): return [Rule(Partner, "rwcd", where=fail)]',
    "pages": '@hookimpl\ndef pages(): return [Page("/sour", fail, roles=("base.user",))]',
    "data": "@hookimpl\ndef data(): return [Rows(Tag, fail)]",
}
"""What fails only when somebody works, by the hook that it came by."""
METHODS = {
    "before_create": "@classmethod\n    def before_create(cls, records): fail()",
    "before_write": "@classmethod\n    def before_write(cls, records, changed): fail()",
    "before_delete": "@classmethod\n    def before_delete(cls, records): fail()",
    "display_label": "def display_label(self): fail()",
}
"""What fails in the methods that somebody else's model got from it."""
Serve = Callable[[str], Any]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def healthy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str
) -> Iterator[Copies]:
    """Bare databases where the addon is installed that spoils afterwards."""
    folder = tmp_path_factory.mktemp("sour")

    def fill(url: str, _content: str) -> None:
        with workshop(tmp_path_factory.mktemp("healthy")) as shop:
            shop.write({"sour": HEAD.replace("  # here", "")})
            catalogue = discover([str(shop.folder)], entry_points=kit.ADDONS)
            kit.fill(url, catalogue, ["crm", "sour"], demo=False)

    made = Copies(folder, f"{worker}_sour", lambda: request.getfixturevalue("postgres"), fill)
    yield made
    made.drop()


@pytest.fixture
def serve_with(kind: str, healthy: Copies, shop: Workshop) -> Serve:
    """Serves a bare database where an addon was spoilt after it was installed, as by an upgrade."""

    @contextmanager
    def opened(source: str) -> Iterator[kit.Served]:
        with healthy.copy(kind) as url:
            shop.write({"sour": HEAD + source})
            catalogue = discover([str(shop.folder)], entry_points=kit.ADDONS)
            dispatcher = kit.dispatcher({"*": url}, Sites(catalogue, kit.SECRET))
            try:
                yield kit.Served(url, dispatcher)
            finally:
                dispatcher.close()

    return opened


def told(visitor: kit.Visitor) -> str:
    return " ".join(visitor.get("/apps/sour").main.text.split())


def look_around(visitor: kit.Visitor) -> None:
    for path in PAGES:
        assert visitor.get(path).status_code == 200, path


def test_every_hook_is_tried() -> None:
    hooks = {name for name, value in vars(hookspecs).items() if hasattr(value, "lumbung_spec")}
    assert hooks == {*WHEN_BUILT, *WHEN_RUN}


@pytest.mark.parametrize("hook", WHEN_BUILT)
def test_one_that_fails_when_it_is_put_together_is_left_out(
    hook: str, serve_with: Serve, shop: Workshop
) -> None:
    with serve_with(f"@hookimpl\ndef {hook}(): fail()\n") as served:
        made = served.sign_in("made", "en")
        look_around(made)
        text = told(made)
        file, line = shop.marked()
        for part in (
            f"The hook {hook}() fails: RuntimeError: it is sour.",
            f"{file}:{line}",
            "Correct what is done",
        ):
            assert part in text


def work(visitor: kit.Visitor, hook: str) -> kit.Answer | None:
    """What lets a hook fail."""
    served = visitor.served
    if hook in ("record_created", "after_commit"):
        return visitor.fill("/app/base.tag/new", {"name": "Tart"})
    if hook == "record_updated":
        return visitor.fill("/app/base.currency/1/edit", {"symbol": "Rp."})
    if hook == "record_deleted":
        key = served.first("base.tag")
        return visitor.post(f"/app/base.tag/{key}/delete", {"csrf_token": visitor.token("/"), "version": "1"})
    if hook in ("timeline", "tiles"):
        with served.env() as env:
            env.create(env["base.partner"], [{"name": "Told of"}])
        return visitor.get(f"/app/base.partner/{served.first('base.partner')}")
    if hook == "pages":
        return visitor.get("/sour", fails=500)
    return None


@pytest.mark.parametrize("hook", [hook for hook in WHEN_RUN if hook != "data"])
def test_one_that_fails_while_somebody_works_is_told(
    hook: str, serve_with: Serve, shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    with serve_with(WHEN_RUN[hook]) as served, caplog.at_level(logging.ERROR):
        if hook == "record_deleted":
            with served.env() as env:
                env.create(env["base.tag"], [{"name": "Old"}])
        made = served.sign_in("made", "en")
        before = served.count("base.tag")
        look_around(made)
        answer = work(made, hook)
        look_around(made)
        if answer is not None and hook.startswith("record_"):
            assert answer.status_code in (400, 422)
            assert "The addon “sour” failed, so nothing was saved." in " ".join(answer.page.text.split())
            assert served.count("base.tag") == before
        if hook == "record_created":
            assert answer is not None
            assert answer.page.one("input", name="name")["value"] == "Tart"
        if hook == "after_commit":
            assert served.count("base.tag") == before + 1
        if hook == "rules":
            assert "Griya" not in made.get("/app/base.partner").main.text, (
                "a rule that fails lets nobody pass"
            )
        assert "it is sour" in caplog.text
        if hook in ("timeline", "tiles", "after_commit"):
            assert len([line for line in caplog.messages if "of addon sour failed" in line]) == 1
        file, line = shop.marked()
        assert "Fails at work" in made.get("/apps").main.text
        text = told(made)
        for part in (f"The hook {hook}() fails: RuntimeError: it is sour.", f"{file}:{line}", "Last seen"):
            assert part in text


@pytest.mark.parametrize("hook", ["timeline", "dashboard", "tiles"])
def test_one_that_answers_with_something_else_is_told(hook: str, serve_with: Serve, shop: Workshop) -> None:
    """What it gives is looked at where its failure is caught, not where pages read it."""
    with serve_with(f'@hookimpl\ndef {hook}(env): return ["a text"]  # here') as served:
        made = served.sign_in("made", "en")
        look_around(made)
        work(made, hook)
        text = told(made)
        assert f"The hook {hook}() fails: TypeError: it gives str" in text, text
        assert "sour/__init__.py:" in text


METHODS_AT_WORK: dict[str, Callable[[kit.Visitor], kit.Answer]] = {
    "before_create": lambda made: made.fill("/app/base.tag/new", {"name": "Tart"}),
    "before_write": lambda made: made.fill("/app/base.tag/1/edit", {"name": "Tart"}),
    "before_delete": lambda made: made.post(
        "/app/base.tag/1/delete", {"csrf_token": made.token("/"), "version": "1"}
    ),
    "display_label": lambda made: made.get("/app/base.currency/1", fails=500),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_fails_changes_nothing_and_is_told(
    method: str, serve_with: Serve, shop: Workshop, unchanged: Any
) -> None:
    """In a model that is not the addon's own. What was typed is still there."""
    of = "Currency" if method == "display_label" else "Tag"
    source = f"class {of}({of}):\n    {METHODS[method]}\n\n@hookimpl\ndef models(): return [{of}]\n"
    with serve_with(source) as served:
        if method != "before_create":
            with served.env() as env:
                env.create(env["base.tag"], [{"name": "Old"}])
        made = served.sign_in("made", "en")
        look_around(made)
        with unchanged(served):
            answer = METHODS_AT_WORK[method](made)
        look_around(made)
        if method != "display_label":
            assert answer.status_code in (400, 422)
            assert "The addon “sour” failed, so nothing was saved." in " ".join(answer.page.text.split())
        if method in ("before_create", "before_write"):
            assert answer.page.one("input", name="name")["value"] == "Tart"
        file, line = shop.marked()
        text = told(made)
        for part in ("The hook fail() fails: RuntimeError: it is sour.", f"{file}:{line}", "Last seen"):
            assert part in text


def test_an_administrator_is_led_from_the_page_that_failed_to_what_failed(serve_with: Serve) -> None:
    hook = '@hookimpl\ndef pages(): return [Page("/sour", fail, ("GET", "POST"), roles=("base.user",))]'
    with serve_with(hook) as served:
        made = served.sign_in("made", "en")
        for failed in (made.get("/sour", fails=500), made.post("/sour", {"csrf_token": made.token("/")})):
            assert "The addon “sour” failed." in failed.main.text
            assert failed.main.one("a", href="/apps/sour").text == "See what failed"
        other = served.sign_in("dewi", "en").get("/sour", fails=500)
        assert "sour" not in other.main.text and not other.main.all("a", href="/apps/sour")


def test_a_statement_that_is_written_wrong_is_told(serve_with: Serve, shop: Workshop) -> None:
    """It never came to the database, so it is no error of that."""
    page = "def page(env): return str(env.scalars(select(Tag)))"
    hook = '@hookimpl\ndef pages(): return [Page("/sour", page, roles=("base.user",))]'
    source = f"from sqlalchemy import select\nclass Tag(Tag): pass\n{page}\n{hook}\n"
    with serve_with(source) as served:
        made = served.sign_in("made", "en")
        assert made.get("/sour", fails=500).status_code == 500
        text = told(made)
        assert "The hook pages() fails: ArgumentError" in text and "sour/__init__.py:" in text


def test_one_whose_template_stands_in_for_another_and_cannot_be_read_is_left_out(
    serve_with: Serve, shop: Workshop
) -> None:
    """The frame of every page is one of these."""
    folder = shop.folder / "sour" / "templates" / "core"
    folder.mkdir(parents=True)
    (folder / "shell.html").write_text("{% extends '!core/shell.html' %}\n{% if %}", encoding="utf-8")
    with serve_with("") as served:
        made = served.sign_in("made", "en")
        look_around(made)
        text = told(made)
        for part in (
            "The template core/shell.html cannot be read",
            f"{folder / 'shell.html'}:2",
            "its data is kept",
        ):
            assert part in text


def test_what_failed_long_ago_is_not_told(serve_with: Serve) -> None:
    with serve_with("") as served:
        row = {"addon": "sour", "hook": "pages", "fault": "oh", "file": "x.py", "line": 1}
        with served.database.writing.begin() as connection:
            connection.execute(
                tables.addon_failure.insert().values(
                    row | {"at": dt.datetime.now(dt.UTC) - dt.timedelta(days=8)}
                )
            )
        assert "Fails at work" not in served.sign_in("made", "en").get("/apps").main.text
