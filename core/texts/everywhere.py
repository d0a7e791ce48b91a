"""Finding words in the texts of all models at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import sqlalchemy as sa
from sqlalchemy import orm

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.once import asked_once
from core.sql import one_of_listed
from core.texts.store import model_number, store_of
from core.texts.text import words

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.links import Many2one

MOST = 100_000
"""Records in which a word may stand; a more common one only narrows what others find."""
LEAST = 3
"""Letters of a word that are enough to look for it: fewer are in no index, and in nearly every record."""
Keys = Mapping[int, str]
"""By number of the model, the keys of its records as one text, which goes back to the database as it came."""


class Everywhere:
    """The words of a text, and which records have them.

    One statement asks for all models; another one for each word, where records are found by what they lead to as well.
    What these tell is never shown: `condition` stands in a statement that passes the door like any other.
    """

    def __init__(self, env: Env, text: str) -> None:
        """Raises FieldError where the text is too long, or says too little."""
        self._env, self._dialect = env, env.database.url.get_backend_name()
        self._store = store_of(self._dialect)
        self.words = words(text)
        if self.words and all(map(_is_short, self.words)):
            raise FieldError(_("Type a word of at least %(number)s letters.", number=LEAST), "q")
        self._together = self._found(self.words) if self.words else {}

    def condition(self, info: ModelInfo) -> sa.ColumnElement[bool] | None:
        """The condition that a record of a model has every word, as its list finds it; None where none has."""
        links = [item for item in info.searched_links if self._env.may_see(info.name, item.name)]
        if links and self.words:
            return self._with_links(info, links)
        return self._among(info, info.cls.id, self._together) if info.searched else None

    def _with_links(self, info: ModelInfo, links: Sequence[Many2one[Any]]) -> sa.ColumnElement[bool] | None:
        cls: Any = info.cls
        conditions = []
        for word, keys in self._alone:
            parts = [self._has(info, cls.id, word, keys) if info.searched else None]
            parts += [
                self._leads(self._env.registry.models[item.target_name], getattr(cls, item.key), word, keys)
                for item in links
            ]
            found = [part for part in parts if part is not None]
            if not found:
                return None
            conditions.append(sa.or_(*found))
        return sa.and_(*conditions)

    @asked_once
    def _alone(self) -> list[tuple[str, Keys | None]]:
        """Each word with where it stands; None for one that is too short or common to say."""
        if len(self.words) == 1:
            return [(self.words[0], self._together)]
        return [(word, None if _is_short(word) else self._found([word], or_none=True)) for word in self.words]

    @overload
    def _found(self, wanted: Sequence[str]) -> Keys: ...
    @overload
    def _found(self, wanted: Sequence[str], *, or_none: bool) -> Keys | None: ...
    def _found(self, wanted: Sequence[str], *, or_none: bool = False) -> Keys | None:
        """Where words stand together. Where that is in too many records it raises FieldError, or gives None."""
        rows = self._env.session.core_connection().execute(self._store.hits(wanted, MOST + 1)).all()
        if sum(row[1] for row in rows) <= MOST:
            return {number: keys for number, _count, keys in rows}
        if or_none:
            return None
        raise FieldError(_("This is in too many records. Add another word."), "q")

    def _has(
        self, info: ModelInfo, column: Any, word: str, keys: Keys | None
    ) -> sa.ColumnElement[bool] | None:
        if keys is None:
            return self._store.beside(column, model_number(info.name), word)
        return self._among(info, column, keys)

    def _among(self, info: ModelInfo, column: Any, keys: Keys) -> sa.ColumnElement[bool] | None:
        found = keys.get(model_number(info.name))
        return None if found is None else one_of_listed(self._dialect, column, found)

    def _leads(
        self, target: ModelInfo, column: Any, word: str, keys: Keys | None
    ) -> sa.ColumnElement[bool] | None:
        """That a link leads to a record with the word, as far as the user may see that one."""
        other: Any = orm.aliased(target.cls)
        has = self._has(target, other.id, word, keys) if target.searched else None
        if has is None:
            return None
        if keys is None:
            return sa.exists(sa.select(other.id).where(other.id == column, has).offset(0))
        return column.in_(sa.select(other.id).where(has))  # type: ignore[no-any-return]


def _is_short(word: str) -> bool:
    """Whether a word says too little; a script with a sign for each syllable says more with two."""
    return len(word) < LEAST and word.isascii()
