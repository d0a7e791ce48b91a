"""The env: the user and the language, reading and writing, creating and changing records."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from decimal import Decimal as Number
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from core import Char, CurrentUser, Env, Integer, Json, Many2one, Model, UserError, _
from core.errors import FieldError
from core.i18n.catalogs import current_language
from core.orm.env import SYSTEM, open_env
from core.orm.registry import Registry, UnknownModel
from tests.core.orm.toys import ACCESS, TOYS, Lead, Partner, Tag, World, world


class Default(Model, name="toy.default", access=ACCESS):
    """Defaults of every sort; `asked` notes the env that each callable was given."""

    asked: list[Env] = []
    name = Char(default=_("Name"))
    number = Integer(default=lambda env: Default._ask(env))
    data = Json(default={"list": []})
    word = Char(translate=True, required=True, default="word")
    by_key = Many2one(Partner, default=lambda env: env.scalar(sa.select(sa.func.max(env[Partner].id))))
    by_record = Many2one(Partner, default=lambda env: env.scalars(sa.select(env[Partner])).first())

    @classmethod
    def _ask(cls, env: Env) -> int:
        cls.asked.append(env)
        return len(cls.asked)


# ----------------------------------------------------------------- who, when
def test_the_user_is_frozen_and_told_by_the_env(toy: World) -> None:
    user = CurrentUser(id=3, lang="en", tz="Asia/Jayapura", companies=(4, 5), roles=frozenset(ACCESS))
    with open_env(toy.registry, toy.database, user) as env:
        assert (env.user, env.lang, env.tz, env.company, env.companies) == (
            user,
            "en",
            "Asia/Jayapura",
            4,
            (4, 5),
        )
        assert (env.formats.lang, env.formats.tz) == ("en", "Asia/Jayapura")
        assert env.with_user(lang="id") == dataclasses.replace(user, lang="id")
        with pytest.raises(dataclasses.FrozenInstanceError):
            env.user.id = 1  # type: ignore[misc]
    with toy.env() as env:
        assert env.company is None


def test_now_is_aware_and_utc(toy: World) -> None:
    with toy.env(readonly=True) as env:
        before = dt.datetime.now(dt.UTC)
        assert before <= env.now() <= dt.datetime.now(dt.UTC)
        assert env.now().utcoffset() == dt.timedelta(0)


def test_today_is_the_day_of_the_user(toy: World) -> None:
    """At one in the night of Jakarta the day of UTC is yesterday, and in Jayapura it is three already."""
    with time_machine.travel(dt.datetime(2026, 11, 23, 18, tzinfo=dt.UTC), tick=False):
        for tz, day in (("Asia/Jakarta", 24), ("Asia/Jayapura", 24), ("UTC", 23), ("nowhere", 24)):
            with toy.env(tz=tz, readonly=True) as env:
                assert env.today() == dt.date(2026, 11, day), tz
        with open_env(toy.registry, toy.database, readonly=True) as env:
            assert env.today() == dt.date(2026, 11, 24)


def test_the_language_is_that_of_the_innermost_env(toy: World) -> None:
    assert current_language() == "id"
    with toy.env(lang="en", readonly=True):
        assert current_language() == "en"
        with toy.env(lang="id", readonly=True):
            assert current_language() == "id"
        assert current_language() == "en"
    assert current_language() == "id"


def test_the_language_is_reset_after_an_error(toy: World) -> None:
    with pytest.raises(ZeroDivisionError), toy.env(lang="en"):
        1 / 0  # noqa: B018
    with pytest.raises(ValueError, match="klingon"), toy.env(lang="klingon"):
        pass
    assert current_language() == "id"


def test_each_thread_has_its_own_language(toy: World) -> None:
    both_inside = threading.Barrier(2, timeout=10)
    seen: dict[str, list[str]] = {}

    def speak(code: str) -> None:
        seen[code] = [current_language()]
        with toy.env(lang=code, readonly=True):
            both_inside.wait()
            seen[code].append(current_language())
            both_inside.wait()
        seen[code].append(current_language())

    threads = [threading.Thread(target=speak, args=(code,)) for code in ("id", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"id": ["id", "id", "id"], "en": ["id", "en", "id"]}


# ----------------------------------------------------------------- transactions
def test_a_writing_env_commits_at_its_end_and_an_error_rolls_back(toy: World) -> None:
    with toy.env() as env:
        env.create(Tag, [{"name": "kept"}])
    with pytest.raises(UserError), toy.env() as env:
        env.create(Tag, [{"name": "lost"}])
        env.flush()
        raise UserError("no")
    with toy.env(readonly=True) as env:
        assert [tag.name for tag in env.scalars(sa.select(env[Tag]))] == ["kept"]


def test_a_record_is_read_after_its_env_but_knows_it_no_more(toy: World) -> None:
    with toy.env() as env:
        tag = env.create(Tag, [{"name": "old"}])[0]
        assert tag.env is env
    assert (tag.id, tag.name, tag.version) == (tag.id, "old", 1)
    with pytest.raises(RuntimeError, match=f"Tag {tag.id} is used after its env was closed"):
        tag.env  # noqa: B018


def test_a_reading_env_refuses_changes_and_loses_none_in_silence(toy: World) -> None:
    with toy.env() as env:
        env.create(Tag, [{"name": "old"}])
    for change in (
        lambda env, tag: env.create(Tag, [{"name": "new"}]),
        lambda env, tag: setattr(tag, "name", "new"),
        lambda env, tag: env.session.delete(tag),
    ):
        with pytest.raises(Exception, match="only reads"), toy.env(readonly=True) as env:
            change(env, env.scalars(sa.select(env[Tag])).one())
    with toy.env(readonly=True) as env:
        tag = env.scalars(sa.select(env[Tag])).one()
        tag.name = "old"  # no change


def test_the_database_itself_refuses_writes_of_a_reading_env(toy: World) -> None:
    with toy.env() as env:
        env.create(Tag, [{"name": "old"}])
    with (
        pytest.raises(sa.exc.DBAPIError, match=r"readonly database|read-only transaction"),
        toy.env(readonly=True) as env,
        env.unsafe_sql("the test") as session,
    ):
        session.execute(sa.text("UPDATE toy_tag SET version = 5"))
    with toy.env() as env, env.unsafe_sql("the same connection may have been handed out again") as session:
        session.execute(sa.text("UPDATE toy_tag SET version = 6"))
    with toy.env(readonly=True) as env:
        assert env.scalar(sa.select(env[Tag].version)) == 6


# ----------------------------------------------------------------- creating
def test_records_are_created_in_a_batch_and_stamped(toy: World) -> None:
    before = dt.datetime.now(dt.UTC)
    with toy.env(id=12) as env:
        records = env.create(Lead, [{"title": "a"}, {"title": "b", "revenue": Number("2.50")}])
        assert [(lead.title, lead.revenue) for lead in records] == [("a", None), ("b", Number("2.50"))]
        env.flush()
        for lead in records:
            assert (lead.version, lead.archived, lead.created_by, lead.updated_by) == (1, False, 12, 12)
            assert before <= lead.created_at == lead.updated_at <= dt.datetime.now(dt.UTC)
        assert env.create(Lead, []) == []


def test_imports_bring_their_own_date(toy: World) -> None:
    past = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    with toy.env() as env:
        lead = env.create(Lead, [{"title": "a", "created_at": past}])[0]
        env.flush()
        assert lead.created_at == past < lead.updated_at


def test_an_unknown_name_is_refused_before_anything_is_made(toy: World) -> None:
    with toy.env(lang="en") as env:
        with pytest.raises(FieldError, match="Lead has no field “nmae”") as refusal:
            env.create(Lead, [{"title": "a"}, {"nmae": "b"}])
        assert refusal.value.field == "nmae"
        assert env.scalar(sa.select(sa.func.count(env[Lead].id))) == 0
        with pytest.raises(UnknownModel, match="installed"):
            env.create(Default, [{}])


def test_constant_defaults_stand_at_once_and_a_given_none_is_kept(toy: World) -> None:
    with toy.env() as env:
        bare, given = env.create(Lead, [{"title": "a"}, {"title": "b", "kind": None, "urgent": True}])
        assert (bare.kind, bare.state, bare.urgent, bare.version, bare.archived) == (
            "plain",
            "new",
            False,
            1,
            False,
        )
        assert (given.kind, given.urgent) == (None, True)
    with toy.env() as env:
        assert [env[Lead].kind, *env.scalars(sa.select(env[Lead].kind).order_by(env[Lead].id))][1:] == [
            "plain",
            None,
        ]


def test_rows_that_were_there_before_have_the_defaults(url: str) -> None:
    """As an addon's new column gives them to the rows of before: past the ORM."""
    registry = Registry({"toy": [*TOYS["toy"], Default]})
    with world(url, registry) as made, made.env() as env:
        table = registry.info(Default).table
        names = "version, archived, created_at, updated_at"
        row = sa.text(f"INSERT INTO {table} ({names}) VALUES (1, :no, :now, :now)")
        moment = sa.bindparam("now", env.now(), type_=table.c.created_at.type)
        with env.unsafe_sql("the test") as session:
            session.execute(row.bindparams(moment, no=False))
        old = env.scalars(sa.select(env[Default])).one()
        assert (old.word, old.data, old.name) == ("word", {"list": []}, None)
    registry.dispose()


