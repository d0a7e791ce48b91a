"""How many statements a page may take: a list costs the same for 20 rows and for 80."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.base import Thread
from core.orm.links import Link
from tests.web import kit
from tests.web.conftest import Statements

ASKED = re.compile(r"\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
"""What counts: not BEGIN, SET, SAVEPOINT or PRAGMA, which ask for nothing."""
FRAME = 6
"""For the session and its user, the count, the rows, and what else stands around them."""
LISTS = [("crm.lead", ["partner", "owner"]), ("base.partner", ["parent", "city", "tags", "owner"])]
"""Lists of the demo data, and the columns of each that lead to other records."""


def asked(statements: Statements) -> list[str]:
    return [text for text, _values in statements if ASKED.match(text)]


@pytest.mark.parametrize(("model", "links"), LISTS)
def test_a_list_of_80_takes_few_statements(
    shared: kit.Served, statements: Statements, model: str, links: list[str]
) -> None:
    visitor = shared.sign_in("dewi")
    path = f"/app/{model}"
    heads = visitor.get(path).main.one("thead").all("th")
    assert len(heads) > len(links)
    taken = {}
    for limit in (20, 80):
        statements.clear()
        answer = visitor.get(f"{path}?limit={limit}")
        taken[limit] = asked(statements)
        assert len(answer.main.one("tbody").all("tr")) == limit
    assert len(taken[80]) <= FRAME + len(links), "\n".join(taken[80])
    assert len(taken[80]) - len(taken[20]) <= 1, "once a second each process asks for the registry's version"


FORM = 10
"""For the session, the record and the right to change it, and what else stands around the inputs."""
TOGETHER = 4
"""For the notes, what was done and is planned, and who follows, on the page of a record with a timeline."""
FIGURES = {"base.partner": 7}
"""For the deals, their currencies and the activities that stand as figures above a record, and what was noted and what
was done on its leads and on its deals."""


@pytest.mark.parametrize("model", ["crm.lead", "base.partner", "base.user"])
def test_a_form_takes_few_statements(shared: kit.Served, statements: Statements, model: str) -> None:
    """Ten, and one for each link or list of records that it shows."""
    view = shared.site.assembly.views[f"{model}.form"]
    links = sum(isinstance(view.model.fields[node.name], Link) for node in view.fields)
    visitor = shared.sign_in("made")
    for path in ("new", "1/edit", "1"):
        visitor.get(f"/app/{model}/{path}")
        statements.clear()
        visitor.get(f"/app/{model}/{path}")
        taken = asked(statements)
        more = TOGETHER + FIGURES.get(model, 0) if path == "1" and issubclass(view.model.cls, Thread) else 0
        assert len(taken) <= FORM + links + more, (path, len(taken), "\n".join(taken))


def test_changing_many_rows_at_once_takes_few_statements(served: kit.Served, statements: Statements) -> None:
    """Keys, rows before, the change, rows after, history, texts; records that were read before follow."""
    with served.env() as env:
        lead = env["crm.lead"]
        some = sa.select(lead.id).where(lead.title.ilike("%a%"))
        known = {record: record.version for record in env.scalars(sa.select(lead).where(lead.id <= 100))}
        statements.clear()
        env.execute(sa.update(lead).where(lead.id.between(1, 50), lead.id.in_(some)).values(note="Seen"))
        changed = asked(statements)
        seen = [record for record in known if record.note == "Seen"]
        assert 0 < len(seen) < len(known)
        assert all("a" in record.title.lower() for record in seen)
        assert all(record.version == known[record] + (record in seen) for record in known)
    assert len(changed) <= 7, "\n".join(changed)
