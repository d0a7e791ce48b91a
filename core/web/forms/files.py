"""The input of a field that holds a file: what is there stays or goes, or another one is chosen.

What stands in it names a file that is kept already, signed for the user: nobody gets at content by its digest, and a
form that could not be taken is drawn again with the file that was sent with it.
"""

from __future__ import annotations

from typing import Any

from flask import request
from itsdangerous import BadData

from core.errors import FieldError, UserError
from core.files.store import LIMIT
from core.i18n.lazy import _
from core.orm.files import PARTS
from core.web.files.sizes import size_of
from core.web.files.taking import taken
from core.web.forms.inputs import FormField, Input, Options
from core.web.signing import signer


class FileInput(Input):
    """A list of what may stand there, and beside it the place for another one. In rows it is only shown."""

    def __init__(self, *args: Any, settable: bool, **options: Any) -> None:
        super().__init__(*args, settable=settable and options.get("row") is None, **options)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        upload = None if formdata is None or self.readonly else request.files.get(self.name)
        if upload is None or not upload.filename:
            return
        try:
            self.data = taken(upload)
        except UserError as error:
            self.process_errors = [str(error)]
        else:
            self.typed, self.changed, self.process_errors = self.show(self.data), True, []

    def show(self, value: Any) -> list[str]:
        if not value:
            return [""]
        return [str(self._signer.dumps({name: value[name] for name in PARTS}))]

    def parse(self, texts: Any) -> Any:
        if not (text := next(iter(texts), "")):
            return None
        try:
            return self._signer.loads(text)
        except BadData:
            raise FieldError(_("Choose the file once more."), self.item.name) from None

    def options(self) -> Options:
        chosen = next(iter(self.texts), "")
        known = dict.fromkeys(text for text in (chosen, *self.shown) if text)
        found = [(text, self._label(text), text == chosen) for text in known]
        return found if found and self.item.required else [*found, ("", str(_("No file")), not chosen)]

    @property
    def widget_name(self) -> str:
        return "file"

    def draw(self) -> FormField:
        drawn = super().draw()
        if not self.readonly and drawn.help is None:
            drawn.help = str(_("Up to %(size)s.", size=size_of(self.source.formats, LIMIT)))
        return drawn

    def _label(self, text: str) -> str:
        try:
            value = self.parse([text])
        except FieldError:
            return str(_("A file that is not known"))
        return f"{value['name']} ({size_of(self.source.formats, value['size'])})"

    @property
    def _signer(self) -> Any:
        return signer("file", self.source.env.user.id)
