"""The views of crm: what is looked for first, in the order in which one asks."""

from __future__ import annotations

from collections.abc import Sequence

from addons.crm.deal import Deal
from addons.crm.lead import Lead
from addons.crm.pipeline import Pipeline
from addons.crm.stage import Stage
from addons.crm.words import DEAL
from core import Extension, Group, Item, Slot, View, _, extend, form, hookimpl, into, kanban, listing


@hookimpl
def views() -> Sequence[View | Extension]:
    """Forms and lists of leads and deals, and both on a contact's form."""
    return [
        *_leads(),
        *_deals(),
        *_settings(),
        extend("base.partner.form", into("related", "deals", "leads")),
    ]


def _leads() -> Sequence[View]:
    return [
        View(
            "crm.lead.form",
            Lead,
            form(
                Group("head", Item("title", wide=True), "kind", "state", label=_("Lead")),
                Group("who", "partner", "contact_name", "company_name", "job_title", "city", label=_("Who")),
                Group(
                    "reach", "mobile", "phone", "email", "email_alt", "website", label=_("How to reach them")
                ),
                Group("money", "revenue", "source", "tags", label=_("Expectation")),
                Group("care", "owner", "team", "company", label=_("Who works on it")),
                Group("more", Item("note", wide=True), label=_("More")),
                Slot("footer"),
            ),
        ),
        View(
            "crm.lead.list",
            Lead,
            listing(
                Item("title", sub=("company_name", "partner", "contact_name")),
                "revenue",
                "state",
                Item("source", low=True),
                Item("owner", low=False),
                Item("created_at", low=True),
            ),
        ),
    ]


def _deals() -> Sequence[View]:
    return [
        View(
            "crm.deal.form",
            Deal,
            form(
                Group("head", Item("title", wide=True), "partner", "contact", label=DEAL),
                Group("way", "pipeline", "stage", "lost_reason", "state", "stage_since", "closed_at",
                      label=_("How far it got")),
                Group("money", "amount", "probability", "expected", "close_date", label=_("Expectation")),
                Group("care", "owner", "team", "company", label=_("Who works on it")),
                Group("more", "source", "lead", "tags", Item("note", wide=True), label=_("More")),
                Slot("footer"),
            ),
        ),
        View(
            "crm.deal.list",
            Deal,
            listing(
                Item("title", sub=("partner", "contact")),
                "stage",
                "amount",
                Item("expected", low=True),
                Item("close_date", low=True),
                Item("owner", low=False),
                Item("pipeline", low=True),
            ),
        ),
        View(
            "crm.deal.kanban",
            Deal,
            kanban(
                "stage", "title", "partner", "amount", "tags", "owner",
                within="pipeline", total="amount", weighted="expected", since="stage_since", until="closed_at",
            ),
        ),
    ]  # fmt: skip


def _settings() -> Sequence[View]:
    return [
        View(
            "crm.pipeline.form",
            Pipeline,
            form(
                Group("main", "name", "line", "position", "company", Item("note", wide=True), label=_("Pipeline")),
                Group("way", Item("stages", wide=True), label=_("The way of a %(deal)s", deal=DEAL)),
                Slot("footer"),
            ),
        ),
        View(
            "crm.stage.form",
            Stage,
            form(
                Group("main", "name", "pipeline", "kind", "probability", "position", label=_("Stage")),
                Group("entry", "needs", label=_("Before one enters")),
                Slot("footer"),
            ),
        ),
    ]  # fmt: skip
