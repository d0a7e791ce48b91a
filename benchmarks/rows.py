"""The rows of the table, in the order in which they are measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import TypeAlias

from benchmarks import board, pages, report
from benchmarks.pages import Loaded, Peer
from benchmarks.processes import Figures, figures, timed
from benchmarks.report import Line, Pair
from benchmarks.sizes import Sizes, floor_folder
from benchmarks.stores import KINDS, Stores
from core.base.demo import DOMAIN

Series: TypeAlias = Mapping[tuple[str, str], Sequence[Figures]]
"""What each round gave, by peer and measure."""
Addresses: TypeAlias = dict[tuple[str, str], str]
"""The databases of the last round, by kind and peer: the pages are served from them."""

FLOOR, SYSTEM, CLERK, DEMO = "floor", "ours", "clerk", "demo"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
MEASURES = "create_bulk,read,search,search_rare,count,write_many,write_ones,create_ones"
BOARDS, BOARD_FLOOR = 150, 1_039
"""Boards per second to reach, and the floor's lists per second on the machine on which PERFORMANCE set that."""
PAGE, CONTACTS = "/app/bench.partner", "/app/base.partner"


def house() -> Iterator[Line]:
    """The registry of a large house."""
    found = figures(["-m", "benchmarks.composition"], {})[0]
    name = "registry of 60 addons, 300 models, 40 extensions of one"
    yield report.alone("-", f"{name}: made in", found["seconds"], "s", 1.5)
    yield report.alone("-", f"{name}: memory", found["mb"], "MB", 90)
    yield report.alone("-", f"{name}: growth by a second, both disposed of", found["growth_mb"], "MB", 5)


def door(stores: Stores) -> Iterator[Line]:
    """What access rules cost a list of 80, beside the same condition written by hand."""
    for kind in KINDS:
        for found in figures(["-m", "benchmarks.door", stores.fresh(kind, "door")], {}):
            pair = [found["hand_ms"]], [found["door_ms"]]
            text = f"{found['measure']} of a list of 80 under rules, floor: by hand, {NAMES[kind]}"
            yield report.cost("-", text, pair, "ms", 1.1)


def everywhere(stores: Stores, sizes: Sizes) -> Iterator[Line]:
    """The search over everything: the slowest of several searches."""
    count = 150_000 if not sizes.is_fast else 15_000
    for kind in KINDS:
        found = figures(["-m", "benchmarks.everywhere", stores.fresh(kind, "everywhere"), str(count)], {})
        slowest = max(found, key=lambda each: float(each["ms"]))
        text = f"search over everything, {count:,} records, {slowest['measure']}, {NAMES[kind]}"
        yield report.alone("-", text, slowest["ms"], "ms", 40)


def timelines(stores: Stores, sizes: Sizes) -> Iterator[Line]:
    """The card of a contact with much on its timeline, and the timeline itself."""
    count = 5_000 if not sizes.is_fast else 1_000
    for kind in KINDS:
        for each in figures(["-m", "benchmarks.timeline", stores.fresh(kind, "timeline"), str(count)], {}):
            text = f"{each['measure']} of a contact with {count:,} entries, {NAMES[kind]}"
            yield report.alone("-", text, each["ms"], "ms", 60)


def extending(stores: Stores, sizes: Sizes) -> Iterator[Line]:
    """Row h: ten more addons on one model; and an addon that is installed into a database that is in use."""
    for kind in KINDS:
        urls = [stores.fresh(kind, name) for name in ("plain", "extended")]
        size = [str(sizes.bulk), str(sizes.rounds * sizes.repeats)]
        *bulks, installed = figures(["-m", "benchmarks.extending", *urls, *size], {})
        pair = [each["plain_s"] for each in bulks], [each["extended_s"] for each in bulks]
        text = (
            f"create {sizes.bulk:,} partners in one list with ten more addons, floor: without, {NAMES[kind]}"
        )
        yield report.cost("h", text, pair, "s", 1.3)
        yield report.alone(
            "-", f"install an addon with 3 models, {NAMES[kind]}", installed["seconds"], "s", 1
        )


