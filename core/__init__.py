"""The facade: all that an addon author imports. Anything else under `core` is private (but `core.base`)."""

from core.dashboard import DashboardCard, DashboardRow, DashboardTile, Why
from core.errors import FieldError, LoadError, Refusals, UserError
from core.hookspecs import hookimpl
from core.i18n.lazy import LazyText, Word, _, ngettext
from core.manifest import Addon, Demo, Key, Menu, Offer, Page, Role, Rows, Rule, Scale
from core.orm.changes import stored
from core.orm.choices import Choices
from core.orm.claims import Claim
from core.orm.contacts import Email, Phone, Url
from core.orm.env import CurrentUser, Env
from core.orm.files import File
from core.orm.happened import Event
from core.orm.kinds import Boolean, Char, Integer, Json, Select, Text
from core.orm.links import Many2many, Many2one, One2many
from core.orm.model import Model
from core.orm.numbers import Decimal, Money, Percent
from core.orm.periods import beginning
from core.orm.refs import Ref
from core.orm.times import Date, DateTime
from core.rendering import done, render
from core.schema.upgrading import Tables
from core.sql import total
from core.timeline import TimelineItem
from core.views.nodes import (
    Extension,
    Group,
    Item,
    Moved,
    Slot,
    View,
    after,
    attrs,
    before,
    extend,
    form,
    hide,
    into,
    kanban,
    listing,
    replace,
    search,
)

__all__ = [
    "Addon",
    "Boolean",
    "Char",
    "Choices",
    "Claim",
    "CurrentUser",
    "DashboardCard",
    "DashboardRow",
    "DashboardTile",
    "Date",
    "DateTime",
    "Decimal",
    "Demo",
    "Email",
    "Env",
    "Event",
    "Extension",
    "FieldError",
    "File",
    "Group",
    "Integer",
    "Item",
    "Json",
    "Key",
    "LazyText",
    "LoadError",
    "Many2many",
    "Many2one",
    "Menu",
    "Model",
    "Money",
    "Moved",
    "Offer",
    "One2many",
    "Page",
    "Percent",
    "Phone",
    "Ref",
    "Refusals",
    "Role",
    "Rows",
    "Rule",
    "Scale",
    "Select",
    "Slot",
    "Tables",
    "Text",
    "TimelineItem",
    "Url",
    "UserError",
    "View",
    "Why",
    "Word",
    "_",
    "after",
    "attrs",
    "before",
    "beginning",
    "done",
    "extend",
    "form",
    "hide",
    "hookimpl",
    "into",
    "kanban",
    "listing",
    "ngettext",
    "render",
    "replace",
    "search",
    "stored",
    "total",
]
