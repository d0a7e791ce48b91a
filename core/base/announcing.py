"""Telling people of a note: those whom it mentions, and those who follow its record.

It goes with the life of the note, whichever door it is written by: whom it mentions is settled before it is written,
and they are told with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from core import Env, Many2one, UserError, _
from core.access.others import Place, who_may_see
from core.base import mentioning
from core.base.follower import Follower
from core.orm.env import MAX_KEY
from core.sql import among

if TYPE_CHECKING:
    from core.base.message import Message

Told: TypeAlias = "tuple[Message, str, set[int]]"
"""A note, why somebody is told of it, and who."""
MESSAGE, NOTIFICATION = "base.message", "base.notification"
MENTION, NOTE = "mention", "note"
"""Why somebody is told of a note."""
LOG = "log"
"""The kind of what the system says: it tells nobody."""


# ----------------------------------------------------------------- whom a note mentions
def settle(notes: Sequence[Message]) -> None:
    """Says of new notes whom they mention: by name or as was given, and of these who may see the record.

    Who writes is told of the others, by whichever door it is. Raises UserError where a name may be that of several.
    """
    asked = {note: {user.id for user in note.mentions} for note in _written_now(notes)}
    asked |= _named({note: () for note, given in asked.items() if not given})
    for note, users in _reached({note: people for note, people in asked.items() if people}).items():
        note.mentions = users


def settle_changed(notes: Sequence[Message], changed: Mapping[int, frozenset[str]]) -> None:
    """The same of notes that were changed; who is mentioned anew is told, and nobody twice."""
    theirs = [note for note in _written_now(notes) if changed[note.id] & {"body", "mentions"}]
    given = {note: list(sa.inspect(note).attrs.mentions.history.added or ()) for note in theirs}
    known = {note: [user for user in note.mentions if user not in given[note]] for note in theirs}
    before = {note: {user.id for user in users} for note, users in known.items()}
    asked = {note: {user.id for user in users} for note, users in given.items()}
    asked |= _named({note: before[note] for note in theirs if not given[note]})
    reached = _reached({note: people - before[note] for note, people in asked.items()})
    for note, fresh in reached.items():
        if set(fresh) != set(given[note]):
            note.mentions = [*known[note], *fresh]
    # asked again once `mentions` is set here: the row of who is told already is there by then
    anew = {note: {user.id for user in fresh} for note, fresh in reached.items() if fresh}
    if anew:
        told = _told(anew)
        _tell([(note, MENTION, people - told[note.id]) for note, people in anew.items()])


def _written_now(notes: Iterable[Message]) -> list[Message]:
    """Those that somebody writes; what comes back by an undo, or is made by the system, tells nobody."""
    return [
        note
        for note in notes
        if not note.env.is_undoing and note.env.user.id is not None and note.kind != LOG
    ]


def _named(notes: Mapping[Message, Collection[int]]) -> dict[Message, set[int]]:
    """Whom notes mention by name, and those who are known of each."""
    if not notes:
        return {}
    texts = [(note.body or "", known) for note, known in notes.items()]
    found = dict(zip(notes, mentioning.all_mentioned(_env(notes), texts), strict=True))
    for note, one in found.items():
        for word in one.unclear:
            raise UserError(_("Who is “@%(name)s”? Write the whole name.", name=word), "body", note)
    return {note: set(one.people) for note, one in found.items()}


def _reached(asked: Mapping[Message, Collection[int]]) -> dict[Message, list[Any]]:
    """Of each note those who are told that it mentions them: others than its writer, who may see the record.

    Who may not is named in a remark.
    """
    places = defaultdict[Place, set[int]](set)
    for note, people in asked.items():
        if people and _lies_somewhere(note):
            places[_place(note)] |= set(people) - {note.env.user.id or 0}
    if not places:
        return {note: [] for note in asked}
    env = _env(asked)
    seen = who_may_see(env, places)
    known = env.read(env["base.user"], sorted(set[int]().union(*places.values())))
    _say_unseen(
        env, [user for user in known if any(user.id in places[place] - seen[place] for place in places)]
    )
    users = {user.id: user for user in known}
    return {
        note: [users[key] for key in sorted(people) if key in users and key in seen.get(_place(note), ())]
        for note, people in asked.items()
    }


def _say_unseen(env: Env, users: Sequence[Any]) -> None:
    """Tells who writes of those who are mentioned and hear nothing of it."""
    if users:
        names = ", ".join(user.display_label() for user in users)
        env.remarks.append(_("Not told, as they may not see this record: %(names)s.", names=names))


def _lies_somewhere(note: Message) -> bool:
    """Whether it may go with a record; validation says later what is missing."""
    key: Any = note.record_id
    return isinstance(key, int) and 0 < key <= MAX_KEY and note.model in note.env.registry.models


def _place(note: Message) -> Place:
    return note.model, note.record_id


def _env(notes: Iterable[Message]) -> Env:
    """The one that all of them are of."""
    return next(iter(notes)).env


# ----------------------------------------------------------------- telling
def announce(notes: Sequence[Message]) -> None:
    """Tells the users whom new notes mention, and the followers of their records."""
    mine = [note for note in _written_now(notes) if note.owner_id == note.env.user.id]
    following = _followers_of(mine) if mine else {}
    rows: list[Told] = []
    for note in mine:
        fresh = {user.id for user in note.mentions}
        rows += (note, MENTION, fresh), (note, NOTE, following[_place(note)] - fresh)
    _tell(rows)


def _told(notes: Collection[Message]) -> Mapping[int, set[int]]:
    """Those who were told that a note mentions them, by its key."""
    found = defaultdict[int, set[int]](set)
    with _env(notes).sudo("who was told of a note") as su:
        cls: Any = su[NOTIFICATION]
        mine = among(su, cls.message_id, [note.id for note in notes]), cls.kind == MENTION
        for key, user in su.execute(sa.select(cls.message_id, cls.owner_id).where(*mine)):
            found[key].add(user)
    return found


def _tell(told: Sequence[Told]) -> None:
    rows = [_row(note, kind, key) for note, kind, keys in told for key in sorted(keys)]
    if rows:
        with told[0][0].env.sudo("telling of a note") as su:
            su.create(su[NOTIFICATION], rows)


def _followers_of(notes: Sequence[Message]) -> dict[Place, set[int]]:
    """Of the records of notes those who follow them, but who writes, and may see them still."""
    env = _env(notes)
    found = followers(env, {_place(note) for note in notes})
    return who_may_see(env, {place: people - {env.user.id or 0} for place, people in found.items()})


def _row(message: Message, kind: str, user: int) -> dict[str, Any]:
    return {
        "model": message.model, "record_id": message.record_id, "owner_id": user, "kind": kind,
        "message_id": message.id,
    }  # fmt: skip


def followers(env: Env, places: Collection[Place]) -> dict[Place, set[int]]:
    """Of each record who owns it, wrote on it or said that they follow, without those who said that they do not.

    It costs three statements for each model.
    """
    found, of_model = {place: set[int]() for place in places}, defaultdict[str, list[int]](list)
    for model, key in places:
        of_model[model].append(key)
    with env.sudo("who follows a record") as su:
        for model, keys in of_model.items():
            for key, user in (*_owners(su, model, keys), *_writers(su, model, keys)):
                found[model, key].add(user)
            said: Any = su[Follower]
            here = said.model == model, among(su, said.record_id, keys)
            rows = su.execute(sa.select(said.record_id, said.owner_id, said.follows).where(*here))
            for key, user, follows in sorted(rows, key=lambda row: not row.follows):
                (found[model, key].add if follows else found[model, key].discard)(user)
    return found


def _owners(env: Env, model: str, keys: Sequence[int]) -> Iterable[Any]:
    info = env.registry.models[model]
    if not isinstance(info.fields.get("owner"), Many2one):
        return ()
    cls: Any = info.cls
    owned = sa.select(cls.id, cls.owner_id).where(among(env, cls.id, keys), cls.owner_id.is_not(None))
    return env.execute(owned).all()


def _writers(env: Env, model: str, keys: Sequence[int]) -> Iterable[Any]:
    cls: Any = env[MESSAGE]
    here = cls.model == model, among(env, cls.record_id, keys), cls.owner_id.is_not(None)
    return env.execute(sa.select(cls.record_id, cls.owner_id).where(*here).distinct()).all()


def is_following(env: Env, record: Any) -> bool:
    """Whether the user follows a record; two statements at most."""
    said, notes, model = env[Follower], env[MESSAGE], record.__lumbung__.name
    mine = (said.model == model, said.record_id == record.id, said.owner_id == env.user.id)
    follows = env.scalar(sa.select(said.follows).where(*mine).limit(1))
    if follows is not None or getattr(record, "owner_id", None) == env.user.id:
        return follows is not False
    wrote = (notes.model == model, notes.record_id == record.id, notes.owner_id == env.user.id)
    return env.scalar(sa.select(notes.id).where(*wrote).limit(1)) is not None


def follow(env: Env, model: str, key: int, *, follows: bool) -> None:
    """Writes what the user says of a record, once."""
    said: Any = env[Follower]
    mine = (said.model == model, said.record_id == key, said.owner_id == env.user.id)
    known = list(env.scalars(sa.select(said).where(*mine)))
    if known:
        env.write(known, {"follows": follows})
    else:
        env.create(Follower, [{"model": model, "record_id": key, "follows": follows}])
