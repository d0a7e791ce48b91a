"""The server: gunicorn where it is installed, else the one that Flask brings."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Mapping
from typing import Any

from core.settings import data_folder, proxies, secret
from core.web.dispatcher import ANY_HOST, Dispatcher

THREADS = 4


def application(urls: Mapping[str, str] | str) -> Dispatcher:
    """The WSGI application for one database, or for one per host name."""
    hosts = {ANY_HOST: urls} if isinstance(urls, str) else urls
    return Dispatcher(hosts, secret(), proxies=proxies())


def spread(worker: Any, request: Any) -> None:
    """Gives a connection back with its answer where the worker has others to answer: whoever is idle takes the next.

    Else the worker that was first to accept them keeps them all, and its neighbours have nothing to do.
    """
    waiting = len(worker.keepalived_conns) + len(worker.pending_conns)
    if worker.nr_conns - waiting > 1:
        request.force_close()


def end_in_order(worker: Any) -> None:
    """Lets a worker end as on SIGTERM, once the requests that it has are answered, however it is told to.

    Ctrl+C is heard by all processes of a terminal, and the master then sends SIGQUIT. gunicorn's handler of both
    closes the pool of threads: called within itself, or while the pool takes a request, it waits for its own lock.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, worker.handle_exit)


def prepared(url: str) -> Dispatcher:
    """The application with all that can be done before anybody comes. Raises SchemaBehind."""
    made = application(url)
    made.prepare(data_folder() / "cache" / "templates")
    return made


def serve(
    url: str,
    host: str = "127.0.0.1",
    port: int = 8069,
    workers: int = 2,
    ready: Callable[[], object] = lambda: None,
) -> None:
    """Serves until stopped; calls `ready` when it is about to begin. Raises SchemaBehind where it cannot."""
    try:
        from gunicorn.app.base import BaseApplication
    except ImportError:
        from werkzeug.serving import run_simple

        made = prepared(url)
        ready()
        run_simple(host, port, made, threaded=True)
        return

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn with threads; sites are built before the workers are forked, which share their memory."""

        def load_config(self) -> None:
            options: dict[str, Any] = {"bind": f"{host}:{port}", "workers": workers, "threads": THREADS,
                                       "worker_class": "gthread", "loglevel": "warning",
                                       "preload_app": True, "pre_request": spread,
                                       "post_worker_init": end_in_order,
                                       # Whom to believe that a request came by https is for LUMBUNG_PROXIES.
                                       "secure_scheme_headers": {},
                                       # What is longer than `security.ADDRESS_MAX` is told so by a page of ours.
                                       "limit_request_line": 8190, "limit_request_field_size": 8190}  # fmt: skip
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Dispatcher:
            made = prepared(url)
            gc.collect()
            gc.freeze()  # looking for garbage writes to every object, and a page written to is shared no more
            ready()
            return made

    Server().run()
