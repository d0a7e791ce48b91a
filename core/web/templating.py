"""The Jinja environment of a site: one loader over the templates of its addons, in load order.

`crm/lead.html` is the topmost version of that template: an addon overrides another's by shipping
`templates/crm/lead.html` itself. `{% extends "!crm/lead.html" %}` is the next version below the one that
says it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    nodes,
)
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from jinja2.visitor import NodeTransformer

from core.errors import LoadError, Origin
from core.faults import in_words
from core.i18n import catalogs
from core.i18n import jinja as texts
from core.i18n.jinja import TextExtension
from core.i18n.lazy import LazyText, _

WRITTEN = ("icon", "url")
"""Globals whose answer to what is written out is the same for everybody who reads a language."""


class LayerLoader(BaseLoader):
    """Finds a template in the topmost layer that has it, or as `addon!name` in the layer of one addon.

    Which templates there are is read once.
    """

    def __init__(self, layers: Sequence[tuple[str, Path]]) -> None:
        self.layers = {addon: FileSystemLoader(folder) for addon, folder in layers}
        # Asked at each rendering of a template that extends the version below.
        self._names = {addon: frozenset(layer.list_templates()) for addon, layer in self.layers.items()}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Source, file and up-to-date check. Raises TemplateNotFound."""
        addon, mark, name = template.rpartition("!")
        layer = self.layers.get(addon if mark else self.owner(name))
        if layer is None:
            raise TemplateNotFound(template)
        return layer.get_source(environment, name)

    def list_templates(self) -> list[str]:
        """Every version of every template, as `addon!name`."""
        return [f"{addon}!{name}" for addon, names in self._names.items() for name in sorted(names)]

    def overriding(self) -> Iterator[tuple[str, str]]:
        """(addon, name) of each template that a layer below has too."""
        known: set[str] = set()
        for addon, names in self._names.items():
            yield from ((addon, name) for name in sorted(names & known))
            known |= names

    def owner(self, name: str, below: str | None = None) -> str:
        """The addon that has the topmost version of a template (below another's). Raises TemplateNotFound."""
        addons = list(self.layers)
        for addon in reversed(addons if below is None else addons[: addons.index(below)]):
            if name in self._names[addon]:
                return addon
        if below is None:
            raise TemplateNotFound(name)
        raise TemplateNotFound(
            name, str(_("Addon %(addon)s extends “!%(name)s”, but no addon below it has that template.",
                        addon=below, name=name)))  # fmt: skip


