"""The list: its rows, order and pages, and what it refuses without asking the database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from addons.crm.lead import STATES
from core.i18n.catalogs import gettext, speaking
from tests.web import kit
from tests.web.conftest import Statements
from tests.web.listed import cells_of, heads
from tests.web.markup import Element

LEADS = "/app/crm.lead"
PATHS = (LEADS, "/app/base.partner", "/app/base.user", "/app/base.team", "/app/base.role", "/app/base.tag",
         "/app/crm.deal", "/app/crm.deal?view=kanban", "/app/crm.deal?view=calendar",
         "/app/base.activity?view=calendar", "/", "/app/crm.lead/1", "/app/base.partner/1",
         "/app/base.partner/1/timeline")  # fmt: skip
MARK = "q9x7z"
"""Stands in every odd value, so that a statement that holds one is found."""

ODD_VALUES = (
    MARK,
    f"{MARK}'",
    f"1 and '{MARK}'='{MARK}'",
    f"(case when 1=1 then title else id end){MARK}",
    f"title--{MARK}",
    f"title,(select '{MARK}')",
    f"title desc {MARK}",
    f"password_hash{MARK}",
    f"partner.name{MARK}",
    f"__class__{MARK}",
    f"--title{MARK}",
    f"{MARK}" * 5_000,
)
ODD_NUMBERS = (
    "0",
    "-1",
    "1.5",
    "1e3",
    "１",
    "²",
    "٣",
    " 2",
    "+2",
    "0x10",
    "NaN",
    str(2**31),
    str(2**63),
    str(2**74),
    "9" * 5_000,
    f"1{MARK}",
    "",
)
FAR_KEYS = (0, 2**31, 2**63 - 1, 2**63, 2**64, 2**74, "9" * 400, "9" * 5_000)
NO_KEYS = (
    "-1",
    "1.0",
    "1e3",
    "x",
    "１",
    "٣",
    "%00",
    "1%00",
    "%ed%a0%80",
    "%ff",
    "..",
    "1;2",
    "1'",
    "+1",
    "%201",
)


def rows(answer: kit.Answer) -> list[Element]:
    """The rows of the list."""
    return answer.main.one("tbody").all("tr")


def keys(answer: kit.Answer) -> list[int]:
    """The key of each row, from its link."""
    return [int(row.all("a")[0]["href"].rsplit("/", 1)[1]) for row in rows(answer)]


def columns(answer: kit.Answer) -> list[str]:
    """The field of each column that can be sorted, "" for the others."""
    links = [item.all("a") for item in _heads(answer)]
    return [re.sub(r".*[?&]sort=-?(\w+).*", r"\1", link[0]["href"]) if link else "" for link in links]


def head(answer: kit.Answer, name: str) -> Element:
    """The head of a column."""
    return _heads(answer)[columns(answer).index(name)]


def cells(answer: kit.Answer, name: str) -> list[str]:
    """The texts of a column; of the first without the small line below."""
    place = columns(answer).index(name)
    if place == 0:
        return [row.all("a")[0].text for row in rows(answer)]
    return [cells_of(row)[place].text for row in rows(answer)]


def _heads(answer: kit.Answer) -> list[Element]:
    return [head for head in answer.main.one("thead").all("th") if head.get("class") != "pick"]


# ----------------------------------------------------------------- rows
def test_each_row_leads_to_its_record_and_shows_its_values(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi", lang="en")
    key = shared.first("crm.lead", state="qualified")
    with shared.env() as env:
        lead = kit.record(env, "crm.lead", key)
        title, revenue, owner = lead.title, lead.revenue, lead.owner.name
    for page in range(1, 5):
        answer = visitor.get(f"{LEADS}?sort=id&page={page}")
        if key in keys(answer):
            break
    row = rows(answer)[keys(answer).index(key)]
    link = row.all("a")[0]
    assert (link["href"], link.text) == (f"{LEADS}/{key}", title)
    assert visitor.get(link["href"]).main.one("h1").text == title
    shown = {cell["data-l"]: cell for cell in row.all("td") if cell.get("data-l")}
    assert shown["Expected revenue"].text == f"Rp{int(revenue):,}"
    assert shown["Owner"].text.endswith(owner)
    assert shown["State"].text == "Qualified"
    assert shown["State"].one("span", class_="badge")["class"].endswith("tone-pri")


def test_every_cell_says_its_column_for_phones(dewi: kit.Visitor) -> None:
    answer = dewi.get(LEADS)
    for row in rows(answer):
        labels = [cell.get("data-l") for cell in cells_of(row)]
        assert labels == [None, *heads(answer)[1:]]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_small(dewi: kit.Visitor, path: str) -> None:
    answer = dewi.get(path)
    assert answer.status_code == 200
    assert 1_000 < len(answer.data) < 100 * 1024


def test_a_list_takes_few_statements(shared: kit.Served, statements: Statements) -> None:
    """Six and one for each link column, whatever the number of rows."""
    visitor = shared.sign_in("dewi")
    visitor.get(LEADS)
    statements.clear()
    answer = visitor.get(LEADS)
    assert len(rows(answer)) == 80
    links = 2  # contact and owner
    asked = [text for text, _values in statements if text.startswith(("SELECT", "WITH", "INSERT", "UPDATE"))]
    asked = [text for text in asked if "registry_version" not in text]  # once a second, whatever is asked
    assert len(asked) <= 6 + links, "\n".join(asked)


def test_links_show_the_label_of_their_target_now(served: kit.Served) -> None:
    """In a column of its own, and small below the title where it says who a lead is about."""
    visitor = served.sign_in("dewi", lang="en")
    partner = served.first("base.partner", kind="person")
    with served.env() as env:
        env.create(env["crm.lead"], [{"title": "Baru", "partner_id": partner}])
        env.create(env["base.partner"], [{"name": "!Anak", "parent_id": partner}])
    served.change("base.partner", partner, name="Toko <Baru> & Co", parent=None)
    assert cells_of(rows(visitor.get(f"{LEADS}?sort=-id"))[0])[0].text == "Baru Toko <Baru> & Co"
    first = rows(visitor.get("/app/base.partner?sort=name"))[0]
    assert first.one("td", data_l="Works for").text == "Toko <Baru> & Co"


def test_several_links_stand_together(served: kit.Served) -> None:
    visitor = served.sign_in("made", lang="en")
    [row] = [row for row in rows(visitor.get("/app/base.user?sort=name")) if "Dewi" in row.text]
    assert row.one("td", data_l="Roles").text == "Manager, Sales manager"


def test_what_is_translated_is_shown_and_sorted_in_the_reader_s_language(served: kit.Served) -> None:
    with served.env() as env:
        for number, (indonesian, english) in enumerate((("Zebra", "Apple"), ("Apel", "Zinc"))):
            with speaking("id"):
                [tag] = env.create(env["base.tag"], [{"name": f"!{indonesian}"}])
                env.flush()
            with speaking("en"):
                tag.name = f"!{english}"
                env.flush()
            assert number < 2
    for lang, expected in (("id", ["!Apel", "!Zebra"]), ("en", ["!Apple", "!Zinc"])):
        shown = cells(served.sign_in("dewi", lang=lang).get("/app/base.tag?sort=name"), "name")
        assert [text for text in shown if text.startswith("!")] == expected


def test_archived_records_are_left_out(served: kit.Served) -> None:
    visitor = served.sign_in("dewi")
    key = keys(visitor.get(LEADS))[0]
    before = served.count("crm.lead")
    served.change("crm.lead", key, archived=True)
    answer = visitor.get(LEADS)
    assert key not in keys(answer)
    assert str(before - 1) in answer.main.one("div", class_="pager").text


def test_an_empty_list_says_what_to_do(bare: kit.Served) -> None:
    visitor = bare.sign_in("dewi", lang="en")
    for path, one in ((LEADS, "lead"), ("/app/base.partner", "contact"), ("/app/base.tag", "tag")):
        answer = visitor.get(path)
        assert answer.main.all("table") == []
        empty = answer.main.one("div", class_="empty")
        assert one in empty.one("h2").text
        assert empty.one("a")["href"] == f"{path}/new"
        assert visitor.get(empty.one("a")["href"]).status_code == 200


def test_a_record_without_a_label_can_be_opened_all_the_same(served: kit.Served) -> None:
    """Its number stands where the label would."""
    key = served.first("crm.lead")
    leads = served.site.assembly.registry.info("crm.lead").table
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    with served.database.writing.begin() as connection:  # as a row of before the title was required
        connection.execute(leads.update().where(leads.c.id == key).values(title="", created_at=tomorrow))
    first = rows(served.sign_in("dewi").get(LEADS))[0].all("a")[0]
    assert (first["href"], first.text) == (f"{LEADS}/{key}", f"#{key}")


# ----------------------------------------------------------------- order and pages
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_hold_every_record_once_in_order(dewi: kit.Visitor, sign: str) -> None:
    """By each column that can be sorted, also where many records have the same value."""
    names = [name for name in columns(dewi.get(LEADS)) if name]
    assert set(names) >= {"title", "revenue", "state", "source", "owner", "created_at"}
    total = dewi.served.count("crm.lead")
    for name in names:
        pages = list(_walk(dewi, f"{LEADS}?sort={sign}{name}"))
        seen = [key for answer in pages for key in keys(answer)]
        assert len(seen) == len(set(seen)) == total, name
        for answer in pages:
            assert head(answer, name).get("aria-sort") == ("descending" if sign else "ascending")
        shown = [text for answer in pages for text in cells(answer, name)]
        empty = [place for place, text in enumerate(shown) if text == "–"]
        assert empty == list(range(total - len(empty), total)), f"{name}: what is empty comes last"
        assert _stands_together(shown), f"{name}: equal values stand together"
        if name != "created_at":  # what is shown alike may differ by seconds
            equal = [
                pair
                for pair, texts in zip(pairwise(seen), pairwise(shown), strict=True)
                if len({*texts}) == 1
            ]
            assert equal and all((first < second) != bool(sign) for first, second in equal), name


def _walk(visitor: kit.Visitor, address: str) -> Iterator[kit.Answer]:
    """The pages of a list, by the links that a reader follows."""
    for number in range(1, 20):
        answer = visitor.get(address)
        yield answer
        links = [link["href"] for link in answer.main.one("div", class_="pager").all("a", class_="ic")]
        following = [link for link in links if re.search(rf"\bpage={number + 1}\b", link)]
        if not following:
            return
        address = following[0]


def _stands_together(texts: list[str]) -> bool:
    """Whether each text occurs in one run only."""
    runs = [text for place, text in enumerate(texts) if place == 0 or texts[place - 1] != text]
    return len(runs) == len(set(runs))


def test_the_heads_turn_the_order_round(dewi: kit.Visitor) -> None:
    for name in filter(None, columns(dewi.get(LEADS))):
        up = dewi.get(f"{LEADS}?sort={name}&limit=20&page=2")
        turn = head(up, name).one("a")["href"]
        assert turn == f"{LEADS}?sort=-{name}&limit=20"
        down = dewi.get(turn)
        assert head(down, name).get("aria-sort") == "descending"
        assert head(down, name).one("a")["href"] == f"{LEADS}?sort={name}&limit=20"


def test_the_order_is_that_of_the_values(shared: kit.Served) -> None:
    """Amounts as numbers, choices as a process goes, moments by time, links by what is read."""
    visitor = shared.sign_in("dewi", lang="en")

    def shown(name: str) -> list[str]:
        texts = [text for answer in _walk(visitor, f"{LEADS}?sort={name}") for text in cells(answer, name)]
        return [text for text in texts if text != "–"]

    amounts = [int(text.removeprefix("Rp").replace(",", "")) for text in shown("revenue")]
    assert len(amounts) > 100 and amounts == sorted(amounts)
    with speaking("en"):
        states = [str(label) for label in STATES.values()]
    places = [states.index(text) for text in shown("state")]
    assert len(set(places)) == 5 and places == sorted(places)
    owners = [text[2:] for text in shown("owner")]  # after the initials
    assert len(set(owners)) > 3 and owners == sorted(owners)
    moments = [dt.datetime.strptime(text, "%d %b %Y %H:%M") for text in shown("created_at")]
    assert len(set(moments)) > 100 and moments == sorted(moments)


def test_the_shipped_order_is_used_where_none_is_asked_for(dewi: kit.Visitor) -> None:
    answer = dewi.get(LEADS)
    assert keys(answer) == keys(dewi.get(f"{LEADS}?sort=-created_at"))
    heads = {name: item.get("aria-sort") for name, item in zip(columns(answer), _heads(answer), strict=True)}
    assert {name for name, order in heads.items() if order} == {"created_at"}
    assert heads["created_at"] == "descending"


@pytest.mark.parametrize("size", [20, 40, 80])
def test_sizes(dewi: kit.Visitor, size: int) -> None:
    total = dewi.served.count("crm.lead")
    answer = dewi.get(f"{LEADS}?limit={size}")
    assert len(rows(answer)) == size
    pager = answer.main.one("div", class_="pager")
    assert pager.all("span")[0].text == f"1–{size} of {total}" or f"1–{size}" in pager.text
    [current] = pager.all("a", aria_current="true")
    assert current.text == str(size)
    last = dewi.get(f"{LEADS}?limit={size}&page={-(-total // size)}")
    assert len(rows(last)) == total % size or size
    assert (
        last.main.one("div", class_="pager")
        .all("a", class_="ic")[-1]["href"]
        .endswith(f"page={total // size}")
    )


def test_a_page_behind_the_last_one_has_no_rows_and_a_way_back(dewi: kit.Visitor) -> None:
    answer = dewi.get(f"{LEADS}?page=999")
    assert answer.status_code == 200
    assert rows(answer) == []
    assert answer.main.one("div", class_="pager").all("a", class_="ic")


# ----------------------------------------------------------------- refused
ODD = [
    *[("sort", value) for value in ODD_VALUES],
    *[
        ("sort", name)
        for name in ("tags", "note", "nope", "owner_id", "password", "-", "env", "display_label")
    ],
    *[("page", value) for value in (*ODD_VALUES, *ODD_NUMBERS)],
    *[("limit", value) for value in (*ODD_VALUES, *ODD_NUMBERS, "1", "79", "1000000000")],
    *[
        (f"{name}{MARK}", "x")
        for name in ("", "q", "filter", "title__eq", "order", "Page", "sort[]", "x" * 5_000)
    ],
    *[(name, "1") for name in ("x_y", "__proto__", "offset", "fields")],
]


def test_odd_parameters_are_refused_without_asking_the_database(
    shared: kit.Served, statements: Statements
) -> None:
    """With the same page for all, in the reader's language; no statement holds the value."""
    visitors = {lang: shared.sign_in("dewi", lang=lang) for lang in ("id", "en")}
    for place, (name, value) in enumerate(ODD):
        lang = ("id", "en")[place % 2]
        shared.state()
        statements.clear()
        answer = visitors[lang].get(LEADS, query_string={name: value})
        where = f"{name[:60]}={value[:60]}"
        too_long = len(name + value) > 7_500
        assert answer.status_code == (414 if too_long else 400), where
        assert not [text for text in statements if MARK in repr(text)], where
        assert not [text for text, _values in statements if _is_of_the_list(text)], where
        assert answer.page.one("html")["lang"] == lang
        assert too_long or answer.main.one("div", class_="empty").one("h2").text == _heading(lang), where
        assert len(answer.data) < 20_000 + 4 * len(value + name), where


