"""Uninstalling parks, installing again brings back, and only a purge deletes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa

from core.assembly import assemble
from core.errors import UserError
from core.orm.env import Env
from core.schema import ledger, tables
from core.schema.apply import SchemaRefused
from core.schema.install import PlanChanged, upgrade
from core.schema.plan import plan
from core.schema.purge import leftovers, purge
from core.schema.uninstall import Removal, outlook, uninstall
from tests.core.test_install import BASE, Site
from tests.core.test_schema import look
from tests.core.workshop import workshop

pytestmark = pytest.mark.usefixtures("english")

SHOP = """
    from core import *
    from small_base import Tag as BaseTag

    addon = Addon("shop", version="1.0", label="Shop")

    class Item(Model, name="shop.item", label="Item", plural="Items", access={"shop.clerk": "rwcd"}):
        name = Char(required=True, unique=True, search=True)
        tag: Many2one[BaseTag | None] = Many2one(BaseTag)
        parent = Many2one(lambda: Item)
        tags = Many2many(BaseTag)

    class Line(Model, name="shop.line", label="Line", plural="Lines", access={"shop.clerk": "rwcd"}):
        item = Many2one(Item, required=True, ondelete="cascade")
        tag = Many2one(BaseTag, required=True)
        about = Char(required=True, translate=True)

    class Tag(BaseTag):
        best = Many2one(Item, index=True)
        weight = Integer(required=True, default=3, search=True)

    @hookimpl
    def models():
        return [Item, Line, Tag]

    @hookimpl
    def roles():
        return [Role("shop.clerk", "Clerk", implies=("base.user",))]

    @hookimpl
    def menus():
        return [Menu("shop.items", "Wares", Item)]

    @hookimpl
    def data():
        return [Rows(BaseTag, [{"key": "sale", "name": "sale"}]),
                Rows(Item, [{"key": "pen", "name": "Pen", "tag": Key("sale")}])]
"""
STALL = """
    from core import *
    from small_base import Tag
    from shop import Item as ShopItem

    addon = Addon("stall", version="1.0", depends=("shop",))

    class Item(ShopItem):
        shelf = Char(10, index=True)

    @hookimpl
    def models():
        return [Item]
"""
BESIDE = """
    from core import *

    addon = Addon("beside", version="1.0", extras={"shop": "with_shop"})

    class Box(Model, name="beside.box", label="Box", access={"base.user": "rwcd"}):
        name = Char()

    @hookimpl
    def models():
        return [Box]
"""
WITH_SHOP = """
    from core import *
    from beside import Box as PlainBox
    from shop import Item as ShopItem

    class Box(PlainBox):
        item = Many2one(ShopItem)

    class Item(ShopItem):
        box = Many2one(PlainBox)

    @hookimpl
    def models():
        return [Box, Item]
