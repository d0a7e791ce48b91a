"""What the sources of an addon must hold, by reading them: ways round the door, imports, overrides, hooks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import core
from core import hookspecs
from core.checks.names import unknown_names
from core.checks.sources import Module, heard, is_marked
from core.errors import LoadError
from core.testing.subject import Subject

PUBLIC_ROOMS = ("core.base", "core.testing")
DRIVERS = {"sqlite3", "psycopg", "psycopg2", "aiosqlite", "asyncpg"}
CONNECTIONS = {
    "exec_driver_sql",
    "raw_connection",
    "core_connection",
    "get_bind",
    "dbapi_connection",
    "driver_connection",
}
ENGINES = {"create_engine", "create_async_engine", "sessionmaker"}
OF_DATABASE = ("reading", "writing")
TEXTS = {"text", "literal_column"}
BARE = {"table", "Table"}
DANGERS = {"eval": "call", "exec": "call", "compile": "call", "__import__": "call"}
UNSAFE_MODULES = {"pickle", "shelve", "marshal", "dill"}
REASONED = ("unsafe_sql", "sudo")
SHORTEST_REASON = 10
LIFECYCLE = {"before_create", "before_write", "before_delete"}
LABEL = "display_label"
HOOKS = frozenset(
    name for name, value in vars(hookspecs).items() if hasattr(value, "lumbung_spec") and callable(value)
)


def nodes(subject: Subject) -> Iterator[tuple[Module, ast.AST]]:
    """Every piece of every source."""
    for module in subject.modules:
        for node in ast.walk(module.tree):
            yield module, node


def called(node: ast.AST) -> str:
    """The last name of what is called, "" where it is no call."""
    if not isinstance(node, ast.Call):
        return ""
    return _last(node.func)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


# ----------------------------------------------------------------- imports
def private_imports(subject: Subject) -> Iterator[LoadError]:
    """Only the facade, base and testing are for addons; the rest of the core may change with any version."""
    for module, node in nodes(subject):
        for name in _imported(module, node):
            if name.split(".")[0] == "core" and not _is_public(name):
                yield subject.fault(
                    module.at(node),
                    f"It imports {name}, which is private.",
                    "Import from core or core.base; if something is missing there, ask for it.",
                )


def strange_imports(subject: Subject) -> Iterator[LoadError]:
    """Of other addons only those in `depends` or `extras`: others may be missing tomorrow."""
    owners = {item.module: item.addon.name for item in subject.stock.catalogue.addons.values()}
    for module, node in nodes(subject):
        for name in _imported(module, node):
            owner = next(
                (owner for room, owner in owners.items() if name == room or name.startswith(f"{room}.")), None
            )
            if owner is not None and owner != subject.name and owner not in subject.near:
                yield subject.fault(
                    module.at(node),
                    f"It imports {name} of {owner}, on which it does not depend.",
                    f"Name “{owner}” in depends, or in extras and import it in that module only.",
                )


def _imported(module: Module, node: ast.AST) -> list[str]:
    """The modules and names that an import names, written out in full."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        if node.module == "core":
            return [f"core.{alias.name}" for alias in node.names]
        return [node.module]
    return []


def _is_public(name: str) -> bool:
    if name == "core" or any(name == room or name.startswith(f"{room}.") for room in PUBLIC_ROOMS):
        return True
    rest = name.removeprefix("core.")
    return rest == "*" or rest in core.__all__


# ----------------------------------------------------------------- ways round the door
def raw_connections(subject: Subject) -> Iterator[LoadError]:
    """No driver, engine or connection: neither rights nor companies nor history are asked there."""
    remedy = "Use env.scalars(select(env[Model])), or env.unsafe_sql(why) where no model can say it."
    for module, node in nodes(subject):
        names = _imported(module, node)
        if any(name.split(".")[0] in DRIVERS for name in names):
            yield subject.fault(module.at(node), f"It imports the driver {names[0]}.", remedy)
        elif called(node) in ENGINES or (isinstance(node, ast.Attribute) and node.attr in CONNECTIONS):
            yield subject.fault(
                module.at(node), f"{called(node) or _last(node)} leads round the door.", remedy
            )
        elif called(node) == "connection" and isinstance(node, ast.Call) and _is_session(node.func):
            yield subject.fault(module.at(node), "session.connection() leads round the door.", remedy)
        elif isinstance(node, ast.Attribute) and node.attr in OF_DATABASE and _last(node.value) == "database":
            yield subject.fault(module.at(node), f"database.{node.attr} leads round the door.", remedy)