def _is_of_the_list(statement: str) -> bool:
    """A statement of the list itself: what is read to see that nothing was written has neither."""
    return "crm_lead" in statement and ("ORDER BY" in statement or "count" in statement)


def _heading(lang: str) -> str:
    with speaking(lang):
        return gettext("core", "This request could not be read")


def test_a_parameter_given_twice_is_no_way_round(dewi: kit.Visitor) -> None:
    assert dewi.get(f"{LEADS}?sort=title&sort={MARK}").status_code in (200, 400)
    assert dewi.get(f"{LEADS}?sort={MARK}&sort=title").status_code == 400


def test_keys_that_lead_nowhere(shared: kit.Served) -> None:
    visitor = shared.sign_in("made")
    for address in (
        "/app/crm.lead/{}",
        "/app/crm.lead/{}/edit",
        "/app/base.user/{}",
        "/app/base.partner/{}/edit",
    ):
        for key in FAR_KEYS:
            assert visitor.get(address.format(key)).status_code == 404, address.format(key)[:80]
        for key in NO_KEYS:
            assert visitor.get(address.format(key)).status_code in (400, 404), address.format(key)


@pytest.mark.parametrize("value", ["%00", "a%00b", "%ed%a0%80", "%ff%fe", "%c0%af"])
def test_texts_that_no_database_takes(dewi: kit.Visitor, value: str) -> None:
    """NUL is a 500 on PostgreSQL only, a lone surrogate on SQLite."""
    for address in (f"{LEADS}?sort={value}", f"{LEADS}?{value}=1", f"/app/{value}", f"/app/crm.lead/{value}",
                    f"/language/{value}", f"/{value}", f"/login?next={value}"):  # fmt: skip
        assert dewi.get(address).status_code in (302, 400, 404), address