class LayerEnvironment(Environment):
    """Knows which addon each template belongs to.

    Asked for a template, it gives the one that is compiled for the language of the moment: what is the same whoever
    reads it, texts and symbols, is written into that. A page passes no values of its own under the names WRITTEN.
    """

    language = ""
    """That of an environment for one."""
    kept: Path | None = None
    """A folder for what was compiled, for the next start."""

    def __init__(self, layers: Sequence[tuple[str, Path]]) -> None:
        self.layer_loader = LayerLoader(layers)
        self._spoken: dict[str, LayerEnvironment] = {}
        self._folders = {Path(os.path.abspath(folder)): addon for addon, folder in layers}
        super().__init__(
            loader=self.layer_loader,
            autoescape=True,
            auto_reload=False,
            cache_size=-1,
            undefined=StrictUndefined,
            extensions=[TextExtension],
        )

    def check(self) -> None:
        """Reads those templates that stand in for others. Raises LoadError naming the addon whose text is at fault."""
        remedy = _("Correct it, or take it away: it stands in for one of another addon.")
        for addon, name in self.layer_loader.overriding():
            if (fault := self._fault(addon, name, remedy)) is not None:
                raise fault

    def faults(self, of: str = "") -> Iterator[LoadError]:
        """Reads all templates, or those of one addon, and says which cannot be read."""
        for version in self.layer_loader.list_templates():
            addon, _mark, name = version.partition("!")
            if of in ("", addon) and (fault := self._fault(addon, name, _("Correct this line."))) is not None:
                yield fault

    def _fault(self, addon: str, name: str, remedy: LazyText) -> LoadError | None:
        try:
            self.get_template(f"{addon}!{name}")
        except (TemplateError, UnicodeDecodeError) as error:
            file = getattr(error, "filename", None) or str(self._folder_of(addon) / name)
            fault = _("The template %(name)s cannot be read: %(error)s.", name=name, error=in_words(error))
            line = getattr(error, "lineno", None) or 1
            return LoadError(fault, remedy, addon=addon, origin=Origin(file, line))
        return None

    def _folder_of(self, addon: str) -> Path:
        return next(folder for folder, name in self._folders.items() if name == addon)

    def join_path(self, template: str, parent: str) -> str:
        """Resolves a leading `!`: the version below the addon whose template says it."""
        if not template.startswith("!"):
            return template
        addon, mark, name = parent.rpartition("!")
        me = addon if mark else self.layer_loader.owner(name)
        return f"{self.layer_loader.owner(template[1:], below=me)}!{template[1:]}"

    def domain_of_template(self, filename: str | None) -> str:
        """The addon in whose folder the template lies; of one made from a string, `core`."""
        folders = Path(os.path.abspath(filename)).parents if filename else ()
        return next((self._folders[folder] for folder in folders if folder in self._folders), "core")

    def spoken(self, language: str) -> LayerEnvironment:
        """The environment for one language."""
        if language not in self._spoken:
            made = self.overlay()
            made.language = language
            if self.kept is not None:
                made.bytecode_cache = CompiledTemplates(self.kept, made._made_of())
            self._spoken[language] = made
        return self._spoken[language]

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """The topmost version of a template. Raises TemplateNotFound."""
        if not self.language:
            return self.spoken(catalogs.current_language()).get_template(name, parent, globals)
        return super().get_template(name, parent, globals)

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        if self.language:
            source = _Writer(self._written(), source).visit(source)
        return super()._generate(source, name, filename, defer_init)

    def _written(self) -> dict[str, Callable[..., str]]:
        """By name the functions whose answer to what is written out is the same for everybody."""
        known: dict[str, Any] = {name: self.globals[name] for name in WRITTEN if name in self.globals}
        return {**known, texts.TEXT: lambda domain, text: catalogs.marked(domain, text, self.language)}

    def _made_of(self) -> str:
        """What differs where the same template would be compiled to something else."""
        code = (Path(module.__file__ or "").read_text("utf-8") for module in (texts, sys.modules[__name__]))
        written = self._written()
        shown = [written[name]("x") for name in WRITTEN if name in written]
        shown += [written["icon"]("x", True)] if "icon" in written else []
        words = catalogs.digest(self.layer_loader.layers, self.language)
        return repr([jinja2.__version__, self.language, words, *shown, *code])

    def compile_all(self, folder: Path) -> None:
        """Compiles what pages ask for before anybody does, and keeps it in a folder for the next start.

        A faulty template is left to its first reader.
        """
        self.kept = folder
        self._spoken.clear()  # what was asked before is kept as well
        for language in catalogs.LANGUAGES:
            spoken = self.spoken(language)
            for name in sorted({name.rpartition("!")[2] for name in self.list_templates()}):
                with contextlib.suppress(TemplateError):
                    spoken.get_template(name)


class _Writer(NodeTransformer):
    """Puts what a call gives in its place, where that is known."""

    def __init__(self, known: Mapping[str, Callable[..., str]], template: nodes.Template) -> None:
        own = {name.name for name in template.find_all(nodes.Name) if name.ctx != "load"}
        own |= {macro.name for macro in template.find_all(nodes.Macro)}
        for imported in template.find_all(nodes.FromImport):
            own |= {name if isinstance(name, str) else name[1] for name in imported.names}
        self.known = {name: make for name, make in known.items() if name not in own}

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:
        """Jinja's name for it."""
        self.generic_visit(node)
        make = self.known.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        values = [item.value for item in node.args if isinstance(item, nodes.Const)]
        if make is None or node.kwargs or node.dyn_args or node.dyn_kwargs or len(values) < len(node.args):
            return node
        try:
            return nodes.Const(make(*values), lineno=node.lineno)
        except Exception:  # whatever a template hands over: it fails where it is drawn, if it ever is
            return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:
        """Left as it is: where all that `~` joins is known, Jinja forgets what of it is markup."""
        return node


class CompiledTemplates(FileSystemBytecodeCache):
    """What was compiled of templates, for the next start. Without it, or where it is broken, they are compiled anew.

    A template that changed is known by its text, all else that it is made of by the name of the folder.
    """

    def __init__(self, folder: Path, made_of: str) -> None:
        place = folder / hashlib.sha256(made_of.encode()).hexdigest()[:16]
        with contextlib.suppress(OSError):  # a server that may not write there starts more slowly, no more
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(str(place))

    def load_bytecode(self, bucket: Bucket) -> None:
        """Leaves the bucket empty where there is nothing, or nothing whole."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # whatever the bytes of a broken file make of it
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Writes beside and renames, so that nobody reads half a file. A full disk keeps nobody from the page."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def make_environment(layers: Sequence[tuple[str, Path]]) -> LayerEnvironment:
    """The environment over (addon, folder of templates) in load order, later addons on top."""
    return LayerEnvironment(layers)
