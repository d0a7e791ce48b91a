"""The addon that every database has: companies, people, roles, teams, partners and places."""

from core import Addon, _
from core.base.access_right import AccessRight
from core.base.address import Address
from core.base.change import Change
from core.base.company import Company
from core.base.company_owned import CompanyOwned
from core.base.currency import Currency
from core.base.linked import is_linked
from core.base.partner import Partner
from core.base.partner_email import PartnerEmail
from core.base.partner_link import PartnerLink
from core.base.partner_owned import PartnerOwned
from core.base.partner_phone import PartnerPhone
from core.base.reaching import PURPOSES, Contact
from core.base.region import Province, Regency
from core.base.role import Role
from core.base.saved_view import SavedView
from core.base.sequence import Sequence
from core.base.tag import Tag
from core.base.team import Team
from core.base.user import User

addon = Addon("base", version="0.1", label=_("Base"), modules=("hooks", "views", "pages"))

__all__ = [
    "PURPOSES",
    "AccessRight",
    "Address",
    "Change",
    "Company",
    "CompanyOwned",
    "Contact",
    "Currency",
    "Partner",
    "PartnerEmail",
    "PartnerLink",
    "PartnerOwned",
    "PartnerPhone",
    "Province",
    "Regency",
    "Role",
    "SavedView",
    "Sequence",
    "Tag",
    "Team",
    "User",
    "addon",
    "is_linked",
]
