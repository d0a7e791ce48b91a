"""Templates: layers of addons, and texts that stay in the domain of the addon that wrote them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, UndefinedError
from markupsafe import Markup

from core import LazyText
from core.checks.bare import in_template
from core.i18n.catalogs import speaking
from core.web.templating import make_environment
from tests.core.test_i18n import register, write_catalogue

__all__ = ["register"]

CORE = Path(__file__).parents[2] / "core" / "web" / "templates"
Build = Callable[[Mapping[str, Mapping[str, str]]], Environment]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Makes an environment of `{addon: {template: source}}`, in load order."""

    def make(addons: Mapping[str, Mapping[str, str]]) -> Environment:
        for addon, templates in addons.items():
            for name, source in templates.items():
                file = tmp_path / addon / "templates" / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(source, "utf-8")
        return make_environment([(addon, tmp_path / addon / "templates") for addon in addons])

    return make


@pytest.fixture
def translated(tmp_path: Path, register: Callable[[str, str, Path], None]) -> None:
    """Catalogues of two addons that say the same message in their own way."""
    for addon, in_id, in_en in (("farm", "Nilai ladang", "Farm value"), ("shop", "Nilai toko", "Shop value")):
        folder = tmp_path / addon / "translations"
        counted = f"%(count)s item | %(count)s items = %(count)s {in_id}"
        write_catalogue(
            folder, addon, "id", f"Value = {in_id}", counted, "By <b>%(who)s</b> = Oleh <b>%(who)s</b>"
        )
        write_catalogue(folder, addon, "en", f"Value = {in_en}")
        register(addon, f"outside.{addon}", folder)


def page(environment: Environment, name: str, language: str = "id", **values: object) -> str:
    with speaking(language):
        return environment.get_template(name).render(**values)


# ----------------------------------------------------------------- domains
CHAINS = {
    "farm": {
        "farm/base.html": "[{{ _('Value') }}|{% block more %}{{ _('Value') }}{% endblock %}]",
        "farm/parts.html": """{% macro part(n) -%}
            ({{ _('Value') }} {{ ngettext('%(count)s item', '%(count)s items', n) }})
        {%- endmacro %}""",
    },
    "shop": {
        "shop/page.html": """{% extends 'farm/base.html' %}
            {% from 'farm/parts.html' import part %}
            {% block more -%}
                {{ super() }}+{{ _('Value') }}+{{ part(2) }}{% include 'farm/base.html' %}
            {%- endblock %}""",
        "farm/base.html": """{% extends '!farm/base.html' %}
            {% block more %}{{ _('Value') }}>{{ super() }}{% endblock %}""",
    },
}


@pytest.mark.usefixtures("translated")
def test_each_text_is_in_the_domain_of_its_own_template(build: Build) -> None:
    environment = build(CHAINS)
    farm, shop = "Nilai ladang", "Nilai toko"
    inner = f"[{farm}|{shop}>{farm}]"
    assert page(environment, "farm/base.html") == inner
    assert page(environment, "shop/page.html") == (
        f"[{farm}|{shop}>{farm}+{shop}+({farm} 2 {farm}){inner}]"
    )  # fmt: skip


@pytest.mark.usefixtures("translated")
def test_one_compiled_template_serves_every_language(build: Build) -> None:
    environment = build(CHAINS)
    said = [page(environment, "farm/base.html", language) for language in ("id", "en", "id")]
    assert said[1] == "[Farm value|Shop value>Farm value]"
    assert said[0] == said[2] != said[1]


def test_a_template_made_of_a_string_speaks_for_the_core(build: Build) -> None:
    environment = build({})
    assert environment.from_string("{{ _('Nowhere translated') }}").render() == "Nowhere translated"
    source = environment._generate(environment._parse("{{ _('x') }}", None, None), None, None)
    assert "'core'" in source


def test_core_s_own_templates_compile(build: Build) -> None:
    environment = make_environment([("core", CORE)])
    names = environment.list_templates()
    assert "core!core/shell.html" in names
    for name in names:
        environment.get_template(name)


# ----------------------------------------------------------------- escaping
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ _('By <b>%(who)s</b>', who=name) }}", "By <b>&lt;i&gt;</b>"),
        ("{{ _('By <b>%(who)s</b>', who=trusted) }}", "By <b><i></b>"),
        ("{{ _('By <b>%(who)s</b>', who=lazy) }}", "By <b>&lt;i&gt;</b>"),
        ("{{ ngettext('%(count)s of %(who)s', '%(count)s by %(who)s', 2, who=name) }}", "2 by &lt;i&gt;"),
        ("{{ ngettext('%(count)s of %(who)s', '%(count)s by %(who)s', 1, who=name) }}", "1 of &lt;i&gt;"),
        ("{{ _('100% sure & more') }}", "100% sure & more"),
        ("{{ _('%(share)s%% sure', share=5) }}", "5% sure"),
        ("{{ lazy }}", "&lt;i&gt;"),
        ("{{ _('A') ~ name }}", "A&lt;i&gt;"),
        ("{{ _('A ' 'B') }}", "A B"),
        ("{{ _('<A>')|upper }}", "<A>"),
        ("{% autoescape false %}{{ _('By %(who)s', who=name) }}{% endautoescape %}", "By <i>"),
        ("{{ _('By %(message)s', message=name) }}", "By &lt;i&gt;"),
        ("{{ _('Hello %(who)s', who=_('Budi')) }}", "Hello Budi"),
        ("{{ own._('a') }}", "own a"),
        ("{% for _ in [1, 2] %}{{ _ }}{% endfor %}{{ _('A') }}", "12A"),
        ("{% set _ = 5 %}{{ _('A') }}", "A"),
    ],
)
def test_messages_are_trusted_and_values_are_not(build: Build, source: str, expected: str) -> None:
    class Own:
        def _(self, text: str) -> str:
            return f"own {text}"

    values = {"name": "<i>", "trusted": Markup("<i>"), "lazy": LazyText("<i>", "x"), "own": Own()}
    assert build({}).from_string(source).render(values) == expected


