"""Rows b and g: start, memory and the list page of 80 partners, under gunicorn, beside the floor's page."""

from __future__ import annotations

import contextlib
import secrets
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import Figures, figures, free_port, memory, serving
from benchmarks.sizes import ADDONS, Sizes, floor_folder

ROWS = 80
SECRET = secrets.token_urlsafe(32)
AGENT = "benchmark"
EMAIL = "clerk@bench.example"


@dataclass(frozen=True)
class Peer:
    """A server: how it is started, on which address, and the page that is asked of it."""

    name: str
    command: Sequence[str]
    address: str
    page: str
    folder: Path
    environment: dict[str, str]
    rows: int | None = ROWS
    """How many the page must show; None for the page of one record, which must show it."""

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{self.address}{self.page}"


@dataclass
class Loaded:
    """What was seen of a peer: per number of clients the figures of each load, the page's bytes, MiB."""

    loads: dict[str, list[Figures]] = field(default_factory=dict)
    size: int = 0
    memory: float = 0.0


def floor(url: str) -> Peer:
    """The bare Flask page over the floor's table."""
    port = free_port()
    command = ["-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "floor_app:app"]
    address = f"http://127.0.0.1:{port}"
    return Peer("floor", command, address, "/partners?count=0", floor_folder(), {"FLOOR_URL": url})


def ours(url: str, page: str, folder: Path, rows: int | None = ROWS) -> Peer:
    """`lumbung serve`; `folder` is where it may keep files."""
    port = free_port()
    command = ["-m", "core.cli", "serve", "--db", url, "--port", str(port)]
    environment = {"LUMBUNG_SECRET": SECRET, "LUMBUNG_DATA": str(folder), "LUMBUNG_ADDONS_PATH": str(ADDONS)}
    return Peer("lumbung", command, f"http://127.0.0.1:{port}", page, folder, environment, rows)


# ------------------------------------------------------------- start
def start(peer: Peer, sizes: Sizes) -> Figures:
    """Seconds from the start to the first page of the sign-in, and memory then."""
    command = [str(floor_folder() / "coldstart.py"), peer.name, f"{peer.address}/login", "--", sys.executable]
    return figures([*command, *peer.command], {**sizes.environment, **peer.environment}, peer.folder)[0]


# ------------------------------------------------------------- load
@contextlib.contextmanager
def running(peers: Sequence[Peer]) -> Iterator[list[int]]:
    """All peers at once, each idle while another is asked."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(serving(peer.command, f"{peer.address}/login", peer.environment, peer.folder))
            for peer in peers
        ]


def load(peers: Sequence[Peer], cookies: Sequence[str], sizes: Sizes) -> list[Loaded]:
    """Asks the peers in turns, `rounds` times. Raises SystemExit where a page is not what it should be."""
    script = str(floor_folder() / "load.py")
    seen = [Loaded() for _peer in peers]
    with running(peers) as pids:
        sent = [_sign_in(peer, cookie) for peer, cookie in zip(peers, cookies, strict=True)]
        for peer, cookie, result in zip(peers, sent, seen, strict=True):
            result.size = _check(peer, cookie)
        for _round in range(sizes.rounds):
            for peer, cookie, result in zip(peers, sent, seen, strict=True):
                for found in figures([script, peer.name, peer.url, "-H", f"Cookie: {cookie}"],
                                     {**sizes.environment, "BENCH_REPS": "1"}):  # fmt: skip
                    result.loads.setdefault(found["measure"], []).append(found)
        for pid, result in zip(pids, seen, strict=True):
            result.memory = memory(pid)
    return seen


def _sign_in(peer: Peer, cookie: str) -> str:
    """The cookies as a browser sends them: the one given, and those that the first page sets."""
    page = peer.url if cookie else f"{peer.address}/login"
    _text, set_here = _get(page, cookie)
    return "; ".join(filter(None, (cookie, *set_here)))


def _check(peer: Peer, cookie: str) -> int:
    """Bytes of the page. Raises SystemExit where it has not its rows."""
    text, _set = _get(peer.url, cookie)
    rows = text.count("<tr>") - 1
    if peer.rows is None and "<h1" not in text:
        raise SystemExit(f"{peer.url} shows no record.")
    if peer.rows is not None and rows != peer.rows:
        raise SystemExit(f"The page of {peer.name} shows {rows} rows instead of {peer.rows}.")
    return len(text.encode())


def _get(url: str, cookie: str) -> tuple[str, list[str]]:
    request = urllib.request.Request(url, headers={"Cookie": cookie} if cookie else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        headers = answer.headers.get_all("Set-Cookie") or []
        return answer.read().decode(), [header.partition(";")[0] for header in headers]


def token(url: str, email: str = EMAIL) -> str:
    """The cookie of a fresh session of a user with the role base.user, who is made where there is none."""
    import sqlalchemy as sa

    from core.access import sessions
    from core.assembly import assemble
    from core.loader import discover
    from core.orm.database import Database
    from core.orm.env import open_env
    from core.schema.preparing import installed

    database, catalogue = Database(url), discover([str(ADDONS)])
    with database.reading.connect() as connection:
        registry = assemble(catalogue, installed(connection)).registry
    with open_env(registry, database) as env:
        users, roles = env["base.user"], env["base.role"]
        user = env.scalar(sa.select(users).where(users.email == email))
        if user is None:
            role = env.scalars(sa.select(roles).where(roles.name == "base.user")).one()
            user = env.create(users, [{"name": "Clerk", "email": email, "roles": [role]}])[0]
            env.flush()
        key = user.id
    with database.writing.begin() as connection:
        made = sessions.begin(connection, key, AGENT, remember=True)
    database.close()
    registry.dispose()
    return f"lumbung={made}"
