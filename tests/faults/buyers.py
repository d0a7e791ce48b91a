"""Those who buy while the server is killed: over HTTP, and again until they are answered."""

from __future__ import annotations

import http.client
import random
import threading
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.web.requests import TOKEN_COOKIE
from tests.faults.server import HOST
from tests.web.markup import read, typed

FORM = "/app/toyshop.order/new"
CHECKOUT = "/toyshop/orders"
ANSWER_SECONDS = 60
PATIENCE_SECONDS = 60
"""For what is still unanswered when the killing is over."""
PAUSE_SECONDS = 0.02
Sent = Mapping[str, "str | list[str]"]


class Unanswered(Exception):
    """Nothing came in all that time."""


@dataclass
class Notes:
    """What all buyers were told."""

    acknowledged: list[str] = field(default_factory=list)
    """The references of orders of which the shop said that they are taken."""
    breaches: list[str] = field(default_factory=list)
    repeated: int = 0
    """How often an order was sent again, as nothing had been answered."""
    broken: int = 0
    """Connections that ended without an answer."""
    busy: int = 0
    """Answers of a server that asks to come again."""


class Buyer(threading.Thread):
    """Orders one thing after the other, each with a key of its own, and sends it until it is answered.

    The `number` says by which door: even ones fill in the form of the product, the others use the shop's own page.
    """

    def __init__(self, number: int, seed: str, port: int, token: str, notes: Notes, goods: Sequence[int],
                 customers: Sequence[int]) -> None:  # fmt: skip
        super().__init__(name=f"buyer {number}", daemon=True)
        self._end: float | None = None
        self._name = f"{seed}-{number}"
        self._by_form = number % 2 == 0
        self._random = random.Random(self._name)
        self._port = port
        self._notes = notes
        self._goods, self._customers = goods, customers
        self._cookies = {TOKEN_COOKIE: token}
        self._connection: http.client.HTTPConnection | None = None

    def stop(self) -> None:
        """Has the buyer come to an end: nobody kills the server any more."""
        self._end = time.monotonic() + PATIENCE_SECONDS

    def run(self) -> None:
        """Buys until told to stop; the last order is brought to its end."""
        count = 0
        try:
            while self._end is None:
                count += 1
                self._buy(f"{self._name}-{count}")
        except Unanswered as error:
            self._notes.breaches.append(str(error))
        except Exception as error:  # what a buyer did not expect is a breach, not a silent end
            self._notes.breaches.append(f"{self.name}: {type(error).__name__}: {error}")
        finally:
            self._hang_up()

    # ------------------------------------------------------------- one order
    def _buy(self, reference: str) -> None:
        customer = self._random.choice(self._customers)
        lines = [(product, self._random.randint(1, 3)) for product in self._random.sample(self._goods, 2)]
        form = dict(
            typed(read(self._ask("GET", FORM)[1]).one("main").one("form", method="post", action=FORM))
        )
        if self._by_form:
            sent: dict[str, str | list[str]] = {**form, "reference": reference, "customer": str(customer)}
            for row, (product, quantity) in enumerate(lines, start=1):
                sent |= {f"lines-new{row}-product": str(product), f"lines-new{row}-quantity": str(quantity)}
            status, text = self._ask("POST", FORM, sent)
            is_taken = status == 303
        else:
            items = ",".join(f"{product}:{quantity}" for product, quantity in lines)
            goods = {"key": reference, "reference": reference, "customer": str(customer), "items": items}
            status, text = self._ask("POST", CHECKOUT, {**goods, "csrf_token": form["csrf_token"]})
            is_taken = status == 200 and text in ("taken", "known")
        if is_taken:
            self._notes.acknowledged.append(reference)
        else:
            self._notes.breaches.append(f"{reference} was answered {status}: {_heading(text)}")

    def _ask(self, method: str, path: str, sent: Sent | None = None) -> tuple[int, str]:
        """The answer, asked for until there is one; a form is sent again as it is."""
        body = urllib.parse.urlencode(sent, doseq=True) if sent else None
        while self._end is None or time.monotonic() < self._end:
            try:
                status, text = self._once(method, path, body)
                if status != 503:
                    return status, text
                self._notes.busy += 1
            except ConnectionRefusedError:  # nothing was sent
                self._hang_up()
                time.sleep(PAUSE_SECONDS)
                continue
            except (OSError, http.client.HTTPException):
                self._hang_up()
                self._notes.broken += 1
            self._notes.repeated += method == "POST"
            time.sleep(PAUSE_SECONDS)
        raise Unanswered(
            f"{method} {path} of {self.name}: no answer in {PATIENCE_SECONDS} s after the last kill"
        )

    def _once(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(HOST, self._port, timeout=ANSWER_SECONDS)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _equals, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, text

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _heading(text: str) -> str:
    """What a person reads of a refusal."""
    return read(text).one("main").text[:300] if "<main" in text else text[:300]
