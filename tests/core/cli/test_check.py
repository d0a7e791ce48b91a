"""`lumbung explain` and `lumbung check`."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.core.cli.shell import ADDON, Shell


def test_explain_names_file_and_line_of_each_field(embedded: Shell, garden: Path) -> None:
    found = embedded.json("explain", "base.partner")
    by_name = {entry["name"]: entry for entry in found["entries"]}
    line = garden.read_text().splitlines().index("    bed = Many2one(Bed)") + 1
    assert (by_name["bed"]["addon"], by_name["bed"]["file"], by_name["bed"]["line"]) == (
        "garden",
        str(garden),
        line,
    )
    assert by_name["name"]["addon"] == "base"
    text = embedded("explain", "base.partner").stdout
    assert f"{garden}:{line}" in text
    assert "core/base/partner.py:" in text


def test_explain_knows_only_what_is_installed_and_says_what_was_meant(embedded: Shell, garden: Path) -> None:
    embedded.make()
    assert "bed" not in embedded("explain", "base.partner").stdout
    assert "Did you mean “base.partner”" in embedded("explain", "base.partnr", code=1).stderr


def test_explain_shows_views_and_hooks_too(embedded: Shell, garden: Path) -> None:
    view = embedded("explain", "crm.lead.form").stdout
    assert "crm.lead.form (view, crm)" in view and "addons/crm/" in view and "Fragments" not in view
    hook = embedded("explain", "models").stdout
    assert "garden" in hook and "base" in hook and str(garden) in hook
    assert "core/base/" in embedded("explain", "record_created").stdout, "those of its run too"


def test_check_is_content_with_what_is_in_the_tree(embedded: Shell) -> None:
    found = embedded.json("check")
    assert found["quarantined"] == {}
    assert {"base", "crm"} <= set(found["addons"])
    assert found["models"] > 5


@pytest.mark.slow
def test_check_fails_on_a_quarantined_addon_and_shows_findings(embedded: Shell, garden: Path) -> None:
    garden.write_text(
        dedent(ADDON) + '\n@hookimpl\ndef views():\n    return [extend("crm.lead.form", hide("gone"))]\n'
    )
    assert embedded.json("check")["findings"] != []
    assert "Finding: garden" in embedded("check").stdout
    garden.write_text(dedent(ADDON).replace('{"base.user": "rwcd"}', "{}"))
    sys.modules.pop("garden")
    result = embedded("check", code=1)
    assert "Quarantined: addon 'garden'" in result.stdout
    assert "1 addon is quarantined" in result.stdout


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("return [Bed, Partner]", "return [Bed, Partner", "SyntaxError"),
        ('depends=("crm",)', 'depends=("crmm",)', "crmm"),
        ("class Partner(", "1 / 0\n\nclass Partner(", "ZeroDivisionError"),
    ],
)
def test_check_says_of_what_is_not_loaded_why_and_nothing_else(
    embedded: Shell, garden: Path, old: str, new: str, fault: str
) -> None:
    """Its classes, which stand in a module of their own, are not told as forgotten."""
    head, beds = (
        dedent(ADDON)
        .replace(old, new)
        .replace("version=", 'modules=("beds",), version=')
        .split("\n\nclass ", 1)
    )
    garden.write_text(head)
    (garden.parent / "beds.py").write_text(f"{head.split('addon =')[0]}\nclass {beds}")
    found = embedded.json("check", code=1)
    assert fault in found["quarantined"]["garden"]
    assert [item for item in found["findings"] if item["addon"] == "garden"] == []


def test_check_names_a_source_that_nobody_imports_and_nobody_can_read(embedded: Shell, garden: Path) -> None:
    (garden.parent / "shed.py").write_text("def shed(:\n")
    [found] = [item for item in embedded.json("check")["findings"] if "cannot be read" in item["text"]]
    assert (found["addon"], found["origin"]) == ("garden", f"{garden.parent / 'shed.py'}:1")


def test_check_names_a_class_that_nobody_publishes_also_where_a_view_misses_its_field(
    embedded: Shell, garden: Path
) -> None:
    garden.write_text(dedent(ADDON).replace("return [Bed, Partner]", "return [Bed]"))
    text = "“garden.Partner” extends base.partner, but models() does not return it. Add it to the list."
    assert text in [item["text"] for item in embedded.json("check")["findings"]]
    view = 'return [extend("base.partner.form", after("name", "bed"))]'
    garden.write_text(f"{garden.read_text()}\n@hookimpl\ndef views():\n    {view}\n")
    sys.modules.pop("garden")
    found = embedded.json("check", code=1)
    assert "Declare it on a class that models() returns" in found["quarantined"]["garden"]
    assert [item["text"] for item in found["findings"]] == [text]


def test_check_names_labels_that_nobody_can_translate(embedded: Shell, garden: Path) -> None:
    source = dedent(ADDON).replace('label="Bed"', 'label=_("Bed"), plural=_("Beds")')
    field = 'name = Char(required=True, index=True, label="Name")'
    garden.write_text(
        source.replace("name = Char(required=True, index=True)", field).replace('_("Garden")', '"G"')
    )
    found = embedded.json("check")["findings"]
    lines = garden.read_text().splitlines()
    told = {lines[int(item["origin"].rpartition(":")[2]) - 1].strip(): item["text"] for item in found}
    remedy = 'Write it as _("…"), and translate it in every catalogue.'
    assert told == {
        'addon = Addon("garden", version="1.0", depends=("crm",), label="G")': (
            f"The manifest has no label that is translated. Add label=. {remedy}"
        ),
        field: f"The field garden.bed.name has a label that is not translated, “Name”. {remedy}",
        "bed = Many2one(Bed)": f"The field base.partner.bed has no label. {remedy}",
    }


def test_check_names_words_that_nobody_marked_and_passes_over_what_is_no_text(
    embedded: Shell, garden: Path
) -> None:
    """Also of an addon that cannot be loaded."""
    package = garden.parent
    (package / "templates" / "garden" / "folder.html").mkdir(parents=True)
    (package / "templates" / "garden" / "page.html").write_text("<p>\nBeds of today</p>")
    (package / "templates" / "garden" / "odd.html").write_bytes(b"<p>caf\xe9</p>")
    (package / "fault.py").write_text("from core import UserError\n\nNONE = UserError('No bed is free.')\n")
    found = embedded.json("check", code=1)
    told = {
        (item["text"].split(" is not marked")[0], item["origin"].rpartition("/")[2])
        for item in found["findings"]
    }
    assert {("“Beds of today”", "page.html:2"), ("“No bed is free.”", "fault.py:3")} <= told
    [unread] = [item["text"] for item in found["faults"]]
    assert "odd.html cannot be read: UnicodeDecodeError" in unread
    garden.write_text(dedent(ADDON) + "\n1 / 0\n")
    sys.modules.pop("garden")
    assert "garden" in embedded.json("check", code=1)["quarantined"]


def test_check_says_of_two_that_keep_each_other_out_that_they_do(embedded: Shell, garden: Path) -> None:
    """Each is sound: neither is quarantined, least of all the one that is installed."""
    embedded.make()
    embedded("addons", "install", "garden")
    for name in ("aviary", "zoo"):  # before and behind it in the alphabet
        file = garden.parents[1] / name / "__init__.py"
        file.parent.mkdir()
        file.write_text(
            dedent(ADDON)
            .replace("garden", name)
            .replace("class Bed(", "class Lost(BasePartner): pass\nclass Bed(")
        )
    found = embedded.json("check")
    assert found["quarantined"] == {} and {"base", "crm", "garden"} <= set(found["addons"])
    for name in ("aviary", "zoo"):
        texts = [item["text"] for item in found["findings"] if item["addon"] == name]
        assert texts[0].startswith(
            "It cannot be installed together with the others: Field base.partner.bed is"
        )
        assert any(f"“{name}.Lost” extends base.partner" in text for text in texts), (
            "it is checked all the same"
        )
    assert found["addons"] == ["base", "crm", "garden", "realestate"]


TYPO = """
def later():
    global found
    found = [len(name) for name in __name__]
    return found, (lambda: MISPELT)(){build}

