"""Inputs of links: records are chosen from a list or, where there are many, by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import _
from core.i18n.words import new_one
from core.orm.model import Model
from core.web.forms.choosing import suggested
from core.web.forms.inputs import FormField, Input, Options, Source
from core.web.listing import NOT_VISIBLE
from core.web.numbers import number

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from core.orm.env import Env

CHOICES_SHOWN = 200
"""Up to so many targets a link is a list to choose from; above, one types a name and picks a suggestion."""
LISTED_IN_ROWS = 40
_PICKED = re.compile(r"(?:.*#)?([0-9]{1,18})", re.DOTALL)
UNSEEN = "unseen"
"""What a list to choose from says for a link to a record that the user may not see."""


class Targets:
    """The records that a link may lead to, as labels by their keys."""

    def __init__(self, env: Env, model: str) -> None:
        self._env = env
        self.info = env.registry.models[model]
        self._others: dict[int, str | None] = {}
        self._named: dict[str, list[int]] = {}

    @cached_property
    def _found(self) -> dict[int, str]:
        """The first ones that are not archived, and one more than a list may have."""
        cls: Any = self.info.cls
        name = self.info.label_field
        label = getattr(cls, name) if name else cls.id
        is_plain = name is not None and cls.display_label is Model.display_label
        chosen = (cls.id, label) if is_plain and self._env.may_see(self.info.name, name or "") else (cls,)
        wanted = sa.select(*chosen).where(cls.archived.is_(False)).order_by(label, cls.id)
        rows = self._env.execute(wanted.limit(CHOICES_SHOWN + 1))
        if len(chosen) == 1:
            return {record.id: record.display_label() for (record,) in rows}
        return {key: text or f"#{key}" for key, text in rows}

    @property
    def few(self) -> bool:
        """Whether they are few enough to list."""
        return len(self._found) <= CHOICES_SHOWN

    @cached_property
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
            self._others.update({record.id: record.display_label() for record in records})
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
        source.shared[model] = Targets(source.env, model)
    return source.shared[model]  # type: ignore[no-any-return]


class _Linked(Input):
    """What both kinds share."""

    @cached_property
    def targets(self) -> Targets:
        """What the link may lead to."""
        return targets(self.source, self.item.target_name)  # type: ignore[attr-defined]

    @property
    def is_few(self) -> bool:
        """Whether they are listed; in rows a long list would be repeated in each."""
        return self.targets.few and (self.row is None or len(self.targets.listed) <= LISTED_IN_ROWS)


def know(inputs: Iterable[Input], typed: MultiDict[str, str]) -> None:
    """Looks up what was typed into links all at once, not for each row by itself."""
    asked: dict[Targets, list[str]] = {}
    for item in inputs:
        if isinstance(item, LinkInput):
            asked.setdefault(item.targets, []).append(item._sent(typed.getlist(item.name)))
    for found, texts in asked.items():
        keys = {int(match[1]) for text in texts if (match := _PICKED.fullmatch(text))}
        found.labels(sorted(keys))
        found.look_up(text for text in texts if text and not _PICKED.fullmatch(text))


class LinkInput(_Linked):
    """A link to one record: its value is a key."""

    def of(self, record: Any) -> int | None:
        return getattr(record, self.item.key)  # type: ignore[no-any-return]

    def copied(self, like: Any) -> int | None:
        key = self.of(like)
        return None if key is None or self.targets.label(key) is None else key

    def begun(self, default: Any) -> Any:
        return default.id if isinstance(default, Model) else default

    def show(self, value: Any) -> list[str]:
        if value is None:
            return [""]
        is_few, label = self.is_few, self.targets.label(value)
        if label is None:
            return [UNSEEN if is_few else str(NOT_VISIBLE)]
        return [str(value) if is_few else f"{label} #{value}"]

    def alike(self, one: Sequence[str], other: Sequence[str]) -> bool:
        """Whether two texts that were shown stand for one record: it may be called otherwise by now."""
        texts = self._sent(one), self._sent(other)
        first, second = (match[1] if (match := _PICKED.fullmatch(text)) else text for text in texts)
        return first == second

    def parse(self, texts: Sequence[str]) -> int | None:
        text = self._sent(texts)
        if not text:
            return None
        found = self._by_key(text) or self._by_name(text)
        if found is None and self.is_few:
            raise FieldError(_("%(field)s: no such record.", field=self.item.label))
        if found is None:
            raise FieldError(
                _("%(field)s: nothing is called “%(text)s”. Choose one that is suggested.", field=self.item.label,
                  text=text[:60]))  # fmt: skip
        return found

    def _by_key(self, text: str) -> int | None:
        """The record that was chosen or suggested; a number that somebody typed is part of a name."""
        match = _PICKED.fullmatch(text)
        key = int(match[1]) if match else 0
        return (
            key
            if key and self.targets.label(key) is not None and self._sent(self.show(key)) == text
            else None
        )

    def _by_name(self, text: str) -> int | None:
        """The one record of that very name; of several none, as a guess could be the wrong one."""
        found = self.targets.named(text)
        return found[0] if len(found) == 1 else None

    def told(self, value: Any) -> str:
        return "" if value is None else self.targets.label(value) or str(NOT_VISIBLE)

    def put(self, values: dict[str, Any], env: Env, record: Any | None) -> None:
        values[self.item.key] = self.value

    def options(self) -> Options:
        chosen = next(iter(self.texts), "")
        if not self.is_few:
            return []
        labels = {str(key): label for key, label in self.targets.listed.items()}
        if chosen == UNSEEN:
            labels[UNSEEN] = str(NOT_VISIBLE)
        elif chosen not in labels and (key := number(chosen)):
            labels |= {str(key): label for key, label in self.targets.labels([key]).items()}
        if chosen and chosen not in labels:
            labels[chosen] = chosen  # what is wrong is kept too
        return [(key, label, key == chosen) for key, label in {"": "–", **labels}.items()]

    @property
    def widget_name(self) -> str:
        return self.item.widget if self.is_few else "suggest"

    def draw(self) -> FormField:
        drawn, info, env = super().draw(), self.targets.info, self.source.env
        drawn.target = info.name
        if self.readonly:
            return drawn
        if env.may(info.name, "c"):
            drawn.creates = new_one(info.label)
        if drawn.error and not self.is_few:
            found = suggested(env, info, self._sent(self.texts))
            drawn.suggestions = [(f"{label} #{key}", label) for key, label in found]
        return drawn


class LinksInput(_Linked):
    """Links to any number of records: what is written is what was added and taken away."""

    several: ClassVar[bool] = True

    def of(self, record: Any) -> list[int]:
        return [other.id for other in getattr(record, self.item.name)]

    def begun(self, default: Any) -> list[int]:
        return [other.id if isinstance(other, Model) else other for other in default or ()]

    def show(self, value: Any) -> list[str]:
        return [str(key) for key in value]

    def same(self, one: Sequence[str], other: Sequence[str]) -> bool:
        return set(one) == set(other)

    def parse(self, texts: Sequence[str]) -> list[int]:
        keys = list(dict.fromkeys(map(self.item.read, texts)))
        if len(self.targets.labels(keys)) != len(keys):
            raise FieldError(_("%(field)s: no such record.", field=self.item.label))
        return keys

    def told(self, value: Any) -> str:
        return ", ".join(self.targets.labels(value).values())

    def merged(self, current: Iterable[int]) -> list[int]:
        """What others have linked by now, with what was added here and without what was taken away."""
        before, mine = {int(text) for text in self.shown}, self.value
        kept = [key for key in current if key in mine or key not in before]
        return kept + [key for key in mine if key not in before and key not in kept]

    def put(self, values: dict[str, Any], env: Env, record: Any | None) -> None:
        keys = self.value if record is None else self.merged(self.of(record))
        values[self.item.name] = env.read(self.targets.info.cls, keys)

    def options(self) -> Options:
        chosen = set(self.texts)
        keys = [key for text in (*self.shown, *self.texts) if (key := number(text)) is not None]
        labels = {**self.targets.listed, **self.targets.labels(keys)}
        return [(str(key), label, str(key) in chosen) for key, label in labels.items()]
