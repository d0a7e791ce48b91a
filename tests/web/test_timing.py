"""How long an answer takes tells nobody who has an account: the same is done for an address that nobody has."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import argon2
import pytest

from core.access import passwords, throttle
from core.base.demo import DOMAIN
from tests.web import kit
from tests.web.test_sessions import key

KNOWN, UNKNOWN = f"ayu@{DOMAIN}", f"nobody@{DOMAIN}"
TIMES, ATTEMPTS = 100, 3
SHARE, SECONDS = 0.10, 0.005
"""What the medians may differ by: one of the two."""


@pytest.fixture
def visitor(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> kit.Visitor:
    """Somebody who tries often, where ayu has a password as strong as in production, and dewi is switched off."""
    monkeypatch.setattr(throttle, "PER_ADDRESS", 10_000)
    monkeypatch.setattr(throttle, "PER_CLIENT", 10_000)
    hashed = passwords.hash_password("a password of production")
    with served.database.writing.begin() as connection:
        passwords.set_password(connection, key(served, "ayu"), hashed)
    served.change("base.user", key(served, "dewi"), active=False)
    return served.visitor()


def attempt(visitor: kit.Visitor, csrf: str, email: str) -> float:
    """One try with a wrong password; the seconds that its answer takes, without what the tests look at."""
    data = {"email": email, "password": "wrong wrong wrong", "csrf_token": csrf}
    start = time.perf_counter()
    answer = visitor.client.post("/login", data=data, base_url="http://localhost")
    taken = time.perf_counter() - start
    assert answer.status_code == 401
    return taken


def test_an_address_that_nobody_has_costs_the_same_hash(
    visitor: kit.Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash is verified at each try, with the same parameters, whoever is or is not there."""
    hasher, asked = passwords._hasher, []

    class Noting:
        def verify(self, kept: str, password: str) -> bool:
            asked.append((str(argon2.extract_parameters(kept)), password))
            return hasher.verify(kept, password)

        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

    monkeypatch.setattr(passwords, "_hasher", Noting())
    csrf = visitor.token("/login")
    for email in (KNOWN, UNKNOWN, f"dewi@{DOMAIN}", "", "x" * 300):
        attempt(visitor, csrf, email)
    assert len(asked) == 5
    assert len(set(asked)) == 1


@pytest.mark.slow
def test_the_time_of_an_answer_tells_nothing(visitor: kit.Visitor) -> None:
    """Tries take turns, so that whatever else the machine does slows both; a busy one gets three attempts."""
    csrf = visitor.token("/login")
    attempt(visitor, csrf, UNKNOWN)  # makes what is made once
    seen = []
    for _attempt in range(ATTEMPTS):
        times: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
        for _time in range(TIMES):
            for email, taken in times.items():
                taken.append(attempt(visitor, csrf, email))
        known, unknown = median(times[KNOWN]), median(times[UNKNOWN])
        seen.append(f"{known * 1000:.1f} and {unknown * 1000:.1f} ms")
        if abs(known - unknown) < max(SHARE * known, SECONDS):
            return
    pytest.fail(f"medians of {TIMES} tries, known and unknown: {seen}")
