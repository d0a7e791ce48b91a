"""An amount is shown in the currency of its record, else of the company of its record."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from core import CurrentUser
from core.orm.env import Env, open_env
from tests.core.orm.toys import Lead, toys, world
from tests.web import kit
from tests.web.test_form import LEADS, number_of, values
from tests.web.test_query_budget import FRAME, asked

OFFERS = "/app/sample.offer"


def currency(env: Env, code: str) -> Any:
    cls: Any = env["base.currency"]
    found = env.scalar(sa.select(cls).where(cls.code == code))
    assert found is not None
    return found


def prefix(answer: kit.Answer, name: str) -> str:
    """What stands before an input."""
    [box] = [item for item in answer.main.all("div", class_="aff") if item.all(id=f"f-{name}")]
    return box.all("span")[0].text


def abroad(served: kit.Served, *people: str) -> int:
    """A second company, which counts in dollars; these people work for both, and one of its leads."""
    with served.env() as env:
        [made] = env.create(
            env["base.company"], [{"name": "Griya Singapore", "currency": currency(env, "USD")}]
        )
        for name in people:
            key = served_user(env, name)
            key.companies = [*key.companies, made]
        env.create(
            env["crm.lead"], [{"title": "Menara", "company": made, "revenue": "1250.50", "owner": None}]
        )
        env.flush()
        return int(made.id)


def served_user(env: Env, name: str) -> Any:
    cls: Any = env["base.user"]
    return env.scalar(sa.select(cls).where(cls.name.startswith(name)))


@pytest.mark.parametrize(("lang", "sign", "told"), [("id", "US$", "US$1.250,50"), ("en", "$", "$1,250.50")])
def test_a_company_that_counts_in_dollars(served: kit.Served, lang: str, sign: str, told: str) -> None:
    with served.env() as env:
        kit.record(env, "base.company", 1).currency = currency(env, "USD")
    visitor = served.sign_in("dewi", lang)
    assert prefix(visitor.get(f"{LEADS}/new"), "revenue") == sign
    answer = visitor.fill(f"{LEADS}/new", {"title": "Menara", "revenue": told.removeprefix(sign)})
    key = number_of(answer)
    assert told in [item.text for item in values(visitor.get(f"{LEADS}/{key}")).values()]
    assert prefix(visitor.get(f"{LEADS}/{key}/edit"), "revenue") == sign
    listed = visitor.get(f"{LEADS}?q=Menara&revenue__ge=1").main
    assert told in listed.one("tbody").text and "Rp" not in listed.text
    assert f"{sign}1" in listed.text, "the filter too"
    visitor.fill(f"{LEADS}/{key}/edit", {"revenue": "2"})
    assert f"{told} → After:{sign}2".replace("After", {"en": "After", "id": "Sesudah"}[lang]) in visitor.get(
        f"{LEADS}/{key}"
    ).main.one("ol", class_="tl").text.replace(": ", ":")
    assert served.site.assembly.registry.info("crm.lead").fields["revenue"].currency is None


def test_a_change_of_currency_shows_on_the_next_page(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", "en")
    assert prefix(visitor.get(f"{LEADS}/new"), "revenue") == "Rp"
    with served.env() as env:
        kit.record(env, "base.company", 1).currency = currency(env, "USD")
    assert prefix(visitor.get(f"{LEADS}/new"), "revenue") == "$", "though it was asked for a moment ago"
    with served.env() as env:
        cls: Any = env["base.currency"]
        env.execute(sa.update(cls).where(cls.code == "USD").values(code="NOK"))
    assert prefix(visitor.get(f"{LEADS}/new"), "revenue") == "NOK"


def test_two_companies_count_each_in_its_own(served: kit.Served) -> None:
    abroad(served, "Dewi")
    visitor = served.sign_in("dewi", "en")
    rows = visitor.get(f"{LEADS}?sort=-id&limit=20").main.one("tbody").all("tr")
    assert "$1,250.50" in rows[0].text and "Rp" not in rows[0].text
    assert "Rp" in " ".join(row.text for row in rows[1:])
    key = served.first("crm.lead", title="Menara")
    assert prefix(visitor.get(f"{LEADS}/{key}/edit"), "revenue") == "$"
    assert prefix(visitor.get(f"{LEADS}/new"), "revenue") == "Rp", "of the company that it will belong to"
    visitor.fill(f"{LEADS}/{key}/edit", {"revenue": "3"})
    assert "$3" in visitor.get(f"{LEADS}/{key}").main.one("ol", class_="tl").text


def test_what_does_not_add_up_is_summed_by_currency(served: kit.Served) -> None:
    abroad(served, "Dewi")
    visitor = served.sign_in("dewi", "en")
    with served.env() as env:
        lead: Any = env["crm.lead"]
        whole = env.scalar(
            sa.select(sa.func.sum(lead.revenue)).where(lead.archived.is_(False), lead.company_id != 2)
        )
        amount = env.formats.__class__("en", "Asia/Jakarta").money(whole)
    page = visitor.get(f"{LEADS}?group=company&sort=-company&limit=20").main
    sums = [item.text for item in page.all("td", class_="num") if item.get("data-l") == "Expected revenue"]
    assert amount in sums and "$1,250.50" in sums
    by_kind = visitor.get(f"{LEADS}?group=archived&limit=20").main
    assert f"{amount} · $1,250.50" in by_kind.text
    assert not [head for head in page.all("th") if head.get("data-sum") is not None], (
        "nor are chosen rows added up"
    )


def test_an_amount_with_a_currency_of_its_own(sample: kit.Served, statements: Any) -> None:
    visitor = sample.sign_in("dewi", "en")
    with sample.env() as env:
        codes = {code: currency(env, code).id for code in ("IDR", "USD")}
    keys = {}
    for code, key in codes.items():
        sent = {"name": f"In {code}", "currency": str(key), "price": "5"}
        keys[code] = number_of(visitor.fill(f"{OFFERS}/new", sent))
    statements.clear()
    rows = [row.text for row in visitor.get(OFFERS).main.one("tbody").all("tr")]
    assert len(asked(statements)) <= FRAME + 1
    assert ["Rp5" in row for row in rows] == [True, False] and ["$5" in row for row in rows] == [False, True]
    for code, sign in (("IDR", "Rp"), ("USD", "$")):
        page = visitor.get(f"{OFFERS}/{keys[code]}")
        assert f"{sign}5" in [item.text for item in values(page).values()]
        assert prefix(visitor.get(f"{OFFERS}/{keys[code]}/edit"), "price") == sign


def test_a_currency_that_one_may_not_read_is_not_told(
    sample: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, may_see = sample.sign_in("dewi", "en"), Env.may_see
    with sample.env() as env:
        dollars = str(currency(env, "USD").id)
    key = number_of(visitor.fill(f"{OFFERS}/new", {"name": "x", "currency": dollars, "price": "5"}))
    visitor.fill(f"{OFFERS}/{key}/edit", {"price": "6"})
    pages = (OFFERS, f"{OFFERS}/{key}", f"{OFFERS}/{key}/edit", f"{OFFERS}/{key}/history")
    assert all("$" in visitor.get(path).main.text for path in pages)
    monkeypatch.setattr(
        Env, "may_see", lambda env, model, name: name != "currency" and may_see(env, model, name)
    )
    for path in pages:
        text = visitor.get(path).main.text
        assert "$" not in text and "Rp" in text, path


def test_a_company_that_is_gone_counts_in_nothing(served: kit.Served) -> None:
    """Who works for one that was deleted meanwhile, or has only been promised, sees the amounts of the others."""
    key = served.first("base.company")
    who = CurrentUser(1, "Sri", companies=(98_765, key))
    with open_env(served.site.assembly.registry, served.database, who, readonly=True) as env:
        assert env.currencies.by_code == {"IDR": [key]}


def test_without_companies_amounts_are_in_rupiah(url: str) -> None:
    with world(url, toys()) as toy, toy.env() as env:
        lead = env.create(Lead, [{"title": "a", "revenue": 5}])[0]
        assert env.currencies.own == env.currencies.of(Lead.__dict__["revenue"], lead) == "IDR"


def test_who_holds_the_write_lock_waits_for_nobody_who_wants_it(served: kit.Served) -> None:
    """Currencies are looked up in the transaction: to begin one can take as long as that of somebody else."""
    begun = threading.Event()

    def wait_for_the_lock() -> None:
        with served.env() as env:
            begun.set()
            assert env.currencies.own == "IDR"

    with ThreadPoolExecutor(1) as pool:
        with served.env() as env:
            env.session.core_connection()
            waiting = pool.submit(wait_for_the_lock)
            begun.wait()
            time.sleep(0.1)
            asked = time.monotonic()
            assert env.currencies.own == "IDR"
            took = time.monotonic() - asked
        waiting.result()
    assert took < 1


def test_a_new_company_begins_with_the_currency_of_the_first_one(served: kit.Served) -> None:
    made = served.sign_in("made")
    for code in ("IDR", "SGD"):
        with served.env() as env:
            kit.record(env, "base.company", 1).currency = currency(env, code)
        page = made.get("/app/base.company/new")
        [chosen] = [item for item in page.main.one("select", id="f-currency").all("option")
                    if item.get("selected") is not None]  # fmt: skip
        assert chosen.text == code
        made.send(page, {"name": f"Griya {code}"})
        key = served.first("base.company", name=f"Griya {code}")
        with served.env() as env:
            assert kit.record(env, "base.company", key).currency.code == code
