"""The generic list: rows of any model, found, filtered, sorted, grouped, drawn and exported.

`query` reads the address, `filters` are its conditions, `reading` and `grouping` ask the database, `drawing`
makes the rows, `page` what stands around them, `export` the same as a file.
"""

from __future__ import annotations

from core.web.listing.columns import IN_PART, NOT_VISIBLE
from core.web.listing.refusal import BadRequest
from core.web.listing.view import ListView

__all__ = ["IN_PART", "NOT_VISIBLE", "BadRequest", "ListView"]