"""


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    with workshop(tmp_path) as shop:
        made = Site(url, shop.folder)
        (shop.base / "small_base.py").write_text(dedent(BASE), encoding="utf-8")
        made.write(shop=SHOP, stall=STALL, beside=BESIDE, beside__with_shop=WITH_SHOP)
        with closing(made.database):
            made.install("stall", "beside")
            made.read(fill, write=True)
            yield made


def fill(env: Env) -> None:
    """What people do with it."""
    red, green, lone = env.create(env["base.tag"], [{"name": "red"}, {"name": "green"}, {"name": "lone"}])
    env.flush()
    [pen] = env.scalars(sa.select(env["shop.item"])).all()
    ink, cup = env.create(
        env["shop.item"],
        [
            {"name": "Ink", "tag": red, "parent": pen, "tags": [red, green], "shelf": "A1"},
            {"name": "Cup", "tag": lone},
        ],
    )
    env.create(
        env["shop.line"],
        [{"item": ink, "tag": green, "about": "a"}, {"item": cup, "tag": green, "about": "b"}],
    )
    red.best, red.weight = ink, 9
    [box] = env.create(env["beside.box"], [{"name": "Box", "item": ink}])
    env.flush()
    cup.box = box


def shown(site: Site) -> Any:
    """Everything of the shop."""

    def work(env: Env) -> Any:
        items = env.scalars(sa.select(env["shop.item"]).order_by(env["shop.item"].id)).all()
        tags = env.scalars(sa.select(env["base.tag"]).order_by(env["base.tag"].id)).all()
        lines = env.scalars(sa.select(env["shop.line"])).all()
        return (
            [(item.name, item.tag and item.tag.name, item.parent and item.parent.name,
              [tag.name for tag in item.tags], item.shelf, item.box and item.box.name) for item in items],
            [(tag.name, tag.best and tag.best.name, tag.weight, tag.archived) for tag in tags],
            sorted((line.item.name, line.tag.name, line.about) for line in lines),
            [box.item and box.item.name for box in env.scalars(sa.select(env["beside.box"]))],
        )  # fmt: skip

    return site.read(work)


def remove(site: Site, *names: str, **options: Any) -> Removal:
    return uninstall(site.database, site.catalogue(), names, **options)


def roles(site: Site) -> dict[str, bool]:
    return site.read(  # type: ignore[no-any-return]
        lambda env: {role.name: role.archived for role in env.scalars(sa.select(env["base.role"]))}
    )


def states(site: Site) -> dict[str, str]:
    with site.database.reading.connect() as connection:
        return {row.name: row.state for row in connection.execute(sa.select(tables.addon))}


def is_clean(site: Site) -> bool:
    """Whether the tables are what the models say."""
    assembly = assemble(site.catalogue(), site.installed())
    try:
        with site.database.reading.connect() as connection:
            found = plan(connection, assembly.registry)
            return not found.refused and not list(found.steps())
    finally:
        assembly.dispose()


def texts(site: Site, word: str) -> int:
    with site.database.reading.connect() as connection:
        return (
            connection.scalar(
                sa.text("SELECT count(*) FROM search WHERE body LIKE :word"), {"word": f"%{word}%"}
            )
            or 0
        )


def test_what_it_would_park_is_said_and_nothing_is_changed(site: Site) -> None:
    before = look(site.database), site.version()
    with site.database.reading.connect() as connection:
        found = outlook(connection, site.catalogue(), ["shop", "stall"])
    assert (look(site.database), site.version()) == before
    assert found.names == ["shop", "stall"]
    assert found.tables == [
        ("shop_item", "Items", 3),
        ("shop_item__tags_rel", "", 2),
        ("shop_line", "Lines", 2),
    ]
    assert found.columns == [
        ("base_tag", "best_id", 1),
        ("base_tag", "weight", 4),
        ("beside_box", "item_id", 1),
    ]
    assert [str(label) for label in (*found.menus, *found.roles)] == ["Wares", "Clerk"]
    assert found.views[:2] == ["shop.item.form", "shop.item.list"]
    assert found.rows == [("Role", 1), ("Tag", 1)]
    dry = remove(site, "shop", "stall", dry_run=True)
    assert dry.as_json() == found.as_json()
    assert (look(site.database), site.version(), site.installed()) == (
        *before,
        ["base", "beside", "shop", "stall"],
    )


def test_uninstalled_it_is_out_of_sight_and_holds_nothing_and_comes_back_whole(site: Site) -> None:
    before, seen, version = look(site.database), shown(site), site.version()
    assert texts(site, "ink") == 1
    remove(site, "shop", "stall")
    assert states(site) == {"base": "installed", "beside": "installed", "shop": "parked", "stall": "parked"}
    assert site.version() > version
    assert is_clean(site)
    away = look(site.database)
    assert away["parked__shop__shop_item"]["foreign keys"] == away["parked__shop__shop_item"]["indexes"] == []
    assert not [
        key for key in away["base_tag"]["foreign keys"] + away["base_tag"]["indexes"] if "best" in str(key)
    ]
    assert not {"shop_item", "shop_line"} & away.keys() and texts(site, "ink") == 0
    assert roles(site) == {"base.user": False, "base.admin": False, "shop.clerk": True}
    tags = site.read(lambda env: {tag.name: tag.archived for tag in env.scalars(sa.select(env["base.tag"]))})
    assert tags == {"sale": True, "red": False, "green": False, "lone": False}
    site.read(lambda env: env.create(env["base.tag"], [{"name": "later"}]), write=True)
    assert upgrade(site.database, site.catalogue()).installed == []

    report = site.install("stall")
    assert report.installed == ["shop", "stall"] and report.lost == []
    assert report.rows.created == report.rows.updated == report.rows.kept == 0
    again = shown(site)
    assert again[1].pop() == ("later", None, 3, False)
    assert again == seen
    assert look(site.database) == before
    assert texts(site, "ink") == 1 and is_clean(site)
    assert not any(roles(site).values())


def test_links_to_what_is_gone_meanwhile_are_emptied_and_listed(site: Site) -> None:
    remove(site, "shop", "stall")

    def delete(env: Env) -> None:
        tag, box = env["base.tag"], env["beside.box"]
        env.delete(env.scalars(sa.select(tag).where(tag.name.in_(["red", "lone"]))).all())
        env.delete(env.scalars(sa.select(box)).all())

    gone = site.read(lambda env: {tag.name: tag.id for tag in env.scalars(sa.select(env["base.tag"]))})
    site.read(delete, write=True)
    report = site.install("stall")
    found = {(item.table, item.column, tuple(item.keys), item.gone) for item in report.lost}
    assert found == {
        ("shop_item", "tag_id", (gone["red"], gone["lone"]), False),
        ("shop_item", "box_id", (1,), False),
        ("shop_item__tags_rel", "target_id", (gone["red"],), True),
    }
    assert shown(site)[0] == [
        ("Pen", "sale", None, [], None, None),
        ("Ink", None, "Pen", ["green"], "A1", None),
        ("Cup", None, None, [], None, None),
    ]
    assert is_clean(site)


def test_a_record_that_cannot_be_without_what_is_gone_keeps_it_from_coming_back(site: Site) -> None:
    remove(site, "shop", "stall")

    def delete(env: Env) -> None:
        tag = env["base.tag"]
        env.delete(env.scalars(sa.select(tag).where(tag.name == "green")).all())

    site.read(delete, write=True)
    before = look(site.database), states(site)
    with pytest.raises(
        UserError, match=r"shop_line cannot come back: they must have tag_id, and .* are deleted. Undo"
    ):
        site.install("shop")
    assert (look(site.database), states(site)) == before


def test_who_is_needed_goes_with_those_that_need_it_or_not_at_all(site: Site) -> None:
    for names, said in (
        (
            ["shop"],
            r"stall cannot be without it. Uninstall them as well: lumbung addons uninstall shop stall",
        ),
        (["base"], "base cannot be uninstalled"),
        (["nothing"], "nothing is not installed"),
    ):
        with pytest.raises(UserError, match=said):
            remove(site, *names)
    with pytest.raises(PlanChanged):
        remove(site, "shop", "stall", seen=["shop"])
    site.write(beside=BESIDE.replace("1.0", "1.1"))
    with pytest.raises(UserError, match=r"beside is installed in version 1.0 and found in version 1.1"):
        remove(site, "stall")
    assert len(site.installed()) == 4


def test_one_by_one_they_go_and_come_in_any_order(site: Site) -> None:
    before, seen = look(site.database), shown(site)
    remove(site, "stall")
    assert "parked__stall__shelf" in str(look(site.database)["shop_item"]["columns"])
    remove(site, "shop")
    site.install("shop")
    assert is_clean(site), "what is of the stall stays parked"
    remove(site, "beside")
    remove(site, "shop")
    site.install("beside")
    assert is_clean(site)
    site.install("stall")
    assert (look(site.database), shown(site)) == (before, seen)


def test_an_addon_that_is_nowhere_to_be_found_can_go(site: Site) -> None:
    remove(site, "stall")
    (site.folder / "shop" / "__init__.py").write_text("raise RuntimeError('torn')", encoding="utf-8")
    found = remove(site, "shop")
    assert [name for name, _label, _rows in found.tables] == ["shop_item", "shop_item__tags_rel", "shop_line"]
    assert is_clean(site)
    site.write(shop=SHOP)
    site.install("shop", "stall")
    assert shown(site)[0][1] == ("Ink", "red", "Pen", ["red", "green"], "A1", None)


def test_what_is_parked_is_upgraded_when_it_comes_back(site: Site) -> None:
    remove(site, "stall", "shop")
    folder = site.folder / "shop" / "upgrades"
    folder.mkdir()
    script = 'def before(tables):\n    tables.rename_field("shop.item", "name", "title")\n'
    (folder / "2.0.py").write_text(script, encoding="utf-8")
    site.write(
        shop=SHOP.replace("1.0", "2.0")
        .replace("name = Char", "title = Char")
        .replace('"name": "Pen"', '"title": "Pen"')
    )
    report = site.install("shop")
    assert [item.version for item in report.scripts] == ["2.0"]
    items = site.read(lambda env: [item.title for item in env.scalars(sa.select(env["shop.item"]))])
    assert sorted(items) == ["Cup", "Ink", "Pen"] and is_clean(site)


def test_a_purge_deletes_what_is_kept_and_nothing_else(site: Site) -> None:
    at_first = look(site.database)
    with pytest.raises(UserError, match="shop is installed"):
        purge(site.database, site.catalogue(), "shop")
    remove(site, "stall", "shop")
    with site.database.reading.connect() as connection:
        found = leftovers(connection, "shop")
        assert leftovers(connection, "stall").columns == [("shop_item", "shelf", 1)]
    assert found.tables == [("shop_item", 3), ("shop_item__tags_rel", 2), ("shop_line", 2)]
    assert found.columns == [("base_tag", "best_id", 1), ("base_tag", "weight", 4)]
    assert found.rows == 2
    before = look(site.database)
    purge(site.database, site.catalogue(), "shop", dry_run=True)
    assert look(site.database) == before
    purge(site.database, site.catalogue(), "stall")
    assert purge(site.database, site.catalogue(), "shop").left == 0
    with pytest.raises(UserError, match="Nothing is kept of shop"):
        purge(site.database, site.catalogue(), "shop")
    assert roles(site).keys() == {"base.user", "base.admin"}
    assert [name for name in look(site.database) if "shop" in name] == []
    assert is_clean(site) and states(site) == {"base": "installed", "beside": "installed"}
    site.install("stall")
    assert [item[0] for item in shown(site)[0]] == ["Pen"], "it begins anew"
    assert look(site.database)["shop_item"] == at_first["shop_item"]


def archived(site: Site) -> dict[str, bool]:
    return site.read(  # type: ignore[no-any-return]
        lambda env: {tag.name: tag.archived for tag in env.scalars(sa.select(env["base.tag"]))}
    )


def archive(site: Site, name: str, *, away: bool = True) -> None:
    def work(env: Env) -> None:
        [tag] = env.scalars(sa.select(env["base.tag"]).where(env["base.tag"].name == name)).all()
        tag.archived = away

    site.read(work, write=True)


def test_what_people_archived_themselves_stays_in_the_archive(site: Site) -> None:
    archive(site, "sale")
    remove(site, "shop", "stall")
    site.install("stall")
    assert archived(site)["sale"] is True and is_clean(site)


def test_a_purge_leaves_the_rows_that_people_took_up_and_those_that_others_lead_to(site: Site) -> None:
    """And an index that somebody made by hand goes with its column, or it could never go."""
    rows = "".join(f', {{"key": "{name}", "name": "{name}"}}' for name in ("held", "taken"))
    site.write(
        shop=SHOP.replace('{"key": "sale", "name": "sale"}', '{"key": "sale", "name": "sale"}' + rows),
        holder=HOLDER,
    )
    site.install("holder")

    def hold(env: Env) -> None:
        tags = {tag.name: tag for tag in env.scalars(sa.select(env["base.tag"]))}
        env.create(env["holder.note"], [{"tag": tags["held"]}])

    site.read(hold, write=True)
    with site.database.writing.begin() as connection:
        connection.exec_driver_sql("CREATE INDEX by_hand ON base_tag (weight)")
    remove(site, "shop", "stall")
    archive(site, "taken", away=False)
    purge(site.database, site.catalogue(), "stall")
    assert purge(site.database, site.catalogue(), "shop").left == 1
    assert archived(site) == {"held": True, "taken": False, "red": False, "green": False, "lone": False}
    assert is_clean(site), "the index is gone too"


HOLDER = """
    from core import *
    from small_base import Tag

    addon = Addon("holder", version="1.0")

    class Note(Model, name="holder.note", label="Note", access={"base.user": "rwcd"}):
        tag = Many2one(Tag)

    @hookimpl
    def models():
        return [Note]
