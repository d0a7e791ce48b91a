"""Installing addons: schema, roles and shipped rows in one transaction, and rows that follow their addon."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa

from core.assembly import assemble
from core.errors import DatabaseError, LoadError, UserError
from core.loader import Catalogue, discover
from core.orm.database import Database
from core.orm.env import Env, open_env
from core.schema import apply as applying
from core.schema import install as installing
from core.schema import ledger, preparing, tables
from core.schema.install import Report, install, upgrade
from core.schema.preparing import installed, prepared
from tests.core.test_schema import look
from tests.core.workshop import forget, workshop

pytestmark = pytest.mark.usefixtures("english")

BASE = """
    from core import *

    addon = Addon("base", version="1.0")

    class Role_(Model, name="base.role", label="Role", access={"base.user": "r"}):
        name = Char(required=True, unique=True)
        label = Char(translate=True)
        implies = Many2many(lambda: Role_)
        addon = Char()

    class Tag(Model, name="base.tag", label="Tag", access={"base.user": "rwcd"}):
        name = Char()

    @hookimpl
    def models():
        return [Role_, Tag]

    @hookimpl
    def roles():
        return [Role("base.user", "User"), Role("base.admin", "Administrator", implies=("base.user",))]
"""
PLACES = """
    from core import *
    import datetime as dt
    from decimal import Decimal

    addon = Addon("depot", version="1.0", label=_("Depot"))

    class Place(Model, name="depot.place", label="Place", access={"depot.user": "rwcd"}):
        code = Char(required=True, unique=True)
        title = Char(translate=True)
        inside = Many2one(lambda: Place, ondelete="set_null")
        near = Many2many(lambda: Place)
        rent = Money()
        since = Date()
        seen = DateTime()
        open = Boolean(default=True)
        note = Json()

    @hookimpl
    def models():
        return [Place]

    @hookimpl
    def roles():
        return [Role("depot.user", _("Keeper"), implies=("base.user",))]

    @hookimpl
    def data():
        return [Rows(Place, ROWS)]

    ROWS = [
        {"key": "shelf", "code": "S", "title": _("Yes"), "inside": Key("room"), "rent": Decimal("12.5")},
        {"key": "room", "code": "R", "title": {"id": "Ruang", "en": "Room"}, "inside": Key("house"),
         "since": dt.date(2026, 1, 2), "seen": dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)},
        {"key": "house", "code": "H", "title": "Rumah", "open": False, "note": {"floors": [1, 2]}},
        {"key": "yard", "code": "Y", "near": [Key("room"), Key("house", "depot")]},
    ]
"""
SECOND = """
    from core import *

    addon = Addon("second", version="2.1", depends=("depot",), extras={"third": "with_third"})
"""
THIRD = """
    from core import *

    addon = Addon("third", version="1.0")

    class Thing(Model, name="third.thing", label="Thing", access={"base.user": "rwcd"}):
        name = Char()

    @hookimpl
    def models():
        return [Thing]
"""
WITH_THIRD = """
    from third import Thing as ThirdThing
    from depot import Place
    from core import *

    class Thing(ThirdThing):
        place = Many2one(Place)

    @hookimpl
    def models():
        return [Thing]

    @hookimpl
    def data():
        return [Rows(Thing, [{"key": "first", "name": "First", "place": Key("yard", "depot")}])]
