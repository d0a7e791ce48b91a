"""Names in the functions of addons that nothing defines: Python tells of them only when their line is run."""

from __future__ import annotations

import builtins
import dis
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

from core.catalogue import Found
from core.errors import Origin
from core.faults import did_you_mean, inside
from core.i18n.lazy import _
from core.orm.compose import Finding


def unknown_names(found: Found) -> Iterator[Finding]:
    """A finding for each name that a function in the modules of an addon uses and nothing gives it.

    Only modules that were imported are looked at: what they hold is known then.
    """
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] == found.module.partition(".")[0] and file and inside(file, found.folder):
            yield from _of_module(found.addon.name, Path(file), vars(module).keys() | vars(builtins).keys())


def _of_module(addon: str, file: Path, known: set[str]) -> Iterator[Finding]:
    code = list(_nested(compile(file.read_bytes(), str(file), "exec", dont_inherit=True)))
    steps = [(part, step) for part in code for step in dis.get_instructions(part)]
    known |= {step.argval for _part, step in steps if step.opname == "STORE_GLOBAL"}
    told = set[tuple[str, str]]()
    for part, step in steps:
        name, key = step.argval, (part.co_qualname, str(step.argval))
        if step.opname != "LOAD_GLOBAL" or name in known or key in told:
            continue
        told.add(key)
        hint = did_you_mean(name, known, _("Import it, or correct the name."))
        text = _("%(function)s() uses “%(name)s”, which is defined nowhere. %(hint)s",
                 function=part.co_qualname, name=name, hint=hint)  # fmt: skip
        line = step.positions.lineno if step.positions else None
        yield Finding(addon, text, Origin(str(file), line or part.co_firstlineno))


def _nested(code: CodeType) -> Iterator[CodeType]:
    """A piece of code and all that is written inside of it."""
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _nested(part)
