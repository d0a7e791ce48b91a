"""The house's budgets and bans, held from the first day. An exception is listed here, with its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from core.testing.checks.texts import inline_code

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES = 400
FUNCTION_LINES = 50
STYLESHEET_BYTES = 25 * 1024
SCRIPT_BYTES = 20 * 1024

LONG_MODULES: Mapping[str, str] = {}
"""`path` -> why it may be longer than the budget."""
LONG_FUNCTIONS: Mapping[str, str] = {}
"""`path:function` -> why it may be longer than the budget."""

TEMPLATES = (".html", ".jinja", ".jinja2", ".svg")
ASK_NO_DATABASE = {"core/i18n/formats.py", "core/orm/database.py", "core/orm/info.py"}
"""Where `functools.cached_property` holds nobody up: what it works out there asks no database (core.orm.once)."""
BARE_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[)")


def sources(*suffixes: str) -> list[Path]:
    """Our own files of these kinds in core and addons, without what set-up fetched."""
    return [
        path
        for room in ("core", "addons")
        for path in sorted((ROOT / room).rglob("*"))
        if path.suffix in suffixes and path.is_file() and "vendor" not in path.parts
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length of each function of a module, inner ones too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_modules_are_short() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(".py")}
    found = {name: n for name, n in lengths.items() if n > MODULE_LINES and name not in LONG_MODULES}
    assert not found, f"more than {MODULE_LINES} lines: {found}"


def test_functions_are_short() -> None:
    lengths = {f"{name_of(path)}:{name}": n for path in sources(".py") for name, n in functions(path)}
    found = {name: n for name, n in lengths.items() if n > FUNCTION_LINES and name not in LONG_FUNCTIONS}
    assert not found, f"more than {FUNCTION_LINES} lines: {found}"


def test_exceptions_are_still_needed() -> None:
    modules = {name_of(path) for path in sources(".py")}
    known = {f"{name_of(path)}:{name}" for path in sources(".py") for name, _ in functions(path)}
    assert set(LONG_MODULES) <= modules
    assert set(LONG_FUNCTIONS) <= known


def test_templates_hold_no_code() -> None:
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in sources(*TEMPLATES)}
    found = {name: what for name, text in texts.items() if (what := inline_code(text))}
    assert not found, f"the Content-Security-Policy refuses it: {found}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('<p style="color: red">', ["inline style"]),
        ("<style>p {}</style>", ["inline style"]),
        ("<button\n onclick='go()'>", ["inline handler"]),
        ("<div hx-on:click='go()'>", ["inline handler"]),
        ("<script>go()</script>", ["inline script"]),
        ("<script type=module>go()</script>", ["inline script"]),
        ("<a href='javascript:go()'>", ["address with code"]),
        ("<script src='/static/lumbung.js' defer></script>", []),
        ("<script type='application/json'>{}</script>", []),
        ("{# <p style=...> #}{{ icon('x', style='large') }}<p class='on'>", []),
    ],
)
def test_inline_code_is_recognised(template: str, expected: list[str]) -> None:
    assert inline_code(template) == expected


@pytest.mark.parametrize(("suffix", "budget"), [(".css", STYLESHEET_BYTES), (".js", SCRIPT_BYTES)])
def test_the_browser_gets_little(suffix: str, budget: int) -> None:
    sizes = {name_of(path): path.stat().st_size for path in sources(suffix)}
    found = {name: size for name, size in sizes.items() if size > budget}
    assert not found, f"more than {budget} bytes: {found}"


def test_every_waiver_of_a_type_names_its_rule() -> None:
    found = [
        f"{name_of(path)}:{number}"
        for path in sources(".py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if BARE_IGNORE.search(line)
    ]
    assert not found, f"`type: ignore` without a code: {found}"


def test_what_asks_the_database_holds_up_no_other_thread() -> None:
    used = [path for path in sources(".py") if "cached_property" in names_in(path)]
    assert {path.relative_to(ROOT).as_posix() for path in used} == ASK_NO_DATABASE


def names_in(path: Path) -> set[str]:
    """The names that a module uses."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
