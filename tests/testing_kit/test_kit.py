"""The kit: everything in one transaction that is never kept, for envs, visitors and what follows a commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from addons.crm import Lead
from core import UserError
from core.i18n.catalogs import current_language
from core.orm.database import Database
from core.testing import Kit
from core.testing.stock import Stock
from tests.testing_kit import listens
from tests.testing_kit.conftest import schemas, stock


@pytest.fixture(autouse=True)
def _nothing_told() -> Iterator[None]:
    listens.told.clear()
    yield


def leads(kit: Kit) -> list[str]:
    """The titles of all leads."""
    return sorted(kit.env.scalars(sa.select(kit.env[Lead].title)))


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_is_kept(kit: Kit, turn: int) -> None:
    """The second turn finds what the first one found, whatever that committed, and by whom."""
    assert leads(kit) == []
    kit.make(Lead, title="system")
    kit.commit()
    with kit.env_as("crm.user") as mine:
        kit.make(Lead, title="user", owner=mine.user_record())
    kit.visit("crm.manager").fill("/app/crm.lead/new", {"title": "visitor"})
    assert leads(kit) == ["system", "user", "visitor"]


def test_a_commit_tells_those_who_listen(kit: Kit) -> None:
    kit.make(Lead, title="Rumah")
    assert listens.told == []
    kit.commit()
    assert listens.told == [("created", "crm.lead")]
    with kit.env_as("crm.user") as mine:
        mine.create(Lead, [{"title": "Toko", "owner": mine.user_record()}])
    assert listens.told == [("created", "crm.lead")] * 2, "the end of env_as is that of a request"


def test_what_is_refused_is_taken_back_and_the_rest_stays(kit: Kit) -> None:
    kit.make(Lead, title="kept")
    with pytest.raises(UserError, match="refused"), kit.env_as("crm.user") as mine:
        mine.create(Lead, [{"title": "taken back", "owner": mine.user_record()}])
        mine.flush()
        mine.create(Lead, [{"title": "refused"}])
    assert leads(kit) == ["kept"]
    kit.make(Lead, title="after")
    kit.env.session.rollback()
    assert leads(kit) == []


def test_rights_are_those_of_the_innermost_user(kit: Kit) -> None:
    with kit.env_as("crm.user") as mine:
        own = kit.make(Lead, title="own", owner=mine.user_record())
        assert kit.can("read", own) and kit.can("write", own)
        assert kit.can("create", Lead) and not kit.can("create", "base.role")
        with kit.env_as("crm.user", name="other") as theirs:
            assert theirs.user.id != mine.user.id
            assert not kit.can("write", own)
        assert kit.can("write", own)
        with kit.env_as(lang="id") as nobody:
            assert nobody.lang == current_language() == "id" and not kit.can("read", Lead)
            assert not kit.can("read", own) and not kit.can("write", own), (
                "of a model that is closed altogether"
            )
    assert kit.can("delete", own), "the system may everything"


def test_a_record_is_made_of_its_fields(kit: Kit) -> None:
    deal = kit.make("crm.deal", amount=5)
    assert deal.amount == 5 and deal.title and deal.stage.pipeline is deal.pipeline
    assert kit.make("base.activity").record_id, "what goes with a record gets one"


def test_a_record_is_made_with_its_defaults(kit: Kit) -> None:
    lead = kit.make(Lead)
    assert lead.asked_on == kit.env.today() + dt.timedelta(days=2) and lead.rooms == 3
    assert kit.make(Lead, asked_on=None).asked_on is None


def test_a_record_is_read_again_after_each_visit(kit: Kit) -> None:
    """What a test holds is what a visitor made of it, and a visitor finds what the test wrote last."""
    lead, visitor = kit.make(Lead, title="Rumah"), kit.visit("crm.manager")
    lead.title = "Toko"
    assert "Toko" in visitor.get(f"/app/crm.lead/{lead.id}").main.text
    visitor.fill(f"/app/crm.lead/{lead.id}/edit", {"title": "Kios"})
    assert lead.title == "Kios"
    with kit.env_as("crm.manager") as mine:
        own = mine.get(Lead, lead.id)
        assert own is not None
        own.title = "Gudang"
        visitor.fill(f"/app/crm.lead/{lead.id}/edit", {"title": "Ruko"})
        assert (own.title, own.version, lead.title) == ("Ruko", lead.version, "Ruko")
    assert lead.title == "Ruko"


def test_visitors_have_roles_and_languages(kit: Kit) -> None:
    kit.make(Lead, title="Rumah")
    assert kit.visit(guest=True).get("/app/crm.lead").status_code == 302
    assert kit.visit().get("/app/crm.lead").status_code == 403
    manager = kit.roles_of(Lead)
    for lang in ("id", "en"):
        answer = kit.visit(*manager, lang=lang).get("/app/crm.lead")
        assert answer.page.one("html")["lang"] == lang
        assert "Rumah" in answer.main.text and answer.title


def test_a_visitor_presses_a_button_by_its_name(kit: Kit) -> None:
    visitor = kit.visit("base.user")
    more = visitor.fill("/app/base.partner/new", {"name": "Ayu", "form-row": "phones"})
    assert more.main.one("input", name="name")["value"] == "Ayu"
    answer = visitor.send(more, {"phones-new1-number": "+6281220457711"})
    assert "0812-2045-7711" in visitor.get(answer.headers["Location"]).main.text
    with pytest.raises(AssertionError, match="no input 'form-column'"):
        visitor.send(more, {"form-column": "phones"})


def test_who_is_answered_by_an_error_of_the_server_fails(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any) -> str:
        raise RuntimeError("on purpose")

    lead = kit.make(Lead)
    monkeypatch.setattr(kit.env[Lead], "display_label", fail)
    visitor = kit.visit("crm.manager")
    with pytest.raises(AssertionError, match="500"):
        visitor.get(f"/app/crm.lead/{lead.id}")
    visitor.get(f"/app/crm.lead/{lead.id}", fails=500)


def test_the_same_addons_are_put_together_once(lumbung_stock: Stock) -> None:
    assert lumbung_stock.of("crm", "listens") is lumbung_stock.of("listens", "addons.crm", "base")


def test_an_unknown_addon_is_told_with_the_nearest_name(lumbung_stock: Stock) -> None:
    with pytest.raises(pytest.fail.Exception, match="Did you mean “crm”"):
        lumbung_stock.of("crn")
    with pytest.raises(pytest.fail.Exception, match="Install its package"):
        lumbung_stock.named("qqqqqqqqqqqqqq")


def test_a_database_that_holds_tables_is_not_tested_in(tmp_path: Path, postgres_url: str) -> None:
    """Its tables would be taken for those of the test, and changed."""
    with closing(Database(postgres_url)) as database, database.writing.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE lumbung_addon (name text)")
    made = stock(tmp_path, postgres_url)
    with pytest.raises(pytest.fail.Exception, match="holds tables"):
        made.of("base").database  # noqa: B018 - made when first asked for
    made.dispose()
    assert schemas(postgres_url) == ["public"]
