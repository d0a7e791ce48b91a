"""Shipped rows: records that belong to an addon and follow it until a user changes them.

Each row is known by addon and key. The digest of what was shipped is kept; a record that still equals it
takes the addon's new values, one that a user changed or deleted is left alone and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.errors import LoadError, UserError
from core.i18n.lazy import TextLike, _
from core.manifest import Key, Row
from core.orm.env import Env
from core.orm.info import ModelInfo
from core.orm.keys import parts
from core.orm.links import Many2many
from core.schema import tables
from core.schema.values import current, digest, keys_in, stored

Entry = sa.Row[Any]


@dataclass
class Counts:
    """What became of the shipped rows; `kept` are those that a user changed or deleted."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0


@dataclass
class Loader:
    """Loads shipped rows into one transaction; rows may refer to those loaded before and in the same call."""

    env: Env
    counts: Counts = field(default_factory=Counts)
    renamed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """How fields are called now that were renamed since rows were shipped, by model and name of before."""
    _ids: dict[Key, int] = field(default_factory=dict)

    def load(self, addon: str, model: Any, rows: Sequence[Row]) -> None:
        """Brings the rows of one addon and model up to date, in constant statements per 500 rows.

        Raises LoadError, naming the row, on a missing or doubled key, an unknown field, a value that does
        not fit and a reference to no row.
        """
        info = self.env.registry.info(model)
        self._check(addon, info, rows)
        waiting = list(rows)
        while waiting:
            self._look_up(addon, waiting)
            ready = [row for row in waiting if all(key in self._ids for key in _references(addon, row))]
            if not ready:
                raise self._unknown(addon, info, waiting[0])
            for part in parts(ready):
                self._load_batch(addon, info, part)
            taken = {id(row) for row in ready}
            waiting = [row for row in waiting if id(row) not in taken]

    def _check(self, addon: str, info: ModelInfo, rows: Sequence[Row]) -> None:
        seen: set[str] = set()
        for row in rows:
            key = row.get("key")
            if not isinstance(key, str) or not key or key in seen:
                raise _fault(addon, info, key, _("it needs a key of its own."))
            seen.add(key)
            for name in row:
                if name != "key" and (name not in info.fields or info.fields[name].system):
                    raise _fault(addon, info, key, _("the model has no field “%(field)s”.", field=name))

    def _look_up(self, addon: str, rows: Sequence[Row]) -> None:
        """Finds the ids of the rows that `rows` refer to, in one statement per addon and 500 keys."""
        wanted: dict[str, set[str]] = {}
        for row in rows:
            for key in _references(addon, row):
                if key not in self._ids:
                    wanted.setdefault(key.addon, set()).add(key.name)
        for owner, names in wanted.items():
            for entry in self._entries(owner, sorted(names)):
                self._ids[Key(entry.key, owner)] = entry.record_id

    def _entries(self, addon: str, keys: Sequence[str]) -> Iterator[Entry]:
        connection, known = self.env.session.core_connection(), tables.data_row
        for part in parts(keys):
            yield from connection.execute(
                sa.select(known).where(known.c.addon == addon, known.c.key.in_(part))
            )

    def _load_batch(self, addon: str, info: ModelInfo, rows: Sequence[Row]) -> None:
        known = {entry.key: entry for entry in self._entries(addon, [row["key"] for row in rows])}
        new, changed = [], []
        for row in rows:
            values, entry = self._values(addon, info, row), known.get(row["key"])
            if entry is None:
                new.append((row["key"], values))
            elif (entry.fields, entry.shipped) == (_names(values), digest(values)):
                self.counts.unchanged += 1
            else:
                changed.append((entry, values))
        try:
            self._create(addon, info, new)
            self._update(info, changed)
        except (UserError, sa.exc.IntegrityError, sa.exc.DataError) as error:
            reason = str(error) if isinstance(error, UserError) else str(error.orig)
            raise _fault(
                addon,
                info,
                new[0][0] if new else changed[0][0].key,
                _("it or one after it is refused: %(reason)s", reason=reason),
            ) from error

    def _values(self, addon: str, info: ModelInfo, row: Row) -> dict[str, Any]:
        def find(key: Key) -> int:
            return self._ids[_absolute(addon, key)]

        try:
            values = {
                name: stored(info.fields[name], value, find) for name, value in row.items() if name != "key"
            }
            digest(values)
            return values
        except (ValueError, TypeError, ArithmeticError) as error:
            raise _fault(
                addon, info, row["key"], _("a value does not fit: %(error)s", error=str(error))
            ) from error

    def _create(self, addon: str, info: ModelInfo, rows: Sequence[tuple[str, dict[str, Any]]]) -> None:
        if not rows:
            return
        linked = self._linked(info, [values for _key, values in rows])
        records = self.env.create(info.cls, [_attributes(info, values, linked) for _key, values in rows])
        self.env.flush()
        entries = [
            _entry(addon, key, info, record.id, values)
            for (key, values), record in zip(rows, records, strict=True)
        ]
        self.env.session.core_connection().execute(tables.data_row.insert(), entries)
        self.counts.created += len(rows)

    def _update(self, info: ModelInfo, rows: Sequence[tuple[Entry, dict[str, Any]]]) -> None:
        if not rows:
            return
        records = {
            record.id: record for record in self.env.read(info.cls, [entry.record_id for entry, _v in rows])
        }
        linked = self._linked(info, [values for _entry, values in rows])
        followed = []
        for entry, values in rows:
            record = records.get(entry.record_id)
            if record is None or self._held(info, record, entry) != entry.shipped:
                self.counts.kept += 1
                continue
            self.env.write([record], _attributes(info, values, linked))
            followed.append(_entry(entry.addon, entry.key, info, record.id, values))
        self.env.flush()
        self._remember(followed)
        self.counts.updated += len(followed)

    def _held(self, info: ModelInfo, record: Any, entry: Entry) -> str:
        """The digest of what a record holds in the fields that were shipped."""
        names = {name: self.renamed.get((info.name, name), name) for name in entry.fields.split()}
        return digest({name: current(info, record, now) for name, now in names.items()})

    def _remember(self, entries: Sequence[dict[str, Any]]) -> None:
        known = tables.data_row
        if entries:
            statement = known.update().where(
                known.c.addon == sa.bindparam("of"), known.c.key == sa.bindparam("at")
            )
            self.env.session.core_connection().execute(
                statement.values(fields=sa.bindparam("fields"), shipped=sa.bindparam("shipped")),
                [
                    {"of": e["addon"], "at": e["key"], "fields": e["fields"], "shipped": e["shipped"]}
                    for e in entries
                ],
            )

    def _linked(self, info: ModelInfo, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], Any]:
        """The records that many2many fields of `rows` lead to, by field and id."""
        found = {}
        for name, item in info.fields.items():
            if isinstance(item, Many2many):
                ids = {number for values in rows for number in values.get(name, ())}
                for record in self.env.read(self.env[item.target_name], sorted(ids)):
                    found[name, record.id] = record
        return found

    def _unknown(self, addon: str, info: ModelInfo, row: Row) -> LoadError:
        missing = next(key for key in _references(addon, row) if key not in self._ids)
        return _fault(
            addon,
            info,
            row["key"],
            _(
                "it refers to “%(name)s” of %(other)s, which no earlier row ships.",
                name=missing.name,
                other=missing.addon,
            ),
        )


