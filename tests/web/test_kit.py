"""The tests' own watch: a refused request that wrote fails its test, whatever it wrote and however little."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.web import errors, requests
from tests.web import kit


def test_a_refused_request_that_writes_is_seen(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = served.site.assembly.registry.info("crm.lead").table
    page = errors._page

    def writing_page(*arguments: object, **named: object) -> object:
        with requests.database().writing.begin() as connection:
            connection.execute(sa.update(leads).where(leads.c.id == 1).values(note=f"{'x' * 5000}."))
        return page(*arguments, **named)  # type: ignore[arg-type]

    visitor = served.sign_in("dewi")
    assert visitor.get("/nowhere").status_code == 404
    monkeypatch.setattr(errors, "_page", writing_page)
    with pytest.raises(AssertionError, match="but it wrote"):
        visitor.get("/nowhere")
    assert visitor.get("/nowhere").status_code == 404, "what it writes again is nothing new"