def test_callable_and_translated_defaults(url: str) -> None:
    registry = Registry({"toy": [*TOYS["toy"], Default]})
    with world(url, registry) as made:
        with made.env(lang="en") as env:
            first, second = env.create(Partner, [{"name": "first"}, {"name": "second"}])
            env.flush()
            Default.asked.clear()
            a, b, c = env.create(
                Default, [{}, {"number": 7, "by_key_id": first.id, "by_record": None}, {"data": None}]
            )
            assert Default.asked == [env, env]
            assert [a.number, b.number, c.number] == [1, 7, 2]
            assert [a.name, a.word] == ["Name", "word"]
            data: Any = b.data
            data["list"].append(1)
            env.flush()
            assert [a.data, b.data, c.data] == [{"list": []}, {"list": [1]}, None]
            assert [record.by_key and record.by_key.id for record in (a, b, c)] == [
                second.id,
                first.id,
                second.id,
            ]
            assert [record.by_record for record in (a, b, c)] == [first, None, first]
        with made.env(lang="id") as env:
            found = env.scalars(sa.select(env[Default]).order_by(env[Default].id)).all()
            assert [record.data for record in found] == [{"list": []}, {"list": [1]}, None]
            assert {record.word for record in found} == {"word"}, (
                "in English where there is none in Indonesian"
            )
    registry.dispose()


