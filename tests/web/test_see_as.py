"""See as: what somebody sees is counted as they see it, and one record is explained by naming what decides."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.web import kit
from tests.web.test_keeping import user

PATH = "/settings/see-as"


def look(served: kit.Served, person: str, record: str = "", lang: str = "en") -> kit.Answer:
    """What the page says of a demo user."""
    made = served.sign_in("made", lang=lang)
    return made.fill(PATH, {"user": str(user(served, person)), "record": record})


def counts(answer: kit.Answer) -> dict[str, tuple[str, str]]:
    """Seen and total by kind of data."""
    rows = [[cell.text for cell in item.children if not isinstance(cell, str)]
            for item in answer.main.one("ul", **{"class": "sees"}).all("li")]  # fmt: skip
    return {row[0]: (row[1], row[2]) for row in rows}


def verdicts(answer: kit.Answer) -> list[str]:
    """The lines of the explanation."""
    return [item.text for item in answer.main.one("ul", **{"class": "why"}).all("li")]


def lead_of(served: kit.Served, person: str) -> int:
    """A lead that a person owns."""
    return served.first("crm.lead", owner_id=user(served, person), archived=False)


# ----------------------------------------------------------------- counted
@pytest.mark.parametrize("person", ["ayu", "bima", "dewi", "made"])
def test_what_is_counted_is_what_they_find(shared: kit.Served, person: str) -> None:
    said = counts(look(shared, person)).get("Leads")
    path = "/app/crm.lead?format=csv"
    listed = shared.sign_in(person).get(path)
    found = len(listed.text.splitlines()) - 1 if listed.status_code == 200 else 0
    assert said is not None and int(said[0].replace(",", "")) == found
    total = len(shared.sign_in("dewi").get(path).text.splitlines()) - 1
    assert said[1] == ("all" if found == total else f"of {total:,}")


def test_who_may_not_sign_in_is_shown_with_a_word(served: kit.Served) -> None:
    served.change("base.user", user(served, "ayu"), active=False)
    answer = look(served, "ayu")
    assert "may not sign in" in answer.main.text and counts(answer)


# ----------------------------------------------------------------- explained
def test_scopes_are_named_with_role_owner_and_team(shared: kit.Served) -> None:
    own = verdicts(look(shared, "ayu", f"crm.lead/{lead_of(shared, 'ayu')}"))
    assert own[0].startswith("Read: yes.") and "Sales" in own[0]
    assert own[1].startswith("Change: yes.") and "their own" in own[1]
    team = verdicts(look(shared, "ayu", f"crm.lead/{lead_of(shared, 'rizky')}"))
    assert team[0].startswith("Read: yes.") and "Penjualan Rumah" in team[0]
    assert team[1].startswith("Change: no.") and "Rizky Aditya" in team[1]
    other = verdicts(look(shared, "ayu", f"crm.lead/{lead_of(shared, 'bima')}"))
    assert other[0].startswith("Read: no.") and "Penjualan Komersial" in other[0]
    assert all(": no." in line for line in other)


def test_the_rule_that_refuses_is_named(served: kit.Served) -> None:
    with served.env() as env:
        company: Any = env["base.company"]
        currency = env.scalars(sa.select(env["base.currency"])).first()
        [other] = env.create(company, [{"name": "Other", "currency": currency}])
        [partner] = env.create(env["base.partner"], [{"name": "Hidden", "company": other}])
        env.flush()
        key = partner.id
    said = verdicts(look(served, "ayu", f"http://localhost/app/base.partner/{key}?x=1"))
    assert "“Records of the user's companies” (addon base) refuses it" in said[0].replace("rule ", "")
    mine = served.first("base.partner", archived=False)
    assert (
        "It keeps the rule “Records of the user's companies”"
        in verdicts(look(served, "ayu", f"base.partner {mine}"))[0]
    )


def test_all_that_is_in_the_way_is_named_each_in_a_line(served: kit.Served) -> None:
    """Else an administrator takes one away, and finds the next."""
    key = lead_of(served, "bima")
    with served.env() as env:
        lead = kit.record(env, "crm.lead", key)
        [lead.company] = env.create(env["base.company"], [{"name": "Other"}])
        lead.archived = True
    answer = look(served, "ayu", f"crm.lead/{key}")
    read, change, _delete = answer.main.one("ul", **{"class": "why"}).all("li")
    lines = [line.text for line in read.all("span", class_="reason")]
    assert [line.split()[0] for line in lines] == ["Only", "The", "It"], lines
    assert "Penjualan Komersial" in lines[0] and "Records of the user's companies" in lines[1]
    assert lines[2] == "It is archived: lists leave it out."
    assert len(change.all("span", class_="reason")) == 2


def test_what_lists_leave_out_is_told_of_what_one_may_see(served: kit.Served) -> None:
    key = lead_of(served, "ayu")
    served.change("crm.lead", key, archived=True)
    said = verdicts(look(served, "ayu", f"crm.lead/{key}"))[0]
    assert said.startswith("Read: yes.") and said.endswith("It is archived: lists leave it out.")


def test_no_role_no_right(shared: kit.Served) -> None:
    key = shared.first("base.role", name="base.user")
    lines = verdicts(look(shared, "ayu", f"base.role/{key}"))
    assert lines[0] == "Read: no. None of their roles allows it."


def test_what_is_said_is_what_the_door_does(shared: kit.Served) -> None:
    """For some records of each person: the page and the pages of the record agree."""
    for person in ("ayu", "bima", "dewi"):
        for owner in ("ayu", "rizky", "bima"):
            key = lead_of(shared, owner)
            said = [": yes." in line for line in verdicts(look(shared, person, f"crm.lead/{key}"))]
            them = shared.sign_in(person)
            assert said[0] is (them.get(f"/app/crm.lead/{key}").status_code == 200)
            assert said[1] is (them.get(f"/app/crm.lead/{key}/edit").status_code == 200)
            assert said[2] is (them.get(f"/app/crm.lead/{key}/delete").status_code == 200)


def test_the_page_of_a_record_leads_here(shared: kit.Served) -> None:
    made, key = shared.sign_in("made", lang="en"), shared.first("base.partner", archived=False)
    page = made.get(f"/app/base.partner/{key}")
    [link] = [item for item in page.main.all("a") if item["href"].startswith(PATH)]
    shown = made.get(link["href"])
    assert shown.main.one("input", name="record")["value"] == f"base.partner/{key}"
    assert not [item for item in shared.sign_in("ayu").get(f"/app/base.partner/{key}").main.all("a")
                if item["href"].startswith(PATH)]  # fmt: skip


# ----------------------------------------------------------------- noted, and only that
def test_each_look_is_noted_in_the_history_of_the_person(served: kit.Served) -> None:
    before = served.count("base.change")
    look(served, "ayu", f"crm.lead/{lead_of(served, 'ayu')}")
    assert served.count("base.change") == before + 1
    made = served.sign_in("made", lang="en")
    told = made.get(f"/app/base.user/{user(served, 'ayu')}/history").main.text
    assert "Made Wirawan looked at what this person sees" in told
    assert "looked at what this person sees" in made.get(f"/settings/activity?user={user(served)}").main.text
    with served.env() as env:
        change: Any = env["base.change"]
        unit = env.scalar(sa.select(change.unit).order_by(change.id.desc()).limit(1))
    token = made.token("/settings/password")
    assert made.post(f"/undo/{unit}", {"csrf_token": token}).status_code == 303
    assert served.count("base.change") == before + 1


def test_opening_the_page_writes_nothing(served: kit.Served, unchanged: Any) -> None:
    made = served.sign_in("made")
    with unchanged(served):
        assert made.get(f"{PATH}?user={user(served, 'ayu')}&record=crm.lead/1").status_code == 200


@pytest.mark.parametrize(
    ("who", "record", "field"),
    [("", "", "user"), ("98765", "", "user"), ("x", "", "user"), ("1", "crm.lead", "record"),
     ("1", "crm.lead/98765", "record"), ("1", "no.model/1", "record"), ("1", "crm.lead/9999999999999999999", "record"),
     ("1", "anything at all", "record")],
)  # fmt: skip
def test_bad_input_is_said_beside_the_field_and_kept(
    served: kit.Served, unchanged: Any, who: str, record: str, field: str
) -> None:
    made = served.sign_in("made")
    token = made.token(PATH)
    with unchanged(served):
        answer = made.post(PATH, {"csrf_token": token, "user": who, "record": record})
    assert answer.status_code == 422
    assert answer.main.one("p", id=f"{field}-e").text
    assert answer.main.one("input", name="record")["value"] == record


def test_only_administrators_look(shared: kit.Served) -> None:
    assert shared.sign_in("dewi").get(PATH).status_code == 403
