"""The labels of linked records: each model is asked once for those that a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from core.orm.kinds import Char
from core.orm.model import Model
from core.orm.once import per_registry
from core.sql import one_of_sent, sent
from core.web.shell import initials, tone

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry


class Label(NamedTuple):
    """A linked record as it is shown; the initials and the colour are those of a person."""

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
        if missing:
            known.update(dict.fromkeys(missing))
            for key, text in self._texts(self._env.registry.models[model], missing):
                known[key] = Label(text, initials(text), tone(key))
        return {key: label for key in wanted if (label := known[key]) is not None}

    def _texts(self, info: ModelInfo, keys: Sequence[int]) -> Iterable[tuple[int, str]]:
        dialect = self._env.database.url.get_backend_name()
        statement = _labels(self._env.registry, dialect, info.name)
        if statement is None:
            return ((record.id, record.display_label()) for record in self._env.read(info.cls, keys))
        found: Any = self._env.execute(statement, {"keys": sent(dialect, keys)})
        return ((key, label_text(key, value)) for key, value in found)


@per_registry
def _labels(registry: Registry, dialect: str, model: str) -> sa.Select[Any] | None:
    """Key and label of the records `keys`; None where a label takes the whole record."""
    info = registry.models[model]
    cls: Any = info.cls
    column = label_column(info, cls)
    return None if column is None else sa.select(cls.id, column).where(one_of_sent(dialect, cls.id))


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
