"""All that is known of a composed model."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from core.i18n.lazy import TextLike
from core.orm.closed import mapped_key
from core.orm.fields import Field
from core.orm.kinds import Char, Text
from core.orm.links import Link, Many2many, Many2one, One2many
from core.orm.model import Model


@dataclass(eq=False)
class ModelInfo:
    """All that is known of a composed model; `fields` in the order in which they are declared."""

    name: str
    cls: type[Model]
    fragments: Sequence[type[Model]]
    fields: dict[str, Field[Any]]
    label: TextLike
    plural: TextLike
    access: Mapping[str, str]
    order: str | None
    label_field: str | None
    addon: str
    keeps_history: bool = True
    table: Any = None
    associations: dict[str, Any] = field(default_factory=dict)
    far_ends: list[Any] = field(default_factory=list)

    @cached_property
    def own_fields(self) -> list[Field[Any]]:
        """The fields that addons declared, without those that every record has."""
        return [item for item in self.fields.values() if not item.system]

    @cached_property
    def searched(self) -> list[Field[Any]]:
        """The fields whose text is kept for search: all who read the model may read them."""
        return [
            item
            for item in self.own_fields
            if item.search and item.access is None and isinstance(item, Char | Text)
        ]

    @cached_property
    def searched_links(self) -> list[Many2one[Any]]:
        """The links that are searched by the text of their target, which is kept with the target."""
        return [
            item
            for item in self.own_fields
            if item.search and item.access is None and isinstance(item, Many2one)
        ]

    @cached_property
    def relations(self) -> frozenset[str]:
        """The attributes that hold other records."""
        return frozenset(sa.inspect(self.cls).relationships.keys())

    @cached_property
    def near_links(self) -> list[Link[Any]]:
        """The links that a record itself holds."""
        return [item for item in self.own_fields if isinstance(item, Many2one | Many2many)]

    @cached_property
    def validated(self) -> dict[bool, list[tuple[Field[Any], str, int]]]:
        """The fields with a value of their own that a row must be able to hold, the attributes that hold it, and the
        length up to which a plain text is right as it is; 0 where each value has to be looked at.

        Those that are given, under False, and those that are computed, under True.
        """
        items = [item for item in self.own_fields if not isinstance(item, One2many | Many2many)]
        return {
            computed: [
                (item, mapped_key(item), item.size if type(item) is Char and not item.translate else 0)
                for item in items
                if (item.compute is not None) is computed
            ]
            for computed in (False, True)
        }

    @cached_property
    def followed(self) -> list[Field[Any]]:
        """The fields whose changes are kept: all that hold a value that someone set, and whether it is archived."""
        system = [item for item in self.fields.values() if item.name == "archived"]
        return [
            *system,
            *(item for item in self.own_fields if not (item.compute or isinstance(item, One2many))),
        ]

    @cached_property
    def followed_of(self) -> dict[str, Field[Any]]:
        """The same by the attributes that hold their values."""
        return {name: item for item in self.followed for name in (item.name, item.key)}

    @cached_property
    def field_of(self) -> dict[str, str]:
        """The field behind each attribute that holds a value: `partner` behind `partner` and `partner_id`."""
        return {name: item.name for item in self.fields.values() for name in (item.key, item.name)}

    def fields_behind(self, names: Iterable[str]) -> frozenset[str]:
        """The fields that attributes hold the values of."""
        return frozenset(self.field_of.get(name, name) for name in names)

    @cached_property
    def computed(self) -> frozenset[str]:
        """The fields whose value follows from others."""
        return frozenset(item.name for item in self.own_fields if item.compute)

    @cached_property
    def empties(self) -> dict[str, None]:
        """The fields of which a new record holds nothing until it is given something, as attributes: what is there is
        read ten times as fast as what SQLAlchemy has to look for."""
        return dict.fromkeys(
            item.key
            for item in self.own_fields
            if item.default is None
            and not (isinstance(item, Link) or item.access or item.lapses or item.compute or item.required)
            and item.key == item.name
        )

    @cached_property
    def _constants(self) -> dict[str, Any]:
        plain = {name: item.default for name, item in self.fields.items() if not isinstance(item, Link)}
        return {name: value for name, value in plain.items() if value is not None and not callable(value)}

    def initial(self, given: Container[str]) -> dict[str, Any]:
        """The constant defaults of a new record that is not given them; data is copied, as a record may change it."""
        constants = ((name, value) for name, value in self._constants.items() if name not in given)
        return {
            name: deepcopy(value) if isinstance(value, dict | list) else value for name, value in constants
        }
