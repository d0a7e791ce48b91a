"""The face above the page of a record, with the line and the badges that its view puts beside it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.web import kit
from tests.web.conftest import on_sqlite
from tests.web.markup import Element
from tests.web.test_list_rights import narrow
from tests.web.test_masks import MASKS, MEMBERS, closed, member

PARTNER, DEWI = "/app/base.partner", "Dewi Kartika"


def face(answer: kit.Answer) -> Element:
    return answer.main.one("div", class_="face")


def badges(answer: kit.Answer) -> list[str]:
    return [badge.text for badge in face(answer).all("span", class_="badge")]


def contact(served: kit.Served, **values: Any) -> int:
    with served.env() as env:
        [made] = env.create(env["base.partner"], [{"name": "Dewi <b> Anggraini", **values}])
        env.flush()
        return int(made.id)


@pytest.mark.parametrize(("lang", "person"), [("id", "Perorangan"), ("en", "Person")])
def test_a_contact_is_known_by_its_face(served: kit.Served, lang: str, person: str) -> None:
    """Initials in the colour that it has everywhere, where it works, and as badges the kind and each tag."""
    with served.env() as env:
        tags = env.create(env["base.tag"], [{"name": "Grosir"}, {"name": "B2B, besar"}])
        [firm] = env.create(env["base.partner"], [{"name": "Kafe Teras Senja", "kind": "company"}])
        env.flush()
        firm_key = firm.id
        [made] = env.create(
            env["base.partner"], [{"name": "Dewi <b> Anggraini", "parent": firm, "tags": tags}]
        )
        env.flush()
        key = made.id
    shown = served.sign_in("dewi", lang=lang).get(f"{PARTNER}/{key}")
    [avatar] = face(shown).all("span", class_="ava")
    assert (
        avatar.text == "D<"
        and avatar["aria-hidden"] == "true"
        and f"p{key % 8 + 1}" in avatar["class"].split()
    )
    assert face(shown).one("p", class_="title").text == "Dewi <b> Anggraini"
    assert [link["href"] for link in face(shown).one("p", class_="mut").all("a")] == [f"{PARTNER}/{firm_key}"]
    assert badges(shown) == [person, "Grosir", "B2B, besar"]


def test_that_it_is_archived_stands_beside_its_title_as_everywhere(served: kit.Served) -> None:
    key = contact(served)
    served.change("base.partner", key, archived=True)
    page = served.sign_in("dewi").get(f"{PARTNER}/{key}")
    assert badges(page) == ["Perorangan"]
    [title] = page.page.all("div", class_="crumb")
    assert "Diarsipkan" in title.text


def test_of_what_one_may_not_see_the_line_says_nothing(bare: kit.Served) -> None:
    with bare.env() as env:
        [firm] = env.create(env["base.partner"], [{"name": "PT Zamrud Rahasia", "kind": "company"}])
        env.flush()
        whose = kit.record(env, "base.user", bare.first("base.user", name=DEWI))
        [made] = env.create(env["base.partner"], [{"name": "Hendra", "parent": firm, "owner": whose}])
        for role in env.scalars(sa.select(env["base.role"])):
            narrow(env, role.name, "own")
        env.flush()
        key = made.id
    shown = bare.sign_in("dewi").get(f"{PARTNER}/{key}")
    assert "Zamrud" not in shown.text and not face(shown).all("p", class_="mut")


def test_a_view_that_says_nothing_of_it_has_none(served: kit.Served) -> None:
    assert not served.sign_in("dewi").get("/app/crm.lead/1").main.all("div", class_="face")


@on_sqlite
def test_a_masked_field_stays_masked(sample: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any model has a face where its view says so; a closed value is no more told by it than by its section."""
    index = sample.site.assembly.views["sample.member.form"].index
    for name, place in {"nik": "badge", "state": "badge", "note": "line"}.items():
        monkeypatch.setitem(index[name][0].attrs, "head", place)
    key = member(sample)
    shown = closed(sample.sign_in("dewi").get(f"{MEMBERS}/{key}"))
    assert badges(shown) == [MASKS["nik"], MASKS["state"]]
    assert MASKS["note"] in face(shown).text
    assert "3374051207880003" in badges(sample.sign_in("made").get(f"{MEMBERS}/{key}"))
