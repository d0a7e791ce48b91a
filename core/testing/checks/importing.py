"""What happens when the modules of an addon are imported: nothing but definitions."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from core.errors import LoadError, Origin
from core.faults import inside
from core.testing.subject import Subject

REMEDY = "Do it in a function that a hook, a page or a command calls: finding an addon installs nothing."
EFFECTS = (
    "socket.",
    "sqlite3.connect",
    "subprocess.",
    "os.system",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "shutil.",
)
IMPORTING = "<frozen importlib"
"""What another module does while the addon imports it is not the addon's doing."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT

_seen: ContextVar[list[tuple[str, Origin | None]] | None] = ContextVar("lumbung_effects", default=None)
_watched: ContextVar[Subject | None] = ContextVar("lumbung_watched", default=None)
_hooks: list[Any] = []


class Blocked(Exception):
    """What is done at import is refused, so that a test of it does no harm."""


class _Environment(MutableMapping[str, str]):
    """The environment, and who reads it."""

    def __init__(self, real: MutableMapping[str, str]) -> None:
        self._real = real

    def __getitem__(self, name: str) -> str:
        _note("the environment is asked")
        return self._real[name]

    def __setitem__(self, name: str, value: str) -> None:
        _note("the environment is changed")
        self._real[name] = value

    def __delitem__(self, name: str) -> None:
        _note("the environment is changed")
        del self._real[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)


def effects(subject: Subject) -> Iterator[LoadError]:
    """Imports the modules once more, beside those that are used, and tells what that did besides defining."""
    with _aside(subject), _listening(subject) as seen:
        for module in subject.modules:
            try:
                importlib.import_module(module.name)
            except (Blocked, ImportError):
                continue
    for what, origin in dict.fromkeys(seen):
        yield subject.fault(origin, f"When it is imported, {what}.", REMEDY)


@contextmanager
def _aside(subject: Subject) -> Iterator[None]:
    """A block in which the modules of the addon have not been imported yet."""
    package = subject.found.module
    names = [name for name in sys.modules if name == package or name.startswith(f"{package}.")]
    kept = {name: sys.modules.pop(name) for name in names}
    parent, _dot, last = package.rpartition(".")
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes_bytecode
        for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
            del sys.modules[name]
        sys.modules.update(kept)
        if parent and package in kept:
            setattr(sys.modules[parent], last, kept[package])


@contextmanager
def _listening(subject: Subject) -> Iterator[list[tuple[str, Origin | None]]]:
    seen: list[tuple[str, Origin | None]] = []
    if not _hooks:  # cannot be taken away again
        sys.addaudithook(_hear)
        _hooks.append(_hear)
    tokens = _seen.set(seen), _watched.set(subject)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "environ", _Environment(os.environ))
            yield seen
    finally:
        _seen.reset(tokens[0])
        _watched.reset(tokens[1])


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen.get() is None:
        return
    if event.startswith(EFFECTS):
        _note(f"{event}() is called", refuse=True)
    elif event == "open" and _is_writing(arguments):
        _note(f"{arguments[0]} is written", refuse=True)


def _is_writing(arguments: tuple[Any, ...]) -> bool:
    _path, mode, flags = (*arguments, None, None)[:3]
    return any(letter in str(mode or "") for letter in "wax+") or bool(int(flags or 0) & WRITES)


def _note(what: str, *, refuse: bool = False) -> None:
    """Notes an effect if a line of the addon is behind it; what the import itself does is none."""
    seen, subject = _seen.get(), _watched.get()
    frame = sys._getframe(2)
    while seen is not None and subject is not None and frame is not None:
        if inside(frame.f_code.co_filename, subject.found.folder):
            seen.append((what, Origin(frame.f_code.co_filename, frame.f_lineno)))
            if refuse:
                raise Blocked(what)
            return
        if frame.f_code.co_filename.startswith(IMPORTING) or frame.f_back is None:
            return
        frame = frame.f_back
