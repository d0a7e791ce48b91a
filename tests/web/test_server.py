"""What the server does before anyone comes."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import ThreadWorker

from core.catalogue import Catalogue
from core.i18n.catalogs import LANGUAGES
from core.web import dispatcher, server
from tests.copies import Copies
from tests.web import kit


def test_sites_are_built_ahead_and_no_connection_stays(
    kind: str, copies: Copies, serve: Callable[..., Any], tmp_path: Path
) -> None:
    """A database that cannot be reached keeps nobody else waiting."""
    with (
        copies.copy(kind) as url,
        serve({"broken": f"sqlite:///{tmp_path / 'none' / 'x.db'}", "*": url}) as served,
    ):
        served.prepare(tmp_path / "compiled")
        tenant = served.tenants["*"]
        assert tenant._site is not None
        for lang in LANGUAGES:
            compiled = {name for _loader, name in tenant._site.templates.spoken(lang).cache or ()}
            assert {"core/form.html", "core/list.html"} <= compiled, "each process would do it for itself"
        assert not {"reading", "writing"} & vars(tenant.database).keys(), (
            "an engine would be shared by processes"
        )
        assert kit.Served(url, served).visitor().get("/login").status_code == 200


def test_an_addon_whose_package_came_after_the_start_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pip install` and `lumbung addons install` beside a server that runs: no restart is needed."""
    seen = []
    monkeypatch.setattr(dispatcher, "discover", lambda: seen.append("looked") or Catalogue())
    sites = dispatcher.Sites(None, "secret")
    sites._find(())
    assert seen == ["looked"]
    sites._find(("late",))
    assert seen == ["looked", "looked"]
    dispatcher.Sites(Catalogue(), "secret")._find(("late",))
    assert seen == ["looked", "looked"]


def test_a_worker_with_others_to_answer_gives_its_connections_back() -> None:
    """Of eight browsers all may have come to one worker first: the other is to get some of them."""
    worker = ThreadWorker(0, 0, [], None, 30, Config(), None)
    worker.tmp.close()
    asked = SimpleNamespace(closed=0)
    request = SimpleNamespace(force_close=lambda: setattr(asked, "closed", asked.closed + 1))
    worker.nr_conns = 1
    server.spread(worker, request)
    worker.nr_conns = 3
    worker.keepalived_conns.append(object())
    worker.pending_conns.append(object())
    server.spread(worker, request)
    assert asked.closed == 0, "nobody else waits for it"
    worker.nr_conns = 4
    server.spread(worker, request)
    assert asked.closed == 1


def test_without_gunicorn_it_is_served_all_the_same(
    kind: str, copies: Copies, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where only the framework is installed, without its extra `server`."""
    started: list[tuple[str, int]] = []

    def run_simple(host: str, port: int, application: Any, **options: Any) -> None:
        started.append((host, port))
        assert options == {"threaded": True}
        with closing(application):
            assert kit.Served(url, application).visitor().get("/login").status_code == 200

    monkeypatch.setenv("LUMBUNG_SECRET", secrets.token_urlsafe(40))
    monkeypatch.setenv("LUMBUNG_DATA", str(tmp_path))
    monkeypatch.setitem(sys.modules, "gunicorn.app.base", None)
    monkeypatch.setattr("werkzeug.serving.run_simple", run_simple)
    with copies.copy(kind) as url:
        server.serve(url, "127.0.0.1", 8070)
    assert started == [("127.0.0.1", 8070)]
