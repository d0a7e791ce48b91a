"""Bad addons: each is left out with who, where, what and the next step, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.errors import LoadError
from core.i18n import catalogs
from core.i18n.lazy import LazyText
from tests.core.workshop import GOOD, Workshop, workshop

HEAD = "from core import *\n"
ALPHA_OWN = 'class Own(Model, name="alpha.own", access={"base.user": "r"}): pass\n'
IMPORTS = "from good import Dyed, Sized, Thing\n"
OWN = 'class Own(Model, name="bad.own", access={"base.user": "r"}): pass\n'
BAD = HEAD + 'addon = Addon("bad", version="1.0", depends=("good",))\n'
ALPHA = HEAD + 'addon = Addon("alpha", version="1.0", depends=("good",))\n'
THINGS = BAD + IMPORTS
HANGER = HEAD + 'addon = Addon("hanger", version="1.0", depends=("bad",))\n'


@dataclass(frozen=True)
class Case:
    """The addon `bad` among others: the line marked `# here` is at fault, for these words."""

    name: str
    files: dict[str, str]
    fault: tuple[str, ...]
    remedy: tuple[str, ...]
    others: tuple[str, ...] = ()
    fallen: tuple[str, ...] = field(default=())
    """Further addons that fall with it."""


def single(name: str, source: str, *fault: str, remedy: tuple[str, ...]) -> Case:
    """A case whose fault is all in the package of `bad`."""
    return Case(name, {"bad": source}, fault, remedy)


def publishing(body: str, classes: str, head: str = THINGS) -> str:
    """An addon that publishes `classes`."""
    return f"{head}{body}\n@hookimpl\ndef models():\n    return [{classes}]\n"


def model(field_source: str) -> str:
    """An addon with one model of one field, which is marked."""
    return publishing(OWN.replace("pass", f"\n    {field_source}  # here"), "Own")


def own(access: str) -> str:
    """An addon with one model, which is marked."""
    return publishing(f'class Own(Model, name="bad.own", access={access}): pass  # here\n', "Own")


def hook(source: str) -> str:
    """An addon with one hook, marked where its definition begins."""
    return f"{THINGS}@hookimpl  # here\n{source}\n"


def extension(field_source: str) -> str:
    """An addon that extends good.thing by one field."""
    return publishing(f"class More(Thing):\n    {field_source}  # here\n", "More")


DEPENDENCIES = [
    Case(
        "cycle",
        {
            "bad": HEAD + 'addon = Addon("bad", version="1.0", depends=("ring",))  # here',
            "ring": HEAD + 'addon = Addon("ring", version="1.0", depends=("bad",))',
        },
        ("circle", "bad → ring → bad"),
        ("depends",),
        others=("ring",),
        fallen=("ring",),
    ),
    single(
        "missing dependency",
        HEAD + 'addon = Addon("bad", version="1.0", depends=("godo",))  # here',
        "godo",
        "does not exist",
        remedy=("Did you mean", "good"),
    ),
    single(
        "dependency nobody knows",
        HEAD + 'addon = Addon("bad", version="1.0", depends=("zzz",))  # here',
        "zzz",
        remedy=("Install the package",),
    ),
    Case(
        "dependency not installed",
        {
            "bad": HEAD + 'addon = Addon("bad", version="1.0", depends=("spare",))  # here',
            "spare": HEAD + 'addon = Addon("spare", version="1.0")',
        },
        ("spare", "not installed"),
        ("Install spare first",),
    ),
    Case(
        "dependency broken",
        {
            "bad": HEAD + 'addon = Addon("bad", version="1.0", depends=("spare",))  # here',
            "spare": HEAD + 'addon = Addon("spare", version="one")',
        },
        ("spare", "cannot be loaded"),
        ("Repair spare first",),
    ),
    Case(
        "extras module missing",
        {"bad": HEAD + 'addon = Addon("bad", version="1.0", extras={"good": "with_good"})  # here'},
        ("bad.with_good", "No module named"),
        ("Correct the name",),
    ),
    Case(
        "module missing",
        {"bad": HEAD + 'addon = Addon("bad", version="1.0", modules=("hooks",))  # here'},
        ("bad.hooks", "No module named"),
        ("bad.hooks",),
    ),
]

MANIFESTS = [
    single("syntax", BAD + "def broken(:  # here", "SyntaxError", remedy=("Correct this line",)),
    Case(
        "syntax in a submodule",
        {"bad": BAD + "from bad import inner", "bad/inner.py": "x = 1\ny = (2,  # here"},
        ("cannot be imported", "SyntaxError"),
        ("Correct this line",),
    ),
    single("missing module", BAD + "import nowhere_at_all  # here", "nowhere_at_all", remedy=("install",)),
    single("import raises", BAD + "1 / 0  # here", "ZeroDivisionError", remedy=("Correct",)),
    single(
        "misspelt argument", BAD + 'Char(lable="Title")  # here', "lable", remedy=("Did you mean “label”?",)
    ),
    single(
        "argument of another field", BAD + "Integer(size=2)  # here", "size", remedy=("Correct what is done",)
    ),
    single(
        "argument of others",
        BAD + "import json\njson.dumps({}, idnent=2)  # here",
        "idnent",
        remedy=("Correct what is done",),
    ),
    single("import leaves", BAD + "raise SystemExit(3)  # here", "SystemExit: 3", remedy=("Correct",)),
    Case(
        "import raises deep inside",
        {
            "bad": BAD + "from bad.inner import run\nrun()",
            "bad/inner.py": "import json\n\ndef run():\n    json.loads('{')  # here",
        },
        ("JSONDecodeError",),
        ("Correct",),
    ),
    single(
        "no manifest",
        '__doc__ = "no manifest"  # here\nfrom core import *\nmanifest = Addon("bad", version="1.0")',
        "no manifest",
        remedy=('addon = Addon("bad"',),
    ),
    single(
        "manifest of another",
        "from good import *  # here\nfrom good import addon  # not Addon(...)",
        "manifest of another addon",
        "good",
        remedy=("of its own",),
    ),
    single(
        "version",
        HEAD + 'addon = Addon("bad", version="new")  # here',
        "new",
        remedy=("numbers with points",),
    ),
    single(
        "version as a number",
        HEAD + 'addon = Addon("bad", version=1.0)  # here',
        "1.0",
        remedy=('version="1.0"',),
    ),
    single(
        "name of an addon",
        HEAD + 'addon = Addon("Bad-Name", version="1.0")  # here',
        "Bad-Name",
        remedy=("small letters",),
    ),
    *(
        single(
            f"name {name}",
            HEAD + f'addon = Addon("{name}", version="1.0")  # here',
            name,
            remedy=("small letters",),
        )
        for name in ("bad_", "bad__addon", "ix")
    ),
    single(
        "name of a room", HEAD + 'addon = Addon("core", version="1.0")  # here', "core", remedy=("Lumbung",)
    ),
    single(
        "depends without its comma",
        HEAD + 'addon = Addon("bad", version="1.0", depends=("good"))  # here',
        "depends",
        "good",
        remedy=("comma",),
    ),
]

FIELDS = [
    Case(
        "link whose column another has",
        {
            "alpha": publishing(ALPHA_OWN.replace("pass", "\n    link_id = Integer()"), "Own", ALPHA),
            "bad": publishing(
                "class More(Own):\n    link = Many2one(Thing)  # here\n",
                "More",
                THINGS.replace('("good",)', '("good", "alpha")') + "from alpha import Own\n",
            ),
        },
        ("alpha.own.link_id", "column of link"),
        ("Rename it",),
        others=("alpha",),
    ),
    Case(
        "same field from two unrelated addons",
        {
            "alpha": publishing(f"{IMPORTS}class A(Thing):\n    hue = Char()\n", "A", ALPHA),
            "bad": extension("hue = Char()"),
        },
        ("good.thing.hue", "alpha", "bad"),
        ("Rename one", "depend"),
        others=("alpha",),
    ),
    single(
        "redefinition",
        extension('title = Char(required=True, label="Name")'),
        "good.thing.title",
        "defined again",
        remedy=("override=True",),
    ),
    single(
        "choices of what has none",
        extension('title = Choices({"new": "New"})'),
        "good.thing.title",
        "no choices",
        remedy=("Select",),
    ),
    single(
        "a choice that is there",
        publishing(
            OWN.replace("pass", '\n    kind = Select({"a": "A"}, label="Kind")')
            + 'class More(Own):\n    kind = Choices({"a": "B"})  # here\n',
            "Own, More",
        ),
        "bad.own.kind",
        "“a” already",
        remedy=("another key",),
    ),
    single(
        "unknown target", model('link = Many2one("bad.none")'), "bad.own.link", "bad.none", remedy=("target",)
    ),
    single(
        "target that cannot be found",
        model("link = Many2one(lambda: Nowhere)"),
        "bad.own.link",
        "NameError",
        "Nowhere",
        remedy=("Name a model",),
    ),
    single(
        "target that is no model", model("link = Many2one(int)"), "bad.own.link", remedy=("Name a model",)
    ),
    single("target of no kind", model("link = Many2one(5)"), "bad.own.link", remedy=("Name a model",)),
    single(
        "one field under two names",
        model("a = Char()").replace("a = Char()", "a = b = Char()"),
        "bad.own.a",
        "same object as b",
        remedy=("call of its own",),
    ),
    single(
        "name of the texts of a translated field",
        model("title_texts = Char()").replace("title_texts", "title = Char(translate=True)\n    title_texts"),
        "bad.own.title_texts",
        "column of title",
        remedy=("Rename",),
    ),
    single(
        "field granted to nobody",
        model('a = Char(access={"base.usr": "r"})'),
        "base.usr",
        remedy=("base.user",),
    ),
    single("access of a field", model('a = Char(access={"base.user": "d"})'), "“d”", remedy=('"rw"', '"m"')),
    single("a mask of what is read", model('a = Char(access={"base.user": "rm"})'), "“rm”", remedy=('"m"',)),
    single(
        "a mask of a link",
        model('a = Many2one("good.thing", access={"base.user": "m"})'),
        "“m”",
        remedy=('or "rw"',),
    ),
    single(
        "wrong inverse",
        model('things = One2many(Thing, "title")'),
        "good.thing.title",
        "no link back",
        remedy=("Name the Many2one", "bad.own"),
    ),
    single(
        "required on the table of another",
        extension("code = Char(required=True)"),
        "good.thing.code",
        "required",
        remedy=("default=",),
    ),
    *(
        single(
            f"reserved name {name}", model(f"{name} = Char()"), f"bad.own.{name}", "reserved", remedy=("x_",)
        )
        for name in (
            "id",
            "version",
            "display_label",
            "a__b",
            "env",
            "metadata",
            "registry",
            "archived",
            "x_foo",
            "Big",
        )
    ),
    *(
        single(
            f"default that does not fit: {source}",
            "import datetime as dt\nimport decimal\n" + model(f"own = {source}"),
            "bad.own.own",
            *words,
            remedy=("default=", "function"),
        )
        for source, *words in (
            ('Integer(default="x")', "cannot hold"),
            ("Integer(default=True)", "cannot hold"),
            ("Integer(default=_('5'))", "cannot hold"),
            ("Integer(default=2**63)", "too large"),
            ("Boolean(default=1)", "cannot hold"),
            ('Char(default=b"x")', "cannot hold"),
            ('Char(3, default="long")', "too long"),
            ('Char(3, default=_("long"))', "too long"),
            ('Char(3, translate=True, default="long")', "too long"),
            ('Char(translate=True, default={"en": "a"})', "cannot hold"),
            ("Text(default=5)", "cannot hold"),
            ('Date(default="today")', "cannot hold"),
            ("Date(default=dt.datetime(2026, 1, 1))", "cannot hold"),
            ("DateTime(default=dt.datetime(2026, 1, 1))", "cannot hold"),
            ('Select({"a": "A", "b": "B"}, default="c")', "A, B"),
            ("Money(default=1.5)", "float"),
            ('Decimal(default="much")', "cannot hold"),
            ("Percent(default=10**17)", "too large"),
            ("Json(default={1, 2})", "JSON"),
            ('Email(default="nobody")', "nobody"),
            ("Many2one(Thing, default=1)", "cannot hold"),
            ("Many2many(Thing, default=[1])", "cannot hold"),
        )
    ),
    single(
        "name of a link's column",
        model("link_id = Integer()").replace("link_id", "link = Many2one(Thing)\n    link_id"),
        "bad.own.link_id",
        "column of link",
        remedy=("link_id: Ref",),
    ),
]

MODELS = [
    Case(
        "no order of bases",
        {
            "alpha": publishing(f"{IMPORTS}class A(Sized, Dyed, Thing): pass\n", "A", ALPHA),
            "bad": publishing("class B(Dyed, Sized, Thing): pass  # here\n", "B"),
        },
        ("good.thing", "cannot be put in an order"),
        ("same order",),
        others=("alpha",),
    ),
    single(
        "no access",
        own("None"),
        "bad.own",
        "nobody",
        remedy=("access=",),
    ),
    single(
        "name on an extension",
        THINGS + 'class More(Thing, name="bad.more"): pass  # here',
        "More",
        "good.thing",
        remedy=("Leave out name=",),
    ),
    single(
        "misspelt word of a class",
        THINGS + 'class More(Model, name="bad.more", oder="-day"): pass  # here',
        "More",
        "“oder=”",
        remedy=("Did you mean “order”?", "name=, label=, plural=, access=, abstract=, order=, history="),
    ),
    single(
        "unknown word of a class",
        THINGS + "class More(Thing, x=1): pass  # here",
        "“x=”",
        remedy=("Take it away.", "name=, label="),
    ),
    single(
        "hook without its mark",
        publishing(OWN.replace("base.user", "bad.user").replace("pass", "pass  # here"), "Own")
        + "\ndef roles():\n    return [Role('bad.user', 'User')]\n",
        "bad.user",
        "defined by nobody",
        remedy=("roles() in bad/__init__.py:", "write @hookimpl above it. Did you mean"),
    ),
    single("no name", THINGS + "class More(Model): pass  # here", "More", "no name", remedy=("name=",)),
    single(
        "name that is none",
        THINGS + 'class More(Model, name="More"): pass  # here',
        "“More”",
        remedy=("addon.model",),
    ),
    single(
        "published twice",
        publishing(OWN.replace("\n", "  # here"), "Own, Own"),
        "published twice",
        remedy=("once",),
    ),
    single(
        "duplicate model",
        publishing(
            OWN + 'class Two(Model, name="bad.own", access={"base.user": "r"}): pass  # here',
            "Own, Two",
        ),
        "bad.own",
        "begins twice",
        remedy=("Extend it",),
    ),
    single(
        "prefix of another",
        publishing('class Own(Model, name="good.own", access={"base.user": "r"}): pass  # here', "Own"),
        "good.own",
        remedy=("“bad.own”",),
    ),
    Case(
        "one table for two",
        {
            "bad": BAD.replace('("good",)', '("good", "bad_big")')
            + publishing(
                'class Own(Model, name="bad.big_thing", access={"base.user": "r"}): pass  # here', "Own", ""
            ),
            "bad_big": publishing(
                'class Own(Model, name="bad_big.thing", access={"base.user": "r"}): pass',
                "Own",
                HEAD + 'addon = Addon("bad_big", version="1.0")\n',
            ),
        },
        ("bad.big_thing", "bad_big.thing", "bad_big_thing"),
        ("another name",),
        others=("bad_big",),
    ),
    single(
        "unpublished model",
        publishing(OWN + "class More(Own): pass  # here", "More"),
        "More builds on Own",
        "nobody publishes",
        remedy=("Name Own in models()",),
    ),
    single(
        "unpublished fragment between",
        publishing("class Own(Thing):\n    hue = Char()\nclass More(Own): pass  # here\n", "More"),
        "More builds on Own",
        remedy=("Name Own in models()",),
    ),
    Case(
        "builds on what it does not depend on",
        {
            "bad": publishing(
                f"{IMPORTS}class More(Thing): pass  # here\n",
                "More",
                HEAD + 'addon = Addon("bad", version="1.0")\n',
            )
        },
        ("More builds on Thing", "does not depend on good"),
        ("“good”", "depends"),
    ),
    Case(
        "leads to what it does not depend on",
        {
            "bad": publishing(
                OWN.replace("pass", '\n    x = Many2one("good.thing")  # here'),
                "Own",
                HEAD + 'addon = Addon("bad", version="1.0")\n',
            )
        },
        ("bad.own.x", "good.thing", "does not depend"),
        ("“good”", "depends"),
    ),
]


def computed(options: str, *more: str) -> str:
    """An addon with a link, more fields, and one computed field, which is marked."""
    fields = ["link = Many2one(Thing)", f'sum = Integer(compute="_sum", {options})  # here', *more]
    methods = "    @classmethod\n    def _sum(cls, records): pass\n"
    return publishing(OWN.replace(" pass\n", "\n    " + "\n    ".join(fields) + "\n" + methods), "Own")


COMPUTES = [
    single(
        "computed by nothing",
        computed('depends=("id",)').replace("def _sum", "def _sums"),
        "bad.own.sum",
        "_sum()",
        remedy=("Did you mean", "_sums"),
    ),
    single("depends on nothing", computed('depends=("colour",)'), "bad.own", "colour", remedy=("depends=",)),
    single(
        "depends on a field that a link does not have",
        computed('depends=("link.wieght",)'),
        "link.wieght",
        "good.thing",
        remedy=("Did you mean", "weight"),
    ),
    single(
        "depends on more than a value",
        computed('depends=("size.x",)', "size = Integer()"),
        "size.x",
        "bad.own",
        remedy=("depends=",),
    ),
    single("depends without the comma", computed('depends=("size")'), "bad.own.sum", remedy=("comma",)),
    single(
        "depends on what every write changes",
        computed('depends=("link.version",)'),
        "link.version",
        remedy=("depends=",),
    ),
    single(
        "computed of itself", computed('depends=("sum",)'), "bad.own.sum → bad.own.sum", remedy=("depends=",)
    ),
    single(
        "computed in a circle",
        computed('depends=("other",)', 'other = Integer(compute="_sum", depends=("sum",))'),
        "bad.own.sum → bad.own.other → bad.own.sum",
        remedy=("depends=",),
    ),
    single(
        "computed in a circle over a link",
        computed(
            'depends=("children.sum",)',
            "parent = Many2one(lambda: Own)",
            'children = One2many(lambda: Own, "parent")',
        ),
        "circle",
        "bad.own.sum",
        remedy=("depends=",),
    ),
    single(
        "required, but computed late",
        computed('depends=("link.weight",), required=True'),
        "bad.own.sum",
        "required",
        remedy=("default=",),
    ),
    single(
        "computed link",
        publishing(
            OWN.replace("pass", '\n    link = Many2one(Thing, compute="display_label")  # here'), "Own"
        ),
        "bad.own.link",
        remedy=("before_create()",),
    ),
]

HOOKS = [
    single(
        "unknown hook", hook("def modells():\n    return []"), "modells()", remedy=("Did you mean", "models")
    ),
    single("hook far from any", hook("def zzzz():\n    return []"), "zzzz()", remedy=("optionalhook=True",)),
    single("wrong argument", hook("def models(env):\n    return []"), "models()", "env", remedy=("subset",)),
    single(
        "wants to be first",
        hook("def models():\n    return []").replace("@hookimpl", "@hookimpl(tryfirst=True)"),
        "order of calls",
        remedy=("depends",),
    ),
    single(
        "hook raises",
        THINGS + "@hookimpl\ndef menus():\n    return [][3]  # here",
        "menus() fails",
        "IndexError",
        remedy=("Correct",),
    ),
    single(
        "hook returns None",
        hook("def menus():\n    pass"),
        "menus() returns NoneType",
        remedy=("list of Menu",),
    ),
    single("hook yields", hook("def roles():\n    yield 1"), "returns generator", remedy=("list of Role",)),
    single(
        "hook returns a text", hook("def roles():\n    return 'no'"), "returns str", remedy=("list of Role",)
    ),
    single(
        "models returns records",
        hook("def models():\n    return [Char()]"),
        "[Char",
        remedy=("list of Model",),
    ),
    single(
        "models returns classes", hook("def models():\n    return [Char]"), "[Char", remedy=("list of Model",)
    ),
    single(
        "views returns menus",
        hook("def views():\n    return [Menu('a', 'A', Thing)]"),
        "[Menu",
        remedy=("View | Extension",),
    ),
]


def listed(name: str, value: str) -> str:
    """An addon whose hook returns one value, which is marked."""
    return f"{THINGS}@hookimpl\ndef {name}():\n    return [\n        {value},  # here\n    ]\n"


REST = [
    single(
        "page without roles", listed("pages", 'Page("/bad/x", print)'), "/bad/x", "nobody", remedy=("roles=",)
    ),
    single(
        "page for an unknown role",
        listed("pages", 'Page("/bad/x", print, roles=("base.usr",))'),
        "base.usr",
        remedy=("Did you mean", "base.user"),
    ),
    *(
        single(
            f"page at {path}",
            listed("pages", f'Page("{path}", print, roles=("base.user",))'),
            f"page {path} ",
            "Lumbung",
            remedy=("/bad/",),
        )
        for path in ("/", "/app", "/app/x", "/api/v2/x", "/login", "/static/x", "/healthz", "/settings/x")
    ),
    single(
        "page there already",
        listed("pages", 'Page("/good/map", print, roles=("base.user",))'),
        "/good/map",
        "good",
        remedy=("/bad/",),
    ),
    *(
        single(
            f"page at {path}",
            listed("pages", f'Page("{path}", print, roles=("base.user",))'),
            path,
            remedy=("Begin it with /",),
        )
        for path in ("bad/x", "/bad/<nokind:x>", "/bad/<int:x")
    ),
    single(
        "unknown role in access", own('{"base.usr": "r"}'), "base.usr", remedy=("Did you mean", "base.user")
    ),
    single("access that is none", own('{"base.user": "rx"}'), "“rx”", remedy=('"rwcd"',)),
    single("a mask of a model", own('{"base.user": "rm"}'), "“rm”", remedy=('"rwcd"',)),
    single("access that is a text", own('"base.user"'), "“base.user”", remedy=('"rwcd"',)),
    single("role of another", listed("roles", 'Role("good.user", "User")'), "good.user", remedy=("“bad.”",)),
    single(
        "role twice",
        listed("roles", 'Role("bad.user", "User")').replace(
            "return [", 'return [\n        Role("bad.user", "User"),'
        ),
        "bad.user",
        "twice",
        remedy=("another name",),
    ),
    single(
        "role implies nobody",
        listed("roles", 'Role("bad.user", "User", implies=("base.usr",))'),
        "base.usr",
        remedy=("Did you mean", "base.user"),
    ),
    single(
        "role implies itself",
        listed("roles", 'Role("bad.user", "User", implies=("bad.user",))'),
        "implies itself",
        remedy=("implies",),
    ),
    single(
        "menu to nowhere",
        listed("menus", 'Menu("bad.x", "X", "good.thign")'),
        "good.thign",
        remedy=("Did you mean", "good.thing"),
    ),
    single(
        "menu twice",
        listed("menus", 'Menu("bad.x", "X", Thing)').replace(
            "return [", 'return [\n        Menu("bad.x", "X", Thing),'
        ),
        "bad.x",
        "twice",
        remedy=("another name",),
    ),
    single(
        "menu to an unpublished model",
        THINGS + OWN + listed("menus", 'Menu("bad.x", "X", Own)').removeprefix(THINGS),
        "bad.own",
        remedy=("Publish the model",),
    ),
    single(
        "records of nothing",
        THINGS + OWN + hook("def data():\n    return [Rows(Own, [])]").removeprefix(THINGS),
        "data()",
        remedy=("Publish the model",),
    ),
    single(
        "view on an unknown field",
        listed("views", 'View("bad.v", Thing, form("titel"))'),
        "titel",
        "good.thing",
        remedy=("Did you mean", "title"),
    ),
    single(
        "extension with an unknown field",
        listed("views", 'extend("good.thing.form", after("title", "hue"))'),
        "hue",
        remedy=("Declare it",),
    ),
    single(
        "view twice",
        listed("views", 'View("good.thing.form", Thing, form("title"))'),
        "good.thing.form",
        "twice",
        remedy=("extend()",),
    ),
    single(
        "node twice",
        listed("views", 'extend("good.thing.form", into("head", "weight"))'),
        "weight",
        "already",
        remedy=("replace()",),
    ),
    single(
        "view of no model",
        listed("views", 'View("bad.v", "good.none", form("title"))'),
        "bad.v",
        remedy=("models()",),
    ),
]

RULE = 'Rule(Thing, "r", where=lambda M, env: M.id > 0, roles=("base.user",))'

MORE = [
    single(
        "roles of a page without the comma",
        listed("pages", 'Page("/bad/x", print, roles=("base.user"))'),
        "“base.user” stands alone",
        remedy=("comma",),
    ),
    single(
        "methods of a page without the comma",
        listed("pages", 'Page("/bad/x", print, methods=("POST"), roles=("base.user",))'),
        "/bad/x",
        remedy=("methods as a tuple",),
    ),
    single(
        "page that was called",
        listed("pages", 'Page("/bad/x", print(), roles=("base.user",))'),
        "/bad/x",
        "no function",
        remedy=("without calling",),
    ),
    single(
        "page there already by itself",
        listed("pages", 'Page("/bad/x", print, roles=("base.user",))').replace(
            "return [", 'return [\n        Page("/bad/x", print, roles=("base.user",)),'
        ),
        "/bad/x",
        "bad",
        remedy=("address of its own",),
    ),
    single(
        "roles that imply each other",
        listed("roles", 'Role("bad.user", "User", implies=("bad.boss",))').replace(
            "  # here\n", '  # here\n        Role("bad.boss", "Boss", implies=("bad.user",)),\n'
        ),
        "bad.user implies itself",
        remedy=("bad.boss",),
    ),
    single(
        "rule for nobody",
        listed("rules", RULE.replace("base.user", "base.usr")),
        "base.usr",
        remedy=("base.user",),
    ),
    single(
        "rule for no operation",
        listed("rules", RULE.replace('"r"', '"x"')),
        "good.thing",
        remedy=("Write Rule(",),
    ),
    single(
        "rule without condition",
        listed("rules", 'Rule(Thing, "r", None)'),
        "good.thing",
        remedy=("Write Rule(",),
    ),
    single(
        "rule on nothing",
        THINGS + OWN + listed("rules", RULE.replace("Thing", "Own")).removeprefix(THINGS),
        "nobody publishes",
        remedy=("Publish the model",),
    ),
    single(
        "fault that no check knows",
        THINGS.replace("))\n", "))  # here\n")
        + listed("views", 'View("bad.v", Thing, Group("head", "title"))')
        .removeprefix(THINGS)
        .replace("  # here", ""),
        "cannot be put together",
        "AttributeError",
        remedy=("Correct",),
    ),
]

CASES = [*MORE, *DEPENDENCIES, *MANIFESTS, *FIELDS, *COMPUTES, *MODELS, *HOOKS, *REST]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as made:
        made.write({"good": GOOD, "hanger": HANGER})
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_addon_is_left_out_and_told(case: Case, made: Workshop) -> None:
    made.write(case.files)
    assembly = made.assemble("good", "bad", "hanger", *case.others)

    error = assembly.quarantined["bad"]
    assert error.addon == "bad"
    assert error.origin == made.marked()
    check_words(error, case)
    fallen = {"bad", "hanger", *case.fallen}
    assert set(assembly.quarantined) == fallen
    assert set(assembly.names) == {"base", "good", *case.others} - fallen
    assert "good.thing" in assembly.registry
    assert "good.thing.form" in assembly.views
    reason = assembly.quarantined["hanger"]
    assert reason.addon == "hanger" and "bad" in str(reason.fault) and "Repair bad" in english(reason.remedy)


def check_words(error: LoadError, case: Case) -> None:
    """The words in English; in either language every name that they need, and no hole."""
    fault, remedy = english(error.fault), english(error.remedy)
    assert all(word in fault for word in case.fault), fault
    assert all(word in remedy for word in case.remedy), remedy
    for text in (error.fault, error.remedy):
        assert isinstance(text, LazyText)
        for language in catalogs.LANGUAGES:
            shown = in_language(language, text)
            assert "%(" not in shown
            assert all(in_language(language, value) in shown for value in (text.args or {}).values()), shown


def in_language(language: str, text: object) -> str:
    token = catalogs.set_language(language)
    try:
        return str(text)
    finally:
        catalogs.reset_language(token)


def english(text: object) -> str:
    return in_language("en", text)
