"""What the tests of a run share: addons are found once, and put together and installed once for each set of them."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from core.assembly import Assembly, assemble
from core.catalogue import BASE, Catalogue, Found, closure
from core.errors import LoadError
from core.faults import did_you_mean, inside
from core.i18n import catalogs
from core.i18n.lazy import LazyText
from core.loader import GROUP, discover
from core.orm.database import Database, normal_url
from core.schema.install import install
from core.testing.quick import no_wait_for_the_disk
from core.testing.rehearsal import Rehearsal
from core.web.dispatcher import ANY_HOST, Dispatcher, Sites, Tenant
from core.web.site import Site, build_site

if TYPE_CHECKING:
    from core.testing.kit import Kit

SECRET = "a secret of tests that is long enough"
PROJECT = "pyproject.toml"
PREFIX = "lumbung_"


class Installation:
    """One set of addons, put together, with a database in which they are installed; made when first asked for."""

    def __init__(
        self, catalogue: Catalogue, names: Sequence[str], url: str, compiled: Path | None = None
    ) -> None:
        self.catalogue = catalogue
        self._compiled = compiled
        self.names = tuple(names)
        self.assembly: Assembly = assemble(catalogue, names)
        self._url = url
        self._site: Site | None = None
        self._database: Rehearsal | None = None
        self._dispatcher: Dispatcher | None = None

    @property
    def site(self) -> Site:
        """The site of these addons."""
        if self._site is None:
            self._site = build_site(self.assembly, SECRET)
            self._site.templates.kept = self._compiled
        return self._site

    @property
    def database(self) -> Rehearsal:
        """The database, of which nothing is kept."""
        if self._database is None:
            with schema_at(self._url, self.names) as url:
                install_at(url, self.catalogue, self.names)
                self._database = Rehearsal(url)
        return self._database

    @property
    def dispatcher(self) -> Dispatcher:
        """The WSGI application that serves the database."""
        if self._dispatcher is None:
            made = Dispatcher({}, SECRET, self.catalogue)
            made.sites = _OneSite(self.catalogue, SECRET, self.site)
            made.tenants = {ANY_HOST: Tenant(self.database, made.sites)}
            self._dispatcher = made
        return self._dispatcher

    @contextmanager
    def elsewhere(self) -> Iterator[Database]:
        """A database of its own with these addons, for what no transaction takes back; it goes afterwards."""
        with TemporaryDirectory() as folder:
            is_file = make_url(normal_url(self._url)).get_backend_name() == "sqlite"
            given = f"sqlite:///{folder}/elsewhere.db" if is_file else self._url
            with schema_at(given, (*self.names, "elsewhere")) as url, no_wait_for_the_disk():
                with closing(Database(url)) as database:
                    install(database, self.catalogue, self.names)
                    yield database
                drop_schema(make_url(url))

    @contextmanager
    def kit(self) -> Iterator[Kit]:
        """What a test needs, in a transaction of which nothing is kept."""
        from core.testing.kit import Kit

        made = Kit(self)
        with self.database.undone(), made.opened():
            yield made

    def close(self) -> None:
        """Gives connection and tables back. The models go with the process."""
        if self._database is not None:
            url = self._database.url
            self._database.close()
            drop_schema(url)


class _OneSite(Sites):
    """The one site that was built for a test, whatever is installed."""

    def __init__(self, catalogue: Catalogue, secret: str, site: Site) -> None:
        super().__init__(catalogue, secret)
        self._only = site

    def get(self, names: Iterable[str]) -> Site:
        return self._only


class Stock:
    """The addons that are found, and installations by what is installed.

    `url` names a PostgreSQL database, `compiled` a folder for what is compiled of templates.
    """

    def __init__(
        self, folder: Path, url: str = "", catalogue: Catalogue | None = None, compiled: Path | None = None
    ) -> None:
        self._compiled = compiled
        self._folder = folder
        self._url = url
        self._catalogue = catalogue
        self.at_fault: Callable[[], object] = bool
        """Called before a test fails for an addon that is broken or left out, which all others of it will, too."""
        self._announced: dict[str, EntryPoint] = {}
        self._installations: dict[tuple[str, ...], Installation] = {}

    @property
    def catalogue(self) -> Catalogue:
        """The addons of entry points, of LUMBUNG_ADDONS_PATH, and of the project that is tested."""
        if self._catalogue is None:
            known = {entry.name: entry for entry in entry_points(group=GROUP)}
            self._catalogue = discover(entry_points=(self._announced | known).values())
        return self._catalogue

    def announce(self, name: str, module: str) -> None:
        """Lets an addon be found that is not installed as a package yet."""
        if name not in self.catalogue.addons or self.catalogue.addons[name].module != module:
            self._announced[name] = EntryPoint(name, module, GROUP)
            self._catalogue = None

    def named(self, name: str) -> Found:
        """The addon of that name, or whose package has it. The test fails where there is none, or it is broken."""
        if self._known(name) is None:
            self._announce_module(name)
        found = self._known(name)
        if found is None:
            if self._broken(name) is not None:
                self.at_fault()
            with catalogs.speaking("en"):
                pytest.fail(self._missing(name), pytrace=False)
        return found

    def _known(self, name: str) -> Found | None:
        addons = self.catalogue.addons
        return addons.get(name) or next((item for item in addons.values() if item.module == name), None)

    def _broken(self, name: str) -> LoadError | None:
        broken = self.catalogue.broken
        return broken.get(name) or broken.get(_addon_name(name))

    def _missing(self, name: str) -> str:
        broken = self._broken(name)
        if broken is not None:
            return str(broken)
        known = {*self.catalogue.addons, *(item.module for item in self.catalogue.addons.values())}
        otherwise = LazyText(
            "Install its package, or run pytest in the folder of its pyproject.toml.", "core"
        )
        return f"No addon “{name}” is found. {did_you_mean(name, known, otherwise)}"

    def _announce_module(self, module: str) -> None:
        """A package that is there is an addon, installed or not; what is wrong with it the loader tells."""
        try:
            if importlib.util.find_spec(module) is None:
                return
            manifest: Any = getattr(importlib.import_module(module), "addon", None)
        except ModuleNotFoundError as error:
            if error.name is None or module == error.name or module.startswith(f"{error.name}."):
                return  # it is this one that is not there
            manifest = None
        except Exception:
            manifest = None
        name = getattr(manifest, "name", None)
        self.announce(name if isinstance(name, str) else _addon_name(module), module)

    def around(self, file: Path) -> Found | None:
        """The addon in whose package or project a test lies."""
        for found in self.catalogue.addons.values():
            if found.addon.name != BASE and inside(file, found.folder):
                return found
        for folder in file.resolve().parents:
            project = folder / PROJECT
            if project.is_file():
                declared = tomllib.loads(project.read_text("utf-8")).get("project", {})
                mine: dict[str, str] = declared.get("entry-points", {}).get(GROUP, {})
                return self.named(next(iter(mine.values()))) if len(mine) == 1 else None
        return None

    def of(self, *names: str) -> Installation:
        """The installation of these addons and all that they depend on. The test fails where one is at fault."""
        wanted = [self.named(name).addon.name for name in names]
        with catalogs.speaking("en"):
            try:
                return self._sound(closure(self.catalogue, wanted))
            except LoadError as error:
                self.at_fault()
                pytest.fail(str(error), pytrace=False)

    def _sound(self, names: Sequence[str]) -> Installation:
        """The installation of these addons. Raises LoadError where one of them is left out."""
        key = tuple(names)
        if key not in self._installations:
            self._installations[key] = Installation(self.catalogue, key, self._place(key), self._compiled)
        made = self._installations[key]
        for name in key:
            if name in made.assembly.quarantined:
                raise made.assembly.quarantined[name]
        return made

    def _place(self, names: Sequence[str]) -> str:
        return self._url or f"sqlite:///{self._folder / f'{_digest(names)}.db'}"

    def close(self) -> None:
        """Gives everything back."""
        for made in self._installations.values():
            made.close()

    def dispose(self) -> None:
        """Gives the models back too, for a run that goes on without these addons."""
        self.close()
        for made in self._installations.values():
            made.assembly.dispose()


def _addon_name(module: str) -> str:
    """What an addon of that package is likely called, where its manifest cannot be read."""
    return module.rpartition(".")[2].removeprefix(PREFIX)


def _digest(names: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]


# ----------------------------------------------------------------- databases
def install_at(url: str, catalogue: Catalogue, names: Sequence[str]) -> None:
    """Installs addons into an empty database; without waiting for the disk, as it goes when the tests are over."""
    with no_wait_for_the_disk(), closing(Database(url)) as database:
        install(database, catalogue, names)


@contextmanager
def schema_at(url: str, names: Sequence[str]) -> Iterator[str]:
    """The address of an empty place: of SQLite a file, in a PostgreSQL database a schema of its own."""
    given = make_url(normal_url(url))
    if given.get_backend_name() == "sqlite":
        yield url
        return
    _refuse_tables(given)
    schema = f"lumbung_test_{_digest(names)}_{os.getpid()}"
    _run(given, f'CREATE SCHEMA "{schema}"')
    placed = given.update_query_dict({"options": f"-csearch_path={schema},public"})
    yield placed.render_as_string(hide_password=False)


def _refuse_tables(url: sa.URL) -> None:
    """Fails the test where `public`, in which extensions are found, holds tables: tests would change those."""
    address = url.render_as_string(hide_password=False)
    with closing(Database(address)) as database, database.reading.connect() as connection:
        found = sa.inspect(connection).get_table_names("public")
    if found:
        pytest.fail(f"The database “{url.database}” holds tables. Name one for tests alone.", pytrace=False)


def drop_schema(url: sa.URL) -> None:
    """Takes the schema of an address away again, with all that is in it."""
    options = url.query.get("options")
    if isinstance(options, str):
        schema = options.removeprefix("-csearch_path=").partition(",")[0]
        _run(url.difference_update_query(["options"]), f'DROP SCHEMA "{schema}" CASCADE')


def _run(url: sa.URL, statement: str) -> None:
    address = url.render_as_string(hide_password=False)
    with closing(Database(address)) as database, database.writing.begin() as connection:
        connection.exec_driver_sql(statement)
