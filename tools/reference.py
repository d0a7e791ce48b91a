"""Writes docs/fields.md from the code: `python -m tools.reference`.

What stands there is what the code says: signatures, defaults, docstrings, and the texts below attributes.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import core
from core.checks.values import icons
from core.i18n.formats import Formats
from core.orm.choices import Choices
from core.orm.fields import Field, FieldOptions
from core.orm.jobs import Jobs
from core.views import nodes
from core.web.site import HERE

PAGE = Path(__file__).parent.parent / "docs/fields.md"
HELD = {
    "M": "a record",
    "list[M]": "a list of records",
    "Number": "`decimal.Decimal`",
    "dt.date": "`datetime.date`",
    "dt.datetime": "`datetime.datetime`, aware",
}
"""What the types of a kind call by a name of their own."""
BODIES = (nodes.form, nodes.listing, nodes.search, nodes.kanban)
PARTS = (nodes.Item, nodes.Group, nodes.Slot, nodes.Moved)
CHANGES = (
    nodes.extend, nodes.after, nodes.before, nodes.into, nodes.replace, nodes.hide, nodes.attrs,
)  # fmt: skip
INTRO = """\
# Fields, icons, tones, views, env

What is in the hand of an addon's author, all of it. This page is written from the code by `python -m tools.reference`:
what a name means is said where it is defined. `from core import Char, Item, ...` imports whatever is named here; a
`TextLike` is a text or `_("...")`. How it is all used shows the [tutorial](tutorial.md), and [hooks](hooks.md) where.
"""
FIELDS = """\
## Fields

A field is declared once, in the class of a model: `name = Char(60, required=True, label=_("Name"))`. Without
`required=True` its value may be None.

```python
day = Date(default=lambda env: env.today(), label=_("Day"))
```
"""
VIEWS = """\
## Views

The hook `views` gives `View(name, model, body)`, or `extend(name, ...)` of a view that is there. A string in the place
of a node is the field of that name.

