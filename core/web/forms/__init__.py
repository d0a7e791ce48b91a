"""The generic form: inputs from a resolved view, what they showed signed into the page, and what was typed.

`layout` sorts a view into sections, `drawn` is the signed list of what a form showed, `inputs` and `links` are
its fields, `form` holds them together, `conflict` compares it with what somebody else saved meanwhile.
"""

from __future__ import annotations

from core.web.forms.form import RecordForm
from core.web.forms.layout import Layout, Section

__all__ = ["Layout", "RecordForm", "Section"]
