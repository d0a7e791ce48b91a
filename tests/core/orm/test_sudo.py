"""Sudo: a second session on the same connection, in which nothing is narrowed and nothing crosses."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import sqlalchemy as sa

from core import UserError
from core.errors import LumbungError
from tests.core.orm.toys import Lead, Partner, Tag, World


@pytest.fixture
def pair(toy: World) -> World:
    """A partner with two leads."""
    with toy.env() as env:
        partner = env.create(Partner, [{"name": "p"}])[0]
        env.create(Lead, [{"title": title, "partner": partner} for title in ("first", "second")])
    return toy


def _leads(env: Any) -> list[Lead]:
    return list(env.scalars(sa.select(env[Lead]).order_by(env[Lead].id)).all())


def test_sudo_is_not_narrowed_and_logged(pair: World, caplog: pytest.LogCaptureFixture) -> None:
    with pair.env(id=5, roles=frozenset()) as env:
        with pytest.raises(LumbungError):
            _leads(env)
        with caplog.at_level(logging.INFO, "lumbung.env"), env.sudo("to count them") as su:
            assert len(_leads(su)) == 2
            assert su.is_sudo and su.user is env.user and not env.is_sudo
        with pytest.raises(LumbungError):
            _leads(env)
    assert "sudo by user 5: to count them" in caplog.messages


def test_sudo_sees_what_is_not_flushed_yet(pair: World) -> None:
    with pair.env() as env:
        lead = _leads(env)[0]
        lead.title = "pending"
        env.create(Tag, [{"name": "new"}])
        with env.sudo("the test") as su:
            assert [other.title for other in _leads(su)] == ["pending", "second"]
            assert su.scalar(sa.select(sa.func.count(su[Tag].id))) == 1


def test_records_do_not_cross_but_are_read_again(pair: World) -> None:
    with pair.env() as env:
        lead = _leads(env)[0]
        with env.sudo("the test") as su:
            own = su.as_own(lead)
            assert own is not lead and own.id == lead.id and own.env is su
            own.title = "by sudo"
            lead.places = 5
            assert su.as_own(lead).places == 5, "what the user changed inside is written first"
            new = env.create(Tag, [{"name": "new"}])[0]
            assert su.as_own(new).name == "new"
            made = su.create(Tag, [{"name": "made"}])[0]
            assert env.as_own(made).env is env
        assert (lead.title, lead.places) == ("by sudo", 5)
        assert env.as_own(made).name == "made", "also after sudo is closed"


def test_a_record_that_is_gone_is_no_record(pair: World) -> None:
    with pair.env(lang="en") as env:
        lead = _leads(env)[0]
        key = lead.id
        with env.sudo("the test") as su:
            su.delete([su.as_own(lead)])
            with pytest.raises(UserError, match="not there any more"):
                su.as_own(lead)
        assert env.get(Lead, key) is None
        assert [other.title for other in _leads(env)] == ["second"]
        with pytest.raises(UserError, match="not there any more"):
            env.as_own(env[Lead](title="never added"))


def test_what_sudo_wrote_is_seen_after_and_counted(pair: World) -> None:
    with pair.env(id=1) as env:
        first, second = _leads(env)
        first.title = "by user"
        with env.sudo("the test") as su:
            own = su.as_own(first)
            assert own.version == 2
            own.note = "by sudo"
        assert "note" not in vars(first) and "note" in vars(second), "exactly the rows that sudo wrote"
        assert (first.title, first.note, first.version, second.version) == ("by user", "by sudo", 3, 1)
        first.title = "by user again"
    with pair.env() as env:
        first, second = _leads(env)
        assert (first.title, first.note, first.version, second.version) == ("by user again", "by sudo", 4, 1)


def test_the_user_may_change_the_same_row_meanwhile(pair: World) -> None:
    with pair.env() as env:
        lead = _leads(env)[0]
        with env.sudo("the test") as su:
            su.as_own(lead).note = "by sudo"
            su.flush()
            lead.title = "by user"
        assert (lead.title, lead.note) == ("by user", "by sudo")


def test_collections_of_the_user_follow(pair: World) -> None:
    with pair.env() as env:
        partner = env.scalars(sa.select(env[Partner])).one()
        lead = partner.leads[0]
        assert lead.tags == []
        with env.sudo("the test") as su:
            su.create(Lead, [{"title": "third", "partner_id": partner.id}])
            su.as_own(lead).tags = su.create(Tag, [{"name": "t"}])
        assert [other.title for other in partner.leads] == ["first", "second", "third"]
        assert [tag.name for tag in lead.tags] == ["t"]


def test_an_exception_rolls_back_to_the_savepoint(pair: World) -> None:
    """What the user did before stays, what anyone did inside is gone, in the database and in memory."""
    with pair.env() as env:
        lead, other = _leads(env)
        lead.title = "before"
        with pytest.raises(ZeroDivisionError), env.sudo("the test") as su:
            su.as_own(lead).note = "lost"
            su.create(Tag, [{"name": "lost"}])
            su.flush()
            other.title = "lost too"
            env.flush()
            1 / 0  # noqa: B018
        assert (lead.title, lead.note, lead.version, other.title, other.version) == (
            "before",
            None,
            2,
            "second",
            1,
        )
        lead.places = 3
    with pair.env() as env:
        lead, other = _leads(env)
        assert (lead.title, lead.note, lead.places, lead.version) == ("before", None, 3, 3)
        assert (other.title, other.version) == ("second", 1)
        assert env.scalar(sa.select(sa.func.count(env[Tag].id))) == 0


def test_a_refusal_inside_is_said_in_words_and_leaves_the_user_going(pair: World) -> None:
    with pair.env(lang="en") as env:
        env.create(Partner, [{"name": "a", "code": "x"}])
        for inside in (lambda su: None, lambda su: su.flush(), lambda su: _leads(su)):
            with pytest.raises(UserError, match="Code is taken"), env.sudo("the test") as su:
                su.create(Partner, [{"name": "b", "code": "x"}])
                inside(su)
        env.create(Partner, [{"name": "c", "code": "y"}])
    with pair.env() as env:
        codes = env.scalars(sa.select(env[Partner].code).where(env[Partner].code.is_not(None)))
        assert sorted(codes) == ["x", "y"]  # type: ignore[type-var]


def test_sudo_commits_nothing(pair: World) -> None:
    with pytest.raises(ZeroDivisionError), pair.env() as env:
        with env.sudo("the test") as su:
            su.create(Tag, [{"name": "lost"}])
            su.session.commit()
        1 / 0  # noqa: B018
    with pytest.raises(ZeroDivisionError), pair.env() as env, env.sudo("the test") as su:
        su.create(Tag, [{"name": "lost"}])
        su.session.commit()
        1 / 0  # noqa: B018
    with pair.env() as env:
        assert env.scalar(sa.select(sa.func.count(env[Tag].id))) == 0


def test_nested_sudo(pair: World) -> None:
    with pair.env() as env:
        first, second = _leads(env)
        with env.sudo("outer") as su:
            own = su.as_own(first)
            own.note = "outer"
            with su.sudo("inner") as inner:
                assert inner.as_own(own).note == "outer"
                inner.as_own(own).places = 4
                inner.as_own(second).note = "inner"
            assert (own.note, own.places, own.version) == ("outer", 4, 3)
            with pytest.raises(ZeroDivisionError), su.sudo("inner") as inner:
                inner.as_own(own).places = 5
                inner.flush()
                1 / 0  # noqa: B018
            assert own.places == 4
        assert (first.note, first.places, first.version) == ("outer", 4, 3)
        assert (second.note, second.version) == ("inner", 2)


def test_an_update_of_many_in_sudo_is_seen_after(pair: World) -> None:
    with pair.env() as env:
        first, second = _leads(env)
        partner = first.partner
        assert partner is not None and len(partner.leads) == 2
        with env.sudo("the test") as su:
            L = su[Lead]
            su.execute(sa.update(L).where(L.title == "first").values(note="all", partner_id=None))
        assert [first.note, second.note] == ["all", None]
        assert (first.partner, partner.leads) == (None, [second])
        with env.sudo("the test") as su:
            su.execute(sa.delete(su[Lead]).where(su[Lead].title == "first"))
        assert [lead.title for lead in _leads(env)] == ["second"]


def test_sudo_of_a_reading_env_reads(pair: World) -> None:
    with pair.env(readonly=True, roles=frozenset()) as env, env.sudo("the test") as su:
        assert len(_leads(su)) == 2
    with (
        pytest.raises(LumbungError, match="only reads"),
        pair.env(readonly=True) as env,
        env.sudo("the test") as su,
    ):
        su.create(Tag, [{"name": "lost"}])
