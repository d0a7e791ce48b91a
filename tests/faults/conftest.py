"""What tests of faults share: databases that are full at once."""

from tests.web.conftest import copies as copies
from tests.web.conftest import kind as kind
from tests.web.conftest import serve as serve
