"""How many records of a column have something planned: counted beside them, as far as the reader may see activities."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy import orm

from core.base.activity import PLANNED, Activity
from core.base.thread import Thread
from core.i18n.lazy import _
from core.web.listing.columns import stored
from core.web.threads.plans import may_see_plans, predecessor

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.orm.times import DateTime
    from core.web.listing.reading import Reading


class Plans(NamedTuple):
    """Records by what is due first: later, today, before now, or nothing at all."""

    planned: int
    today: int
    late: int
    nothing: int

    def drawn(self, write: Callable[[int], str]) -> Markup:
        """It as a strip with its words; nothing of no records. `write` writes a number."""
        few, every = self.late + self.nothing, sum(self)
        if not every:
            return Markup()
        parts = zip(
            ("ok", "now", "late"),
            (0, self.planned, every - few),
            (self.planned, self.today, few),
            strict=True,
        )
        lines = "".join(f'<path class="{tone}" d="M{at} 0h{size}"/>' for tone, at, size in parts if size)
        return Markup(
            f'<svg class="strip" role="img" viewBox="0 0 {every} 1" preserveAspectRatio="none">'
            f"<title>{escape(self._told(write))}</title>{lines}</svg>"
        )

    def _told(self, write: Callable[[int], str]) -> str:
        words = (
            _("%(number)s planned", number=write(self.planned)), _("%(number)s today", number=write(self.today)),
            _("%(number)s overdue", number=write(self.late)), _("%(number)s without", number=write(self.nothing)),
        )  # fmt: skip
        told = ", ".join(str(word) for count, word in zip(self, words, strict=True) if count)
        return str(_("Activities: %(told)s", told=told))


NONE = Plans(0, 0, 0, 0)


def is_open(reading: Reading) -> bool:
    """Whether the reader may know what is planned for the records of a reading."""
    return issubclass(reading.model.cls, Thread) and may_see_plans(reading.env)


def beside(reading: Reading, counted: sa.Select[Any], until: DateTime[Any]) -> sa.Select[Any]:
    """A statement that counts records, with the numbers of Plans behind, of those that are not over."""
    env, cls = reading.env, reading.cls
    firsts = [_first(reading, reading.model.name)]
    counted = counted.outerjoin(firsts[0], firsts[0].c.of == cls.id)
    link = predecessor(env, reading.model)
    if link is not None:
        firsts.append(_first(reading, link.target_name))
        counted = counted.outerjoin(firsts[1], firsts[1].c.of == stored(cls, link))
    dues, now = [first.c.due for first in firsts], env.now()
    is_on, tomorrow = stored(cls, until).is_(None), _end_of_day(now, env.formats.zone)
    late, today = (sa.or_(*(due < moment for due in dues)) for moment in (now, tomorrow))
    place = sa.case(
        (late, "late"),
        (today, "today"),
        (sa.or_(*(due.is_not(None) for due in dues)), "planned"),
        else_="nothing",
    )
    return counted.add_columns(
        *(sa.func.count(sa.case((sa.and_(is_on, place == name), 1))) for name in Plans._fields)
    )


def _first(reading: Reading, model: str) -> Any:
    """When the first is due that is planned for each record of a model."""
    plan: Any = orm.aliased(reading.env[Activity])
    key = sa.func.min(
        plan.record_id
    )  # of a group it is the only one; the door takes a plain one for a bare table
    wanted = sa.select(key.label("of"), sa.func.min(plan.due).label("due"))
    here = (plan.model == model, plan.state == PLANNED, plan.archived.is_(False))
    return wanted.where(*here).group_by(plan.record_id).subquery()


def _end_of_day(now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The midnight that ends this day in a zone."""
    day = now.astimezone(zone).date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