# ----------------------------------------------------------------- reading
def test_get_and_read(toy: World) -> None:
    with toy.env() as env:
        tags = env.create(Tag, [{"name": str(number)} for number in range(1200)])
    with toy.env(readonly=True) as env:
        keys = [tag.id for tag in tags]
        record = env.get(Tag, keys[0])
        assert record is not None and record.name == "0"
        assert env.get(Tag, 10**6) is None
        for absurd in (0, -1, 2**63, -(2**70)):
            assert env.get(Tag, absurd) is None
        wanted = [keys[-1], 10**6, keys[0], keys[0], keys[700], 2**70]
        assert [tag.name for tag in env.read(Tag, wanted)] == ["1199", "0", "700"]
        with toy.statements() as seen:
            assert len(env.read(Tag, keys)) == 1200
        assert len(seen) == 3
        assert env.read(Tag, []) == []


def test_only_and_as(toy: World) -> None:
    with toy.env() as env:
        tag = env.create(Tag, [{"name": "t"}])[0]
        partner = env.create(Partner, [{"name": "p"}])[0]
        assert env.only(Tag, [partner, tag]) == [tag]
        assert env.as_(Tag, tag) is tag
        with pytest.raises(TypeError, match=r"Partner None is not a toy\.tag"):
            env.as_(Tag, partner)


# ----------------------------------------------------------------- writing
def test_write_sets_and_counts_only_changes(toy: World) -> None:
    with toy.env() as env:
        env.create(Lead, [{"title": "a", "places": 1}, {"title": "b", "places": 2}])
    with toy.env(id=9) as env:
        leads = env.scalars(sa.select(env[Lead]).order_by(env[Lead].id)).all()
        env.write(leads, {"places": 2, "data": {"x": [1]}})
        env.flush()
        assert [(lead.version, lead.updated_by) for lead in leads] == [(2, 9), (2, 9)]
        env.write(leads, {"places": 2, "data": {"x": [1]}})
        env.flush()
        assert [lead.version for lead in leads] == [2, 2]
        with pytest.raises(FieldError, match="nmae"):
            env.write(leads, {"nmae": 1})


def test_what_raises_the_version(toy: World) -> None:
    with toy.env() as env:
        tag = env.create(Tag, [{"name": "t"}])[0]
        partner = env.create(Partner, [{"name": "p"}])[0]
        lead = env.create(Lead, [{"title": "a"}])[0]
        env.flush()

        def after(**values: Any) -> int:
            env.write([lead], values)
            env.flush()
            return lead.version

        assert after(partner=partner) == 2
        assert partner.version == 1, "the far end of a link is no change"
        assert after(partner_id=None) == 3
        assert after(tags=[tag]) == 4
        assert tag.version == 1
        assert after(tags=[tag]) == 4
        stamped = lead.updated_at
        assert after(archived=True) == 4, "a column of the core"
        assert lead.updated_at > stamped
        assert after(created_by=99) == 4
        lead.tags.remove(tag)
        env.flush()
        assert lead.version == 5
        partner.leads.append(lead)
        env.flush()
        assert (lead.version, partner.version) == (6, 1)


def test_system_is_nobody(toy: World) -> None:
    with open_env(toy.registry, toy.database) as env:
        assert env.user is SYSTEM
        assert env.user_record() is None
        tag = env.create(Tag, [{"name": "t"}])[0]
        env.flush()
        assert tag.created_by is None
