"""Names as they stand in a sentence."""

from __future__ import annotations

from core.i18n.lazy import TextLike, _


def inside(name: TextLike) -> str:
    """A name as it stands inside a sentence: `lead` for `Lead`, while what is in capitals stays, as `NPWP` does."""
    text = str(name)
    is_abbreviation = text[1:2] != text[1:2].lower()
    return text if is_abbreviation else text[:1].lower() + text[1:]


def new_one(name: TextLike) -> str:
    """What a button and a page for a new record are called: `New lead`, `Prospek baru`."""
    text = str(_("New %(name)s", name=inside(name)))
    return text[:1].upper() + text[1:]
