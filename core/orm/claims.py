"""Claims: a record that has a resource to itself for a time, so that nothing is promised twice."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from core.errors import LoadError
from core.i18n.lazy import LazyText, _
from core.orm.links import Many2one
from core.orm.model import Model
from core.orm.names import short
from core.orm.times import DateTime

if TYPE_CHECKING:
    from core.orm.info import ModelInfo


class Claim(Model, abstract=True):
    """Takes what its link `resource` leads to, from `begins` until before `ends`, or for good.

    No two claims of one model overlap on one resource, whoever writes them at once: the second is refused beside the
    link. A claim that is archived, deleted or over does not count; `release()` ends it now.
    """

    resource: ClassVar[str] = ""
    """The name of the Many2one, which is required."""

    begins = DateTime(required=True, default=lambda env: env.now(), index=True, label=_("From"))
    ends = DateTime(label=_("Until"), help=_("Left empty, it has no end."))

    def release(self) -> None:
        """Ends it now; one that has not begun is as if it had never been."""
        now: dt.datetime = self.env.now()
        if self.ends is None or self.ends > now:
            self.ends = max(now, self.begins)


def link_of(info: ModelInfo) -> Many2one[Any]:
    """The link to what the claims of a model take. Raises LoadError where the model does not say it."""
    name: str = info.cls.resource  # type: ignore[attr-defined]
    link = info.fields.get(name)
    if isinstance(link, Many2one) and link.required:
        return link
    raise LoadError(
        _("%(model)s is a Claim, and its resource “%(name)s” is no required link of it.", model=info.name, name=name),
        _("Write resource = \"unit\", and unit = Many2one(Unit, required=True)."),
        addon=info.addon, origin=info.fragments[0].__lumbung__.origin)  # fmt: skip


def taken_text(link: Many2one[Any]) -> LazyText:
    """What is said where nobody is named."""
    return _("%(field)s is taken at this time.", field=link.label)


def constrain(info: ModelInfo, table: sa.Table) -> None:
    """Has PostgreSQL refuse what overlaps. A key is written as a range, which needs no extension as a number would."""
    if not issubclass(info.cls, Claim):
        return
    from sqlalchemy.dialects.postgresql import (
        ExcludeConstraint,
    )  # a fifth of a start, for those who have claims only

    key, columns = table.c[link_of(info).key], table.c
    resource = sa.func.int8range(key, key, sa.literal_column("'[]'"))
    time = sa.func.tstzrange(columns.begins, columns.ends)
    made = ExcludeConstraint(
        (resource, "&&"), (time, "&&"), where=columns.archived.is_(False), name=short(f"ex_{table.name}")
    )
    table.append_constraint(made.ddl_if(dialect="postgresql"))