@pytest.mark.parametrize(
    "model", ["nope", "crm", "crm.leads", "CRM.LEAD", "credential", "session", "crm.lead.list", "__class__"]
)
def test_models_that_are_none(dewi: kit.Visitor, model: str) -> None:
    answers = [dewi.get(f"/app/{model}{rest}") for rest in ("", "/1", "/1/edit", "/new")]
    assert {answer.status_code for answer in answers} == {404}


def test_a_record_that_is_not_there_and_one_that_never_was_look_alike(
    served: kit.Served, unchanged: Callable[..., Any]
) -> None:
    visitor = served.sign_in("dewi")
    with served.env() as env:
        [tag] = env.create(env["base.tag"], [{"name": "kurz"}])
        env.flush()
        key = tag.id
        env.delete([tag])
    with unchanged(served):
        gone, never = visitor.get(f"/app/base.tag/{key}"), visitor.get(f"/app/base.tag/{2**40}")
    assert gone.status_code == never.status_code == 404
    assert _anonymous(gone, key) == _anonymous(never, 2**40)


def _anonymous(answer: kit.Answer, key: int) -> str:
    """The text of the page without its number, its address and its tokens."""
    text = re.sub(r"[0-9A-F]{4}-[0-9A-F]{4}|name=\"csrf_token\" value=\"[^\"]+\"", "", answer.text)
    return text.replace(f"%2F{key}", "").replace(f"/{key}", "")
