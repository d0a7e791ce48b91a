"""What the tests of the list read on its pages."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.web import kit
from tests.web.markup import Element, typed

LEADS = "/app/crm.lead"
THINGS = "/app/sample.thing"
MARK = "q9x7z"
"""Stands in every odd value, so that a statement that holds one is found."""
ODD = (
    MARK,
    f"{MARK}'",
    f"' or '{MARK}'='{MARK}",
    f"(case when 1=1 then title else id end){MARK}",
    f"title--{MARK}",
    f"title,(select '{MARK}')",
    f"{MARK}%",
    f"__class__{MARK}",
    f"{MARK}" * 5_000,
)


def rows(answer: kit.Answer) -> list[Element]:
    """The rows of records on a page, without those of groups."""
    assert answer.status_code == 200, answer.page.text[:500]
    return [row for body in answer.main.all("tbody") for row in body.all("tr") if row.get("class") != "grp"]


def cells_of(row: Element) -> list[Element]:
    """The cells of a row, without the one that it is chosen by."""
    return [cell for cell in row.all("td") if not cell.all("input", name="row")]


def heads(answer: kit.Answer) -> list[str]:
    """The heads of the columns."""
    return [head.text for head in answer.main.one("thead").all("th") if head.get("class") != "pick"]


def key(row: Element) -> int:
    """The key of the record of a row, from its link."""
    return int(row.all("a")[0]["href"].rsplit("/", 1)[1])


def keys(visitor: kit.Visitor, address: str) -> list[int]:
    """The keys of all pages of a list, in order."""
    found: list[int] = []
    following: str | None = address
    while following:
        answer = visitor.get(following)
        found += [key(row) for row in rows(answer)]
        links = [
            link for link in answer.main.all("a", class_="ic") if link.all("use")[0]["href"].endswith("#cr")
        ]
        following = links[0]["href"] if links else None
    return found


def count(answer: kit.Answer) -> int:
    """How many records the page says there are."""
    pagers = answer.main.all("div", class_="pager")
    digits = pagers[0].all("span")[0].text.split()[-1] if pagers else "0"
    return int(digits.replace(".", "").replace(",", ""))


def chips(answer: kit.Answer) -> list[str]:
    """The filters that the page shows."""
    return [chip.text for chip in answer.main.all("span", class_="chip")]


def groups(answer: kit.Answer) -> list[tuple[str, int, list[str]]]:
    """Label, count and sums of the groups on a page."""
    found = []
    for row in answer.main.all("tr", class_="grp"):
        head = row.one("th")
        number = head.one("span", class_="fnt").text
        label = head.text.removesuffix(number).strip()
        sums = [cell.text for cell in row.all("td") if cell.text]
        found.append((label, int(number.replace(".", "").replace(",", "")), sums))
    return found


def send(visitor: kit.Visitor, form: Element, **changes: Any) -> kit.Answer:
    """The answer to a form that asks, as a browser sends it."""
    data: dict[str, Any] = {**typed(form), **changes}
    return visitor.get(f"{form['action']}?{urlencode(data, doseq=True)}")


def filter_form(answer: kit.Answer) -> Element:
    """The first filter form of a page."""
    return answer.main.all("form", data_filter="")[0]


def table(answer: kit.Answer) -> list[list[str]]:
    """The cells of a file."""
    assert answer.status_code == 200, answer.text[:500]
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def parameters(address: str) -> list[tuple[str, str]]:
    """What an address asks for."""
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)
