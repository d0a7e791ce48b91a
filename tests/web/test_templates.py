"""Templates: each is drawn, in both languages and with every name known; none holds what nobody uses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from core.i18n.catalogs import LANGUAGES
from tests.web import kit
from tests.web.boards import menu
from tests.web.conftest import on_sqlite
from tests.web.test_bulk_edit import choose

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(
    path for room in ("core", "addons/crm") for path in (ROOT / room).rglob("templates/**/*.html")
)
"""Those of verticals are drawn by the tests of each."""
NEVER_DRAWN = {
    "core/_row.html": "shows the markup of a row, which each list's view writes for its own columns"
}
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)")
LEADS = "/app/crm.lead"
ADDRESSES = (
    "/", LEADS, f"{LEADS}?sort=nope", f"{LEADS}/1", f"{LEADS}/1/edit", f"{LEADS}/new",
    "/app/base.user/1/edit", "/app/base.partner/1", "/app/base.role", "/nowhere", "/settings/password",
    "/settings/activity", f"{LEADS}/1/history", f"{LEADS}/1/delete", "/apps", "/apps/crm", "/apps/sample",
    "/apps/crm/explain/crm.deal", "/settings/roles/1", "/settings/see-as", "/settings/see-as?user=2",
    "/settings/users/invite", "/settings/users/2", "/settings/teams", "/settings/profile",
    "/search?q=rumah", f"{LEADS}/1/files",
    "/app/crm.deal?view=kanban", "/crm/lead/1/convert", "/crm/deal/1/pipeline",
    "/notifications", f"{LEADS}/1/timeline", "/app/base.activity?view=calendar",
)  # fmt: skip


def name_of(path: Path) -> str:
    """A template's name as the loader has it."""
    return path.as_posix().rpartition("/templates/")[2]


@on_sqlite
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_template_is_drawn(served: kit.Served, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    """A template that no page reaches would break unseen: a new one belongs to an address above."""
    environment, drawn = served.site.templates.spoken(lang), set()
    load = environment._load_template

    def note(name: str, globals_: Any) -> Any:
        drawn.add(name.rpartition("!")[2])
        return load(name, globals_)

    monkeypatch.setattr(environment, "_load_template", note)
    served.visitor(lang).get(f"/reset/{'x' * 43}")
    served.visitor(lang).fill("/login", {"email": "x"})
    visitor = served.sign_in("made", lang=lang)
    for address in ADDRESSES:
        assert visitor.get(address).page.one("html")["lang"] == lang
    visitor.get("/search/palette")
    visitor.get(f"/activities/{served.first('base.activity', state='planned')}/done")
    lost = visitor.post(f"{LEADS}/987654321/notes", {"csrf_token": visitor.token("/"), "body": "Halo"})
    assert lost.status_code == 404 and "Halo" in lost.main.text
    assert choose(visitor, "source", [1]).status_code == 200
    board = visitor.get("/app/crm.deal?view=kanban")
    assert menu(visitor, board, int(board.main.all("li", class_="deal")[0]["data-card"])).status_code == 200
    visitor.fill(f"{LEADS}/new", {"title": ""})
    visitor.fill(LEADS, {"name": ""}, action=f"{LEADS}/views")
    visitor.send(visitor.get("/app/base.user/3"), action="/app/base.user/3/link")
    _lose_to_another(visitor)
    known = {name_of(path) for path in TEMPLATES}
    assert known - drawn == NEVER_DRAWN.keys()


def _lose_to_another(visitor: kit.Visitor) -> None:
    """A form that is sent when somebody else has saved another value meanwhile."""
    form = visitor.get(f"{LEADS}/1/edit")
    visitor.fill(f"{LEADS}/1/edit", {"title": "theirs"})
    assert visitor.send(form, {"title": "mine"}).status_code == 409


def test_every_macro_is_used() -> None:
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in TEMPLATES}
    macros = {macro for text in texts.values() for macro in MACRO.findall(text)}
    assert len(macros) > 10
    whole = " ".join(texts.values())
    unused = {macro for macro in macros if len(re.findall(rf"(?<!macro ){macro}\(", whole)) == 0}
    assert unused == set()


def test_every_template_is_found_by_its_addon(shared: kit.Served) -> None:
    """What lies in a folder of templates is reached by the loader: none is left aside by its place."""
    found = {name.rpartition("!")[2] for name in shared.site.templates.list_templates()}
    assert found >= {name_of(path) for path in TEMPLATES}