"""


class Site:
    """A database, and addons in a folder that can be written anew while it stands."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database = Database(url)
        self.folder = folder

    def write(self, **sources: str) -> None:
        """Writes addons; the module `second__with_third` lies in the package `second`."""
        forget(self.folder)
        for name, source in sources.items():
            package, _dots, module = name.partition("__")
            file = self.folder / package / f"{module or '__init__'}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(dedent(source), encoding="utf-8")

    def catalogue(self) -> Catalogue:
        return discover([str(self.folder)], base="small_base", entry_points=())

    def install(self, *names: str, **options: Any) -> Report:
        return install(self.database, self.catalogue(), names, **options)

    def installed(self) -> list[str]:
        with self.database.reading.connect() as connection:
            return installed(connection)

    def read(self, work: Callable[[Env], Any], *, write: bool = False) -> Any:
        """What `work` makes of the records."""
        assembly = assemble(self.catalogue(), self.installed())
        try:
            with open_env(assembly.registry, self.database, readonly=not write) as env:
                return work(env)
        finally:
            assembly.dispose()

    def places(self) -> dict[str, Any]:
        """Values of each place by its code."""

        def work(env: Env) -> dict[str, Any]:
            found = env.scalars(sa.select(env["depot.place"])).all()
            return {
                place.code: {
                    "title": place.title_texts,
                    "inside": place.inside and place.inside.code,
                    "near": [other.code for other in place.near],
                    "rent": place.rent,
                    "open": place.open,
                    "note": place.note,
                }
                for place in found
            }

        return self.read(work)  # type: ignore[no-any-return]

    def version(self) -> int:
        with self.database.reading.connect() as connection:
            return connection.scalars(sa.select(tables.registry_version.c.version)).one()


def _translate(addon: Path, message: str, text: str) -> None:
    """A catalogue of one text in Indonesian."""
    file = addon / "translations" / "id" / "LC_MESSAGES" / f"{addon.name}.po"
    file.parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    file.write_text(f'{head}msgid "{message}"\nmsgstr "{text}"\n', encoding="utf-8")


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    with workshop(tmp_path) as shop:
        made = Site(url, shop.folder)
        (shop.base / "small_base.py").write_text(dedent(BASE), encoding="utf-8")
        _translate(shop.folder / "depot", "Yes", "Ya")
        made.write(depot=PLACES, second=SECOND, second__with_third=WITH_THIRD, third=THIRD)
        with closing(made.database):
            yield made


def test_nothing_is_installed_in_a_fresh_database(site: Site) -> None:
    assert site.installed() == []
    assert look(site.database) == {}


def test_an_addon_brings_what_it_depends_on_its_roles_and_its_rows(site: Site) -> None:
    report = site.install("second")
    assert report.installed == ["base", "depot", "second"]
    assert site.installed() == ["base", "depot", "second"]
    plain = {"title": None, "inside": None, "near": [], "rent": None, "open": True, "note": None}
    assert site.places() == {
        "S": plain | {"title": {"id": "Ya", "en": "Yes"}, "inside": "R", "rent": Decimal("12.50")},
        "R": plain | {"title": {"id": "Ruang", "en": "Room"}, "inside": "H"},
        "H": plain | {"title": {"id": "Rumah"}, "open": False, "note": {"floors": [1, 2]}},
        "Y": plain | {"near": ["H", "R"]},
    }
    roles = site.read(
        lambda env: {
            role.name: ([other.name for other in role.implies], role.addon)
            for role in env.scalars(sa.select(env["base.role"]))
        }
    )
    assert roles["depot.user"] == (["base.user"], "depot")
    assert roles["base.admin"] == (["base.user"], "base")


def test_versions_and_data_rows_are_noted(site: Site) -> None:
    site.install("second")
    with site.database.reading.connect() as connection:
        versions = {row.name: row.version for row in connection.execute(sa.select(tables.addon))}
        known = tables.data_row.c
        keys = set(connection.scalars(sa.select(known.key).where(known.addon == "depot")))
        owned = ledger.owned(connection, "depot")
    assert versions["second"] == "2.1"
    assert keys == {"depot.user", "shelf", "room", "house", "yard"}
    assert ("table", "depot_place") in {(step.kind, step.name) for step in owned}


def test_installing_again_changes_nothing(site: Site) -> None:
    site.install("depot")
    before = look(site.database), site.places(), site.version()
    again = site.install("depot")
    assert again.installed == []
    assert (again.rows.created, again.rows.updated, again.rows.kept) == (0, 0, 0)
    assert again.rows.unchanged == 7
    assert (look(site.database), site.places(), site.version()) == before


def test_each_installation_raises_the_version_that_other_processes_watch(site: Site) -> None:
    site.install("base")
    first = site.version()
    site.install("depot")
    assert site.version() > first