"""


# ----------------------------------------------------------------- two that add the same field, one after the other
ONE = """
    from core import *
    from small_base import Tag as BaseTag

    addon = Addon("one", version="1.0")

    class Tag(BaseTag):
        nickname = Char(20, index=True)
        friends = Many2many(BaseTag)

    @hookimpl
    def models():
        return [Tag]
"""
TWO = ONE.replace('"one"', '"two"').replace("Char(20", "Char(30")
WITHOUT = """
    from core import *

    addon = Addon("one", version="2.0", depends=("two",))
"""
"""`ONE`, without its class from the next version on."""


@pytest.fixture
def rivals(url: str, tmp_path: Path) -> Iterator[Site]:
    with workshop(tmp_path) as shop:
        made = Site(url, shop.folder)
        (shop.base / "small_base.py").write_text(dedent(BASE), encoding="utf-8")
        made.write(one=ONE, two=TWO, holder=HOLDER)
        with closing(made.database):
            made.install("one")
            made.read(lambda env: env.create(env["base.tag"], [{"name": "red"}]), write=True)
            call(made, "one's")
            yield made


def call(site: Site, name: str) -> None:
    """Gives the tag a nickname, and makes it its own friend."""

    def work(env: Env) -> None:
        [tag] = env.scalars(sa.select(env["base.tag"])).all()
        tag.nickname, tag.friends = name, [tag]

    site.read(work, write=True)


def nothing_is_parked(site: Site) -> bool:
    return "parked__" not in str(look(site.database))


def called(site: Site) -> tuple[str | None, int]:
    """The nickname of the tag, and how many friends it has."""

    def work(env: Env) -> tuple[str | None, int]:
        [tag] = env.scalars(sa.select(env["base.tag"])).all()
        return tag.nickname, len(tag.friends)

    return site.read(work)  # type: ignore[no-any-return]


def owners(site: Site) -> set[str]:
    """Whose the field is by the ledger."""
    with site.database.reading.connect() as connection:
        steps = ledger.owned(connection)
        return {step.addon for step in steps if "nickname" in step.name or "friends" in step.table}


def test_what_is_kept_of_one_addon_is_not_given_to_another_that_has_a_field_of_that_name(
    rivals: Site,
) -> None:
    remove(rivals, "one")
    assert rivals.install("two").returned == []
    assert called(rivals) == (None, 0) and owners(rivals) == {"two"}
    call(rivals, "two's")
    gone = remove(rivals, "two")
    assert gone.columns == [("base_tag", "nickname", 1)]
    assert gone.tables == [("base_tag__friends_rel", "", 1)]
    assert is_clean(rivals) and owners(rivals) == set()
    rivals.install("holder")
    for name in ("one", "two"):
        rivals.install(name)
        assert called(rivals) == (f"{name}'s", 1) and owners(rivals) == {name}
        remove(rivals, name)
    purge(rivals.database, rivals.catalogue(), "one")
    rivals.install("two")
    assert called(rivals) == ("two's", 1), "a purge of the one leaves what is kept of the other"
    remove(rivals, "two")
    purge(rivals.database, rivals.catalogue(), "two")
    assert is_clean(rivals) and nothing_is_parked(rivals)


def test_what_comes_back_makes_way_for_what_is_here_under_its_name_and_is_kept_on(rivals: Site) -> None:
    remove(rivals, "one")
    rivals.install("two")
    call(rivals, "two's")
    rivals.write(one=WITHOUT, two=TWO, holder=HOLDER)
    rivals.install("one")
    assert called(rivals) == ("two's", 1) and is_clean(rivals)
    remove(rivals, "one", "two")
    rivals.install("one")
    assert called(rivals) == ("two's", 1), "of two that come together the one has it that declares it"
    remove(rivals, "one", "two")
    rivals.write(one=ONE.replace("1.0", "3.0"), two=TWO, holder=HOLDER)
    rivals.install("one")
    assert called(rivals) == ("one's", 1)


def test_a_field_that_goes_over_to_another_addon_is_its_own_from_then_on(rivals: Site) -> None:
    rivals.write(one=WITHOUT, two=TWO.replace("30", "20"), holder=HOLDER)
    rivals.install("two", "one")
    assert called(rivals) == ("one's", 1) and owners(rivals) == {"two"}
    assert remove(rivals, "one").columns == []
    assert remove(rivals, "two").columns == [("base_tag", "nickname", 1)]
    assert is_clean(rivals)
    rivals.install("two")
    assert called(rivals) == ("one's", 1)


def test_what_the_ledger_says_to_be_of_nobody_who_is_here_goes_with_whom_declares_it(rivals: Site) -> None:
    """As databases are that were uninstalled from before the ledger followed the models."""
    with rivals.database.writing.begin() as connection:
        connection.execute(tables.ledger.update().where(tables.ledger.c.addon == "one").values(addon="two"))
    assert remove(rivals, "one").columns == [("base_tag", "nickname", 1)]
    assert is_clean(rivals)
    rivals.install("one")
    assert called(rivals) == ("one's", 1)


def test_who_is_at_fault_keeps_what_it_brought(rivals: Site) -> None:
    rivals.install("holder")
    rivals.write(one="raise RuntimeError('torn')", two=TWO, holder=HOLDER)
    assert remove(rivals, "holder").columns == []
    rivals.write(one=ONE, two=TWO, holder=HOLDER)
    assert called(rivals) == ("one's", 1)


def test_a_column_that_no_model_has_is_said_to_be_of_who_brought_it(rivals: Site) -> None:
    rivals.write(one="from core import *\naddon = Addon('one', version='1.0')", two=TWO, holder=HOLDER)
    with pytest.raises(SchemaRefused, match=r"\none: Column base_tag.nickname is no longer in any model"):
        rivals.install("holder")


OVER = """
    from core import *
    from small_base import Tag as BaseTag
    from one import Tag as OneTag

    addon = Addon("over", version="1.0", depends=("one",))

    class Tag(OneTag):
        nickname = Char(20, index=True, override=True)
        friends = Many2many(BaseTag, override=True)

    @hookimpl
    def models():
        return [Tag]
