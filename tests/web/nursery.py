"""Addons that could be installed, some of them at fault, and a served database beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from core.loader import Catalogue, discover
from core.schema.preparing import installed
from core.web.dispatcher import Sites
from tests.copies import Copies
from tests.core.workshop import Workshop, workshop
from tests.web import kit

GARDEN = """\
from core import *
from core.base import CompanyOwned
from core.base import Partner as BasePartner

addon = Addon("garden", version="1.5", depends=("shed",), label="Garden", summary="Beds and what grows in them")

class Bed(CompanyOwned, name="garden.bed", label="Bed", plural="Flower beds", access={"garden.user": "rwcd"}):
    name = Char(required=True, unique=True, label="Name")

class Partner(BasePartner):
    bed = Many2one(Bed, label="Bed")
    fence = Integer(label="Fence", after="name")

@hookimpl
def models():
    return [Bed, Partner]

@hookimpl
def menus():
    return [Menu("garden.beds", "Flower beds", "/garden", group="Garden")]

@hookimpl
def pages():
    return [Page("/garden", lambda env: render("core/note_lost.html", "Roses", lost="", why=""), roles=("base.user",))]

@hookimpl
def roles():
    return [Role("garden.user", "Gardener", implies=("base.user",))]

@hookimpl
def data():
    return [Rows(Bed, [{"key": "roses", "name": "Roses"}])]
"""
SHED = 'from core import *\n\naddon = Addon("shed", version="1.0", label="Shed")\n'
BROKEN = 'from core import *\n\naddon = Addon("broken", version="1.0")\n\nraise RuntimeError("oh no")\n'
TORN = """\
from core import *

addon = Addon("torn", version="1.0", label="Torn")

@hookimpl
def data():
    return [Rows("base.tag", lambda: 1 / 0)]
"""
TYPO = """\
from core import *

addon = Addon("typo", version="1.0", depends=("shed",), label="Typo")

@hookimpl
def menus():
    return [Menu("typo.beds", "Beds", "/garden", group=GROUP)]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as made:
        torn = TORN.replace('"base.tag"', "Tag").replace("import *", "import *\nfrom core.base import Tag")
        made.write({"garden": GARDEN, "shed": SHED, "broken": BROKEN, "typo": TYPO, "torn": torn})
        yield made


@pytest.fixture(scope="module")
def found(shop: Workshop) -> Catalogue:
    """The addons that could be installed, and those at fault; no test changes it."""
    return discover([str(shop.folder)], entry_points=kit.ADDONS)


@pytest.fixture(scope="module")
def sites(found: Catalogue) -> Sites:
    """Sites of one process: it has built them before. Another process has its own."""
    return Sites(found, kit.SECRET)


@pytest.fixture
def nursery(kind: str, copies: Copies, sites: Sites) -> Iterator[kit.Served]:
    """A served database beside addons that could be installed."""
    with copies.copy(kind, "bare") as url, closing(kit.dispatcher({"*": url}, sites)) as dispatcher:
        yield kit.Served(url, dispatcher)


def names(served: kit.Served) -> list[str]:
    with served.database.reading.connect() as connection:
        return installed(connection)


def told(answer: kit.Answer) -> str:
    return " ".join(answer.main.text.split())


def moved(person: kit.Visitor, served: kit.Served) -> kit.Visitor:
    """The same browser, answered by another process."""
    there = kit.Visitor(served, person.lang)
    for name, cookie in ((key[2], value) for key, value in person.client._cookies.items()):
        there.client.set_cookie(name, cookie.value, domain=served.host)
    return there
