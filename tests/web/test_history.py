"""History as one reads it: on the record, on its own page, and for a manager by person and day."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.base.demo import DOMAIN
from core.orm.env import Env
from core.orm.links import Link
from core.web import history as pages
from tests.web import kit
from tests.web.test_form_closed import rights
from tests.web.test_query_budget import FIGURES, FORM, TOGETHER, asked
from tests.web.test_rows import company, form, keys

LEAD = "/app/crm.lead"


def first(visitor: kit.Visitor) -> str:
    """The address of a lead in the visitor's list."""
    links = [link["href"] for link in visitor.get(LEAD).main.all("a") if link["href"].startswith(f"{LEAD}/")]
    return next(href for href in links if href.rpartition("/")[2].isdecimal())


def rename(visitor: kit.Visitor, href: str, title: str) -> None:
    assert visitor.fill(f"{href}/edit", {"title": title}).status_code == 303


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_record_tells_who_changed_what(served: kit.Served, lang: str) -> None:
    visitor = served.sign_in("dewi", lang)
    href = first(visitor)
    before = visitor.get(href).page.one("h1").text
    rename(visitor, href, "Gudang di Cikarang")
    page = visitor.get(href).page
    panel = next(part for part in page.all("section") if part.get("id") == "thread")
    assert "Dewi" in panel.text and before in panel.text and "Gudang di Cikarang" in panel.text
    whole = visitor.get(f"{href}/history").page
    assert "Gudang di Cikarang" in whole.text


def test_a_seller_of_another_team_sees_no_history(served: kit.Served) -> None:
    href = first(served.sign_in("dewi"))
    seller = served.sign_in("ayu")
    mine = first(seller)
    assert seller.get(f"{mine}/history").status_code == 200
    hidden = next(
        link["href"]
        for link in served.sign_in("made").get(f"{LEAD}?limit=80").main.all("a")
        if link["href"].startswith(f"{LEAD}/") and seller.get(link["href"]).status_code == 404
    )
    assert seller.get(f"{hidden}/history").status_code == 404
    assert href


def test_a_manager_sees_what_one_person_did_today(served: kit.Served) -> None:
    made = served.sign_in("made")
    href = first(made)
    rename(made, href, "Ruko tiga lantai")
    page = made.get("/settings/activity").page
    assert "Ruko tiga lantai" in page.text and any(link["href"] == href for link in page.all("a"))
    yesterday = made.get("/settings/activity?day=kemarin").page
    assert "Ruko tiga lantai" not in yesterday.text
    assert served.sign_in("ayu").get("/settings/activity").status_code == 403


@pytest.mark.parametrize(
    ("query", "status"),
    [("day=x", 422), ("user=999999", 404), ("user=x", 404), ("before=x", 400), ("before=-1", 400), ("day=31/02", 422),
     ("user=9223372036854775808", 404), ("day=99999999", 422), ("before=9999999999999999999", 400)],
)  # fmt: skip
def test_what_cannot_be_is_said(shared: kit.Served, query: str, status: int, unchanged: Any) -> None:
    visitor = shared.sign_in("made")
    with unchanged(shared):
        assert visitor.get(f"/settings/activity?{query}").status_code == status


@pytest.mark.parametrize(("query", "status"), [("", 404), ("?before=x", 404)])
def test_what_is_gone_has_no_history(shared: kit.Served, query: str, status: int) -> None:
    assert shared.sign_in("made").get(f"{LEAD}/98765/history{query}").status_code == status