```python
View("survey.line.list", Line, listing(Item("text", sub=("state",)), "lead", Item("price", low=True)))
```
"""


def written() -> str:
    """The page."""
    return "\n".join([INTRO, *_fields(), *_icons(), *_tones(), *_views(), *_env()])


def kinds() -> list[type[Field[Any]]]:
    """The kinds of field that an addon may use, by their names."""
    given = (getattr(core, name) for name in core.__all__)
    return [kind for kind in given if isinstance(kind, type) and issubclass(kind, Field)]


# ----------------------------------------------------------------- fields
def _fields() -> Iterator[str]:
    yield FIELDS
    yield "### Every field\n"
    yield from _table(FieldOptions.__annotations__, {**texts_of(Field), **texts_of(FieldOptions)}, Field)
    for kind in kinds():
        yield f"### {kind.__name__}\n"
        yield f"{_paragraphs(kind)}\n"
        yield f"Value: {_value(kind)}. In filters: {_listed(kind.operators)}.\n"
        own = [name for name in _parameters(kind) if name not in _parameters(Field)]
        yield from _table(own, texts_of(*reversed(kind.__mro__)), kind) if own else ()
    yield f"### Choices\n\n`{_signature(Choices)}`\n\n{_paragraphs(Choices)}\n"


def _table(names: Any, texts: Mapping[str, tuple[str, str]], owner: type[Any]) -> Iterator[str]:
    parameters = _parameters(owner)
    wanted = ["required", *names] if owner is Field else names
    yield "| argument | type | default | meaning |\n|---|---|---|---|"
    for name in wanted:
        kind, text = texts[name]
        default = parameters[name].default
        said = "" if default is inspect.Parameter.empty else f"`{default!r}`"
        yield _row(f"`{name}`", f"`{kind}`", said, text)
    yield ""


def _parameters(kind: type[Any]) -> dict[str, inspect.Parameter]:
    """The arguments of a kind, with those that it hands to the kinds before it."""
    found: dict[str, inspect.Parameter] = {}
    for cls in kind.__mro__:
        made = vars(cls).get("__init__")
        given = inspect.signature(made).parameters if inspect.isfunction(made) else {}
        fixed = ("self", "options")
        found = {**found, **{name: one for name, one in given.items() if name not in {*fixed, *found}}}
    return found


def _value(kind: type[Any]) -> str:
    """What a required one holds, as the types of the kind say it."""
    [cls] = _tree(kind).body
    assert isinstance(cls, ast.ClassDef)
    typed = [node.annotation for node in ast.walk(cls) if isinstance(node, ast.arg) and node.arg == "self"]
    for node in (*typed, *cls.bases):
        if isinstance(node, ast.Subscript) and ast.unparse(node.slice) != "T":
            held = ast.unparse(node.slice)
            return HELD.get(held, f"`{held}`")
    raise AssertionError(f"{kind.__name__} does not say what it holds")


# ----------------------------------------------------------------- icons and tones
def _icons() -> Iterator[str]:
    yield "## Icons\n"
    yield "What `Menu(icon=)`, `Offer(icon=)`, the `symbols` of a Select and `{{ icon(...) }}` in templates take:\n"
    yield f"{_listed(sorted(icons()))}\n"


def _tones() -> Iterator[str]:
    drawn = re.findall(r"^\.tone-(\w+)", (HERE / "static/lumbung.css").read_text("utf-8"), re.MULTILINE)
    yield "## Tones\n"
    yield 'The colour of a badge: what the `tones` of a Select map its choices to. `""` is grey.\n'
    yield "| tone | meaning |\n|---|---|"
    yield from (_row(f"`{name}`", nodes.TONES[name]) for name in drawn)
    yield ""


# ----------------------------------------------------------------- views and env
def _views() -> Iterator[str]:
    yield VIEWS
    for title, functions in (("Bodies", BODIES), ("Nodes", PARTS), ("Changes", CHANGES)):
        yield f"### {title}\n"
        for function in functions:
            yield f"#### `{_signature(function)}`\n\n{_paragraphs(function)}\n"
    yield "### Options of an Item\n\nForm, page or list says where one means something.\n"
    yield "| option | type | meaning |\n|---|---|---|"
    for name, (kind, text) in texts_of(nodes.ItemOptions).items():
        yield _row(f"`{name}`", f"`{kind}`", text)
    yield ""


def _env() -> Iterator[str]:
    yield "## Env\n\nThe unit of work that every hook at work and every page gets; `record.env` is that of a record.\n"
    yield "| | |\n|---|---|"
    yield from (_row(f"`env.{name}`", text) for name, (_kind, text) in texts_of(core.Env).items())
    yield from _members(core.Env, "env")
    yield from _members(Jobs, "env.jobs")
    yield "\n### env.formats\n\nValues as the user writes them, and back.\n\n| | |\n|---|---|"
    yield from _members(Formats, "formats")
    yield ""


def _members(cls: type[Any], name: str) -> Iterator[str]:
    for key, member in vars(cls).items():
        function: Any = inspect.unwrap(member.fget or str if isinstance(member, property) else member)
        if key == "__getitem__":
            yield _row(f"`{name}[Model]`", _paragraphs(function))
        elif inspect.isfunction(function) and not key.startswith("_"):
            called = key if isinstance(member, property) else _signature(function)
            yield _row(f"`{name}.{called}`", _paragraphs(function))


# ----------------------------------------------------------------- what the code says
def texts_of(*classes: type[Any]) -> dict[str, tuple[str, str]]:
    """The type of each attribute that has a text below it, and the text."""
    found: dict[str, tuple[str, str]] = {}
    for cls in classes:
        if cls.__module__.startswith("core."):
            for node in ast.walk(_tree(cls)):
                body = node.body if isinstance(node, ast.ClassDef | ast.FunctionDef) else []
                found |= dict(_told(body))
    return found


def _told(body: list[ast.stmt]) -> Iterator[tuple[str, tuple[str, str]]]:
    for node, text in pairwise(body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(text, ast.Expr):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            kind = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
            name = target.attr if isinstance(target, ast.Attribute) else ast.unparse(target)
            if isinstance(text.value, ast.Constant):
                yield name, (kind, _plain(str(text.value.value)))


def _tree(thing: Any) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(thing)))


def _signature(function: Callable[..., Any]) -> str:
    """As it is written, without `self`."""
    head = re.search(r'\bdef (.+?):\n\s+"""', inspect.getsource(function), re.DOTALL)
    assert head is not None, function
    return re.sub(r"self(, )?|(?<=\() |, (?=\))", "", _plain(head[1]))


def _paragraphs(thing: Any) -> str:
    """The docstring, of which each paragraph is one line. Fails where there is none."""
    text = inspect.getdoc(thing)
    assert text, f"{thing} has no docstring"
    return "\n\n".join(_plain(part) for part in text.split("\n\n"))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(*cells: str) -> str:
    return f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
