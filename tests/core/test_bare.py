"""Texts that nobody marked are found in templates and modules, and what is none is let be."""

from __future__ import annotations

import ast

import pytest

from core.checks.bare import in_module, in_template

Found = list[tuple[str, int]]
TEMPLATES: list[tuple[str, Found]] = [
    # markup
    ("<p>\n{{ n }} kg</p>{# A comment #}\n\n<b>Two\nwords</b>", [("… kg", 2), ("Two words", 4)]),
    ("a\n{%- if x -%}\n\n<p>\n\nTwo words</p>{% endif %}", [("Two words", 6)]),
    ('{{ _("Marked") }}, {{ ngettext("A", "B", n) }}. <a>https://x.example</a><a>a@b.example</a>', []),
    ("<kbd>Ctrl <kbd>K</kbd> more</kbd><samp>one two</samp><code>a_name</code><script>var it;</script>", []),
    ('<b translate=NO title="Lumbung">Lumbung</b> words<wbr translate="no"> more', [("words", 1), ("more", 1)]),
    ('<p translate="no">Lumbung<p>Hello', [("Hello", 1)]),
    ("{% if x %}<code>{% else %}<code class='a'>{% endif %}x_y</code><p>Hello", [("Hello", 1)]),
    ("{% raw %}<p>{{ Hello }}</p>{% endraw %}", [("{{ Hello }}", 1)]),
    ('{{ "a }} Hello" }}{% if x == "%} Words" %}{% endif %}', []),
    ("<{{ tag }} hidden>{{ x }}</{{ tag }}><{% if a %}a{% else %}span{% endif %}>{{ x }}</span>", []),
    ("{% if broken", []),
    # attributes
    (
        '<img alt="A bed"><a aria-label="{{ n }} rooms" class="btn pri" data-key="kk" title="Go">',
        [("A bed", 1), ("… rooms", 1), ("Go", 1)],
    ),
    ('<input type=SUBMIT value="Send it"><input value="beds"><optgroup label="Big">', [("Send it", 1), ("Big", 1)]),
    ('<meta name="description" content="All beds"><meta name="viewport" content="width">', [("All beds", 1)]),
    ('<p>Rooms {% if a %}x="b"{% endif %}</p><p>See class="x"</p>', [("Rooms", 1), ('See class="x"', 1)]),
    ('{% set more %} title="Beds today" id="x{{ n }}"{% endset %}', [("Beds today", 1)]),
    ("{% set cls %}btn pri{% endset %}{% macro a() %} hidden id='xx'{% endmacro %}", []),
    # values in code
    ('{{ button("Save it", "/x") }}{{ badge("Taken", "ok") }}', [("Save it", 1), ("Taken", 1)]),
    ('{{ "Open" if x == "Closed" else "Shut" }}', [("Open", 1), ("Shut", 1)]),
    ('{% set label = "Beds today" %}\n{% macro x(label="Hello") %}{% endmacro %}', [("Beds today", 1), ("Hello", 2)]),
    ('{% extends "Core/x.html" %}{{ icon("trash") }}{{ x|replace("Aa", "Bb") }}{{ names["Name"] }}', []),
    ('{% include "Page.html" %}{{ "Done." }}', [("Done.", 1)]),
]  # fmt: skip
MODULES: list[tuple[str, Found]] = [
    ('UserError("Full")', [("Full", 3)]),
    ('UserError(_("Full"), "field")', []),
    ('UserError("%(a)s: %(b)s")', []),
    ('UserError("""Two\n lines""")', [("Two lines", 3)]),
    ('UserError("Beds " "and rooms")', [("Beds and rooms", 3)]),
    ('UserError(f"{n} beds")', [("… beds", 3)]),
    ('UserError("%s beds" % n)', [("%s beds", 3)]),
    ('UserError("{} beds".format(n))', [("{} beds", 3)]),
    ('UserError("Beds " + n)', [("Beds …", 3)]),
    ('UserError(n or "Full")', [("Full", 3)]),
    ('UserError("Full" if n else "Empty")', [("Full", 3), ("Empty", 3)]),
    ("UserError(True)", []),
    ('render("bad/page.html", "Beds")', [("Beds", 3)]),
    ('render("bad/page.html", title="Beds", other="Words")', [("Beds", 3)]),
    ('DashboardRow("One", "/beds", badge=("Late", "bad"), why=Why("Now", "clock", "late"))', [("Late", 3), ("Now", 3)]),
    ('DashboardRow("One", "/beds", badge=("Late", "bad") if n else None)', [("Late", 3)]),
    ('DashboardCard("x", _("T"), [], "/", heads=["Aa", _("Bb"), c, "Dd"])', [("Aa", 3), ("Dd", 3)]),
    ('Role("bad.x", "Its label is asked elsewhere", help="As is this")', []),
    ('c.UserError("Full")', [("Full", 3)]),
    ('E("Full")', [("Full", 3)]),
    ('other.UserError("Full")\nprint("Words")', []),
    ('class Full(UserError): pass\nFull("Beds")', [("Beds", 4)]),
    ('class Full(UserError):\n    def __init__(self, name): ...\nFull("Beds")', []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "found"), TEMPLATES)
def test_of_templates(source: str, found: Found) -> None:
    assert [tuple(bare) for bare in in_template(source)] == found


@pytest.mark.parametrize(("source", "found"), MODULES)
def test_of_modules(source: str, found: Found) -> None:
    tree = ast.parse(f"from core import *\nimport core as c; from core import UserError as E\n{source}")
    assert sorted((tuple(bare) for bare in in_module(tree)), key=lambda bare: bare[1]) == found


def test_what_is_not_of_the_facade_is_let_be() -> None:
    assert list(in_module(ast.parse('from other import UserError\nUserError("Full")'))) == []
