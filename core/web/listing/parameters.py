"""What the address of a list may bring, for the route map: the names of `query`, and filters by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.orm.info import ModelInfo
from core.orm.links import Link
from core.web.listing.query import READERS, TYPED
from core.web.routes import Parameters

if TYPE_CHECKING:
    from core.assembly import Assembly


class Filters:
    """`field__operator`, the field dotted over links; the list itself says which of them it can take."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether a name looks like a filter."""
        return "__" in name

    def names(self, assembly: Assembly, model: str) -> Iterable[str]:
        """The filters by fields of the model, and by those of the models that its links lead to."""
        info = assembly.registry.models[model]
        yield from _of(info, "")
        for item in info.fields.values():
            if isinstance(item, Link):
                yield from _of(assembly.registry.models[item.target_name], f"{item.name}.")


def _of(info: ModelInfo, prefix: str) -> Iterator[str]:
    for item in info.fields.values():
        yield from (f"{prefix}{item.name}__{operator}" for operator in item.operators)


PARAMETERS = Parameters((*READERS, *TYPED), Filters())