def _is_session(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and _last(node.value) == "session"


def assembled_sql(subject: Subject) -> Iterator[LoadError]:
    """SQL is never put together: what stands in a variable may come from a user."""
    for module, node in nodes(subject):
        if not isinstance(node, ast.Call) or called(node) not in TEXTS or not _is_of_sqlalchemy(module, node):
            continue
        first = node.args[0] if node.args else None
        if not isinstance(first, ast.Constant):
            yield subject.fault(
                module.at(node),
                f"{called(node)}() is given a statement that is not written out.",
                "Write the statement out, with :name for each value and bindparams(name=value).",
            )
        elif not _is_unsafe(module, node):
            yield subject.fault(
                module.at(node),
                f"{called(node)}() is refused by the door, as it asks nobody's rights.",
                "Say it with select(env[Model]), or inside of `with env.unsafe_sql(why) as session:`.",
            )


def bare_tables(subject: Subject) -> Iterator[LoadError]:
    """A table knows of no rights: a statement over it would show the records of everybody."""
    for module, node in nodes(subject):
        is_made = isinstance(node, ast.Call) and called(node) in BARE and _is_of_sqlalchemy(module, node)
        is_taken = isinstance(node, ast.Attribute) and (
            node.attr == "__table__" or (node.attr == "table" and called(node.value) == "info")
        )
        if (is_made or is_taken) and not _is_unsafe(module, node):
            yield subject.fault(
                module.at(node),
                "A bare table is asked, without anybody's rights.",
                "Ask the model: select(env[Model]); in a hook of the system, with env.sudo(why).",
            )


def _is_of_sqlalchemy(module: Module, call: ast.Call) -> bool:
    """Whether what is called comes from SQLAlchemy, by the imports of its module."""
    root = call.func
    while isinstance(root, ast.Attribute):
        root = root.value
    name = root.id if isinstance(root, ast.Name) else ""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", None) or ""
            for alias in node.names:
                if (alias.asname or alias.name.split(".")[0]) == name and "sqlalchemy" in (
                    origin or alias.name
                ):
                    return True
    return False


def _is_unsafe(module: Module, wanted: ast.AST) -> bool:
    """Whether something stands inside of `with env.unsafe_sql(...)`."""
    return any(
        any(called(item.context_expr) == "unsafe_sql" for item in node.items)
        and any(inner is wanted for inner in ast.walk(node))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.With)
    )


def without_reason(subject: Subject) -> Iterator[LoadError]:
    """Whoever goes past the rights says why, in words that a reader of the log understands."""
    for module, node in nodes(subject):
        if called(node) not in REASONED or not isinstance(node, ast.Call):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        said = given[0].value if given and isinstance(given[0], ast.Constant) else None
        if not given or (said is not None and len(str(said).strip()) < SHORTEST_REASON):
            yield subject.fault(
                module.at(node),
                f"{called(node)}() does not say why.",
                f'Write a reason, such as {called(node)}("counts the orders of all companies"): it is logged.',
            )


def dangers(subject: Subject) -> Iterator[LoadError]:
    """No eval, exec or pickle: what they are given runs as code."""
    for module, node in nodes(subject):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DANGERS
        names = [name for name in _imported(module, node) if name.split(".")[0] in UNSAFE_MODULES]
        if is_call or names:
            yield subject.fault(
                module.at(node),
                f"{called(node) or names[0]} runs what it is given as code.",
                "Use json for data, and a mapping of names to functions for choices.",
            )


# ----------------------------------------------------------------- overrides and hooks
def overrides_without_super(subject: Subject) -> Iterator[LoadError]:
    """A method that several addons override calls the next one, else it switches theirs off."""
    for module, node in nodes(subject):
        if not isinstance(node, ast.ClassDef):
            continue
        begins = any(keyword.arg == "name" for keyword in node.keywords)
        names = LIFECYCLE if begins else LIFECYCLE | {LABEL}
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name in names and not _calls_super(method):
                yield subject.fault(
                    module.at(method),
                    f"{node.name}.{method.name}() does not call super().{method.name}().",
                    "Call it, or what other addons do there is not done.",
                )


def _calls_super(method: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == method.name and called(node.value) == "super"
        for node in ast.walk(method)
    )


def unheard_hooks(subject: Subject) -> Iterator[LoadError]:
    """A function with the mark of a hook is called, and one with the name of a hook has the mark."""
    known = heard(subject.found)
    for module in subject.modules:
        for node in module.tree.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            if is_marked(node) and module.name not in known:
                yield subject.fault(
                    module.at(node),
                    f"{node.name}() is never called: {module.name} is not registered.",
                    f'Name the module in the manifest: modules=("{module.name.rpartition(".")[2]}",).',
                )
            elif not is_marked(node) and node.name in HOOKS and module.name in known:
                yield subject.fault(
                    module.at(node),
                    f"{node.name}() has the name of a hook, but not its mark.",
                    "Write @hookimpl above it, or give it another name.",
                )


def names_of_nothing(subject: Subject) -> Iterator[LoadError]:
    """Names that nothing defines: Python tells of them only when their line is run."""
    for finding in unknown_names(subject.found):
        yield subject.fault(finding.origin, str(finding.text), "")