def test_an_extra_comes_alive_when_its_addon_comes(site: Site) -> None:
    site.install("second")
    report = site.install("third")
    assert report.installed == ["third"]
    assert report.rows.created == 1
    with site.database.reading.connect() as connection:
        owned = {(step.kind, step.table, step.name) for step in ledger.owned(connection, "second")}
    assert ("column", "third_thing", "place_id") in owned
    things = site.read(lambda env: [thing.place.code for thing in env.scalars(sa.select(env["third.thing"]))])
    assert things == ["Y"]


# ----------------------------------------------------------------- rows follow
def test_a_row_that_nobody_changed_follows_its_addon(site: Site) -> None:
    site.install("depot")
    site.write(
        depot=PLACES.replace('"Rumah", "open": False', '"Rumah besar", "rent": Decimal("7.00")')
        .replace('Decimal("12.5")', 'Decimal("13")')
        .replace("Key(\"room\"), Key(\"house\", \"depot\")", "Key(\"shelf\")")
    )  # fmt: skip
    report = site.install("depot")
    assert (report.rows.updated, report.rows.kept, report.rows.created) == (3, 0, 0)
    places = site.places()
    assert places["S"]["rent"] == 13
    assert places["H"]["title"] == {"id": "Rumah besar"}
    assert places["H"]["rent"] == 7
    assert places["Y"]["near"] == ["S"]
    assert site.install("depot").rows.updated == 0


def test_a_row_that_a_user_changed_or_deleted_is_left_alone(site: Site) -> None:
    site.install("depot")

    def change(env: Env) -> None:
        place = env["depot.place"]
        by_code = {found.code: found for found in env.scalars(sa.select(place))}
        by_code["S"].rent = 99
        by_code["R"].note = "beside what was shipped"
        by_code["Y"].near = []
        env.flush()
        env.delete([by_code["Y"]])

    site.read(change, write=True)
    site.write(
        depot=PLACES.replace('Decimal("12.5")', 'Decimal("13")')
        .replace('"id": "Ruang"', '"id": "Kamar"')
        .replace('"code": "Y"', '"code": "Y", "open": False')
    )
    report = site.install("depot")
    assert (report.rows.updated, report.rows.kept, report.rows.created) == (1, 2, 0)
    places = site.places()
    assert places["S"]["rent"] == 99
    assert places["R"]["title"] == {"id": "Kamar", "en": "Room"}
    assert "Y" not in places


def test_where_users_changed_all_that_an_addon_changes_it_changes_nothing(site: Site) -> None:
    site.install("depot")

    def change(env: Env) -> None:
        for place in env.scalars(sa.select(env["depot.place"]).filter_by(code="S")):
            place.rent = 99

    site.read(change, write=True)
    site.write(depot=PLACES.replace('Decimal("12.5")', 'Decimal("13")'))
    report = site.install("depot")
    assert (report.rows.updated, report.rows.kept, report.rows.created) == (0, 1, 0)
    assert site.places()["S"]["rent"] == 99


def test_a_row_whose_field_is_gone_is_left_alone(site: Site) -> None:
    """What it held there can be compared with nothing any more, so that a user may have changed it."""
    site.install("depot")
    with site.database.writing.begin() as connection:  # as a script of the later version does
        connection.exec_driver_sql("ALTER TABLE depot_place DROP COLUMN note")
    site.write(
        depot=PLACES.replace("        note = Json()\n", "")
        .replace(', "note": {"floors": [1, 2]}', "")
        .replace('"Rumah"', '"Rumah besar"')
    )
    report = site.install("depot")
    assert (report.rows.updated, report.rows.kept, report.rows.created) == (0, 1, 0)
    titles = site.read(
        lambda env: [place.title_texts for place in env.scalars(sa.select(env["depot.place"]))]
    )
    assert {"id": "Rumah"} in titles


def test_a_new_row_of_a_later_version_is_loaded(site: Site) -> None:
    site.install("depot")
    site.write(
        depot=PLACES.replace(
            "    ROWS = [", '    ROWS = [{"key": "attic", "code": "A", "inside": Key("house")},'
        )
    )
    assert site.install("depot").rows.created == 1
    assert site.places()["A"]["inside"] == "H"