@pytest.mark.parametrize("path", ["/settings/activity", "record"])
def test_a_long_history_goes_on_on_further_pages(
    served: kit.Served, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change is on one page, and the last page leads no further."""
    monkeypatch.setattr(pages, "SIZE", 3)
    made = served.sign_in("made", "en")
    href = first(made)
    titles = [f"Title number {number}" for number in range(8)]
    for title in titles:
        rename(made, href, title)
    at, seen, count = f"{href}/history" if path == "record" else path, "", 0
    while at:
        main = made.get(at).main
        seen, count = seen + main.text, count + 1
        older = [link["href"] for link in main.all("a") if "before=" in link["href"]]
        at = older[0] if older else ""
    assert count >= 3 and all(title in seen for title in titles)
    assert made.get(f"{href}/history?before=x").status_code == 400


def test_pages_of_what_one_may_hardly_see_are_not_looked_through_for_ever(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made changed many leads of which a manager of contacts sees none: a page says so, and leads on."""
    monkeypatch.setattr(pages, "SIZE", 1)
    made = served.sign_in("made", "en")
    href = first(made)
    for number in range(pages.LOOKS + 2):
        rename(made, href, f"Title number {number}")
    with served.env() as env:
        ayu = kit.record(env, "base.user", served.first("base.user", email=f"ayu@{DOMAIN}"))
        manager = env.scalars(sa.select(env["base.role"]).filter_by(name="base.manager")).one()
        ayu.roles = [manager]
    user = served.first("base.user", name="Made Wirawan")
    main = served.sign_in("ayu", "en").get(f"/settings/activity?user={user}").main
    assert "Title number" not in main.text
    assert [link for link in main.all("a") if "before=" in link["href"]]


def test_a_page_of_history_takes_few_statements(served: kit.Served, statements: Any) -> None:
    visitor = served.sign_in("dewi")
    href = first(visitor)
    counts = []
    for title in ("eins", "zwei", "drei"):
        rename(visitor, href, title)
        statements.clear()
        visitor.get(f"{href}/history")
        counts.append(len(statements))
    assert counts[0] == counts[1] == counts[2]


# ----------------------------------------------------------------- of what belongs to a record
PARTNERS = "/app/base.partner"


def told(visitor: kit.Visitor, path: str) -> list[str]:
    """The entries of the history on a page, the latest first."""
    page = visitor.get(path).main
    return [entry.text for entry in page.one("ol", class_="tl").all("li")]


def entry(entries: list[str], *words: str) -> str:
    """The only entry with these words."""
    [found] = [text for text in entries if all(word in text for word in words)]
    return found


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_rows_of_a_contact_are_told_in_its_history(served: kit.Served, lang: str) -> None:
    """Added, changed and removed on one form: who, which row, from what to what."""
    visitor, key = served.sign_in("dewi", lang), company(served, "Jalan Satu", "Jalan Dua", phones=1)
    path = f"{PARTNERS}/{key}/edit"
    shown = visitor.post(path, {**form(visitor.get(path)), "form-row": "addresses"})
    first, second = keys(served, "base.address", key)
    [phone] = keys(served, "base.partner_phone", key)
    changes: Any = {f"addresses-{first}-street": "Jalan Satu B", f"addresses-{second}": "1",
                    f"phones-{phone}": "1", "addresses-new1-street": "Jalan Tiga"}  # fmt: skip
    assert visitor.send(shown, changes).status_code == 303
    for place in (f"{PARTNERS}/{key}", f"{PARTNERS}/{key}/history"):
        entries = told(visitor, place)
        changed = entry(entries, "Jalan Satu B", "→")
        assert "Dewi Kartika" in changed and "Jalan Satu B" in changed.partition("→")[2]
        removed = entry(entries, "Jalan Dua", "→")
        assert "Dewi Kartika" in removed and "Jalan Dua" in removed.partition("→")[0]
        assert "PT Baris" not in removed, "to what it belonged goes without saying"
        assert "0812-2000-000" in entry(entries, {"id": "Telepon lain", "en": "Further phone"}[lang], "→")
        assert "Dewi Kartika" in entry(entries, "Jalan Tiga")
    links = {link["href"] for link in visitor.get(f"{PARTNERS}/{key}/history").main.all("a")}
    assert f"/app/base.address/{first}" in links and f"/app/base.address/{second}" not in links


def test_a_role_is_told_of_the_person_and_of_the_organisation(served: kit.Served) -> None:
    visitor = served.sign_in("dewi", "en")
    with served.env() as env:
        person, firm = env.create(
            env["base.partner"], [{"name": "Orang Baru"}, {"name": "PT Baru", "kind": "company"}]
        )
        env.flush()
        [link] = env.create(
            env["base.partner_link"], [{"person": person, "company": firm, "role": "finance"}]
        )
        env.flush()
        ends, made = (person.id, firm.id), link.id
    visitor.fill(f"/app/base.partner_link/{made}/edit", {"job_title": "Kepala Kasir"})
    for end in ends:
        assert "Kepala Kasir" in entry(told(visitor, f"{PARTNERS}/{end}"), "Job title", "→")
    assert visitor.fill(f"/app/base.partner_link/{made}/delete").status_code == 303
    for end in ends:
        entry(told(visitor, f"{PARTNERS}/{end}"), "removed", "Kepala Kasir")


def test_what_moved_is_told_there_until_then(served: kit.Served) -> None:
    visitor, old = served.sign_in("dewi", "en"), company(served, "Jalan Satu")
    new = company(served)
    [key] = keys(served, "base.address", old)
    for street in ("Jalan Dua", "Jalan Tiga"):
        served.change("base.address", key, street=street)
        served.change("base.address", key, partner_id=new)
    was, now = (told(visitor, f"{PARTNERS}/{place}/history") for place in (old, new))
    entry(was, "Jalan Dua", "→", "Street")
    assert not [text for text in was if "Jalan Dua" in text.partition("→")[0] and "Street" in text]
    entry(was, "Contact", "PT Baris", "→")
    entry(now, "Before:Jalan Dua", "After:Jalan Tiga")


@pytest.mark.parametrize("how", ["model", "rule", "field"])
def test_a_row_that_one_may_not_read_is_not_told(served: kit.Served, how: str, monkeypatch: Any) -> None:
    """Nor one that is gone, if it was not to be read while it was there."""
    from core.access.rights import Policy

    visitor, key = served.sign_in("dewi", "en"), company(served, "Rahasia Satu", "Rahasia Dua")
    first, second = keys(served, "base.address", key)
    path = f"{PARTNERS}/{key}"
    for street in ("Rahasia Satu B", "Rahasia Satu C"):
        served.change("base.address", first, street=street)
    with served.env() as env:
        env.delete([kit.record(env, "base.address", second)])
    assert len([text for text in told(visitor, f"{path}/history") if "Rahasia" in text]) == 5
    if how == "model":
        rights(served, "base.address", read_scope="none")
    elif how == "field":
        with served.env() as env:
            env.delete([kit.record(env, "base.address", first)])
        may_see = Env.may_see
        monkeypatch.setattr(
            Env, "may_see", lambda env, model, name: name != "street" and may_see(env, model, name)
        )
    else:
        ask = Policy.condition

        def narrowed(policy: Policy, rule: Any, info: Any, env: Env) -> Any:
            condition = ask(policy, rule, info, env)
            return (
                condition & ~info.cls.street.contains("Rahasia") if info.name == "base.address" else condition
            )

        monkeypatch.setattr(Policy, "condition", narrowed)
    for place in (path, f"{path}/history"):
        assert "Rahasia" not in visitor.get(place).main.text
    assert "PT Baris" in visitor.get(path).main.text


def test_a_deleted_contact_shows_in_what_a_person_did_to_who_could_see_it(served: kit.Served) -> None:
    made, nobody = served.sign_in("made", "en"), served.sign_in("dewi", "en")
    key = company(served)
    assert made.fill(f"{PARTNERS}/{key}/delete").status_code == 303
    user = served.first("base.user", name="Made Wirawan")
    assert "deleted" in nobody.get(f"/settings/activity?user={user}").main.text


def test_the_history_of_rows_takes_few_statements(served: kit.Served, statements: Any) -> None:
    visitor, key = served.sign_in("dewi"), company(served, *("Jalan",) * 12, phones=6)
    links = sum(
        isinstance(served.site.assembly.registry.info("base.partner").fields[node.name], Link)
        for node in served.site.assembly.views["base.partner.form"].fields
    )
    counts = []
    for gone in (2, 3, 4):
        for model, count in (("base.address", gone), ("base.partner_phone", 1)):
            rows = keys(served, model, key)[:count]
            with served.env() as env:
                env.delete([kit.record(env, model, row) for row in rows])
        visitor.get(f"{PARTNERS}/{key}")
        statements.clear()
        visitor.get(f"{PARTNERS}/{key}")
        counts.append(len(asked(statements)))
    assert counts[0] == counts[1] == counts[2] <= FORM + links + TOGETHER + FIGURES["base.partner"], counts
