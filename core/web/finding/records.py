"""What a search over all models shows: some records of each, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from core.texts.everywhere import Everywhere
from core.web.listing.columns import Columns
from core.web.listing.drawing import show, text_of
from core.web.listing.labels import Labels
from core.web.listing.reading import Reading

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.listing import ListView
    from core.web.site import Site

COUNTED = 100
"""Of a model, more than so many are no longer counted."""
SYMBOL = "list"


@dataclass(frozen=True)
class Hit:
    """A record that was found, with the small line that stands under it in its list."""

    href: str
    label: str
    under: str


@dataclass(frozen=True)
class Found:
    """What was found of one model; `href` leads to all of it."""

    model: str
    title: str
    symbol: str
    hits: list[Hit]
    count: str
    href: str


def find(site: Site, env: Env, text: str, symbols: Mapping[str, str], shown: int) -> list[Found]:
    """The models in which there is something to be found, those of the menu first, with `shown` records of each.

    One statement finds the words, and each model where they stand is asked for what the user may see of it.
    Raises FieldError where the text is too long.
    """
    everywhere, labels = Everywhere(env, text), Labels(env)
    places = {model: place for place, model in enumerate(symbols)}
    models = [
        info for info in env.registry if (info.searched or info.searched_links) and env.may(info.name, "r")
    ]
    found: list[Found] = []
    for info in sorted(models, key=lambda info: places.get(info.name, len(places))):
        condition = everywhere.condition(info)
        if condition is None:
            continue
        view = site.list_view(info.name, env)
        found += _of_model(view, env, condition, text, labels, symbols.get(info.name, SYMBOL), shown)
    return found


def _of_model(
    view: ListView, env: Env, condition: Any, text: str, labels: Labels, symbol: str, shown: int
) -> Iterator[Found]:
    """At most one."""
    columns = Columns(view.model, view.columns.nodes[:1], view.readable, view.masked)
    reading = Reading(env, view.model, view.query(env, []), labels)
    statement = reading.rows(columns).where(*reading.where(), condition).order_by(reading.cls.id.desc())
    rows = env.execute(statement.limit(COUNTED + 1)).all()
    if not rows:
        return
    values = show(reading, columns, rows[:shown], choosing=False)
    labelled = [text_of(value) for value in values.shown[0]] if values.shown else [""] * len(values.keys)
    hits = [
        Hit(f"{view.path}/{key}", label or f"#{key}", under)
        for key, label, under in zip(values.keys, labelled, values.under, strict=True)
    ]
    count = env.formats.number(min(len(rows), COUNTED)) + ("+" if len(rows) > COUNTED else "")
    href = f"{view.path}?{urlencode({'q': text})}"
    yield Found(view.model.name, str(view.model.plural), symbol, hits, count, href)
