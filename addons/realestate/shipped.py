"""What real estate ships: the way in which a house is sold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addons.crm import Pipeline, Stage
from addons.crm.shipped import stage_rows
from addons.realestate.stage_need import StageNeed
from core import Key, Rows, hookimpl

STAGES: Sequence[Sequence[Any]] = (
    ("ask", "open", 10, "Kualifikasi", "Qualification"),
    ("visit", "open", 25, "Survei lokasi", "Site visit"),
    ("offer", "open", 45, "Penawaran", "Proposal"),
    ("book", "open", 65, "Tanda jadi", "Booking"),
    ("bank", "open", 80, "Proses KPR", "Mortgage"),
    ("sign", "open", 95, "Akad", "Signing"),
    ("won", "won", 100, "Serah terima", "Handed over"),
    ("lost", "lost", 0, "Batal", "Called off"),
)
NEEDS = (("book", "partner"), ("book", "unit"), ("sign", "payment"), ("sign", "amount"))


@hookimpl
def data() -> Sequence[Rows]:
    """A pipeline of eight stages; a unit is needed to book, and a way of payment to sign."""
    pipeline = {
        "key": "pipeline",
        "name": {"id": "Penjualan properti", "en": "Property sales"},
        "line": "Properti",
        "position": 20,
    }
    return [Rows(Pipeline, [pipeline]), Rows(Stage, _stages), Rows(StageNeed, _needs)]


def _stages() -> Sequence[dict[str, object]]:
    rows = stage_rows(Key("pipeline"), [told for _key, *told in STAGES])
    return [{"key": f"stage.{key}", **row} for (key, *_told), row in zip(STAGES, rows, strict=True)]


def _needs() -> Sequence[dict[str, object]]:
    return [
        {"key": f"need.{stage}.{field}", "stage": Key(f"stage.{stage}"), "field": field}
        for stage, field in NEEDS
    ]