class Rose(Model, name="garden.rose", label="Rose", access={"base.user": "rwcd"}):
    name = Char(required=True)

    def display_label(self):
        return self.name + SUFFIX

@hookimpl
def rules():
    return [Rule(Rose, "r", where=lambda rose, env: rose.id == NOBODY)]

@hookimpl
def record_created(env, records):
    for record in reconds:
        print(record)
"""


def test_check_names_what_would_fail_only_when_its_line_runs(embedded: Shell, garden: Path) -> None:
    """In hooks that run later, in rules, methods and whatever they call; what is there is no fault."""
    source = dedent(ADDON).replace("return [Bed, Partner]", "return [Bed, Partner, Rose]")
    garden.write_text(source + TYPO.replace("{build}", ""))
    found = embedded.json("check", code=1)
    lines = garden.read_text().splitlines()
    told = {
        line
        for item in found["faults"]
        for line in [lines[int(item["origin"].rpartition(":")[2]) - 1].strip()]
    }
    assert told == {
        "return found, (lambda: MISPELT)()",
        "return self.name + SUFFIX",
        'return [Rule(Rose, "r", where=lambda rose, env: rose.id == NOBODY)]',
        "for record in reconds:",
    }
    assert {item["addon"] for item in found["faults"]} == {"garden"} and found["quarantined"] == {}
    text = embedded("check", code=1).stdout
    assert f"Fault: garden ({garden}:" in text and "record_created() uses “reconds”" in text


@pytest.mark.parametrize(
    ("source", "fault", "line"),
    [("@hookimpl\ndef menus():\n    return [Menu('garden.x', 'X', BED)]", "NameError: name 'BED'", 4),
     ("@hookimpl\ndef pages():\n    return [Page('/garden/x', view, roles=('x',))]", "NameError: name 'view'", 4),
     ("@hookimpl\ndef data():\n    return [Rows(Bed, lambda: [NOTHING])]", "NameError: name 'NOTHING'", 4)],
)  # fmt: skip
def test_check_calls_each_hook_that_adds_to_the_site(
    embedded: Shell, garden: Path, source: str, fault: str, line: int
) -> None:
    text = (
        dedent(ADDON)
        .replace("def data():", "def demo():")
        .replace('Rows(Bed, [{"key": "roses", "name": "Roses"}])', "")
    )
    garden.write_text(f"{text}\n{source}")
    found = embedded.json("check", code=1)
    assert fault in found["quarantined"]["garden"]
    assert f"{garden}:{len(text.splitlines()) + line}" in found["quarantined"]["garden"]


def test_check_builds_the_site_without_what_it_cannot_be_built_with(embedded: Shell, garden: Path) -> None:
    """A template in the place of another's keeps the addon out; one of its own is a fault by itself."""
    for name, line in (("garden/bed.html", "{% if %}"), ("core/home.html", "")):
        file = garden.parent / "templates" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"\n{line}")
    found = embedded.json("check", code=1)
    [fault] = found["faults"]
    assert (fault["addon"], fault["origin"]) == ("garden", f"{garden.parent}/templates/garden/bed.html:2")
    assert "garden" in found["addons"]
    file.write_text("\n{% if %}")
    found = embedded.json("check", code=1)
    assert f"{file}:2" in found["quarantined"]["garden"] and "garden" not in found["addons"]
