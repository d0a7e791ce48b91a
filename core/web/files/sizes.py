"""How large a file is, as one reads it."""

from __future__ import annotations

from decimal import Decimal

from core.i18n.formats import Formats

STEP = 1024
UNITS = ("B", "kB", "MB", "GB")


def size_of(formats: Formats, size: int) -> str:
    """Bytes in the largest unit of which there is one."""
    value, place = Decimal(size), 0
    while value >= STEP and place < len(UNITS) - 1:
        value, place = value / STEP, place + 1
    rounded = value.quantize(Decimal(1) if value >= 10 or not place else Decimal("0.1"))
    return f"{formats.number(rounded)} {UNITS[place]}"
