"""S08: what somebody wrote is text on every page that shows it, whatever it looks like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Dialog

from core import Char, Email, File, Json, Text, Url
from core.base import OfRecord
from core.orm.fields import Field
from core.orm.info import ModelInfo
from tests.browser.test_every_page import walkers
from tests.browser.test_leads import OpenPage, OpenStand
from tests.copies import SQLITE
from tests.web import kit
from tests.web.pages import ADMIN, Place, a_share, every_page

MARK = "zqx"
TAGS = (
    "<script>{}</script>", "<script src=//zqx.example></script>", "<ScRiPt>{}</sCrIpT >", "<scr<script>ipt>{}</script>",
    "</textarea><script>{}</script>", "</title><script>{}</script>", "</select><script>{}</script>",
    "</style><script>{}</script>", "</script><script>{}</script>", "--><script>{}</script>", "]]><script>{}</script>",
    "<svg><script>{}</script></svg>", "<svg onload={}>", "<svg/onload={}//",
    "<svg><animate onbegin={} attributeName=x>", "<svg><a xlink:href=javascript:{}><text>zqx</text></a>",
    "<img src=x onerror={}>", "<img src=x:x onerror={}//",
    "<IMG SRC=zqx ONERROR={}>", "<img/src=zqx/onerror={}>", "<img src=`x` onerror={}>", "<image src=x onerror={}>",
    "<iframe src=javascript:{}>", "<iframe srcdoc='<script>{}</script>'>", "<object data=javascript:{}>",
    "<embed src=javascript:{}>", "<base href=//zqx.example>", "<link rel=stylesheet href=//zqx.example>",
    "<style>*{{display:none}}</style>", "<style>@import '//zqx.example'</style>", "<meta http-equiv=refresh content=0>",
    "<form action=//zqx.example><input autofocus onfocus={}>", "<input autofocus onfocus={}>",
    "<select autofocus onfocus={}>", "<textarea autofocus onfocus={}>", "<button formaction=javascript:{}>zqx",
    "<details open ontoggle={}>", "<video><source onerror={}>", "<audio src=x onerror={}>", "<marquee onstart={}>",
    "<body onload={}>", "<a href=javascript:{}>zqx</a>", "<a href='java\tscript:{}'>zqx</a>",
    "<a href=data:text/html,<script>{}</script>>zqx</a>", "<math><mi xlink:href=javascript:{}>zqx",
    "<zqx-a onclick={}>",
    "<template><script>{}</script></template>", "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<dialog open class=zqx>", "<p hx-get=//zqx.example hx-trigger=load>", "<p data-hx-on:load={}>",
)  # fmt: skip
INSIDE = (
    '" onfocus={} autofocus x="', "' onfocus={} autofocus x='", "` onfocus={} autofocus x=`",
    '"><img src=x onerror={}>',
    "'><img src=x onerror={}>", "javascript:{}", "JaVaScRiPt:{}//https://", "data:text/html,<script>{}</script>",
    "&#60;script&#62;{}&#60;/script&#62;", "&lt;img src=x onerror={}&gt;", "\\x3cscript\\x3e{}", "{{{{ 7*7 }}}}{}",
    "{{% raw %}}{}", "${{{}}}", "%(message)s{}", "{}\u2028<script>alert(1)</script>",
)  # fmt: skip
PAYLOADS = [f"{MARK} {text.format('alert(1)')}" for text in (*TAGS, *INSIDE)]
LOOK = """() => {
    const evil = ["script:not([src])", "[class*=zqx]", "[src*='zqx' i]", "[href^='//zqx']", "[action*='zqx']", "zqx-a",
        "object", "embed", "iframe", "base", "style", "math", "marquee", "meta[http-equiv]", "[hx-get*=zqx]",
        "[srcdoc]", "[href^='javascript' i]", "[href^='data:' i]", "[formaction^='javascript' i]", "main img"];
    const found = evil.flatMap(what => [...document.querySelectorAll(what)]);
    const acts = item => [...item.attributes].some(one => /^on/i.test(one.name));
    const on = [...document.querySelectorAll("*")].filter(acts);
    return {found: [...found, ...on].map(item => item.outerHTML.slice(0, 200)), text: document.body.textContent,
        values: [...document.querySelectorAll("input,textarea")].map(item => item.value).join(" ")};
}"""
"""What a payload would have become, and where its mark is seen as the text that it is."""
TECHNICAL = {
    ("base.role", "name"),
    ("base.user", "email"),
    ("base.saved_view", "query"),
    ("base.currency", "code"),
}
"""What the product reads to work at all; no form takes markup there."""


def is_text(info: ModelInfo, item: Field[Any]) -> bool:
    """Whether people write there: no form takes this for an address of mail or web, but a restore may bring it."""
    if issubclass(info.cls, OfRecord) and item.name == "model":
        return False  # by which its record is found
    return isinstance(item, Char | Text | Email | Url | Json) and (info.name, item.name) not in TECHNICAL


def poison(served: kit.Served) -> int:
    """Writes payloads into every text of every record, past all checks; gives how many."""
    registry, number = served.site.assembly.registry, 0
    with served.database.writing.begin() as connection:
        for info in registry:
            table = info.table
            names = [item.name for item in info.own_fields if is_text(info, item) and item.name in table.c]
            for key in connection.scalars(sa.select(table.c.id).limit(len(PAYLOADS))).all() if names else ():
                texts = {}
                for name in names:
                    number += 1
                    text = f"{PAYLOADS[number % len(PAYLOADS)]} {number}"
                    texts[name] = _as_kept(info.fields[name], table.c[name], text)
                connection.execute(table.update().where(table.c.id == key).values(texts))
    return number


def _as_kept(item: Field[Any], column: sa.Column[Any], text: str) -> Any:
    """A text, the texts by language of a translated one, or a file of this name."""
    if isinstance(item, File):
        return {"name": text, "type": "text/html", "size": 7, "digest": "0" * 64}
    is_json = isinstance(column.type, sa.JSON) or "json" in type(column.type).__name__.lower()
    return {"id": text, "en": text} if is_json else text


@pytest.mark.slow
@pytest.mark.parametrize("share", range(2))
def test_what_people_wrote_is_never_more_than_text(stand: OpenStand, open_page: OpenPage, share: int) -> None:
    """More than 60 payloads in every text of every model; a browser then opens every page."""
    assert len(PAYLOADS) >= 60
    asked: list[str] = []

    def told(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    with stand(SQLITE) as it, walkers(it, open_page) as go:
        places: Sequence[Place] = every_page(it.served)
        assert poison(it.served) > 1000
        wrong, seen = {}, 0
        for guests in (True, False):  # before anything is loaded that might ask
            go(next(place for place in places if place.is_for_guests is guests)).on("dialog", told)
        places = a_share(places, share, 2)
        for place in places:
            looked = go(place).evaluate(LOOK)
            seen += MARK in looked["text"] or MARK in looked["values"]
            if looked["found"]:
                wrong[place.path] = looked["found"]
    assert not wrong and not asked
    assert seen > len(places) * 0.8, "a page that shows none of it proves nothing"


def test_what_is_written_by_a_form_comes_back_as_it_was(stand: OpenStand, open_page: OpenPage) -> None:
    """Nothing is taken out of a text either: who writes of markup reads what they wrote."""
    with stand(SQLITE) as it, open_page():
        visitor = it.served.sign_in(ADMIN)
        for payload in PAYLOADS[::7]:
            answer = visitor.fill("/app/crm.lead/new", {"title": payload})
            assert answer.status_code == 303, payload
            key = int(answer.headers["Location"].rsplit("/", 1)[1])
            assert it.served.value("crm.lead", key, "title") == payload
            assert visitor.get(f"/app/crm.lead/{key}").main.one("h1").text == " ".join(payload.split())
