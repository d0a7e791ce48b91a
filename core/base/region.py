"""Provinces and regencies of Indonesia, by their official codes.

The tables are a database of their own under its own licence, fetched at set-up and never mixed into the
code: see the folder that `REGIONS` names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from core import Char, Key, LoadError, Many2one, Model, Ref, _

REGIONS = Path(__file__).parent / "data" / "regions"


class Province(
    Model,
    name="base.province",
    label=_("Province"),
    plural=_("Provinces"),
    access={"base.user": "r", "base.admin": "rwcd"},
    order="code",
):
    """A province; its code has two digits, such as 32."""

    code = Char(2, required=True, unique=True, label=_("Code"), list=True)
    name = Char(required=True, label=_("Name"), list=True, search=True)


class Regency(
    Model,
    name="base.regency",
    label=_("Regency or city"),
    plural=_("Regencies and cities"),
    access={"base.user": "r", "base.admin": "rwcd"},
    order="code",
):
    """A kabupaten or kota; its code begins with that of its province, such as 32.73."""

    code = Char(5, required=True, unique=True, label=_("Code"), list=True)
    name = Char(required=True, label=_("Name"), list=True, search=True)
    province = Many2one(Province, required=True, label=_("Province"), list=True)
    province_id: Ref


def province_rows() -> Iterator[dict[str, object]]:
    """The provinces as shipped rows. Raises LoadError where the tables were not fetched."""
    for row in _table("provinces.csv"):
        yield {"key": f"province.{row['code']}", "code": row["code"], "name": row["name"]}


def regency_rows() -> Iterator[dict[str, object]]:
    """The regencies as shipped rows. Raises LoadError where the tables were not fetched."""
    for row in _table("regencies.csv"):
        yield {
            "key": f"regency.{row['code']}",
            "code": row["code"],
            "name": row["name"],
            "province": Key(f"province.{row['province']}"),
        }


def _table(name: str) -> Iterator[dict[str, str]]:
    path = REGIONS / name
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except FileNotFoundError:
        raise LoadError(
            _("The table of regions %(path)s is missing.", path=path),
            _("Fetch it with “make libraries”; “make demo” does so too."),
            addon="base",
        ) from None
