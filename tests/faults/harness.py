"""The web server is killed at random while people buy, and the books are looked at after each kill."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.faults import books
from tests.faults.buyers import PATIENCE_SECONDS, PAUSE_SECONDS, Buyer, Notes
from tests.faults.server import Server
from tests.faults.shop import Shop

BUYERS = 8
WAIT = (0.05, 0.35)
"""Seconds to the next kill, from the first order that is taken after the last one."""
GROUPS, EARLY = 3, 4
"""Of so many kills one is that of the whole group, the others of a worker; and one does not wait for an order."""
SLOW_SECONDS = 30
Target = Literal["worker", "group"]


@dataclass(frozen=True)
class Kill:
    """What is killed, and after how many seconds; `choice` picks the worker."""

    wait: float
    is_early: bool
    target: Target
    choice: float


def plan(seed: str, kills: int) -> list[Kill]:
    """The kills of a seed, the same ones each time."""
    dice = random.Random(seed)
    return [
        Kill(
            wait=dice.uniform(*WAIT),
            is_early=dice.randrange(EARLY) == 0,
            target="group" if dice.randrange(GROUPS) == 0 else "worker",
            choice=dice.random(),
        )
        for _number in range(kills)
    ]


@dataclass
class Report:
    """What came of a run."""

    seed: str
    notes: Notes
    kills: int = 0
    groups: int = 0
    seconds: float = 0
    slowest: float = 0
    breaches: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        notes = self.notes
        head = (
            f"seed {self.seed}: {self.kills} kills ({self.groups} of the whole group) in {self.seconds:.0f} s,"
            f" {len(notes.acknowledged)} orders acknowledged, {notes.broken} connections broken,"
            f" {notes.repeated} orders sent again, {notes.busy} times busy, slowest start {self.slowest:.1f} s"
        )
        return "\n".join((head, *self.breaches))


def run(shop: Shop, folder: Path, seed: str, kills: list[Kill], *, bug: str = "") -> Report:
    """Kills the server of `shop` as planned. Ends at the first breach, and when all is done."""
    notes, began = Notes(), time.monotonic()
    report = Report(seed, notes)
    with Server(shop.url, folder, TOYSHOP_BUG=bug) as server:
        buyers = [
            Buyer(number, seed, server.port, token, notes, shop.products, shop.customers)
            for number, token in enumerate(shop.tokens(BUYERS))
        ]
        for buyer in buyers:
            buyer.start()
        for kill in kills:
            _wait(kill, notes)
            _kill(server, kill, report)
            report.breaches = notes.breaches + books.breaches(shop.url, list(notes.acknowledged))
            if report.breaches:
                break
        for buyer in buyers:
            buyer.stop()
        for buyer in buyers:
            buyer.join(2 * PATIENCE_SECONDS)
            notes.breaches += [f"{buyer.name} is stuck"] if buyer.is_alive() else []
        report.slowest = server.slowest
        log = server.log if report.breaches or notes.breaches else ""
    report.breaches = report.breaches or notes.breaches + books.breaches(
        shop.url, notes.acknowledged, thorough=True
    )
    report.breaches += [log] if log else []
    report.seconds = time.monotonic() - began
    return report


def _wait(kill: Kill, notes: Notes) -> None:
    """Until it is time: however slow the machine is, something was done between two kills."""
    taken, end = len(notes.acknowledged), time.monotonic() + SLOW_SECONDS
    while not kill.is_early and len(notes.acknowledged) == taken and time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
    time.sleep(kill.wait)


def _kill(server: Server, kill: Kill, report: Report) -> None:
    report.kills += 1
    if kill.target == "worker":
        server.kill_worker(kill.choice)
        return
    report.groups += 1
    server.kill()
    server.start()
