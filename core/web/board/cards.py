"""Cards as markup: what the cards of a board have in common is made once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from core.base.thread import Thread
from core.i18n.lazy import _
from core.orm.kinds import Select
from core.orm.links import Many2many, Many2one
from core.orm.numbers import Money
from core.web import requests
from core.web.listing.drawing import NUL, escaped, show, text_of
from core.web.listing.labels import PERSON
from core.web.threads.plans import next_of

if TYPE_CHECKING:
    from core.web.board.lanes import Board

FORM = "move"
"""The form that all buttons of a board belong to, and the name under which they say what moves from where to where.

The button of a card does not say where to: that is asked by the menu, which is there once and not for each card, and
without script by a page.
"""
SPLIT = "."
IN_COLUMN, NO_TIME = _("in this column"), dt.timedelta()
LINK = "k"
"""Begins the id of the link of a card: an address that ends in it gives the card the focus, without script too."""


def draw(board: Board) -> list[Markup]:
    """The cards of each column."""
    rows = [row for lane in board.lanes for row in lane.rows]
    cards = iter(_cards(board, rows) if rows else ())
    return [Markup("".join(islice(cards, len(lane.rows)))) for lane in board.lanes]


def _cards(board: Board, rows: Sequence[Any]) -> list[str]:
    """The cards of all columns one after the other, made part by part as the cells of a list are."""
    values = show(board.reading, board.columns, [row[:-3] for row in rows], choosing=False)
    keys, items, short = values.keys, list(enumerate(board.columns.items)), _shortened(board, rows)
    texts = escaped([text_of(value) for value in values.shown[0]])
    titles = [text or f"#{key}" for key, text in zip(keys, texts, strict=True)]
    told, feet = [values.under], [[""] * len(keys)]
    for place, item in items[1:]:
        if _is_foot(item) and item.name not in board.columns.masked:
            feet.append(_foot(item, values.shown[place], short.get(place, ())))
        else:
            told.append([text_of(value) for value in values.shown[place]])
    below = [_lines(texts) for texts in told]
    if board.since is not None:
        place = min(1, len(told) - 1)
        below[place] = _aged(told[place], _ages(board, str(board.since.label), [row[-3] for row in rows]))
    href, openers = f"{escape(board.path)}/", _openers(board, keys, titles, [row[-1] for row in rows])
    plans = _plans(board, keys, [row[-2] for row in rows])
    parts = zip(keys, titles, openers, zip(*below, strict=True), zip(*feet, strict=True), plans, strict=True)
    return [
        f'<li class="card deal" id="c{key}" data-card="{key}"><a class="t" id="{LINK}{key}" href="{href}{key}">'
        f'{title}</a>{opener}{"".join(told)}<p class="line foot">{"".join(foot)}</p>{plan}</li>'
        for key, title, opener, told, foot, plan in parts
    ]


def _openers(board: Board, keys: Sequence[int], titles: Sequence[str], movable: Sequence[bool]) -> list[str]:
    """The buttons that open the menu of the cards that may be moved; their dots are drawn by board.css."""
    lanes = [escape(lane.choice.token) for lane in board.lanes for _row in lane.rows]
    before, after = escape(str(_("Move %(name)s", name=NUL))).split(NUL)
    begin = f'<button class="btn ghost ic menu" form="{FORM}" name="{FORM}" value="'
    return [
        f'{begin}{key}{SPLIT}{lane}" aria-label="{before}{title}{after}"></button>' if may_move else ""
        for key, lane, title, may_move in zip(keys, lanes, titles, movable, strict=True)
    ]


def _plans(board: Board, keys: Sequence[int], befores: Sequence[int | None]) -> list[str]:
    """What is planned next, in the last lines of the cards."""
    if not issubclass(board.model.cls, Thread):
        return [""] * len(keys)
    found = next_of(board.reading.env, board.model, keys, befores)
    symbol: Any = requests.site().templates.globals["icon"]
    icons = {plan.symbol: symbol(plan.symbol, small=True) for plan in found.values()}
    lines = {
        key: f'<p class="act {one.tone}">{icons[one.symbol]}<span>{escape(one.title)} · {escape(one.when)}</span></p>'
        for key, one in found.items()
    }
    return [lines.get(key, "") for key in keys]


def _ages(board: Board, label: str, moments: Sequence[dt.datetime | None]) -> list[str]:
    """How long each card has been in its column, in days or, of the first one, in hours; nothing where none knows."""
    env = board.reading.env
    now, zone, number, date = env.now(), env.formats.zone, env.formats.number, env.formats.date
    days, hours = (
        str(text).split(NUL) for text in (_("%(number)s d", number=NUL), _("%(number)s h", number=NUL))
    )
    before, after = (
        f'<span class="sp" title="{escape(label)} ',
        f'<span class="vh"> {escape(str(IN_COLUMN))}</span></span>',
    )
    found = []
    for moment in moments:
        if moment is None:
            found.append("")
            continue
        passed = now - moment if moment < now else NO_TIME
        count, words = (passed.days, days) if passed.days else (passed.seconds // 3600, hours)
        told = str(count) if count < 1000 else number(count)
        found.append(f'{before}{date(moment.astimezone(zone))}">{words[0]}{told}{words[1]}{after}')
    return found


def _aged(texts: Sequence[str], ages: Sequence[str]) -> list[str]:
    """Lines that end in how long the card is there."""
    return [
        f'<p class="line xs fnt"><span>{text}</span>{age}</p>' if age else line
        for text, age, line in zip(escaped(texts), ages, _lines(texts), strict=True)
    ]


def _lines(texts: Iterable[str]) -> list[str]:
    return [f'<p class="xs fnt">{text}</p>' if text else "" for text in escaped(list(texts))]


def _shortened(board: Board, rows: Sequence[Any]) -> dict[int, Sequence[str]]:
    """Amounts in three digits by their place, where there is one currency: the full one is the title."""
    env, read = board.reading.env, [item.name for item in board.columns.read]
    if len(env.currencies.by_code) > 1:
        return {}
    write, code, short = env.formats.money_short, env.currencies.own, dict[int, Sequence[str]]()
    for place, item in enumerate(board.columns.items):
        if isinstance(item, Money) and item.currency is None and item.name in read:
            at = read.index(item.name) + 1
            short[place] = ["" if row[at] is None else write(row[at], code) for row in rows]
    return short


def _is_foot(item: Any) -> bool:
    """Whether a field stands in the last line of a card: amounts, words in colour, tags and faces."""
    is_person = isinstance(item, Many2one) and item.target_name == PERSON
    is_toned = isinstance(item, Select) and bool(item.tones)
    return is_person or is_toned or isinstance(item, Money | Many2many)


def _foot(item: Any, values: Sequence[Any], short: Sequence[str]) -> list[str]:
    """What a field has in the last lines of the cards; nothing where it is empty."""
    texts = escaped([text_of(value) for value in values])
    if isinstance(item, Money):
        shown = escaped(short) if short else texts
        return [
            f'<b title="{text}">{few}</b>' if text else "" for text, few in zip(texts, shown, strict=True)
        ]
    if isinstance(item, Select):
        return [
            f'<span class="badge dot neu{escape(value[1])}">{text}</span>' if value else ""
            for text, value in zip(texts, values, strict=True)
        ]
    if isinstance(item, Many2many):
        return [_tags(value[1]) if value else "" for value in values]
    return [
        f'<span class="ava z22 sp {value[2]}" role="img" aria-label="{text}" title="{text}">{escape(value[1])}</span>'
        if value
        else ""
        for text, value in zip(texts, values, strict=True)
    ]


def _tags(labels: Sequence[str]) -> str:
    """The first of what a card is linked to; of more how many, which names them."""
    first, *more = (escape(label) for label in labels)
    others = ", ".join(more)
    rest = (
        f'<span class="badge" title="{others}">+{len(more)}<span class="vh"> {others}</span></span>'
        if more
        else ""
    )
    return f'<span class="badge tag" title="{first}">{first}</span>{rest}'


def sums(board: Board, amounts: Sequence[Mapping[str, Any]]) -> str:
    """Amounts by currency, added up, as a head says them."""
    added: dict[str, Any] = {}
    for by_code in amounts:
        for code, amount in by_code.items():
            if amount is not None:
                added[code] = added.get(code, 0) + amount
    write = board.reading.env.formats.money_short
    return " · ".join(write(amount, code) for code, amount in added.items())
