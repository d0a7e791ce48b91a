"""The registry of a large house: 60 addons, 300 models, 40 extensions of one of them; made once, and freed.

    python -m benchmarks.composition

prints one JSON line. It runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import time
import types
import weakref
from pathlib import Path
from typing import Any

from core import Boolean, Char, Date, Decimal, Integer, Many2one, Model
from core.orm.registry import Registry

ADDONS, MODELS, EXTENSIONS, FIELDS = 60, 300, 40, 12
KINDS: tuple[Any, ...] = (Char, Integer, Decimal, Boolean, Date)
ACCESS = {"base.user": "rwcd"}


def publish() -> dict[str, list[type[Model]]]:
    """Fragments by addon: a hub in the first, models with three links to it in all, its extensions in 40."""
    addons: dict[str, list[type[Model]]] = {f"a{number}": [] for number in range(ADDONS)}
    hub = _fragment("Hub", Model, _fields("h"), name="a0.hub", access=ACCESS)
    addons["a0"].append(hub)
    for number in range(1, MODELS):
        addon = f"a{number % ADDONS}"
        body = {**_fields(f"m{number}_"), **{link: Many2one(hub) for link in ("hub", "first", "second")}}
        addons[addon].append(_fragment(f"M{number}", Model, body, name=f"{addon}.m{number}", access=ACCESS))
    for number in range(EXTENSIONS):
        body = {f"x{number}_{kind.__name__.lower()}": kind() for kind in KINDS[:3]}
        body[f"x{number}_hub"] = Many2one(hub)
        addons[f"a{number + 1}"].append(_fragment(f"Hub{number}", hub, body))
    return addons


def _fields(prefix: str) -> dict[str, Any]:
    return {f"{prefix}{number}": KINDS[number % len(KINDS)]() for number in range(FIELDS)}


def _fragment(title: str, base: type[Model], body: dict[str, Any], /, **options: Any) -> type[Model]:
    body = {"__module__": __name__, **body}
    return types.new_class(title, (base,), options, lambda namespace: namespace.update(body))


def resident() -> float:
    """MB of this process in memory."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure() -> dict[str, Any]:
    """Seconds and MB of the registry, and by how much a second one grows the process once both are given back.

    What the first leaves is memory of the allocator: the next takes it again. Seconds are of the processor's time,
    as composing waits for nothing. Asserts that the classes go.
    """
    addons = publish()
    depends = {name: frozenset({name, "a0"}) for name in addons}
    before = resident()
    seconds, taken, left = [], [], []
    for _turn in range(2):
        start = time.process_time()
        registry = Registry(addons, depends)
        seconds.append(time.process_time() - start)
        taken.append(resident() - before)
        gone = weakref.ref(registry["a0.hub"])
        assert len(registry.models) == MODELS
        registry.dispose()
        del registry
        left.append(resident() - before)
        assert gone() is None, "a composed class outlives its registry"
    return {"measure": "registry", "seconds": seconds[0], "mb": taken[0], "growth_mb": left[1] - left[0]}


if __name__ == "__main__":
    print(json.dumps(measure()))
