"""The columns of a list: those of its view, or those that the reader chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.i18n.lazy import _
from core.orm.currencies import decider
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.kinds import RecordKey
from core.orm.links import Many2many, Many2one, One2many
from core.orm.numbers import Money
from core.orm.times import Calendar
from core.views.nodes import Node
from core.views.resolve import ResolvedView
from core.web.listing.refusal import SHOWN, BadRequest

SHOWN_ON_PHONES = 4
MOST_COLUMNS = 30
NOT_VISIBLE = _("not visible to you")
"""Stands where a link leads to a record that the reader may not see."""
IN_PART = _("hidden in part")
"""Said with a mask."""


class Columns:
    """Columns in order. Small under the first stands the first field of `below` that is not empty.

    Of those that are `masked` no statement reads the value (core.access.masks).
    """

    def __init__(
        self, model: ModelInfo, nodes: Sequence[Node], readable: frozenset[str], masked: frozenset[str]
    ) -> None:
        self.model = model
        self.nodes = nodes
        self.masked = masked
        self._readable = readable
        self.items: list[Field[Any]] = [model.fields[node.name] for node in nodes]
        names: Sequence[str] = nodes[0].attrs.get("sub", ()) if nodes else ()
        chosen = [names] if isinstance(names, str) else names
        self.below = [
            model.fields[name] for name in chosen if name in readable | masked and name not in self.names[:1]
        ]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(node.name for node in self.nodes)

    @property
    def wanted(self) -> list[Field[Any]]:
        """The fields to read, each once, though it may stand in a column and below another."""
        return list({item.name: item for item in [*self.items, *self.below]}.values())

    def decider(self, item: Money[Any]) -> Many2one[Any] | None:
        """The link that says the currency of an amount, where the reader may read it."""
        link = decider(self.model, item)
        return link if link is not None and link.name in self._readable else None

    @property
    def read(self) -> list[Field[Any]]:
        """Fields whose values stand in the row and may be read: to show, and to know currencies and models by."""
        plain = [item for item in self.wanted if not isinstance(item, Many2many)]
        shown = [item for item in plain if item.name not in self.masked]
        deciders = [self.decider(item) for item in shown if isinstance(item, Money)]
        models = [self.model.fields[item.of] for item in shown if isinstance(item, RecordKey)]
        more = [item for item in (*deciders, *models) if item is not None and item.name in self._readable]
        return list({item.name: item for item in [*shown, *more]}.values())

    def label(self, place: int) -> str:
        """The head of a column."""
        return str(self.nodes[place].attrs.get("label", self.items[place].label))

    def is_low(self, place: int) -> bool:
        """Whether phones leave a column out."""
        return bool(self.nodes[place].attrs.get("low", place >= SHOWN_ON_PHONES))


def shown_columns(view: ResolvedView, readable: frozenset[str], masked: frozenset[str]) -> Columns:
    """The columns of a view, as far as they may be read or a mask of them be seen."""
    seen = readable | masked
    nodes = [node for node in view.fields if node.name in seen and is_column(view.model.fields[node.name])]
    return Columns(view.model, nodes, readable, masked)


def chosen_columns(
    view: ResolvedView, readable: frozenset[str], masked: frozenset[str], names: Sequence[str]
) -> Columns:
    """The columns that an address names. Raises BadRequest on what is neither readable nor masked."""
    if len(names) > MOST_COLUMNS:
        raise BadRequest(_("At most %(number)s columns at once.", number=MOST_COLUMNS))
    for name in names:
        if name not in readable | masked or not is_column(view.model.fields[name]) or names.count(name) > 1:
            raise BadRequest(_("“%(name)s” cannot be a column of this list.", name=name[:SHOWN]))
    known: Mapping[str, Node] = {node.name: node for node in view.fields}
    nodes = [known.get(name) or Node("field", name) for name in names]
    return Columns(view.model, nodes, readable, masked)


def offered(model: ModelInfo) -> list[Field[Any]]:
    """The fields that menus offer: the label, others of addons, when a record was made and when changed."""
    return [
        *sorted(model.own_fields, key=lambda item: item.name != model.label_field),
        *(item for item in model.fields.values() if item.system and isinstance(item, Calendar)),
    ]


def is_column(item: Field[Any]) -> bool:
    """Whether a field has one value, or a few, to show in a cell."""
    return not isinstance(item, One2many)


def stored(cls: Any, item: Field[Any]) -> Any:
    """The attribute of a class, or of its alias, that holds or reads a field's value; of a link its key."""
    return getattr(cls, item.key if isinstance(item, Many2one) else item.name)
