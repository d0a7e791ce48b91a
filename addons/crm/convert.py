"""From a lead to a contact, a company and a deal: all in one transaction, which one button takes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from addons.crm.alike import Alike, alike, told
from addons.crm.deal import Deal
from addons.crm.lead import Lead
from addons.crm.pipeline import fitting
from core import Env, FieldError, Model, UserError, _
from core.base import Partner

NEW, NONE = "new", "none"
WAYS = ("email", "phone", "mobile")
FORM = (
    "contact", "company", "contact_name", "company_name", "was_contact", "was_company", "title", "pipeline", "amount",
)  # fmt: skip
"""The inputs; what was proposed as a name is sent along, to tell what somebody typed."""
CONVERTIBLE = ("new", "working", "qualified")


@dataclass
class Conversion:
    """What the page shows: what was found, what is chosen and typed, and what is wrong with it."""

    lead: Any
    people: list[Alike]
    companies: list[Alike]
    pipelines: list[tuple[str, str]]
    typed: dict[str, str]
    symbol: str
    """That of the amount; empty for those who may set none."""
    errors: dict[str, str]


def begin(env: Env, lead: Any, form: Mapping[str, str] | None = None) -> Conversion:
    """The page for a lead, as it is proposed or as it was typed."""
    found = alike(env, lead)
    people, companies = ([one for one in found if one.is_person is kind] for kind in (True, False))
    rows = env.scalars(fitting(env, [_care(lead, Deal).get("company_id", env.company)]))
    pipelines = [(str(row.id), row.display_label()) for row in rows]
    currency = env.currencies.of(env.registry.info(Deal).fields["amount"], lead)  # type: ignore[arg-type]
    symbol = env.currencies.symbol(currency).strip() if env.may_set(Deal, "amount") else ""
    shown = Conversion(lead, people, companies, pipelines, {}, symbol, {})
    proposed = _proposed(env, shown)
    shown.typed = {
        name: (form or proposed).get(name, proposed[name] if form is None else "") for name in FORM
    }
    return shown


def _proposed(env: Env, shown: Conversion) -> dict[str, str]:
    lead = shown.lead
    person, firm, is_firm = (
        told(lead, "contact_name"),
        told(lead, "company_name"),
        told(lead, "kind") == "organisation",
    )
    contact = str(shown.people[0].partner.id) if shown.people else NEW if person or not is_firm else NONE
    company = str(shown.companies[0].partner.id) if shown.companies else NEW if firm else NONE
    return {
        "contact": contact,
        "company": company,
        "contact_name": person or "",
        "company_name": firm or "",
        "was_contact": person or "",
        "was_company": firm or "",
        "title": lead.title,
        "pipeline": shown.pipelines[0][0] if shown.pipelines else "",
        "amount": env.registry.info(Deal).fields["amount"].typed(told(lead, "revenue"), env.formats),
    }


def convert(env: Env, shown: Conversion) -> Any:
    """Makes what is missing, and the deal. Raises UserError beside the field that is wrong."""
    lead, typed = shown.lead, shown.typed
    if lead.state not in CONVERTIBLE:
        raise UserError(_("This lead is converted or junk already."))
    amount = _amount(env, typed["amount"])
    pipeline = next((key for key, _label in shown.pipelines if key == typed["pipeline"]), None)
    if pipeline is None:
        raise FieldError(_("Choose one of the pipelines."), "pipeline")
    if not typed["title"].strip():
        raise FieldError(_("%(field)s is required.", field=_("Title")), "title")
    company = _company(env, shown)
    contact = _contact(env, shown, company)
    partner = company or contact
    if partner is None:
        raise FieldError(_("Choose a contact or a company, or make one."), "contact")
    deal = _deal(env, shown, partner, contact, int(pipeline), amount)
    _close(env, lead, partner)
    return deal


def _amount(env: Env, text: str) -> Any:
    try:
        return env.registry.info(Deal).fields["amount"].parse(text, env.formats)
    except FieldError as error:
        raise FieldError(error.message, "amount") from None


def _chosen(env: Env, choice: str, found: list[Alike], field: str) -> Any:
    """What was chosen among what was found. Raises FieldError where it is nothing of it."""
    one = next((one.partner for one in found if str(one.partner.id) == choice), None)
    if one is None:
        raise FieldError(_("Choose one of these."), field)
    return one


def _company(env: Env, shown: Conversion) -> Any:
    choice, lead = shown.typed["company"], shown.lead
    _check_unused(shown, "company")
    if choice == NONE:
        return None
    if choice != NEW:
        return _chosen(env, choice, shown.companies, "company")
    name = shown.typed["company_name"].strip()
    if not name:
        raise FieldError(_("Give the name of the company."), "company_name")
    ways = WAYS if shown.typed["contact"] == NONE else ()
    row = {"name": name, "kind": "company", **_told(lead, Partner, "website", "city", *ways)}
    return env.create(Partner, [{**row, **_care(lead, Partner)}])[0]


def _check_unused(shown: Conversion, what: str) -> None:
    """Raises FieldError where somebody typed another name than was proposed, and nobody of that name would be made."""
    name = f"{what}_name"
    typed = shown.typed[name].strip()
    if shown.typed[what] != NEW and typed not in ("", shown.typed[f"was_{what}"].strip()):
        raise FieldError(
            _("“%(name)s” would not be made. Choose to make a new one, or empty this.", name=typed), name
        )


def _contact(env: Env, shown: Conversion, company: Any) -> Any:
    choice, lead = shown.typed["contact"], shown.lead
    _check_unused(shown, "contact")
    if choice == NONE:
        return None
    if choice != NEW:
        return _chosen(env, choice, shown.people, "contact")
    name = shown.typed["contact_name"].strip()
    if not name:
        raise FieldError(_("Give the name of the contact."), "contact_name")
    row = {"name": name, "kind": "person", "parent": company, **_told(lead, Partner, "city", *WAYS)}
    return env.create(Partner, [{**row, **_care(lead, Partner)}])[0]


def _told(lead: Any, model: type[Model], *names: str) -> dict[str, Any]:
    """What a lead says to who converts it, as far as they may set it."""
    known = {name: told(lead, name) for name in names if lead.env.may_set(model, name)}
    return {name: list(value) if name == "tags" else value for name, value in known.items() if value}


def _care(lead: Any, model: type[Model]) -> dict[str, Any]:
    """Who looks after it, as far as who converts it knows and may set that."""
    env, keys = lead.env, {"owner": "owner_id", "team": "team_id", "company": "company_id"}
    open_ones = [name for name in keys if env.may_see(Lead, name) and env.may_set(model, name)]
    return {keys[name]: getattr(lead, keys[name]) for name in open_ones}


def _deal(env: Env, shown: Conversion, partner: Any, contact: Any, pipeline: int, amount: Any) -> Any:
    lead = shown.lead
    row = {
        "title": shown.typed["title"].strip(),
        "partner": partner,
        "contact": contact if contact is not partner else None,
        "pipeline_id": pipeline,
        "lead": lead,
        **_told(lead, Deal, "source", "tags", "note"),
        **({"amount": amount} if shown.symbol else {}),
        **_care(lead, Deal),
    }
    return env.create(Deal, [row])[0]


def _close(env: Env, lead: Any, partner: Any) -> None:
    """The lead is converted, by way of the states that come before."""
    lead.partner = partner
    for state in CONVERTIBLE[CONVERTIBLE.index(lead.state) + 1 :]:
        lead.state = state
        env.flush()
    lead.state = "converted"
    env.flush()
