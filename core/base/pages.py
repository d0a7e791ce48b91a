"""Pages of base made by hand: home."""

from __future__ import annotations

from collections.abc import Sequence

from core import Env, Page, _, hookimpl, render


@hookimpl
def pages() -> Sequence[Page]:
    """What everyone finds after signing in."""
    return [Page("/", home, roles=("base.user",))]


def home(env: Env) -> str:
    """What waits for them today, and what others did since yesterday."""
    from core.web.today import today_page  # pages of the core are drawn once all addons are there

    return render("core/home.html", _("Home"), today=today_page(env))
