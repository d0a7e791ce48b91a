"""Pages of base made by hand: home."""

from __future__ import annotations

from collections.abc import Sequence

from core import Env, Page, _, hookimpl, render


@hookimpl
def pages() -> Sequence[Page]:
    """What everyone finds after signing in."""
    return [Page("/", home, roles=("base.user",))]


def home(env: Env) -> str:
    """A greeting, and where to go from here."""
    return render("core/home.html", _("Home"))