def _references(addon: str, row: Row) -> Iterable[Key]:
    """The keys in a row, each with its addon."""
    return [_absolute(addon, key) for value in row.values() for key in keys_in(value)]


def _absolute(addon: str, key: Key) -> Key:
    return key if key.addon else Key(key.name, addon)


def _attributes(
    info: ModelInfo, values: Mapping[str, Any], linked: Mapping[tuple[str, int], Any]
) -> dict[str, Any]:
    """Stored values as attributes of a record: links by their column, many2many by their records."""
    return {
        info.fields[name].key: [linked[name, number] for number in value]
        if isinstance(info.fields[name], Many2many)
        else value
        for name, value in values.items()
    }


def _names(values: Mapping[str, Any]) -> str:
    return " ".join(sorted(values))


def _entry(
    addon: str, key: str, info: ModelInfo, record_id: int, values: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "addon": addon,
        "key": key,
        "model": info.name,
        "record_id": record_id,
        "fields": _names(values),
        "shipped": digest(values),
    }


def _fault(addon: str, info: ModelInfo, key: Any, fault: TextLike) -> LoadError:
    return LoadError(
        _(
            "The row “%(key)s” of %(model)s cannot be loaded: %(fault)s",
            key=str(key),
            model=info.name,
            fault=fault,
        ),
        _("Correct it in data() or roles()."),
        addon=addon,
    )
