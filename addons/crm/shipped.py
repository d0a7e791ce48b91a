"""What crm ships: a pipeline to begin with, why deals are lost, and the words that may be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from addons.crm.lost_reason import LostReason
from addons.crm.pipeline import Pipeline
from addons.crm.stage import Stage
from core import Key, Rows, hookimpl
from core.base import Word

STAGES = (
    ("new", "open", 10, "Kualifikasi", "Qualification"),
    ("talk", "open", 30, "Kebutuhan", "Needs"),
    ("offer", "open", 50, "Penawaran", "Proposal"),
    ("deal", "open", 75, "Negosiasi", "Negotiation"),
    ("won", "won", 100, "Menang", "Won"),
    ("lost", "lost", 0, "Kalah", "Lost"),
)
REASONS = (
    ("price", "Harga terlalu tinggi", "Too expensive"),
    ("rival", "Memilih pesaing", "Chose a competitor"),
    ("budget", "Anggaran tidak ada", "No budget"),
    ("timing", "Ditunda pembeli", "Postponed"),
    ("silent", "Tidak ada jawaban", "No answer"),
    ("unfit", "Tidak sesuai kebutuhan", "Does not fit"),
)


@hookimpl
def data() -> Sequence[Rows]:
    """One pipeline with six stages, six reasons, and the word for a deal in each language."""
    return [
        Rows(Pipeline, [{"key": "pipeline", "name": {"id": "Penjualan", "en": "Sales"}}]),
        Rows(Stage, _stages),
        Rows(LostReason, _reasons),
        Rows(Word, _words),
    ]


def _stages() -> Sequence[dict[str, object]]:
    rows = stage_rows(Key("pipeline"), [told for _key, *told in STAGES])
    return [{"key": f"stage.{key}", **row} for (key, *_told), row in zip(STAGES, rows, strict=True)]


def stage_rows(pipeline: object, stages: Iterable[Sequence[Any]]) -> list[dict[str, object]]:
    """The stages of a pipeline in their order, each given as what it means, its share and its two names."""
    return [
        {
            "pipeline": pipeline,
            "kind": kind,
            "probability": Decimal(share),
            "name": {"id": indonesian, "en": english},
            "position": 10 * place,
        }
        for place, (kind, share, indonesian, english) in enumerate(stages, 1)
    ]


def _reasons() -> Sequence[dict[str, object]]:
    return [
        {"key": f"reason.{key}", "name": {"id": indonesian, "en": english}, "position": 10 * place}
        for place, (key, indonesian, english) in enumerate(REASONS, 1)
    ]


def _words() -> Sequence[dict[str, object]]:
    return [
        {"key": f"word.{word}.{lang}", "code": f"crm:{word}", "lang": lang}
        for word in ("Deal", "Deals")
        for lang in ("id", "en")
    ]
