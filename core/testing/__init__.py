"""What an addon's own tests inherit and use; the fixtures come by the plugin `pytest_lumbung`."""

from core.testing.case import AddonTestCase
from core.testing.client import Answer, Visitor
from core.testing.kit import Kit

__all__ = ["AddonTestCase", "Answer", "Kit", "Visitor"]
