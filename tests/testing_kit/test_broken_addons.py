"""Small broken addons, one fault each: a check names file, line and remedy. What load errors tell is told here too.

They stand in two text files: a case is `=== name | check`, words of the message behind `>`, the source of the addon
`bad`, and further files behind `---`. What stands in braces is written out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from core.errors import LoadError
from core.i18n.catalogs import speaking
from core.loader import discover
from core.testing import AddonTestCase
from core.testing.checks import installs
from core.testing.stock import Installation, Stock
from core.testing.subject import Subject
from tests.core.workshop import GOOD, MARK, Workshop, workshop

HERE = Path(__file__).parent
HEAD = "import sqlalchemy as sa\nfrom core import *\nfrom core import _\n"
BAD = HEAD + 'addon = Addon("bad", version="1.0", label=_("Bad"))\n'
OWN = """class Own(Model, name="bad.own", label=_("Own"), plural=_("Owns"), access={"base.user": "rwcd"}):
    title = Char(required=True, label=_("Title"), search=True)
"""
MODELS = "\n@hookimpl\ndef models():\n    return [Own]\n"
PO = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals={}; plural={};\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
MACROS = {"BAD": BAD, "OWN": OWN, "MODELS": MODELS, "ID": PO.format(1, "0"), "EN": PO.format(2, "(n != 1)")}


@dataclass
class Case:
    """The addon `bad`, the check that finds its fault, and words of the message; the line marked `# here` is named."""

    name: str
    check: str
    words: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def has_mark(self) -> bool:
        """Whether its fault lies in a line of a module."""
        return any(MARK in text for text in self.files.values())


def cases(file: str, macros: Mapping[str, str]) -> list[Case]:
    """The cases of a text file."""
    found: list[Case] = []
    here = ""
    for line in (HERE / file).read_text("utf-8").splitlines():
        if line.startswith("=== "):
            name, check = line[4:].split(" | ")
            found.append(Case(name, check))
            here = "__init__.py"
        elif line.startswith("> "):
            found[-1].words.append(line[2:])
        elif line.startswith("--- "):
            here = line[4:]
        else:
            text = macros.get(line.strip("{}"), line) if line.startswith("{") else line
            found[-1].files[here] = found[-1].files.get(here, "") + text.rstrip("\n") + "\n"
    return found


@contextmanager
def an_addon(made: Workshop, files: Mapping[str, str]) -> Iterator[AddonTestCase]:
    """A test case over the addon `bad` of these files, beside a good one."""
    made.write({"good": GOOD})
    write(made.folder / "bad", files)
    stock = Stock(made.folder.parent, catalogue=made.discover())
    case = AddonTestCase()
    with speaking("en"):
        case.subject = Subject(stock, stock.named("bad"))
        yield case
    stock.dispose()


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def told(case: AddonTestCase, check: str) -> str:
    """What a check says; it must find something."""
    test = getattr(case, f"test_{check}")
    with pytest.raises(pytest.fail.Exception) as failed:
        if "kit" in test.__annotations__:
            with case.subject.installation.kit() as kit:
                test(kit)
        else:
            test()
    return str(failed.value)


# ----------------------------------------------------------------- as it is written
WRITTEN = cases("broken_addons.txt", MACROS)


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case.name)
def test_a_fault_is_told_with_its_place_and_remedy(tmp_path: Path, case: Case) -> None:
    with workshop(tmp_path) as made, an_addon(made, case.files) as addon:
        text = told(addon, case.check)
        place = "{}:{}".format(*made.marked()) if case.has_mark else "/bad/"
        assert text.startswith("addon 'bad'") and place in text
        assert [word for word in case.words if word not in text] == [], text


TWIN = """\
from core import Addon, Char, hookimpl
from good import Thing as GoodThing

addon = Addon("{name}", version="1.0", label="{name}", depends=("good",))

class Thing(GoodThing):
    same = Char(label="Same")

@hookimpl
def models():
    return [Thing]
