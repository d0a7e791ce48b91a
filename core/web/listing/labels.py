"""The labels of linked records: each model is asked once for those that a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from core.orm.kinds import Char
from core.orm.model import Model
from core.orm.once import per_registry
from core.sql import one_of_sent, sent
from core.web.shell import initials, tone

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.links import Many2one
    from core.orm.registry import Registry


PERSON = "base.user"


class Label(NamedTuple):
    """A linked record as it is shown; of a person with initials and a colour."""

    text: str
    initials: str
    tone: str


class Labels:
    """Looks up labels and keeps them. A record that the reader may not see has none."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._known: dict[str, dict[int, Label | None]] = {}

    def forget(self) -> None:
        """Begins anew."""
        self._known.clear()

    def get(self, model: str, keys: Iterable[int | None]) -> dict[int, Label]:
        """The labels of those of `keys` that may be seen."""
        known = self._known.setdefault(model, {})
        wanted = {key for key in keys if key is not None}
        missing = sorted(wanted - known.keys())
        if missing and self._env.may(model, "r"):
            known.update(dict.fromkeys(missing))
            for key, text in self._texts(self._env.registry.models[model], missing):
                known[key] = _label(model, key, text)
        return {key: label for key in wanted if (label := known.get(key)) is not None}

    def beside(
        self, statement: sa.Select[Any], cls: Any, links: Iterable[Many2one[Any]]
    ) -> tuple[sa.Select[Any], list[str]]:
        """The statement with the labels of the records that links of `cls` lead to, and the models of these.

        What it finds is for `keep`: a page takes a statement less for each link.
        """
        names = []
        for item in links:
            far = _far(self._env.registry, cls.__lumbung__.name, item.name)
            if far is not None and self._env.may(item.target_name, "r"):
                statement = statement.outerjoin(far.target, far.key == far.target.id)
                statement = statement.add_columns(far.key, far.target.id, far.label)
                names.append(item.target_name)
        return statement, names

    def keep(self, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Keeps what a statement of `beside` found: for each of the models three values."""
        parts = list(zip(*rows, strict=True))
        for name, *columns in zip(names, parts[::3], parts[1::3], parts[2::3], strict=bool(parts)):
            known = self._known.setdefault(name, {})
            for key, seen, text in zip(*columns, strict=True):
                if key is not None and key not in known:
                    known[key] = None if seen is None else _label(name, key, label_text(key, text))

    def _texts(self, info: ModelInfo, keys: Sequence[int]) -> Iterable[tuple[int, str]]:
        dialect = self._env.database.url.get_backend_name()
        statement = _labels(self._env.registry, dialect, info.name)
        if statement is None:
            return ((record.id, record.display_label()) for record in self._env.read(info.cls, keys))
        found: Any = self._env.execute(statement, {"keys": sent(dialect, keys)})
        return ((key, label_text(key, value)) for key, value in found)


class _Far(NamedTuple):
    """Where a link leads: its key, an alias of the model, and the label of that."""

    key: Any
    target: Any
    label: Any


@per_registry
def _far(registry: Registry, model: str, name: str) -> _Far | None:
    """None where a label takes the whole record."""
    info = registry.models[model]
    item: Any = info.fields[name]
    whose = registry.models[item.target_name]
    target: Any = orm.aliased(whose.cls)
    label = label_column(whose, target)
    return None if label is None else _Far(getattr(info.cls, item.key), target, label)


@per_registry
def _labels(registry: Registry, dialect: str, model: str) -> sa.Select[Any] | None:
    """Key and label of the records `keys`; None where a label takes the whole record."""
    info = registry.models[model]
    cls: Any = info.cls
    column = label_column(info, cls)
    return None if column is None else sa.select(cls.id, column).where(one_of_sent(dialect, cls.id))


def _label(model: str, key: int, text: str) -> Label:
    return Label(text, initials(text), tone(key)) if model == PERSON else Label(text, "", "")


def label_column(info: ModelInfo, entity: Any) -> Any:
    """The column of a model, or of its alias, that is the label of its records: read alone it costs a tenth.

    None where a method makes the label, or not everybody may read the column.
    """
    item = info.fields.get(info.label_field or "")
    is_label = (
        isinstance(item, Char) and item.access is None and info.cls.display_label is Model.display_label
    )
    return getattr(entity, item.name) if item is not None and is_label else None


def label_text(key: int, value: str | None) -> str:
    """What `Model.display_label` makes of the value of `label_column`."""
    return value or f"#{key}"