def statements(site: Site, rows: int) -> int:
    """How many statements the rows of an addon take, everything else apart."""
    name = f"crowd{rows}"
    site.write(**{name: f"""
        from core import *
        addon = Addon("{name}", version="1.0", depends=("depot",))
        from depot import Place

        @hookimpl
        def data():
            near = [Key("room", "depot")]
            rows = [{{"key": f"row.{{n}}", "code": f"{name}-{{n}}", "near": near}} for n in range({rows})]
            return [Rows(Place, rows)]
    """})  # fmt: skip
    count = 0

    def see(*args: Any) -> None:
        nonlocal count
        count += 1

    sa.event.listen(site.database.writing, "before_cursor_execute", see)
    site.install(name)
    sa.event.remove(site.database.writing, "before_cursor_execute", see)
    return count


def test_five_hundred_rows_take_as_many_statements_as_five(site: Site) -> None:
    site.install("depot")
    few, many = statements(site, 5), statements(site, 500)
    inserts = 495 if site.database.is_sqlite else 0  # SQLite gives new keys back for one row at a time only
    assert many <= few + inserts + 3  # the five rows are there the second time, and are looked at


# ----------------------------------------------------------------- faults
BAD_ROWS = {
    "no key": ('{"code": "X"}', "“None” of depot.place cannot be loaded: it needs a key of its own"),
    "the same key twice": ('{"key": "room", "code": "X"}', "it needs a key of its own"),
    "an unknown field": ('{"key": "x", "code": "X", "colour": 1}', "no field “colour”"),
    "a field of every record": ('{"key": "x", "code": "X", "version": 7}', "no field “version”"),
    "a reference to nothing": (
        '{"key": "x", "code": "X", "inside": Key("cellar")}',
        "“cellar” of depot, which no",
    ),
    "a reference to itself": ('{"key": "x", "code": "X", "inside": Key("x")}', "“x” of depot, which no"),
    "an id": ('{"key": "x", "code": "X", "inside": 1}', "1 is no Key"),
    "a float": ('{"key": "x", "code": "X", "rent": 1.5}', "a float is not an exact number"),
    "what has no form": ('{"key": "x", "code": "X", "note": object()}', "a value does not fit"),
    "a taken value": ('{"key": "x", "code": "S"}', "is refused"),
    "an empty value": ('{"key": "x", "title": "X"}', "is refused"),
}


@pytest.mark.parametrize("fault", BAD_ROWS)
def test_a_bad_row_stops_everything_and_is_named(site: Site, fault: str) -> None:
    row, message = BAD_ROWS[fault]
    site.write(depot=PLACES.replace('"near": [Key("room"), Key("house", "depot")]},', f"}}, {row},"))
    with pytest.raises(LoadError) as error:
        site.install("depot")
    assert message in str(error.value)
    assert error.value.addon == "depot"
    assert look(site.database) == {}


def test_an_unknown_addon_is_refused_with_the_nearest_name(site: Site) -> None:
    with pytest.raises(UserError, match=r"No addon “depott” was found\. Did you mean “depot”"):
        site.install("depott")
    with pytest.raises(UserError, match="lumbung addons list"):
        site.install("qqqqqq")


def test_a_faulty_addon_cannot_be_installed_nor_what_depends_on_it(site: Site) -> None:
    site.install("base")
    before = look(site.database)
    site.write(depot="from core import *\naddon = Addon('depot', version='1.0')\nraise RuntimeError('oh')")
    for name in ("depot", "second"):
        with pytest.raises(LoadError, match=r"RuntimeError: oh|cannot be loaded"):
            site.install(name)
    site.write(depot=PLACES.replace('"depot.user": "rwcd"', '"nobody.here": "rwcd"'))
    with pytest.raises(LoadError, match=r"nobody\.here"):
        site.install("depot")
    assert look(site.database) == before


def test_a_database_of_another_program_is_refused(site: Site) -> None:
    with site.database.writing.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id INTEGER)")
    before = look(site.database)
    with pytest.raises(UserError, match="tables of another program"):
        site.install("base")
    assert look(site.database) == before


