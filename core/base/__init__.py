"""The addon that every database has: companies, people, roles, teams, partners and places."""

from core import Addon, _
from core.base.access_right import AccessRight
from core.base.address import Address
from core.base.change import Change
from core.base.company import Company
from core.base.company_owned import CompanyOwned
from core.base.currency import Currency
from core.base.partner import Partner
from core.base.region import Province, Regency
from core.base.role import Role
from core.base.sequence import Sequence
from core.base.tag import Tag
from core.base.team import Team
from core.base.user import User

addon = Addon("base", version="0.1", label=_("Base"), modules=("hooks", "pages"))

__all__ = [
    "AccessRight",
    "Address",
    "Change",
    "Company",
    "CompanyOwned",
    "Currency",
    "Partner",
    "Province",
    "Regency",
    "Role",
    "Sequence",
    "Tag",
    "Team",
    "User",
    "addon",
]
