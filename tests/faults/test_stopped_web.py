"""Ctrl+C stops the web server in order and soon, whatever it is at."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.copies import SQLITE
from tests.faults.server import HOST, Server
from tests.faults.shop import Shop

pytestmark = pytest.mark.slow

STOPS, CLIENTS = 4, 12
SOON = 15
"""Seconds: it takes less than one, and one that waits for its own lock is killed after 30."""


def ask(port: int, stop: threading.Event, answers: Counter[int]) -> None:
    """Asks for pages until nobody listens any more: each that was begun is answered to its end."""
    while not stop.is_set():
        try:
            with closing(http.client.HTTPConnection(HOST, port, timeout=60)) as connection:
                connection.connect()
                connection.request("GET", "/login")
                answer = connection.getresponse()
                answer.read()
                answers[answer.status] += 1
        except (ConnectionError, http.client.RemoteDisconnected):
            stop.wait(0.01)


@pytest.mark.parametrize("shop", [SQLITE], indirect=True)
def test_a_busy_server_ends_soon(shop: Shop, tmp_path: Path) -> None:
    with Server(shop.url, tmp_path) as server:
        for number in range(STOPS):
            if number:
                server.start()
            stop, answers = threading.Event(), Counter[int]()
            threads = [
                threading.Thread(target=ask, args=(server.port, stop, answers)) for _number in range(CLIENTS)
            ]
            for thread in threads:
                thread.start()
            while sum(answers.values()) < CLIENTS:
                assert any(thread.is_alive() for thread in threads)
            took = server.interrupt()
            stop.set()
            for thread in threads:
                thread.join()
            assert took < SOON and "SIGKILL" not in server.log, f"it took {took:.0f} s:\n{server.log}"
            assert set(answers) == {200}
