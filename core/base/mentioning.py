"""Who is meant by `@name` in a note."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core import Env
from core.base.user import User

MOST = 20
"""So many people are mentioned by a note at most."""
_AT = re.compile(r"(?<![\w@.])@(?=\w)")
_WORD = re.compile(r"[\w'’-]+")
_LONGEST = 120


@dataclass
class Mentioned:
    """People by key and name; `unclear` holds by the word that was typed those who may be meant by it."""

    people: dict[int, str] = field(default_factory=dict)
    unclear: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def mentioned(env: Env, body: str, chosen: Collection[int] = ()) -> Mentioned:
    """Who is mentioned: by the whole name, by a first name that only one has, or chosen among several."""
    [found] = all_mentioned(env, [(body, chosen)])
    return found


def all_mentioned(env: Env, notes: Sequence[tuple[str, Collection[int]]]) -> list[Mentioned]:
    """The same of each of several, by its body and who was chosen; one statement at most."""
    is_any = any(chosen or _AT.search(body) for body, chosen in notes)
    names = _colleagues(env) if is_any else {}
    return [_mentioned(names, body, chosen) for body, chosen in notes]


def _mentioned(names: Mapping[int, str], body: str, chosen: Collection[int]) -> Mentioned:
    found = Mentioned({key: names[key] for key in chosen if key in names})
    for match in _AT.finditer(body):
        word, meant = _meant(body[match.end() : match.end() + _LONGEST], names)
        if len(meant) == 1:
            found.people |= meant
        elif meant and not meant.keys() & found.people.keys():
            found.unclear[word] = sorted(meant.items(), key=lambda one: one[1])
    found.people = dict(list(found.people.items())[:MOST])
    return found


def _colleagues(env: Env) -> dict[int, str]:
    """Everyone who may sign in. Names are open to all; who may sign in is for administrators, and asked in sudo."""
    with env.sudo("who may be mentioned") as su:
        users: Any = su[User]
        return dict(
            su.execute(
                sa.select(users.id, users.name).where(users.active.is_(True), users.archived.is_(False))
            ).all()
        )


def _meant(text: str, names: Mapping[int, str]) -> tuple[str, dict[int, str]]:
    """The word that was typed, and those who may be meant: of whole names the longest that fits, else first names."""
    lower = text.casefold()
    whole = {key: name for key, name in names.items() if name and _begins(lower, name.casefold())}
    if whole:
        longest = max(map(len, whole.values()))
        found = {key: name for key, name in whole.items() if len(name) == longest}
        return next(iter(found.values())), found
    match = _WORD.match(text)
    word = match.group() if match else ""
    return word, {
        key: name for key, name in names.items() if name.casefold().split()[:1] == [word.casefold()]
    }


def _begins(text: str, name: str) -> bool:
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()
