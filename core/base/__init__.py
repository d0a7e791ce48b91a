"""The addon that every database has: companies, people, roles, teams, partners and places."""

from core import Addon, _
from core.base.access_right import AccessRight
from core.base.activity import Activity
from core.base.address import Address
from core.base.attachment import Attachment
from core.base.change import Change
from core.base.company import Company
from core.base.company_owned import CompanyOwned, of_my_companies
from core.base.currency import Currency
from core.base.follower import Follower
from core.base.linked import is_linked, key_of, targets
from core.base.message import Message
from core.base.notification import Notification
from core.base.of_record import OfRecord
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
from core.base.thread import Thread
from core.base.told import told_on
from core.base.user import User
from core.base.word import Word

addon = Addon("base", version="0.1", label=_("Base"), modules=("hooks", "views", "pages", "told", "card"))

__all__ = [
    "PURPOSES",
    "AccessRight",
    "Activity",
    "Address",
    "Attachment",
    "Change",
    "Company",
    "CompanyOwned",
    "Contact",
    "Currency",
    "Follower",
    "Message",
    "Notification",
    "OfRecord",
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
    "Thread",
    "User",
    "Word",
    "addon",
    "is_linked",
    "key_of",
    "of_my_companies",
    "targets",
    "told_on",
]
