"""The records that links of a form may lead to, looked up once for all links to one model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.orm.model import Model
from core.orm.once import asked_once

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.forms.inputs import Source

PLAIN = (Model.display_label, Model.choice_label)
CHOICES_SHOWN = 200
"""Up to so many targets a link is a list to choose from; above, one types a name and picks a suggestion."""


class Targets:
    """The records that a link may lead to, as labels by their keys."""

    def __init__(self, env: Env, model: str, section: str = "") -> None:
        self._env = env
        self.info = env.registry.models[model]
        self.id = f"list-{section}-{model}" if section else f"list-{model}"
        """Of their suggestions: several sections of a page may be open at once."""
        self._others: dict[int, str | None] = {}
        self._named: dict[str, list[int]] = {}

    @asked_once
    def _found(self) -> dict[int, str]:
        """The first ones that are not archived, and one more than a list may have."""
        cls: Any = self.info.cls
        name = self.info.label_field
        label = getattr(cls, name) if name else cls.id
        is_plain = name is not None and (cls.display_label, cls.choice_label) == PLAIN
        chosen = (cls.id, label) if is_plain and self._env.may_see(self.info.name, name or "") else (cls,)
        wanted = sa.select(*chosen).where(cls.archived.is_(False)).order_by(label, cls.id)
        rows = self._env.execute(wanted.limit(CHOICES_SHOWN + 1))
        if len(chosen) == 1:
            shown = ((record.id, record.choice_label()) for (record,) in rows)
            return dict(sorted(shown, key=lambda item: item[1].casefold()))  # not by a name that is not shown
        return {key: text or f"#{key}" for key, text in rows}

    @property
    def few(self) -> bool:
        """Whether they are few enough to list."""
        return len(self._found) <= CHOICES_SHOWN

    @asked_once
    def listed(self) -> dict[int, str]:
        """Those that are offered."""
        return dict(list(self._found.items())[:CHOICES_SHOWN])

    def labels(self, keys: Iterable[int]) -> dict[int, str]:
        """The labels of those of `keys` that the user may see, in their order."""
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in self._others]
        if "_found" in vars(self):
            missing = [key for key in missing if key not in self._found]
        if missing:
            self._others.update(dict.fromkeys(missing))
            records = self._env.read(self.info.cls, missing)
            self._others.update({record.id: record.choice_label() for record in records})
        known = {**self._others, **vars(self).get("_found", {})}
        return {key: label for key in wanted if (label := known.get(key)) is not None}

    def label(self, key: int) -> str | None:
        """The label of one."""
        return self.labels([key]).get(key)

    def named(self, text: str) -> list[int]:
        """The keys of those of that very name: of one, or of two where there are more."""
        self.look_up([text])
        return self._named[text]

    def look_up(self, texts: Iterable[str]) -> None:
        """Finds those of these very names at once."""
        name, cls = self.info.label_field, self.info.cls
        missing = [text for text in dict.fromkeys(texts) if text not in self._named]
        self._named.update({text: [] for text in missing})
        asked = [text for text in missing if text]
        if name is None or not asked:
            return
        label = getattr(cls, name)
        for start in range(0, len(asked), CHOICES_SHOWN):
            part = asked[start : start + CHOICES_SHOWN]
            wanted: Any = sa.select(label, sa.func.min(cls.id), sa.func.max(cls.id)).where(label.in_(part))
            for text, first, last in self._env.execute(wanted.group_by(label)):
                self._named[text] = [first] if first == last else [first, last]


def targets(source: Source, model: str) -> Targets:
    """What all links of a form to one model lead to."""
    if model not in source.shared:
        source.shared[model] = Targets(source.env, model, source.section)
    return source.shared[model]  # type: ignore[no-any-return]