"""


def test_what_cannot_be_beside_another_one_is_told(tmp_path: Path) -> None:
    """With nothing but what it depends on it is sound, and so is the other."""
    with workshop(tmp_path) as made:
        made.write({"able": TWIN.format(name="able")})
        with an_addon(made, {"__init__.py": TWIN.format(name="bad")}) as addon:
            addon.test_it_is_put_together()
            text = told(addon, "it_installs_with_all_others")
    assert "good.thing.same" in text and "able" in text and "/bad/" in text


def test_beside_no_other_one_nothing_is_asked(tmp_path: Path) -> None:
    with workshop(tmp_path) as made, an_addon(made, {"__init__.py": TWIN.format(name="bad")}) as addon:
        addon.test_it_installs_with_all_others()


@pytest.mark.parametrize(("culprit", "count"), [("bad", 1), ("other", 0)])
def test_what_shows_only_when_all_are_installed_is_told_of_the_addon_at_fault(
    monkeypatch: pytest.MonkeyPatch, culprit: str, count: int
) -> None:
    error = LoadError("It has no room.", "Make room.", addon=culprit)
    whole = SimpleNamespace(quarantined={}, names=("bad", "other"), dispose=lambda: None)
    monkeypatch.setattr(installs, "assemble", lambda *_given: whole)
    monkeypatch.setattr(installs, "install", Mock(side_effect=error))
    stock = SimpleNamespace(catalogue=SimpleNamespace(addons=dict.fromkeys(whole.names)))
    alone = SimpleNamespace(names=("bad",), database=SimpleNamespace(undone=nullcontext))
    subject: Any = SimpleNamespace(name="bad", stock=stock, installation=alone)
    assert list(installs.together(subject)) == [error] * count


SOUND = """
    @classmethod
    def before_create(cls, records):
        super().before_create(records)
        with records[0].env.unsafe_sql("counts what no model can say") as session:
            session.execute(sa.text("SELECT :one").bindparams(one=1))
"""
MORE = """
class More(Own):
    code = Char(label=_("Title"))

@hookimpl
def models():
    return [Own, More]
"""
"""It extends its own model, too."""
WORDS = (("Bad", "Buruk"), ("Own", "Milik"), ("Owns", "Milik"), ("Title", "Judul"))


def test_a_sound_one_passes_each_of_these_checks(tmp_path: Path) -> None:
    """Else a check could find fault with everything."""
    entries = "".join(f'\nmsgid "{message}"\nmsgstr "{text}"\n' for message, text in WORDS)
    files = {
        f"translations/{code.lower()}/LC_MESSAGES/bad.po": MACROS[code] + entries for code in ("ID", "EN")
    }
    checks = sorted({case.check for case in WRITTEN})
    with (
        workshop(tmp_path) as made,
        an_addon(made, {"__init__.py": BAD + OWN + SOUND + MORE, **files}) as addon,
    ):
        for check in checks:
            getattr(addon, f"test_{check}")()
    assert len(WRITTEN) > 50 and len(checks) > 20


def test_what_does_not_go_with_another_addon_is_told(tmp_path: Path) -> None:
    head = 'from workshop_base import User\nfrom core import *\naddon = Addon("{}", version="1.0")\n'
    body = "class Own(User):\n    hue = Char(label='Hue')\n" + MODELS
    with workshop(tmp_path) as made:
        made.write({"alpha": head.format("alpha") + body})
        with an_addon(made, {"__init__.py": head.format("bad") + body}) as addon:
            assert "alpha" in told(addon, "it_installs_with_all_others")


def test_what_cannot_be_parsed_is_told(tmp_path: Path) -> None:
    files = {"__init__.py": BAD + "def broken(:"}
    with (
        workshop(tmp_path) as made,
        pytest.raises(pytest.fail.Exception, match=r"SyntaxError.*Correct this line"),
        an_addon(made, files),
    ):
        pass


def test_rows_that_do_not_fit_are_told(tmp_path: Path) -> None:
    rows = '@hookimpl\ndef data():\n    return [Rows(Own, [{"key": "a", "titel": "x"}])]\n'
    with beside_base(tmp_path, BAD + OWN + MODELS + rows) as addon:
        assert "titel" in told(addon, "it_installs_alone")


NEVER = """from core.base import Tag

class Own(Tag):
    @classmethod
    def before_write(cls, records, changed):
        super().before_write(records, changed)
        raise UserError("Never")

