"""Whose fault an error is, where it happened, and what was meant: the words of every load error."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import LoadError, Origin
from core.i18n.lazy import LazyText, TextLike, _


def did_you_mean(name: str, known: Iterable[str], otherwise: LazyText) -> LazyText:
    """The remedy for an unknown name: the nearest known one, else `otherwise`."""
    import difflib

    near = difflib.get_close_matches(name, sorted(known), 1)
    return _("Did you mean “%(name)s”?", name=near[0]) if near else otherwise


def inside(file: str | Path, folder: Path) -> bool:
    """Whether a file lies in an addon's folder, or is the single module that the folder belongs to."""
    path, root = os.path.realpath(file), os.path.realpath(folder)
    return path == f"{root}.py" or path.startswith(root + os.sep)


def where(error: BaseException, folder: Path) -> Origin | None:
    """The deepest place inside `folder` that an error came through."""
    if isinstance(error, SyntaxError) and error.filename and inside(error.filename, folder):
        return Origin(error.filename, error.lineno or 1)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if inside(frame.filename, folder):
            return Origin(frame.filename, frame.lineno or 1)
    return None


def blame(
    error: BaseException, addon: str, folder: Path, fault: TextLike, origin: Origin | None = None
) -> LoadError:
    """`error` as a fault of `addon`: a load error of its own keeps its words, else `fault` names what failed.

    `origin` is where it happened if no line of the addon's folder was run.
    """
    if isinstance(error, LoadError) and (error.origin is None or inside(error.origin.file, folder)):
        error.addon = addon
        error.origin = error.origin or where(error, folder) or origin
        return error
    return LoadError(fault, _remedy(error), addon=addon, origin=where(error, folder) or origin)


def in_words(error: BaseException) -> str:
    """Kind and message of an error, on one line and without a full stop."""
    text = (error.msg if isinstance(error, SyntaxError) else str(error)).rstrip(".")
    return f"{type(error).__name__}: {' '.join(text.split())}" if text else type(error).__name__


def _remedy(error: BaseException) -> LazyText:
    if isinstance(error, ModuleNotFoundError):
        return _("Correct the name, or install the package that brings “%(module)s”.", module=error.name)
    if isinstance(error, SyntaxError):
        return _("Correct this line.")
    if isinstance(error, LoadError):
        return _("Correct the addon that it builds on first.")
    otherwise = _("Correct what is done there.")
    odd = _ODD_ARGUMENT.search(str(error)) if isinstance(error, TypeError) else None
    known = _arguments(odd[1]) - {odd[2]} if odd else set()
    return did_you_mean(odd[2], known, otherwise) if odd else otherwise


_ODD_ARGUMENT = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'$")


def _arguments(name: str) -> set[str]:
    """What something of the facade can be given by name; a field of some kind also what all fields can."""
    import inspect

    import core
    from core.orm.fields import Field

    things: list[Any] = [getattr(core, one) for one in core.__all__]
    fields: list[Any] = [Field, *(one for one in things if isinstance(one, type) and issubclass(one, Field))]
    meant = fields if name == "Field" else [one for one in things if getattr(one, "__name__", "") == name]
    return {
        item.name
        for one in meant
        for item in inspect.signature(one).parameters.values()
        if item.kind in (item.KEYWORD_ONLY, item.POSITIONAL_OR_KEYWORD)
    }
