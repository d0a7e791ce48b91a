"""Which pictures a page may show small as they are: few bytes, few points, and nothing in them moves.

A file of a few bytes can stand for a picture that takes gigabytes to draw: its head says how large it is, and is read
here. Nothing is decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

MOST_BYTES, MOST_POINTS = 200_000, 4_000_000
Size = tuple[int, int]
"""Width and height in points."""


def is_small(path: Path, kind: str, size: int) -> bool:
    """Whether a browser draws the picture in a file at no cost; kept by its path, under which content never changes."""
    try:
        return kind in _READERS and size <= MOST_BYTES and _is_still(path, kind)
    except OSError:  # not kept: it may be there again
        return False


@lru_cache(maxsize=4096)
def _is_still(path: Path, kind: str) -> bool:
    try:
        found = _READERS[kind](path.read_bytes())
    except struct.error:  # it ends before its head does
        return False
    return found is not None and 0 < found[0] * found[1] <= MOST_POINTS


def _png(data: bytes) -> Size | None:
    """Of one that moves, the pictures are announced before the first."""
    if data[12:16] != b"IHDR" or b"acTL" in data.partition(b"IDAT")[0]:
        return None
    return struct.unpack_from(">II", data, 16)


def _gif(data: bytes) -> Size | None:
    """Whatever says more than once how long something is shown, or that it begins again, moves."""
    if data.count(b"\x21\xf9\x04") > 1 or b"NETSCAPE2.0" in data:
        return None
    return struct.unpack_from("<HH", data, 6)


def _jpeg(data: bytes) -> Size | None:
    place = 2
    while data[place : place + 1] == b"\xff":
        mark, length = struct.unpack_from(">xBH", data, place)
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        place += 2 + length
    return None


def _webp(data: bytes) -> Size | None:
    kind = data[12:16]
    if data[8:12] != b"WEBP":
        return None
    if kind == b"VP8X":
        [flags] = struct.unpack_from("B", data, 20)
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return None if flags & 2 else (width, height)
    if kind == b"VP8L":
        [bits] = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


_READERS: Mapping[str, Callable[[bytes], Size | None]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
}
