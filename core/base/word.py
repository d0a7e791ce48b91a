"""Words: what is called otherwise here than an addon calls it, in each language."""

from __future__ import annotations

from core import Char, Model, Select, _
from core.base.user import LANGUAGES


class Word(
    Model,
    name="base.word",
    label=_("Word"),
    plural=_("Words"),
    access={"base.user": "r", "base.admin": "rw"},
    order="code",
):
    """One word in one language, shipped by the addon that says it; `text` is what is said instead of it."""

    code = Char(
        120,
        required=True,
        readonly=True,
        label=_("Word of the app"),
        help=_("The app and its own word."),
        list=True,
    )
    lang = Select(LANGUAGES, required=True, readonly=True, label=_("Language"), list=True)
    text = Char(
        40,
        label=_("Your word"),
        help=_("It stands in every menu, title and message instead. Left empty, the app's own word does."),
        list=True,
        search=True,
    )

    def display_label(self) -> str:
        return f"{self.code.rpartition(':')[2]} ({LANGUAGES.get(self.lang, self.lang)})"
