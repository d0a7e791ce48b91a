"""Jobs: what is to be done later is a row in the outbox, written in the transaction that wants it done.

Nothing runs these rows yet: they are kept, and wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.schema.tables import outbox

if TYPE_CHECKING:
    from core.orm.env import Env


class Jobs:
    """The outbox, as an env sees it."""

    def __init__(self, env: Env) -> None:
        self._env = env

    def enqueue(self, name: str, key: int) -> int:
        """Asks for the job `name` about the record `key`: a row of the outbox, whose number it gives.

        Nothing runs it in this version (docs/recipes/kill-9.md says how the rows are read).
        """
        now = self._env.now()
        row = {"name": name, "record_id": key, "user_id": self._env.user.id, "state": "waiting"}
        added = outbox.insert().values(**row, made_at=now, due_at=now).returning(outbox.c.id)
        return self._env.session.core_connection().scalars(added).one()  # type: ignore[no-any-return]