def commands(stores: Stores, sizes: Sizes, addresses: Addresses) -> Iterator[Line]:
    """What a person waits for: a new database, and the large demo, which stays for the pages."""
    files = {"LUMBUNG_DATA": str(stores.folder), "LUMBUNG_SECRET": pages.SECRET}
    for kind, most in zip(KINDS, (3, None), strict=True):
        command = ["-m", "core.cli", "init", "--db", stores.fresh(kind, "init"), "--addons", "crm"]
        seconds = timed([*command, "--admin-email", "admin@bench.example"], files)
        yield report.alone("a", f"lumbung init --addons crm, {NAMES[kind]}", seconds, "s", most)
    url = addresses["postgresql", DEMO] = stores.fresh("postgresql", DEMO)
    large = [] if sizes.is_fast else ["--large"]
    command = ["-m", "core.cli", "demo", *large, "--no-serve", "--db", url]
    yield report.alone(
        "-", f"{' '.join(['lumbung demo', *large])}, PostgreSQL", timed(command, files), "s", 60
    )


# ------------------------------------------------------------- c, d, e
def records(stores: Stores, sizes: Sizes, addresses: Addresses) -> Iterator[Line]:
    """Rows c, d and e on both databases; fills `addresses`."""
    for kind, least in zip(KINDS, (0.1, 0.25), strict=True):
        found, where = _rounds(kind, stores, sizes, addresses), NAMES[kind]
        for measure, text in (
            ("create_bulk", f"create {sizes.bulk:,} partners in one list"),
            ("create_ones", f"create {sizes.ones:,} one by one"),
        ):
            for peer, who in ((SYSTEM, ""), (CLERK, ", with rights")):
                pair = _pair(found, measure, "per_s", peer)
                yield report.speed("c", f"{text}{who}, {where}", pair, 0.35)
        for measure, text, goal in (
            ("read", f"read {sizes.bulk:,} x 5 fields", 0.8),
            ("search", "search '%nor%', 80 rows", None),
            ("search_rare", "search a rare pattern", 1.0),
            ("count", "count", None),
        ):
            yield report.time("d", f"{text}, {where}", _milliseconds(found, measure), goal)
        text = f"write one field of {sizes.ones:,} at once, {where}"
        yield report.time("e", text, _milliseconds(found, "write_many"), least)
        pair = _pair(found, "write_ones", "per_s", SYSTEM)
        yield report.speed("e", f"{sizes.ones:,} separate writes, {where}", pair, 0.4)


def _rounds(kind: str, stores: Stores, sizes: Sizes, addresses: Addresses) -> Series:
    """Floor and ours in turns; who begins changes from round to round."""
    series: dict[tuple[str, str], list[Figures]] = defaultdict(list)
    for number in range(sizes.rounds):
        peers = (FLOOR, SYSTEM, CLERK)
        for peer in peers if number % 2 == 0 else reversed(peers):
            url = addresses[kind, peer] = stores.fresh(kind, peer)
            for found in _measured(peer, url, sizes):
                series[peer, found["measure"]].append(found)
    return series


def _measured(peer: str, url: str, sizes: Sizes) -> list[Figures]:
    if peer == FLOOR:
        only = {**sizes.environment, "BENCH_ONLY": MEASURES}
        return figures(["floor.py", "orm", url], only, floor_folder())
    user = ["user"] if peer == CLERK else []
    return figures(["-m", "benchmarks.records", url, *user], sizes.environment)


def _pair(found: Series, measure: str, figure: str, peer: str) -> Pair:
    floor, ours = ([each[figure] for each in found[name, measure]] for name in (FLOOR, peer))
    return floor, ours


def _milliseconds(found: Series, measure: str) -> Pair:
    floor, ours = _pair(found, measure, "median_s", SYSTEM)
    return [each * 1000 for each in floor], [each * 1000 for each in ours]