@hookimpl
def data():
    return [Rows(Tag, [{"key": "one", "name": "One"}])]
"""


def test_what_goes_and_does_not_come_back_is_told(tmp_path: Path) -> None:
    with beside_base(tmp_path, BAD + NEVER + MODELS) as addon:
        text = told(addon, "it_goes_and_comes_back")
    assert (
        "cannot be uninstalled and installed again: UserError: Never" in text
        and "must be there again" in text
    )


@contextmanager
def beside_base(folder: Path, source: str) -> Iterator[AddonTestCase]:
    """The addon `bad`, which can be installed."""
    with workshop(folder) as made, speaking("en"):
        write(made.folder / "bad", {"__init__.py": source})
        stock = Stock(folder, catalogue=discover([str(made.folder)], entry_points=[]))
        addon = AddonTestCase()
        addon.subject = Subject(stock, stock.named("bad"))
        yield addon
        stock.dispose()


# ----------------------------------------------------------------- as it works
AT_WORK = cases("broken_at_work.txt", {"MODELS": MODELS})


class Together(Stock):
    """All of them are put together and installed once: each is a small part of a large addon set."""

    def of(self, *names: str) -> Installation:
        return super().of(*(f"bad{number}" for number in range(len(AT_WORK))))


def source(number: int, text: str) -> str:
    """A case as an addon of its own name, with the access that its model says."""
    own = re.sub(r'\{OWN: ("[^"]*")\}\n', lambda found: OWN.replace('"rwcd"', found[1]), text)
    return (BAD + own).replace('"bad', f'"bad{number}').replace("/bad/", f"/bad{number}/")


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    """Those addons, found beside base."""
    folder = tmp_path_factory.mktemp("at_work")
    with workshop(folder) as made:
        for number, case in enumerate(AT_WORK):
            write(made.folder / f"bad{number}", {"__init__.py": source(number, case.files["__init__.py"])})
        stock = Together(folder, catalogue=discover([str(made.folder)], entry_points=[]))
        yield stock
        stock.dispose()


@pytest.mark.parametrize("number", range(len(AT_WORK)), ids=[case.name for case in AT_WORK])
def test_a_fault_at_work_is_told_with_its_addon_and_remedy(at_work: Stock, number: int) -> None:
    case, addon = AT_WORK[number], AddonTestCase()
    with speaking("en"):
        addon.subject = Subject(at_work, at_work.named(f"bad{number}"))
        text = told(addon, case.check)
    assert text.startswith(f"addon 'bad{number}'") and f"bad{number}/__init__.py:" in text, text
    words = [word.replace("/bad/", f"/bad{number}/") for word in case.words]
    assert [word for word in words if word not in text] == [], text


def test_what_the_case_says_is_how_a_record_is_made(at_work: Stock) -> None:
    """The model that takes one title only, made, changed by its form and found; a function is asked for it."""
    [number] = [number for number, case in enumerate(AT_WORK) if case.name.startswith("a record that cannot")]
    addon = AddonTestCase()
    addon.subject = Subject(at_work, at_work.named(f"bad{number}"))
    addon.values = {f"bad{number}.own": {"title": lambda kit: "seven"}}  # type: ignore[misc]
    with speaking("en"), addon.subject.installation.kit() as kit:
        addon.test_search_finds(kit)
        addon.test_records_are_made_changed_and_archived(kit)


def test_a_link_that_only_one_may_have_leads_to_another_record_each_time(tmp_path: Path) -> None:
    link = '    partner = Many2one(Partner, required=True, unique=True, label=_("Contact"))\n'
    link += '    last = Many2one(Partner, unique=True, readonly=True, label=_("Last"))\n'
    with workshop(tmp_path) as made:
        source = BAD + "from core.base import Partner\n" + OWN + link + MODELS
        write(made.folder / "bad", {"__init__.py": source})
        stock, addon = (
            Stock(tmp_path, catalogue=discover([str(made.folder)], entry_points=[])),
            AddonTestCase(),
        )
        addon.subject = Subject(stock, stock.named("bad"))
        with speaking("en"), addon.subject.installation.kit() as kit:
            addon.test_records_are_made_changed_and_archived(kit)
            addon.test_lists_take_the_same_statements(kit)
        stock.dispose()
