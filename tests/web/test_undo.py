"""A transaction is taken back: changes, deletes and new records, as far as nobody changed more since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from core import CurrentUser, UserError
from core.orm import remaking
from core.orm.env import Env, open_env
from core.orm.undo import GONE, REFUSED, NothingToUndo, Undone, undo
from tests.web import kit
from tests.web.conftest import Statements
from tests.web.test_form_closed import rights
from tests.web.test_query_budget import asked

LEAD, PARTNER = "crm.lead", "base.partner"
Person = Callable[..., Any]


def acting(served: kit.Served, name: str) -> Any:
    """An env of one of the people of the demo data, for a `with` block."""
    with served.env() as env:
        users = env["base.user"]
        user = env.scalars(sa.select(users).where(users.email.startswith(name))).one()
        roles, todo = set[str](), list(user.roles)
        while todo:
            role = todo.pop()
            todo += [other for other in role.implies if other.name not in roles]
            roles.add(role.name)
        companies = tuple(env.scalars(sa.select(env["base.company"].id)))
        person = CurrentUser(user.id, user.name, roles=frozenset(roles), companies=companies)
    served.forget()
    return open_env(served.site.assembly.registry, served.database, person)


def done_by(served: kit.Served, name: str, act: Callable[[Any], Any]) -> int:
    """The number of a transaction in which somebody did something."""
    with acting(served, name) as env:
        act(env)
        unit: int = env.session.unit
    return unit


def undone(served: kit.Served, unit: int, name: str = "dewi") -> Undone:
    with acting(served, name) as env:
        return undo(env, unit)


def write(model: str, key: int, **values: Any) -> Callable[[Any], None]:
    return lambda env: env.write([kit.record(env, model, key)], values)


# ----------------------------------------------------------------- changes
def test_a_change_is_taken_back_and_history_tells_of_both(served: kit.Served) -> None:
    before = {name: served.value(LEAD, 1, name) for name in ("note", "revenue", "city", "tags")}
    with served.env() as env:
        tags = [tag.id for tag in env.scalars(sa.select(env["base.tag"]).order_by(env["base.tag"].id))][-2:]
    city = served.first("base.regency", name="Kota Surabaya")

    def act(env: Any) -> None:
        lead = kit.record(env, LEAD, 1)
        env.write([lead], {"note": "Lain", "revenue": 7, "city_id": city})
        env.flush()
        env.write([lead], {"note": "Lagi", "tags": env.read(env["base.tag"], tags)})

    unit = done_by(served, "dewi", act)
    assert served.value(LEAD, 1, "note") == "Lagi"
    done = undone(served, unit)
    assert (done.restored, done.already, done.left) == (1, 0, [])
    assert {name: served.value(LEAD, 1, name) for name in before} == before
    with served.env() as env:
        change = env["base.change"]
        told = env.scalars(
            sa.select(change).where(change.model == LEAD, change.record_id == 1).order_by(change.id)
        ).all()
        later = [row.values["note"] for row in told if row.unit != unit and "note" in (row.values or {})]
        assert later == [["Lagi", before["note"]]]


def test_a_field_that_somebody_changed_since_is_left(served: kit.Served) -> None:
    unit = done_by(served, "dewi", write(LEAD, 1, note="Lain", job_title="Direktur"))
    served.change(LEAD, 1, note="Made")
    done = undone(served, unit)
    assert served.value(LEAD, 1, "note") == "Made"
    assert served.value(LEAD, 1, "job_title") is None
    assert done.restored == 1
    assert len(done.left) == 1 and len(done.left[0].fields) == 1
    assert done.left[0].label == served.value(LEAD, 1, "title")


def test_a_second_time_there_is_nothing_left_to_undo(served: kit.Served) -> None:
    unit = done_by(served, "dewi", write(LEAD, 1, note="Lain"))
    assert undone(served, unit).restored == 1
    done = undone(served, unit)
    assert (done.restored, done.already, done.left) == (0, 1, [])


def test_an_undo_can_be_undone(served: kit.Served) -> None:
    unit = done_by(served, "dewi", write(LEAD, 1, note="Lain"))
    again = done_by(served, "dewi", lambda env: undo(env, unit))
    assert undone(served, again).restored == 1
    assert served.value(LEAD, 1, "note") == "Lain"


def test_what_rules_refuse_is_refused_as_a_whole(served: kit.Served) -> None:
    key = served.first(LEAD, state="new")
    served.change(LEAD, key, mobile="0812-2045-7781")

    def act(env: Any) -> None:
        env.write([kit.record(env, LEAD, key)], {"state": "working", "note": "Dihubungi"})

    unit = done_by(served, "dewi", act)
    with pytest.raises(UserError):
        undone(served, unit)
    dewi = served.sign_in("dewi", "en")
    answer = dewi.post(f"/undo/{unit}", {"csrf_token": dewi.token("/"), "next": f"/app/crm.lead/{key}"})
    assert answer.status_code == 303
    assert "It could not be undone:" in dewi.get(answer.headers["Location"]).page.text
    assert served.value(LEAD, key, "note") == "Dihubungi"
    assert served.value(LEAD, key, "state") == "working"


# ----------------------------------------------------------------- whose
def test_only_ones_own_or_an_administrator(served: kit.Served) -> None:
    unit = done_by(served, "dewi", write(LEAD, 1, note="Lain"))
    for person, number in (("ayu", unit), ("dewi", unit + 1), ("dewi", 0)):
        with pytest.raises(NothingToUndo):
            undone(served, number, person)
    assert served.value(LEAD, 1, "note") == "Lain"
    assert undone(served, unit, "made").restored == 1


def test_what_one_may_not_change_any_more_is_left(served: kit.Served) -> None:
    with served.env() as env:
        users = env["base.user"]
        ayu, bima = (
            env.scalar(sa.select(users.id).where(users.email.startswith(name))) for name in ("ayu", "bima")
        )
    key = served.first(LEAD, owner_id=ayu)
    team = served.value(LEAD, key, "team")
    unit = done_by(served, "ayu", write(LEAD, key, note="Lain"))
    served.change(LEAD, key, owner_id=bima, team_id=team)
    done = undone(served, unit, "ayu")
    assert done.restored == 0 and len(done.left) == 1
    assert served.value(LEAD, key, "note") == "Lain"


def test_what_one_may_only_read_by_now_is_left(served: kit.Served) -> None:
    unit = done_by(served, "dewi", write(LEAD, 1, note="Lain"))
    rights(served, LEAD, read_scope="all")
    done = undone(served, unit)
    title = served.value(LEAD, 1, "title")
    assert (done.restored, [(left.label, left.why) for left in done.left]) == (0, [(title, REFUSED)])
    assert served.value(LEAD, 1, "note") == "Lain"


def test_a_record_that_is_gone_is_left_and_so_is_one_out_of_sight(served: kit.Served) -> None:
    """The same words for both: nobody learns by an undo what is there."""
    key = served.first(LEAD, archived=False)
    unit = done_by(served, "dewi", write(LEAD, key, note="Lain"))
    with acting(served, "dewi") as env:
        dewi = env.user.id
    nobody = CurrentUser(dewi, "Dewi")
    with open_env(served.site.assembly.registry, served.database, nobody) as env:
        done = undo(env, unit)
    assert (done.restored, [left.why for left in done.left]) == (0, [GONE])
    assert served.value(LEAD, key, "note") == "Lain"
    done_by(served, "dewi", delete(LEAD, key))
    done = undone(served, unit)
    assert (done.restored, [(left.label, left.why) for left in done.left]) == (0, [(f"Prospek #{key}", GONE)])


def test_a_field_that_is_gone_or_closed_by_now_is_left_and_named(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = done_by(served, "dewi", write(LEAD, 1, note="Lain", job_title="Direktur"))
    with served.env() as env:
        changes: Any = env["base.change"]
        change = env.scalars(sa.select(changes).where(changes.unit == unit, changes.model == LEAD)).one()
        values = {**change.values, "shoe_size": [41, 42]}
        env.execute(sa.update(changes).where(changes.id == change.id).values(values=values))
    served.forget()
    may_set = Env.may_set
    monkeypatch.setattr(
        Env, "may_set", lambda env, model, name: name != "job_title" and may_set(env, model, name)
    )
    done = undone(served, unit)
    [left] = done.left
    assert left.why is REFUSED and set(left.fields) == {"shoe_size", "Jabatan"}
    assert served.value(LEAD, 1, "job_title") == "Direktur" and served.value(LEAD, 1, "note") != "Lain"


# ----------------------------------------------------------------- deletes
def company(served: kit.Served) -> int:
    """A company with two addresses, a phone, a person with a role there, and one who works there."""
    with served.env() as env:
        [made] = env.create(
            env[PARTNER], [{"name": "PT Maju", "kind": "company", "notes": "Lama", "archived": False}]
        )
        [person, _staff] = env.create(env[PARTNER], [{"name": "Sri"}, {"name": "Tono", "parent": made}])
        env.create(
            env["base.address"], [{"partner": made, "street": street} for street in ("Jl. A", "Jl. B")]
        )
        env.create(env["base.partner_phone"], [{"partner": made, "number": "0812-2045-7781"}])
        env.create(env["base.partner_link"], [{"person": person, "company": made, "role": "finance"}])
        made.tags = [env.scalars(sa.select(env["base.tag"]).limit(1)).one()]
        env.flush()
        return int(made.id)


def around(served: kit.Served, key: int) -> dict[str, Any]:
    with served.env() as env:
        record = env.get(env[PARTNER], key)
        if record is None:
            return {}
        return {
            "values": {
                item.name: getattr(record, item.key)
                for item, _key, _size in record.__lumbung__.validated[False]
            },
            "addresses": [(item.id, item.street, item.use) for item in record.addresses],
            "phones": [(item.id, item.number) for item in record.phones],
            "contacts": [(item.id, item.person_id, item.role) for item in record.contacts],
            "employees": [item.id for item in record.employees],
            "tags": [item.id for item in record.tags],
        }


def delete(model: str, key: int) -> Callable[[Any], None]:
    return lambda env: env.delete([kit.record(env, model, key)])


def test_a_deleted_company_comes_back_with_all_that_went_along(served: kit.Served) -> None:
    key = company(served)
    before = around(served, key)
    assert [len(before[name]) for name in ("addresses", "phones", "contacts", "employees", "tags")] == [
        2,
        1,
        1,
        1,
        1,
    ]
    unit = done_by(served, "dewi", delete(PARTNER, key))
    assert around(served, key) == {}
    done = undone(served, unit)
    assert done.left == []
    assert around(served, key) == before, "under its old number, so that links to it lead there again"
    again = undone(served, unit)
    assert again.restored == 0 and again.already == done.restored


def test_what_hung_on_something_that_is_gone_by_now_cannot_come_back(served: kit.Served) -> None:
    key = company(served)
    address = around(served, key)["addresses"][0][0]
    unit = done_by(served, "dewi", delete("base.address", address))
    done_by(served, "dewi", delete(PARTNER, key))
    done = undone(served, unit)
    assert done.restored == 0 and len(done.left) == 1
    with served.env() as env:
        assert env.get(env["base.address"], address) is None


def test_an_optional_link_to_what_is_gone_stays_empty_and_is_named(served: kit.Served) -> None:
    key = company(served)
    staff = around(served, key)["employees"][0]
    unit = done_by(served, "dewi", delete(PARTNER, staff))
    done_by(served, "dewi", delete(PARTNER, key))
    done = undone(served, unit)
    assert served.value(PARTNER, staff, "name") == "Tono"
    assert served.value(PARTNER, staff, "parent") is None
    assert done.restored == 1 and done.left[0].label == "Tono"


def narrow(served: kit.Served, what: str, **scopes: Any) -> None:
    """Says of every role how far it reaches for a model or a field."""
    with served.env() as env:
        for role in env.scalars(sa.select(env["base.role"])).all():
            env.create(env["base.access_right"], [{"model": what, "role": role, **scopes}])


def test_who_may_not_make_such_records_any_more_gets_none_back(served: kit.Served) -> None:
    key = company(served)
    unit = done_by(served, "dewi", delete(PARTNER, key))
    narrow(served, PARTNER, read_scope="all", write_scope="all", delete_scope="all")
    done = undone(served, unit)
    assert done.restored == 0
    assert ("PT Maju", remaking.FORBIDDEN) in [(left.label, left.why) for left in done.left]
    assert around(served, key) == {}


@pytest.mark.parametrize("read", ["all", "none"])
def test_what_one_may_not_set_any_more_stays_empty_and_is_named(served: kit.Served, read: str) -> None:
    key = company(served)
    unit = done_by(served, "dewi", delete(PARTNER, key))
    narrow(served, f"{PARTNER}.notes", read_scope=read)
    done = undone(served, unit)
    assert served.value(PARTNER, key, "name") == "PT Maju" and served.value(PARTNER, key, "notes") is None
    assert [(left.label, left.why) for left in done.left] == [("PT Maju", remaking.WITHOUT)]


# ----------------------------------------------------------------- new records
def test_a_new_record_goes_and_one_that_is_used_by_now_is_archived(served: kit.Served) -> None:
    def act(env: Any) -> None:
        made = env.create(
            env[PARTNER], [{"name": "Satu", "kind": "company"}, {"name": "Dua", "kind": "company"}]
        )
        env.create(env["base.address"], [{"partner": made[0], "street": "Jl. A"}])

    unit = done_by(served, "dewi", act)
    one, two = served.first(PARTNER, name="Satu"), served.first(PARTNER, name="Dua")
    with served.env() as env:
        env.create(env[PARTNER], [{"name": "Tono", "parent_id": two}])
    done = undone(served, unit)
    assert done.left == [] and done.restored == 3
    with served.env() as env:
        assert env.get(env[PARTNER], one) is None
    assert served.value(PARTNER, two, "archived") is True


def test_a_new_tag_that_a_record_bears_by_now_is_archived(served: kit.Served) -> None:
    unit = done_by(served, "dewi", lambda env: env.create(env["base.tag"], [{"name": "Satu"}]))
    key = served.first("base.tag", name="Satu")
    with served.env() as env:
        lead = kit.record(env, LEAD, 1)
        lead.tags = [*lead.tags, kit.record(env, "base.tag", key)]
    done = undone(served, unit)
    assert (done.restored, done.left) == (1, [])
    assert served.value("base.tag", key, "archived") is True


def test_a_new_record_on_which_somebody_worked_since_is_left(served: kit.Served) -> None:
    unit = done_by(served, "dewi", lambda env: env.create(env[PARTNER], [{"name": "Satu"}]))
    key = served.first(PARTNER, name="Satu")
    served.change(PARTNER, key, notes="Sudah dihubungi")
    done = undone(served, unit)
    assert done.restored == 0 and done.left[0].label == "Satu"
    assert served.value(PARTNER, key, "archived") is False


@pytest.mark.parametrize("archived", [True, False])
def test_a_new_record_that_is_gone_or_archived_by_now_is_done_already(
    served: kit.Served, archived: bool
) -> None:
    unit = done_by(served, "dewi", lambda env: env.create(env[PARTNER], [{"name": "Satu"}]))
    key = served.first(PARTNER, name="Satu")
    done_by(served, "dewi", write(PARTNER, key, archived=True) if archived else delete(PARTNER, key))
    done = undone(served, unit)
    assert (done.restored, done.already, done.left) == (0, 1, [])


def test_a_new_record_that_its_maker_may_not_change_is_left(served: kit.Served) -> None:
    unit = done_by(served, "ayu", lambda env: env.create(env["base.tag"], [{"name": "Satu"}]))
    done = undone(served, unit, "ayu")
    assert (done.restored, [(left.label, left.why) for left in done.left]) == (0, [("Satu", REFUSED)])
    assert served.value("base.tag", served.first("base.tag", name="Satu"), "archived") is False


def test_links_that_came_go_and_those_that_left_come_back(served: kit.Served) -> None:
    with served.env() as env:
        tags = [tag.id for tag in env.scalars(sa.select(env["base.tag"]).order_by(env["base.tag"].id))][:3]

    def link(*keys: int) -> Callable[[Any], None]:
        return lambda env: env.write(
            [kit.record(env, LEAD, 1)], {"tags": env.read(env["base.tag"], list(keys))}
        )

    done_by(served, "dewi", link(*tags[:2]))
    unit = done_by(served, "dewi", link(*tags[1:]))
    done = undone(served, unit)
    with served.env() as env:
        assert sorted(tag.id for tag in kit.record(env, LEAD, 1).tags) == tags[:2]
    assert (done.restored, done.left) == (1, [])


def test_made_and_deleted_in_one_go_there_is_nothing_to_do(served: kit.Served) -> None:
    def act(env: Any) -> None:
        made = env.create(env[PARTNER], [{"name": "Satu"}])
        env.flush()
        env.delete(made)

    done = undone(served, done_by(served, "dewi", act))
    assert (done.restored, done.already, done.left) == (0, 0, [])


# ----------------------------------------------------------------- many
def test_undoing_many_takes_few_statements(served: kit.Served, statements: Statements) -> None:
    """As many for 240 records as for 20."""
    taken = {}
    for count in (20, 240):
        with served.env() as env:
            lead = env[LEAD]
            keys = list(
                env.scalars(sa.select(lead.id).where(lead.archived.is_(False)).order_by(lead.id).limit(count))
            )

        def act(env: Any, keys: list[int] = keys) -> None:
            env.write(env.read(env[LEAD], keys), {"archived": True, "note": "Selesai"})

        unit = done_by(served, "dewi", act)
        with acting(served, "dewi") as env:
            statements.clear()
            done = undo(env, unit)
            taken[count] = len(asked(statements))
        assert (done.restored, done.left) == (count, [])
    assert taken[240] == taken[20] <= 25, taken


def test_what_others_wrote_on_a_new_record_keeps_it(served: kit.Served) -> None:
    """A note hangs by model and key, and by no link: the record is archived, and the note is read on it."""

    def make(env: Any) -> None:
        env.create(env[LEAD], [{"title": "Rumah baru"}])

    unit = done_by(served, "ayu", make)
    key = served.first(LEAD, title="Rumah baru")
    with acting(served, "dewi") as env:
        env.create(env["base.message"], [{"model": LEAD, "record_id": key, "body": "Sudah saya telepon"}])
    undone(served, unit, "ayu")
    assert served.value(LEAD, key, "archived") is True
    with acting(served, "dewi") as env:
        assert (
            env.scalar(sa.select(env["base.message"].body).filter_by(record_id=key)) == "Sudah saya telepon"
        )
