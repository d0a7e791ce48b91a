"""Our own addon holds what every addon must hold."""

from core.testing import AddonTestCase


class TestCrm(AddonTestCase):
    addon = "crm"
