"""Error pages: each status in words, nothing told of what is hidden, and a number that the log knows."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from core.i18n.catalogs import LANGUAGES, gettext, speaking
from core.web.errors import KINDS
from tests.web import kit
from tests.web.conftest import on_sqlite
from tests.web.test_errors import NUMBER, heading, number
from tests.web.test_keeping import second


def ask(visitor: kit.Visitor, code: int) -> kit.Answer:
    """A request that is answered with a status."""
    token = visitor.token("/")
    form = {"csrf_token": token}
    if code == 431:
        return visitor.get("/", environ_overrides={"HTTP_X_LONG": "x" * 9_000})
    requests: dict[int, Any] = {
        400: lambda: visitor.post("/theme", {}),
        403: lambda: visitor.get("/app/base.role"),
        404: lambda: visitor.get("/app/crm.lead/999999"),
        405: lambda: visitor.post("/", form),
        413: lambda: visitor.post("/theme", {**form, "theme": "x" * 600_000}),
        414: lambda: visitor.get(f"/{'x' * 9_000}"),
        415: lambda: visitor.post("/theme", b"{}", content_type="application/json"),
    }
    return requests[code]()  # type: ignore[no-any-return]


@on_sqlite
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 414, 415, 431])
def test_each_status_is_told_in_words(
    shared: kit.Served, caplog: pytest.LogCaptureFixture, code: int, lang: str
) -> None:
    visitor = shared.sign_in("ayu", lang=lang)
    caplog.set_level(logging.WARNING, "lumbung.web")
    answer = ask(visitor, code)
    assert answer.status_code == code
    with speaking(lang):
        assert heading(answer) == gettext("core", str(KINDS[code].heading.message))  # type: ignore[union-attr]
        if lang != "en":
            assert heading(answer) != KINDS[code].heading.message  # type: ignore[union-attr]
    assert f"{code}" in answer.main.text
    [told] = [record for record in caplog.records if number(answer) in record.getMessage()]
    assert f"refused with {code}" in told.getMessage()


def test_a_method_that_is_not_there_names_those_that_are(shared: kit.Served) -> None:
    answer = ask(shared.sign_in("ayu"), 405)
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


def test_hidden_and_missing_are_told_alike(shared: kit.Served) -> None:
    """Byte for byte, but for the number, the address and the tokens of the forms."""
    ayu, dewi = shared.sign_in("ayu"), shared.sign_in("dewi")
    every = [f"/app/crm.lead/{key}" for key in range(1, 60)]
    hidden = next(
        path for path in every if dewi.get(path).status_code == 200 and ayu.get(path).status_code == 404
    )
    answers = []
    for path in (hidden, "/app/crm.lead/99999999", f"/app/crm.lead/{2**63 - 1}"):
        answer = ayu.get(path)
        body = re.sub(r'name="csrf_token" value="[^"]*"', "", NUMBER.sub("", answer.text))
        answers.append((answer.status_code, body.replace(path, "").replace(path.replace("/", "%2F"), "")))
        for page in ("edit",):
            assert ayu.get(f"{path}/{page}").status_code == 404
    assert answers[0][0] == 404
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    ("path", "roles"),
    [("/app/base.role", {"Manager", "Administrator"}), ("/app/base.user/new", {"Administrator"})],
)
def test_what_is_not_allowed_names_the_roles_and_who_helps(
    shared: kit.Served, path: str, roles: set[str]
) -> None:
    answer = shared.sign_in("ayu", lang="en").get(path)
    assert answer.status_code == 403
    text = answer.main.text
    assert {
        role for role in ("User", "Manager", "Administrator") if f"{role}" in text.partition("roles: ")[2]
    } == roles
    assert "Who can give you access: Made Wirawan." in text
    assert "Signed in as Ayu Lestari" in text


def test_a_change_that_is_not_allowed_tells_nothing_of_the_record(shared: kit.Served) -> None:
    from core.web.shell import initials

    ayu = shared.sign_in("ayu", lang="en")
    key = shared.first("base.user", name="Bima Saputra")
    answer = ayu.get(f"/app/base.user/{key}/edit")
    assert answer.status_code == 403
    assert "Bima" not in answer.text and initials("Bima Saputra") not in answer.main.text
    assert "Made Wirawan" in answer.main.text


def test_names_of_helpers_are_those_who_can_help(served: kit.Served) -> None:
    served.change("base.user", served.first("base.user", name="Made Wirawan"), name="<b>Made</b>")
    answer = served.sign_in("ayu").get("/app/base.role")
    assert "<b>Made</b>" in answer.main.text and "<b>Made" not in answer.text
    second(served)  # somebody has to be left
    served.change("base.user", served.first("base.user", name="<b>Made</b>"), active=False)
    assert "Made" not in served.sign_in("ayu").get("/app/base.role").main.text


@pytest.mark.parametrize(
    ("path", "lists", "search"),
    [
        ("/app/crm.lead/999999", ["/app/crm.lead"], "/app/crm.lead"),
        ("/app/crm.lead/999999/edit", ["/app/crm.lead"], "/app/crm.lead"),
        ("/app/crm.lead/no-number", ["/app/crm.lead"], "/app/crm.lead"),
        ("/app/base.partner/999999", ["/app/base.partner"], "/app/base.partner"),
        ("/app/no.such", [], "/search"),
        ("/app/", [], "/search"),
        ("/crm.lead", [], "/search"),
        ("/nowhere", [], "/search"),
    ],
)
def test_what_is_not_found_leads_on(shared: kit.Served, path: str, lists: list[str], search: str) -> None:
    """To the list that the address belongs to and home; and one can search, without a script."""
    ayu = shared.sign_in("ayu", lang="en")
    answer = ayu.get(path)
    assert answer.status_code == 404
    assert [link["href"] for link in answer.main.all("a")] == [*lists, "/"]
    assert answer.main.one("form")["action"] == search
    found = ayu.get(search, query_string={"q": "Rumah"})
    assert found.status_code == 200 and "Rumah" in [
        item.get("value") for item in found.main.all("input", name="q")
    ]
    for link in answer.main.all("a"):
        assert ayu.get(link["href"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "lists"), [("/app/base.role", []), ("/app/base.user/new", ["/app/base.user"])]
)
def test_what_is_not_allowed_leads_where_one_may(shared: kit.Served, path: str, lists: list[str]) -> None:
    """A list that the reader may not see is not named; whoever has another account can change to it."""
    answer = shared.sign_in("ayu", lang="en").get(path)
    assert answer.status_code == 403
    assert [link["href"] for link in answer.main.all("a")] == [*lists, "/"]
    [form] = answer.main.all("form")
    assert (form["action"], form["method"]) == ("/logout", "post")


def test_who_may_see_no_list_searches_none(served: kit.Served) -> None:
    served.change("base.user", served.first("base.user", name="Ayu Lestari"), roles=[])
    answer = served.sign_in("ayu").get("/app/crm.lead/1")
    assert answer.status_code == 403
    answer = served.sign_in("ayu").get("/nowhere")
    assert answer.status_code == 404
    assert [link["href"] for link in answer.main.all("a")] == ["/"]
    assert answer.main.all("form") == []


def test_the_log_knows_the_route_and_no_address(shared: kit.Served, caplog: pytest.LogCaptureFixture) -> None:
    """An address may hold a link's token, or what somebody searched for."""
    caplog.set_level(logging.DEBUG)
    visitor = shared.sign_in("ayu")
    visitor.get("/reset/canary-token-in-the-path")
    visitor.get("/app/crm.lead?sort=canary-value")
    visitor.get("/canary-path?canary=1")
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert "canary" not in told
    assert "GET /app/<model>" in told
