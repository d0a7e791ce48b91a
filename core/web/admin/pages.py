"""The addresses of what an administrator looks after, and of what people do for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.web.admin import companies, profile, roles, see_as, teams, users

if TYPE_CHECKING:
    from core.web.site import Site


def register(site: Site) -> None:
    """All of them."""
    for room in (roles, see_as, users, teams, companies, profile):
        room.register(site)
