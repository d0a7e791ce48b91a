"""Sites come and go with the addons of databases, and their memory with them."""

from __future__ import annotations

import weakref

import pytest

from core.loader import discover
from core.web import dispatcher


@pytest.mark.slow
def test_a_site_that_is_put_away_is_given_back(
    monkeypatch: pytest.MonkeyPatch, put_together_anew: None
) -> None:
    monkeypatch.setattr(dispatcher, "KEPT", 1)
    sites = dispatcher.Sites(discover([]), "x" * 40)
    gone = weakref.ref(sites.get(["base"]))
    registry = weakref.ref(gone().assembly.registry)  # type: ignore[union-attr]
    for names in (["base", "crm"], ["crm", "base"]):
        sites.get(names)
    assert gone() is None
    assert registry() is None


def test_a_site_that_still_answers_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "KEPT", 1)
    sites = dispatcher.Sites(discover([]), "x" * 40)
    used = sites.get(["base"])
    sites.get(["base", "crm"])
    assert "base.partner" in used.assembly.registry.models