def test_what_fails_at_the_very_end_takes_everything_back(site: Site) -> None:
    site.install("base")
    before = look(site.database), site.installed(), site.version()

    def fail(env: Env) -> None:
        assert env.scalar(sa.select(sa.func.count()).select_from(env["depot.place"])) == 4
        raise UserError("no")

    with pytest.raises(UserError, match="no"):
        site.install("depot", finish=fail)
    assert (look(site.database), site.installed(), site.version()) == before


def test_a_dry_run_does_everything_and_leaves_nothing(site: Site) -> None:
    site.install("base")
    before = look(site.database), site.installed(), site.version()
    report = site.install("second", dry_run=True)
    assert report.installed == ["depot", "second"]
    assert report.rows.created == 5
    assert (look(site.database), site.installed(), site.version()) == before


def test_preparing_reads_only(site: Site) -> None:
    site.install("base")
    before = look(site.database)
    with (
        site.database.reading.connect() as connection,
        prepared(connection, site.catalogue(), ["second"]) as ready,
    ):
        assert ready.before == ["base"]
        assert ready.new == ["depot", "second"]
        assert [table.name for table in ready.plan.tables] == ["depot_place", "depot_place__near_rel"]
    assert look(site.database) == before


def test_two_installations_at_once_both_come_through(site: Site) -> None:
    """Both want `depot`: the later one waits, then finds it there."""
    site.install("base")
    errors: list[BaseException] = []
    catalogue = site.catalogue()

    def run(name: str) -> None:
        try:
            install(site.database, catalogue, [name])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("depot", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert site.installed() == ["base", "depot", "second"]


def test_others_write_while_it_is_worked_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Putting the models together takes its time, and nobody waits for it; what somebody installed meanwhile counts."""
    site.install("base")
    plans = []

    def plan(*given: Any) -> Any:
        plans.append(planned(*given))
        if len(plans) == 1:
            with closing(Database(str(site.database.url.render_as_string(hide_password=False)))) as other:
                install(other, site.catalogue(), ["third"])
        return plans[-1]

    planned = preparing.plan
    monkeypatch.setattr(preparing, "plan", plan)
    assert site.install("second").installed == ["depot", "second"]
    assert len(plans) == 3  # the first was of a database that was another when it could be written to
    assert site.installed() == ["base", "depot", "second", "third"]


def test_where_others_install_all_the_time_the_last_attempt_keeps_them_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("base")
    others = ["third", "fourth", "fifth"]
    source = 'from core import *\naddon = Addon("{}", version="1.0")\n'
    site.write(**{name: source.format(name) for name in others[1:]})
    own, is_other = [0], [False]

    def plan(*given: Any) -> Any:
        found = planned(*given)
        own[0] += not is_other[0]
        if others and not is_other[0]:
            is_other[0] = True
            with closing(Database(str(site.database.url.render_as_string(hide_password=False)))) as other:
                install(other, site.catalogue(), [others.pop()])
            is_other[0] = False
        return found

    planned = preparing.plan
    monkeypatch.setattr(preparing, "plan", plan)
    assert site.install("second").installed == ["depot", "second"]
    assert own[0] == installing.ATTEMPTS + 1
    assert site.installed() == ["base", "depot", "fifth", "fourth", "second", "third"]


@pytest.fixture
def postgres_site(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An addon that extends a table of base, which others may be using."""
    monkeypatch.setattr(installing, "PAUSE_SECONDS", 0.1)
    with workshop(tmp_path) as shop:
        made = Site(postgres_url, shop.folder)
        (shop.base / "small_base.py").write_text(dedent(BASE), encoding="utf-8")
        made.write(
            wider="""
            from core import *
            from small_base import Role_ as BaseRole, Tag as BaseTag
            addon = Addon("wider", version="1.0")

            class Tag(BaseTag):
                weight = Integer()

            class Role_(BaseRole):
                weight = Integer()

            @hookimpl
            def models():
                return [Tag, Role_]
        """
        )
        with closing(made.database):
            made.install("base")
            yield made


def test_a_table_in_use_is_waited_for_and_then_said(postgres_site: Site) -> None:
    before = look(postgres_site.database)
    with postgres_site.database.writing.begin() as reader:
        reader.exec_driver_sql("SELECT * FROM base_tag")
        with pytest.raises(DatabaseError, match="Another program keeps a table in use"):
            postgres_site.install("wider")
    assert look(postgres_site.database) == before


def test_tables_that_are_in_use_by_turns_are_not_asked_for_without_end(
    postgres_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "TRIES", 1)
    before = look(postgres_site.database)
    with postgres_site.database.writing.begin() as reader:
        reader.exec_driver_sql("SELECT * FROM base_tag")  # the second that is wanted
        with pytest.raises(DatabaseError, match="Other people keep the tables in use all the time"):
            postgres_site.install("wider")
    assert look(postgres_site.database) == before


def test_a_table_that_becomes_free_meanwhile_is_no_trouble(postgres_site: Site) -> None:
    attempts = 0
    with postgres_site.database.writing.connect() as reader:
        reader.exec_driver_sql("SELECT * FROM base_tag")

        def progress(text: object) -> None:
            nonlocal attempts
            attempts += str(text).startswith(("Making tables", "Membuat tabel"))
            if attempts == 2:
                reader.rollback()

        assert postgres_site.install("wider", progress=progress).installed == ["wider"]
    assert attempts == 2


def test_who_reads_several_tables_is_never_broken_off(postgres_site: Site) -> None:
    """Somebody reads the one table and then wants the other, while the installation waits for both."""
    database, failed = postgres_site.database, list[BaseException]()

    def install_it() -> None:
        try:
            postgres_site.install("wider")
        except BaseException as error:
            failed.append(error)

    def waits() -> bool:
        with database.writing.connect() as connection:
            asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            return bool(connection.exec_driver_sql(asked).scalar())

    with database.writing.connect() as first, database.writing.connect() as second:
        first.exec_driver_sql("SELECT * FROM base_role")
        second.exec_driver_sql("SELECT * FROM base_tag")
        thread = threading.Thread(target=install_it)
        thread.start()
        deadline = time.monotonic() + 20
        while not waits() and time.monotonic() < deadline:
            time.sleep(0.01)
        reading = threading.Thread(target=_read, args=(second, "base_role", failed))
        reading.start()  # behind the installation
        time.sleep(0.6)
        first.rollback()
        reading.join()
        second.rollback()
        thread.join()
    assert failed == []
    assert postgres_site.installed() == ["base", "wider"]


def _read(connection: sa.Connection, table: str, failed: list[BaseException]) -> None:
    try:
        connection.exec_driver_sql(f"SELECT * FROM {table}")
    except BaseException as error:
        failed.append(error)


def test_crm_added_later_equals_crm_at_once(url: str, tmp_path: Path) -> None:
    site, at_once = Database(url), Database(f"sqlite:///{tmp_path / 'at_once.db'}")
    catalogue = discover([])
    with closing(site), closing(at_once):
        install(site, catalogue, ["base"])
        install(site, catalogue, ["crm"])
        install(at_once, catalogue, ["crm"])
        if site.is_sqlite:
            assert look(site) == look(at_once)
        else:
            assert look(site)["ledger rows"] == look(at_once)["ledger rows"]


def test_an_installed_addon_at_fault_is_said_to_keep_others_from_coming(site: Site) -> None:
    """Missing, torn or left out; and that nothing came."""
    site.install("third")
    file = site.folder / "third" / "__init__.py"
    for source, why in (
        (None, "The addon “third” is nowhere to be found"),
        (f"{dedent(THIRD)}\n1 / 0", "ZeroDivisionError"),
        (dedent(THIRD).replace('{"base.user": "rwcd"}', "{}"), "third.thing says nobody"),
    ):
        forget(site.folder)
        file.unlink() if source is None else file.write_text(source)
        with pytest.raises(LoadError) as caught:
            site.install("depot", "second")
        assert str(caught.value.fault).startswith(
            "Not installed: depot, second. The addon third, which is installed, is at fault: "
        )
        assert why in str(caught.value) and caught.value.addon == "third"
        with pytest.raises(
            LoadError, match=r"Nothing was changed. The addon third, which is installed, is at"
        ):
            upgrade(site.database, site.catalogue())
    assert site.installed() == ["base", "third"]
