"""People who sign in: invited, let in and shut out; their sessions, companies and profile."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from core.access.devices import name_of
from core.base.demo import DOMAIN
from core.schema.tables import reset_token
from core.schema.tables import session as sessions
from tests.web import kit
from tests.web.test_keeping import second, user

LINK = re.compile(r"/reset/([\w-]{43})")
INVITE, PROFILE = "/settings/users/invite", "/settings/profile"


def page(served: kit.Served, person: str) -> str:
    """The page of a person."""
    return f"/settings/users/{user(served, person)}"


def is_in(visitor: kit.Visitor) -> bool:
    """Whether somebody is still signed in."""
    return visitor.get("/").status_code == 200


def signed_in(served: kit.Served, person: str) -> int:
    """How many sessions a person has."""
    with served.database.reading.begin() as connection:
        mine = sessions.c.user_id == user(served, person)
        return int(connection.scalar(sa.select(sa.func.count()).where(mine)) or 0)


def press(visitor: kit.Visitor, path: str, action: str, **data: str) -> kit.Answer:
    """A button of a page, which is a form of its own."""
    shown = visitor.get(path)
    assert [form for form in shown.main.all("form") if form["action"] == action], f"{path} has no {action}"
    return visitor.post(action, {"csrf_token": visitor.token(path), **data})


# ----------------------------------------------------------------- invited
def test_an_invited_person_chooses_a_password_and_is_in(served: kit.Served) -> None:
    made = served.sign_in("made")
    [link] = [item for item in made.get("/app/base.user").main.all("a") if item.get("data-key") == "c"]
    assert link["href"] == INVITE
    basic, sales = served.first("base.role", name="base.user"), served.first("base.role", name="crm.user")
    answer = made.fill(
        INVITE, {"name": "Sri Wahyuni", "email": "sri@contoh.example", "roles": [str(basic), str(sales)]}
    )
    assert answer.status_code == 200
    found = LINK.search(answer.main.text) or LINK.search(answer.text)
    assert found
    sri = served.visitor()
    shown = sri.get(found[0])
    assert sri.send(shown, {"password": "kalimat yang panjang"}).status_code == 302
    assert sri.get("/app/crm.lead").status_code == 200
    assert served.visitor().get(found[0]).status_code == 404, "good once"
    key = served.first("base.user", email="sri@contoh.example")
    assert served.value("base.user", key, "company") == served.value("base.user", user(served), "company")


def test_a_double_press_invites_once(served: kit.Served) -> None:
    made, before = served.sign_in("made"), served.count("base.user")
    form = made.get(INVITE)
    links = [LINK.search(made.send(form, {"name": "A", "email": "a@contoh.example"}).text) for _n in range(2)]
    assert served.count("base.user") == before + 1
    assert links[0] and links[1]
    assert served.visitor().get(links[0][0]).status_code == 404, "the last link holds"
    assert served.visitor().get(links[1][0]).status_code == 200


@pytest.mark.parametrize(
    ("sent", "name"),
    [({"name": "", "email": "x@contoh.example"}, "name"), ({"name": "X", "email": "nonsense"}, "email"),
     ({"name": "X", "email": f"ayu@{DOMAIN}"}, "email")],
)  # fmt: skip
def test_a_bad_invitation_is_said_beside_the_field(
    served: kit.Served, unchanged: Any, sent: dict[str, str], name: str
) -> None:
    made = served.sign_in("made")
    with unchanged(served):
        answer = made.fill(INVITE, {**sent, "phone": "0812 2045 7799"})
    assert answer.status_code == 422
    assert answer.main.one("p", id=f"f-{name}-e").text
    assert answer.main.one("form", method="post")["action"] == INVITE
    assert "7799" in answer.main.one("input", name="phone")["value"]
    assert served.sign_in("dewi").get(INVITE).status_code == 403


# ----------------------------------------------------------------- let in and shut out
def test_who_is_shut_out_is_signed_out_and_comes_back_when_let_in(served: kit.Served) -> None:
    made, ayu = served.sign_in("made", lang="en"), served.sign_in("ayu")
    assert is_in(ayu)
    path = page(served, "ayu")
    assert press(made, path, f"{path}/active", active="0").status_code == 303
    assert not is_in(ayu) and signed_in(served, "ayu") == 0
    assert "May not sign in" in made.get(path).main.text
    assert press(made, path, f"{path}/active", active="0").status_code == 303, "done already"
    assert press(made, path, f"{path}/active", active="1").status_code == 303
    assert is_in(served.sign_in("ayu"))


def test_shutting_oneself_out_is_refused_in_words(served: kit.Served, unchanged: Any) -> None:
    second(served)
    made, path = served.sign_in("made"), page(served, "made")
    token = made.token(path)
    with unchanged(served):
        answer = made.post(f"{path}/active", {"csrf_token": token, "active": "0"})
    assert answer.status_code == 422 and "akses Anda sendiri" in answer.main.text
    for bad in ("", "2"):
        with unchanged(served):
            assert made.post(f"{path}/active", {"csrf_token": token, "active": bad}).status_code == 400
    assert made.post("/settings/users/98765/active", {"csrf_token": token, "active": "0"}).status_code == 404


# ----------------------------------------------------------------- sessions
def test_of_somebody_who_is_gone_there_is_no_page_and_no_button(served: kit.Served, unchanged: Any) -> None:
    made, gone = served.sign_in("made"), "/settings/users/98765"
    assert made.get(gone).status_code == 404
    served.sign_in("ayu")
    forms = made.get(page(served, "ayu")).main.all("form")
    actions = set()
    with unchanged(served):
        for form in forms:
            inputs = [*form.all("input"), *form.all("button")]
            sent = {item["name"]: item.get("value") or "" for item in inputs if item.get("name")}
            action = re.sub(r"/\d+(/|$)", r"/98765\1", form["action"])
            assert made.post(action, sent).status_code == 404, action
            actions.add(action)
    assert {f"{gone}/active", f"{gone}/sessions", "/app/base.user/98765/link"} <= actions


def test_an_administrator_ends_one_session_or_all(served: kit.Served) -> None:
    first, other = served.sign_in("ayu"), served.sign_in("ayu")
    made, path = served.sign_in("made"), page(served, "ayu")
    marks = [item["value"] for item in made.get(path).main.all("button", name="session")]
    assert marks[-1] == "all" and len(marks) == 3
    press(made, path, f"{path}/sessions", session=marks[0])
    assert sorted([is_in(first), is_in(other)]) == [False, True]
    press(made, path, f"{path}/sessions", session=marks[0])
    assert signed_in(served, "ayu") == 1, "done already"
    third = served.sign_in("ayu")
    press(made, path, f"{path}/sessions", session="all")
    assert not any(map(is_in, (first, other, third))) and is_in(made)


def test_a_person_ends_their_own_others_and_never_this_one(served: kit.Served, unchanged: Any) -> None:
    here, there, bima = served.sign_in("ayu"), served.sign_in("ayu"), served.sign_in("bima")
    shown = here.get(PROFILE)
    [mark] = [item["value"] for item in shown.main.all("button", name="session")]
    token = here.token(PROFILE)
    with served.database.reading.begin() as connection:
        mine = {
            row.token_hash[:16]
            for row in connection.execute(sa.select(sessions))
            if row.user_id == user(served, "ayu")
        }
        foreign = next(row.token_hash[:16] for row in connection.execute(sa.select(sessions))
                       if row.user_id == user(served, "bima"))  # fmt: skip
    with unchanged(served):
        current = next(iter(mine - {mark}))
        assert here.post(f"{PROFILE}/sessions", {"csrf_token": token, "session": current}).status_code == 400
        assert here.post(f"{PROFILE}/sessions", {"csrf_token": token, "session": foreign}).status_code == 303
    assert is_in(bima)
    here.post(f"{PROFILE}/sessions", {"csrf_token": token, "session": mark})
    assert is_in(here) and not is_in(there)


@pytest.mark.parametrize(
    ("agent", "name"),
    [("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML) Chrome/126 Mobile Safari/537.36", "Chrome · Android"),
     ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/17 Safari/605", "Safari · macOS"),
     ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/128.0", "Firefox · Windows"),
     ("tests", "tests"), ("", "")],
)  # fmt: skip
def test_a_device_is_named(agent: str, name: str) -> None:
    assert name_of(agent) == name


# ----------------------------------------------------------------- profile
def test_a_profile_changes_language_zone_and_theme_at_once(served: kit.Served) -> None:
    ayu = served.sign_in("ayu", lang="id")
    answer = ayu.fill(PROFILE, {"lang": "en", "tz": "Asia/Jayapura", "theme": "dark", "name": "Ayu L."})
    assert answer.status_code == 303
    shown = ayu.get(PROFILE)
    html = shown.page.one("html")
    assert (html["lang"], html["data-theme"]) == ("en", "dark")
    assert served.value("base.user", user(served, "ayu"), "tz") == "Asia/Jayapura"
    assert shown.main.one("input", name="name")["value"] == "Ayu L."
    assert ayu.fill(PROFILE, {}).status_code == 303


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("phone", "not a number"),
        ("tz", "Mars/Base"),
        ("lang", "xx"),
        ("theme", "pink"),
        ("shortcuts", "no"),
    ],
)
def test_a_bad_profile_is_said_and_keeps_what_was_typed(
    served: kit.Served, unchanged: Any, name: str, value: str
) -> None:
    ayu = served.sign_in("ayu")
    sent = dict(kit.typed(kit.form_in(ayu.get(PROFILE).main))) | {"name": "Typed", name: value}
    with unchanged(served):
        answer = ayu.post(PROFILE, sent)
    assert answer.status_code == 422
    assert answer.main.one("p", id=f"{name}-e").text
    assert name == "name" or answer.main.one("input", name="name")["value"] == "Typed"


def test_who_has_no_use_for_single_letters_switches_them_off(served: kit.Served) -> None:
    ayu, dewi = served.sign_in("ayu"), served.sign_in("dewi")
    assert ayu.get(PROFILE).page.one("html").get("data-keys") is None
    assert ayu.fill(PROFILE, {"shortcuts": "off"}).status_code == 303
    assert ayu.get("/").page.one("html")["data-keys"] == "off"
    assert dewi.get("/").page.one("html").get("data-keys") is None
    assert ayu.fill(PROFILE, {"shortcuts": "on"}).status_code == 303
    assert ayu.get("/").page.one("html").get("data-keys") is None


def test_a_profile_gives_no_rights(served: kit.Served, unchanged: Any) -> None:
    ayu = served.sign_in("ayu")
    sent = dict(kit.typed(kit.form_in(ayu.get(PROFILE).main)))
    for name, value in (("roles", "1"), ("email", "x@contoh.example"), ("company", "2"), ("active", "")):
        with unchanged(served):
            assert ayu.post(PROFILE, {**sent, name: value}).status_code == 400


# ----------------------------------------------------------------- companies
@pytest.fixture
def two(served: kit.Served) -> tuple[int, int]:
    """Ayu works for two companies, each with a contact of its own."""
    with served.env() as env:
        mine = kit.record(env, "base.user", user(served, "ayu"))
        currency = env.scalars(sa.select(env["base.currency"])).first()
        [other] = env.create(env["base.company"], [{"name": "Bumi Raya", "currency": currency}])
        mine.companies = [*mine.companies, other]
        env.create(env["base.partner"], [{"name": "Zulkifli Satu", "company": mine.company},
                                         {"name": "Zulkifli Dua", "company": other}])  # fmt: skip
        env.flush()
        return mine.company.id, other.id


def choose(visitor: kit.Visitor, company: object, **more: str) -> kit.Answer:
    """The button of a company in the frame."""
    return visitor.post("/company", {"csrf_token": visitor.token("/"), "company": str(company), **more})


def seen(visitor: kit.Visitor) -> set[str]:
    """Which of the two contacts are found."""
    text = visitor.get("/app/base.partner?q=Zulkifli").main.text
    return {name for name in ("Satu", "Dua") if f"Zulkifli {name}" in text}


def test_one_company_at_a_time_or_all(served: kit.Served, two: tuple[int, int]) -> None:
    ayu = served.sign_in("ayu", lang="en")
    assert seen(ayu) == {"Satu", "Dua"}
    assert "Switch company" in ayu.get("/").text and "Griya Sentosa" in ayu.get("/").text
    answer = choose(ayu, two[1], next="/app/base.partner")
    assert answer.status_code == 303 and answer.headers["Location"] == "/app/base.partner"
    assert seen(ayu) == {"Dua"}
    assert ayu.get("/").page.one("a", **{"class": "org"})["title"] == "Bumi Raya"
    ayu.fill("/app/base.partner/new", {"name": "Zainal"})
    assert served.value("base.partner", served.first("base.partner", name="Zainal"), "company") == two[1]
    assert seen(served.sign_in("ayu")) == {"Satu", "Dua"}, "another browser is left alone"
    choose(ayu, "all")
    assert seen(ayu) == {"Satu", "Dua"}


def test_a_company_that_is_not_ones_own_is_refused(
    served: kit.Served, two: tuple[int, int], unchanged: Any
) -> None:
    ayu, bima = served.sign_in("ayu"), served.sign_in("bima", lang="en")
    for visitor, company in ((bima, two[1]), (ayu, 98765), (ayu, ""), (ayu, "x")):
        with unchanged(served):
            assert choose(visitor, company).status_code == 400
    assert "Switch company" not in bima.get("/").text, "there is nothing to choose"
    choose(ayu, two[1])
    with served.env() as env:  # it is taken away: the choice counts no more
        mine = kit.record(env, "base.user", user(served, "ayu"))
        mine.companies = [one for one in mine.companies if one.id != two[1]]
    assert seen(ayu) == {"Satu"}


def test_nobody_leaves_the_site_by_the_choice(served: kit.Served, two: tuple[int, int]) -> None:
    assert choose(served.sign_in("ayu"), two[0], next="//elsewhere.example").headers["Location"] == "/"
    with served.database.reading.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(reset_token)) == 0