@pytest.mark.usefixtures("translated")
def test_a_faulty_translation_gives_way_with_values_escaped(build: Build, tmp_path: Path) -> None:
    environment = build({"farm": {"farm/a.html": "{{ _('By <b>%(who)s</b>', who='<i>') }}"}})
    write_catalogue(
        tmp_path / "farm" / "translations", "farm", "id", "By <b>%(who)s</b> = Oleh <b>%(siapa)s</b>"
    )
    assert page(environment, "farm/a.html") == "By <b>&lt;i&gt;</b>"


@pytest.mark.parametrize(
    "call", ["_(name)", "_('a' ~ name)", "_()", "_('a' if name else 'b')", "ngettext(name, 'b', 2)"]
)
def test_a_message_that_is_not_written_out_is_refused(build: Build, call: str) -> None:
    environment = build({"farm": {"farm/a.html": "\n{{ " + call + " }}"}})
    with pytest.raises(TemplateSyntaxError, match="takes a message that is written out") as caught:
        environment.get_template("farm/a.html")
    assert caught.value.lineno == 2
    assert str(caught.value.filename).endswith("farm/a.html")


# ----------------------------------------------------------------- layers
def test_the_topmost_version_wins_and_each_extends_the_next_below(build: Build) -> None:
    layer = "{%% extends '!crm/lead.html' %%}{%% block body %%}{{ super() }}+%s{%% endblock %%}"
    environment = build(
        {
            "crm": {"crm/lead.html": "<h1>{% block body %}crm{% endblock %}</h1>"},
            "between": {"between/other.html": "other"},
            "realty": {"crm/lead.html": layer % "realty"},
            "audit": {"crm/lead.html": layer % "audit"},
        }
    )
    assert page(environment, "crm/lead.html") == "<h1>crm+realty+audit</h1>"
    assert page(environment, "realty!crm/lead.html") == "<h1>crm+realty</h1>"
    assert page(environment, "crm!crm/lead.html") == "<h1>crm</h1>"


def test_another_template_may_extend_the_version_below_its_addon(build: Build) -> None:
    environment = build(
        {
            "crm": {"crm/lead.html": "crm{% block body %}{% endblock %}"},
            "realty": {
                "crm/lead.html": "realty",
                "realty/unit.html": "{% extends '!crm/lead.html' %}{% block body %}+unit{% endblock %}",
            },
        }
    )
    assert page(environment, "realty/unit.html") == "crm+unit"


def test_extending_what_nobody_has_below_names_the_addon(build: Build) -> None:
    environment = build({"crm": {}, "realty": {"crm/lead.html": "{% extends '!crm/lead.html' %}"}})
    with pytest.raises(TemplateNotFound) as caught, speaking("en"):
        environment.get_template("crm/lead.html").render()
    assert (
        str(caught.value) == "Addon realty extends “!crm/lead.html”, but no addon below it has that template."
    )


@pytest.mark.parametrize(
    "name",
    [
        "crm/none.html",
        "!crm/lead.html",
        "nobody!crm/lead.html",
        "../secret.html",
        "crm!../../secret.html",
        "crm/\0",
        "",
    ],
)
def test_what_is_not_there_is_not_found(build: Build, tmp_path: Path, name: str) -> None:
    environment = build({"crm": {"crm/lead.html": "lead"}})
    (tmp_path / "crm" / "secret.html").write_text("secret")
    with pytest.raises(TemplateNotFound):
        environment.get_template(name)


def test_an_unknown_name_is_an_error_and_not_nothing(build: Build) -> None:
    with pytest.raises(UndefinedError):
        build({}).from_string("{{ nobody }}").render()


def test_a_changed_file_is_not_read_again(build: Build, tmp_path: Path) -> None:
    environment = build({"crm": {"crm/lead.html": "before"}})
    assert page(environment, "crm/lead.html") == "before"
    (tmp_path / "crm" / "templates" / "crm" / "lead.html").write_text("after")
    assert page(environment, "crm/lead.html") == "before"


def test_our_templates_say_nothing_but_marked_texts() -> None:
    """Those of addons are asked by `lumbung check` and in each one's tests."""
    bare = {
        (file.name, text) for file in CORE.rglob("*.html") for text, _line in in_template(file.read_text())
    }
    assert {text.strip("0 —") for _name, text in bare} == {"Lumbung"}
