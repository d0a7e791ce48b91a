"""The views of base, where the order of declaration would not be pleasant."""

from __future__ import annotations

from collections.abc import Sequence

from core import Extension, Group, Item, Slot, View, _, form, hookimpl, listing
from core.base import Activity, Address, Attachment, Partner, PartnerLink, Role, SavedView, Team, User


@hookimpl
def views() -> Sequence[View | Extension]:
    """Grouped forms, and lists with what is looked for first."""
    return [*_partner_views(), *_reaching_views(), *_user_views(), *_settings_views(), *_thread_views()]


def _partner_views() -> Sequence[View]:
    return [
        View(
            "base.partner.form",
            Partner,
            form(
                Group("main", "name", Item("kind", head="badge"), Item("parent", head="line"),
                      Item("tags", head="badge"), label=_("Who")),
                Group("reach", "mobile", "phone", "email", "website", Item("city", head="line"), "lang",
                      label=_("How to reach them")),
                Group("care", "owner", "team", "company", label=_("Who looks after them")),
                Group("more", "npwp", Item("notes", wide=True), label=_("More")),
                Group("ways", "phones", "emails", "addresses", label=_("Further ways to reach them")),
                Group("people", "contacts", "positions", "employees", label=_("People and roles")),
                Group("related", label=_("Related")),
                Slot("footer"),
            ),
        ),
        View(
            "base.partner.list",
            Partner,
            listing("name", "kind", "parent", "mobile", Item("email", low=True), "city", Item("tags", low=True),
                    Item("owner", low=True)),
        ),
    ]  # fmt: skip


def _reaching_views() -> Sequence[View]:
    return [
        View(
            "base.address.form",
            Address,
            form(
                Group("main", "partner", "use", "lang", label=_("Whose address")),
                Group("place", "street", "rt_rw", "village", "district", "regency", "province", "postcode",
                      label=_("Place")),
            ),
        ),
        View(
            "base.partner_link.form",
            PartnerLink,
            form(
                Group("main", "person", "company", label=_("Who and where")),
                Group("task", "role", "job_title", "email", label=_("What they do there")),
            ),
        ),
    ]  # fmt: skip


def _user_views() -> Sequence[View]:
    return [
        View(
            "base.user.form",
            User,
            form(
                Group("main", "name", "email", "phone", "active", label=_("Who")),
                Group("rights", "roles", "teams", "company", "companies", label=_("What they may do")),
                Group("reading", "lang", "tz", "theme", "shortcuts", label=_("How they read")),
                Slot("footer"),
            ),
        ),
        View(
            "base.user.list",
            User,
            listing("name", "email", "roles", "teams", Item("company", low=True), "active"),
        ),
    ]


def _settings_views() -> Sequence[View]:
    return [
        View(
            "base.team.form",
            Team,
            form(
                Group("main", "name", "leader", label=_("Who")),
                Group("place", "parent", "company", label=_("Where it belongs")),
                Slot("footer"),
            ),
        ),
        View(
            "base.role.form",
            Role,
            form(
                Group("main", "label", "name", "addon", label=_("Role")),
                Group("rights", "implies", label=_("What it includes")),
                Slot("footer"),
            ),
        ),
        View("base.role.list", Role, listing("label", "name", "implies", Item("addon", low=True))),
        View(
            "base.saved_view.form",
            SavedView,
            form(
                Group("main", "name", "model", "position", Item("query", wide=True), label=_("View")),
                Group("sharing", "owner", "shared", "team", label=_("Who sees it")),
            ),
        ),
    ]


def _thread_views() -> Sequence[View]:
    return [
        View(
            "base.activity.form",
            Activity,
            form(
                Group("main", Item("title", wide=True), "kind", "due", "reminder", "owner", label=_("What and when")),
                Group("more", Item("note", wide=True), "state", "done_at", Item("result", wide=True),
                      Item("model", quiet=True), Item("record_id", quiet=True), label=_("More")),
            ),
        ),
        View(
            "base.activity.list",
            Activity,
            listing(Item("title", sub="record_id"), "kind", "due", "owner", "state", Item("reminder", low=True)),
        ),
        View(
            "base.attachment.form",
            Attachment,
            form(
                Group("main", Item("name", wide=True), "file", "tags", label=_("File")),
                Group("more", "edition", "previous", "owner", Item("model", quiet=True),
                      Item("record_id", quiet=True), label=_("More")),
            ),
        ),
        View(
            "base.attachment.list",
            Attachment,
            listing(Item("name", sub="record_id"), "tags", "owner", "created_at", Item("edition", low=True)),
        ),
    ]  # fmt: skip