"""


def test_a_field_that_another_addon_only_declares_anew_stays_that_of_who_has_it_first(rivals: Site) -> None:
    rivals.write(one=ONE, two=TWO, holder=HOLDER, over=OVER)
    rivals.install("over")
    assert owners(rivals) == {"one"}
    gone = remove(rivals, "over")
    assert gone.columns == gone.tables == [] and owners(rivals) == {"one"}
    rivals.install("over")
    gone = remove(rivals, "over", "one")
    assert [step.addon for step in gone.steps if step.kind != "index"] == ["one"] * 4
    rivals.install("one")
    assert called(rivals) == ("one's", 1) and is_clean(rivals)


def test_what_is_parked_twice_under_one_name_is_kept_twice(rivals: Site) -> None:
    """Other values of before, that could not come back, as another addon had a field of that name by then."""
    remove(rivals, "one")
    rivals.install("two")
    call(rivals, "two's")
    rivals.write(one=WITHOUT, two=TWO, holder=HOLDER)
    rivals.install("one")
    bare = 'from core import *\naddon = Addon("two", version="1.0")'
    rivals.write(one=ONE.replace("1.0", "3.0").replace("Char(20", "Char(30"), two=bare, holder=HOLDER)
    upgrade(rivals.database, rivals.catalogue())
    assert called(rivals) == ("two's", 1) and owners(rivals) == {"one"}, "it went over"
    for _round in range(2):
        remove(rivals, "one")
        assert is_clean(rivals)
        names = [name for name, *_rest in look(rivals.database)["base_tag"]["columns"] if "parked" in name]
        assert names == ["parked__one__nickname", "parked__one__nickname__2"]
        rivals.install("one")
        assert called(rivals) == ("two's", 1) and is_clean(rivals)
    remove(rivals, "one")
    purge(rivals.database, rivals.catalogue(), "one")
    assert is_clean(rivals) and nothing_is_parked(rivals)