# ------------------------------------------------------------- b, g
def web(stores: Stores, sizes: Sizes, addresses: Addresses) -> Iterator[Line]:
    """Rows b and g on both databases, and the contacts of the demo."""
    for kind in KINDS:
        floor, url = pages.floor(addresses[kind, FLOOR]), addresses[kind, SYSTEM]
        ours = pages.ours(url, PAGE, stores.folder)
        yield from _start(NAMES[kind], floor, ours, sizes)
        text = f"list of 80 out of {sizes.base:,}, {NAMES[kind]}"
        yield from _list(text, pages.load((floor, ours), ("", pages.token(url)), sizes), 0.4)
    yield from _forms(addresses["postgresql", SYSTEM], stores, sizes)
    url = addresses["postgresql", DEMO]
    peers = (pages.floor(addresses["postgresql", FLOOR]), pages.ours(url, CONTACTS, stores.folder))
    text = f"contacts of the {'' if sizes.is_fast else 'large '}demo (8 columns, 4 of links), PostgreSQL"
    yield from _list(text, pages.load(peers, ("", pages.token(url, f"ayu@{DOMAIN}")), sizes), None)


def boards(stores: Stores, sizes: Sizes, addresses: Addresses) -> Iterator[Line]:
    """The board of deals: five columns, counted and summed by the server; in turns with the floor's list.

    The goal is a number of pages, set where the floor gave BOARD_FLOOR; where it gives fewer, the ratio tells.
    """
    count, url = 50_000 if not sizes.is_fast else 10_000, stores.fresh("postgresql", "board")
    figures(["-m", "benchmarks.board", url, str(count)], {})
    peers = (
        pages.floor(addresses["postgresql", FLOOR]),
        pages.ours(url, board.PAGE, stores.folder, rows=None),
    )
    floor, ours = (
        [each["rps"] for each in loaded.loads["http_c8"]]
        for loaded in pages.load(peers, ("", pages.token(url)), sizes)
    )
    text = f"board of 5 columns, {count:,} deals, PostgreSQL, 8 clients"
    yield report.pace("-", text, median(ours), BOARDS)
    yield report.speed("-", f"{text}, floor: its list of 80", (floor, ours), round(BOARDS / BOARD_FLOOR, 3))


def _forms(url: str, stores: Stores, sizes: Sizes) -> Iterator[Line]:
    """Row g: the page of a record, and its form."""
    for text, page in (("record page", f"{PAGE}/1"), ("form", f"{PAGE}/1/edit")):
        ours = pages.ours(url, page, stores.folder, rows=None)
        [loaded] = pages.load([ours], [pages.token(url)], sizes)
        pace = median(each["rps"] for each in loaded.loads["http_c8"])
        yield report.pace("g", f"{text}, PostgreSQL, 8 clients", pace, 150)


def _start(where: str, floor: Peer, ours: Peer, sizes: Sizes) -> Iterator[Line]:
    """Row b: both peers in turns."""
    found = [(pages.start(floor, sizes), pages.start(ours, sizes)) for _round in range(sizes.rounds)]
    for figure, text, unit, most in (
        ("median_s", "start to the first 200", "s", 2.0),
        ("pss_mib", "memory then", "MiB", 1.4),
    ):
        pair = [each[0][figure] for each in found], [each[1][figure] for each in found]
        yield report.cost("b", f"{text}, {where}", pair, unit, most)


def _list(text: str, loaded: Sequence[Loaded], goal: float | None) -> Iterator[Line]:
    """Row g: speed at 1 and 8 clients, time at 1, size; and memory when both workers have served."""
    floor, ours = loaded
    for clients, least in ((1, None), (8, goal)):
        name = f"http_c{clients}"
        pair = [each["rps"] for each in floor.loads[name]], [each["rps"] for each in ours.loads[name]]
        yield report.speed("g", f"{text}, {clients} client{'s' if clients > 1 else ''}", pair, least)
    middle = median(each["p50_ms"] for each in ours.loads["http_c1"])
    yield report.alone("g", f"{text}, p50 at 1 client", middle, "ms", 12)
    yield report.alone("g", f"{text}, size", ours.size / 1000, "kB", 100)
    pair = [floor.memory], [ours.memory]
    yield report.cost("b", f"{text}, memory of 2 workers after it", pair, "MiB", 1.4)
