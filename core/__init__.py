"""The facade: all that an addon author imports. Anything else under `core` is private (but `core.base`)."""

from core.errors import FieldError, LoadError, Refusals, UserError
from core.hookspecs import hookimpl
from core.i18n.lazy import LazyText, _, ngettext
from core.manifest import Addon, Demo, Key, Menu, Page, Role, Rows, Rule, Scale
from core.orm.changes import stored
from core.orm.contacts import Email, Phone, Url
from core.orm.env import CurrentUser, Env
from core.orm.happened import Event
from core.orm.kinds import Boolean, Char, Integer, Json, Select, Text
from core.orm.links import Many2many, Many2one, One2many
from core.orm.model import Model
from core.orm.numbers import Decimal, Money, Percent
from core.orm.refs import Ref
from core.orm.times import Date, DateTime
from core.rendering import render
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
    listing,
    replace,
    search,
)

__all__ = [
    "Addon",
    "Boolean",
    "Char",
    "CurrentUser",
    "Date",
    "DateTime",
    "Decimal",
    "Demo",
    "Email",
    "Env",
    "Event",
    "Extension",
    "FieldError",
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
    "Text",
    "Url",
    "UserError",
    "View",
    "_",
    "after",
    "attrs",
    "before",
    "extend",
    "form",
    "hide",
    "hookimpl",
    "into",
    "listing",
    "ngettext",
    "render",
    "replace",
    "search",
    "stored",
]
