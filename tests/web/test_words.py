"""A tenant's own word for what an app calls otherwise, in each language, on every page."""

from __future__ import annotations

import sqlalchemy as sa

from tests.web import kit
from tests.web.conftest import Statements
from tests.web.test_query_budget import asked


def row(served: kit.Served, code: str, lang: str) -> str:
    """Where the form of a word is."""
    with served.env() as env:
        word = env["base.word"]
        key = env.scalar(sa.select(word.id).where(word.code == code, word.lang == lang))
    return f"/app/base.word/{key}"


def choose(visitor: kit.Visitor, path: str, text: str) -> kit.Answer:
    return visitor.send(visitor.get(f"{path}/edit"), {"text": text}, action=f"{path}/edit")


def titles(visitor: kit.Visitor, path: str) -> tuple[str, str]:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return answer.main.one("h1").text, answer.page.one("header", class_="side").text


def test_the_word_of_a_tenant_stands_everywhere(served: kit.Served) -> None:
    admin, dewi = served.sign_in("made"), served.sign_in("dewi", lang="id")
    english = served.sign_in("rizky", lang="en")
    assert titles(dewi, "/app/crm.deal")[0] == "Deal"
    for code in ("crm:Deal", "crm:Deals"):
        assert choose(admin, row(served, code, "id"), "Peluang").status_code == 303
    heading, menu = titles(dewi, "/app/crm.deal")
    assert heading == "Peluang"
    assert "Peluang" in menu
    assert "Deal" not in menu
    assert titles(dewi, "/app/crm.deal/new")[0] == "Peluang baru"
    refused = dewi.send(dewi.get("/app/crm.lost_reason/new"), {}, action="/app/crm.lost_reason/new")
    assert "Mengapa Peluang kalah" in refused.text  # within a sentence too
    assert titles(english, "/app/crm.deal")[0] == "Deals"
    assert choose(admin, row(served, "crm:Deal", "id"), "").status_code == 303
    assert titles(dewi, "/app/crm.deal/new")[0] == "Deal baru"


def test_a_seller_reads_words_and_changes_none(served: kit.Served) -> None:
    seller, path = served.sign_in("rizky"), row(served, "crm:Deal", "id")
    assert seller.get(path).status_code == 200
    assert seller.get(f"{path}/edit").status_code == 403


def test_a_word_costs_no_statement(served: kit.Served, statements: Statements) -> None:
    dewi = served.sign_in("dewi")
    dewi.get("/app/crm.lead")
    statements.clear()
    dewi.get("/app/crm.lead")
    assert not [text for text in asked(statements) if "base_word" in text]
