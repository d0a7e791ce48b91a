"""Inputs of links: records are chosen from a list or, where there are many, by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from core.errors import FieldError
from core.i18n.lazy import _
from core.i18n.words import new_one
from core.orm.model import Model
from core.orm.once import asked_once
from core.web.forms.choosing import chosen, suggested
from core.web.forms.inputs import FormField, Input, Options
from core.web.forms.targets import Targets, targets
from core.web.listing import NOT_VISIBLE
from core.web.numbers import number

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from core.orm.env import Env

LISTED_IN_ROWS = 40
ADDS = "-add"
"""How the name of the input ends into which a further record is typed."""
_PICKED = re.compile(r"(?:.*#)?([0-9]{1,18})", re.DOTALL)
UNSEEN = "unseen"
"""What a list to choose from says for a link to a record that the user may not see."""


class Linked(Input):
    """What both kinds share: a record is found by its suggestion or by its name."""

    @asked_once
    def targets(self) -> Targets:
        """What the link may lead to."""
        return targets(self.source, self.item.target_name)  # type: ignore[attr-defined]

    @property
    def is_few(self) -> bool:
        """Whether they are listed; in rows a long list would be repeated in each."""
        return self.targets.few and (self.row is None or len(self.targets.listed) <= LISTED_IN_ROWS)

    @property
    def is_listed(self) -> bool:
        """Whether it is chosen from a list, and not typed."""
        return self.is_few and not self.several

    def suggestion(self, key: int) -> str:
        """The text by which a record is chosen."""
        return f"{self.targets.label(key)} #{key}"

    def found(self, text: str) -> int:
        """The record that a text means. Raises FieldError where it is none, or one of several."""
        key = self._by_key(text) or self._by_name(text)
        if key is None:
            raise FieldError(
                _("%(field)s: nothing is called “%(text)s”. Choose one that is suggested.", field=self.item.label,
                  text=text[:60]))  # fmt: skip
        return key

    def _by_key(self, text: str) -> int | None:
        """The record that was chosen or suggested; a number that somebody typed is part of a name."""
        match = _PICKED.fullmatch(text)
        key = int(match[1]) if match else 0
        return key if key and self.targets.label(key) is not None and self.suggestion(key) == text else None

    def _by_name(self, text: str) -> int | None:
        """The one record of that very name; of several none, as a guess could be the wrong one."""
        found = self.targets.named(text)
        if text and not found and self.targets.few:  # shown by more than its name, as a role is
            found = [key for key, label in self.targets.listed.items() if label == text]
        return found[0] if len(found) == 1 else None

    @property
    def wanted(self) -> str:
        """What was typed to find a record, and is none."""
        return self._sent(self.texts) if self.process_errors else ""

    def taken(self, form: MultiDict[str, str], key: int) -> MultiDict[str, str]:
        """A form that was sent, with a record chosen in this input."""
        return chosen(form, self.name, *self.show(key))

    def draw(self) -> FormField:
        drawn, info, env = super().draw(), self.targets.info, self.source.env
        drawn.target = info.name
        if self.readonly:
            return drawn
        drawn.datalist = self.targets.id
        if env.may(info.name, "c"):
            drawn.creates = new_one(info.label)
        if self.wanted and not self.is_listed:
            found = suggested(env, info, self.wanted)
            drawn.suggestions = [(f"{label} #{key}", label) for key, label in found]
        return drawn


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


class LinkInput(Linked):
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
        if self.is_few and self._by_key(text) is None and self._by_name(text) is None:
            raise FieldError(_("%(field)s: no such record.", field=self.item.label))
        return self.found(text)

    def suggestion(self, key: int) -> str:
        return self._sent(self.show(key))

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


class LinksInput(Linked):
    """Links to any number of records: what is written is what was added and taken away.

    Each that is chosen is a box that is ticked; a further one is typed into an input of its own.
    """

    several: ClassVar[bool] = True
    unfound = ""
    """What was typed and means no record."""

    @property
    def adds(self) -> str:
        """The name of the input into which a further one is typed."""
        return f"{self.name}{ADDS}"

    @property
    def wanted(self) -> str:
        return self.unfound

    def taken(self, form: MultiDict[str, str], key: int) -> MultiDict[str, str]:
        form = chosen(form, self.adds, "")
        form.setlist(self.name, [*dict.fromkeys([*form.getlist(self.name), str(key)])])
        return form

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        text, error = self._sent(formdata.getlist(self.adds)) if formdata and not self.readonly else "", ""
        if text:
            try:
                formdata = self.taken(formdata, self.found(text))
            except FieldError as refusal:
                self.unfound, error = text, str(refusal)
        super().process(formdata)
        if error:
            self.process_errors = [*self.process_errors, error]

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
        """The boxes: what is chosen, and what was and is taken away."""
        keys = [key for text in (*self.shown, *self.texts) if (key := number(text)) is not None]
        labels = {
            **self.targets.listed,
            **self.targets.labels(keys),
        }  # the first ones are read anyway, to suggest
        return [
            (str(key), labels[key], str(key) in self.texts) for key in dict.fromkeys(keys) if key in labels
        ]

    def draw(self) -> FormField:
        drawn = super().draw()
        if not self.readonly:
            drawn.adds, drawn.value = self.adds, self.unfound
        return drawn
