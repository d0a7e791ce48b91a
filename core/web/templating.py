"""The Jinja environment of a site: one loader over the templates of its addons, in load order.

`crm/lead.html` is the topmost version of that template: an addon overrides another's by shipping
`templates/crm/lead.html` itself. `{% extends "!crm/lead.html" %}` is the next version below the one that
says it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import jinja2
from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.bccache import Bucket, FileSystemBytecodeCache

from core.errors import LoadError, Origin
from core.faults import in_words
from core.i18n import jinja as texts
from core.i18n.jinja import TextExtension
from core.i18n.lazy import _


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
    """Knows which addon each template belongs to."""

    def __init__(self, layers: Sequence[tuple[str, Path]]) -> None:
        self.layer_loader = LayerLoader(layers)
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
        for addon, name in self.layer_loader.overriding():
            try:
                self.get_template(f"{addon}!{name}")
            except TemplateError as error:
                file = getattr(error, "filename", None) or str(self._folder_of(addon) / name)
                raise LoadError(
                    _("The template %(name)s cannot be read: %(error)s.", name=name, error=in_words(error)),
                    _("Correct it, or take it away: it stands in for one of another addon."),
                    addon=addon,
                    origin=Origin(file, getattr(error, "lineno", None) or 1),
                ) from error

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

    def compile_all(self, folder: Path) -> None:
        """Compiles what pages ask for before anybody does, and keeps it in a folder for the next start.

        A faulty template is left to its first reader.
        """
        self.bytecode_cache = CompiledTemplates(folder)
        for name in sorted({name.rpartition("!")[2] for name in self.list_templates()}):
            with contextlib.suppress(TemplateError):
                self.get_template(name)


class CompiledTemplates(FileSystemBytecodeCache):
    """What was compiled of templates, for the next start. Without it, or where it is broken, they are compiled anew.

    A template that changed is known by its text, what compiles it by the name of the folder.
    """

    def __init__(self, folder: Path) -> None:
        made_by = hashlib.sha256(f"{jinja2.__version__} {Path(texts.__file__).read_text('utf-8')}".encode())
        place = folder / made_by.hexdigest()[:16]
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
