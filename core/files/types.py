"""What a file is: its name as it is shown, its type by its ending, and whether its content is what the ending says."""

from __future__ import annotations

import re
import unicodedata

from core.errors import UserError
from core.i18n.lazy import _

NAME_SIZE = 180
UNKNOWN = "application/octet-stream"
"""What is served of every type that a browser might run, or that nobody knows."""
OFFICE = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TYPES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", (b"RIFF",)),
    "pdf": ("application/pdf", (b"%PDF-",)),
    "zip": ("application/zip", (OFFICE, b"PK\x05\x06")),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (OFFICE,)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (OFFICE,)),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", (OFFICE,)),
    "odt": ("application/vnd.oasis.opendocument.text", (OFFICE,)),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", (OFFICE,)),
    "doc": ("application/msword", (_OLD_OFFICE,)),
    "xls": ("application/vnd.ms-excel", (_OLD_OFFICE,)),
    "ppt": ("application/vnd.ms-powerpoint", (_OLD_OFFICE,)),
    "mp3": ("audio/mpeg", ()),
    "mp4": ("video/mp4", ()),
    "txt": ("text/plain", ()),
    "csv": ("text/csv", ()),
}
"""By ending the type, and how the content of that type begins; nothing where it begins in many ways."""
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that a browser may show in its window: they hold no code."""
PROGRAMS = frozenset(
    (
        *(
            "apk",
            "app",
            "bat",
            "cmd",
            "com",
            "cpl",
            "dll",
            "exe",
            "hta",
            "jar",
            "lnk",
            "msi",
            "msp",
            "ps1",
            "psm1",
        ),
        *("reg", "scr", "sh", "vb", "vbe", "vbs", "wsf", "asp", "aspx", "cgi", "jsp", "jspx"),
        *("phar", "php", "php3", "php4", "php5", "php7", "pht", "phtml"),
    )
)
"""Endings of what machines run: nobody attaches it to a customer."""
PICTURE = "image/"


def name_of(sent: str) -> str:
    """The name of a file as it was sent, without folders and signs that no name needs; never empty."""
    plain = unicodedata.normalize("NFC", sent).replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in plain if unicodedata.category(letter)[0] != "C")
    name = re.sub(r"\s+", " ", kept).strip(" .") or str(_("File"))
    stem, dot, ending = name.rpartition(".")
    return name if len(name) <= NAME_SIZE else f"{(stem or name)[: NAME_SIZE - 12]}{dot}{ending[:11]}"


def ending_of(name: str) -> str:
    """The ending of a name, in small letters."""
    return name.rpartition(".")[2].casefold() if "." in name else ""


def type_of(name: str, begins: bytes, said: str = "") -> str:
    """The type of a file by its ending. Raises UserError on a program, and where content or browser say otherwise."""
    ending = ending_of(name)
    if ending in PROGRAMS:
        raise UserError(_("Programs cannot be attached (.%(ending)s).", ending=ending))
    kind, beginnings = TYPES.get(ending, (UNKNOWN, ()))
    is_other = bool(beginnings) and not begins.startswith(beginnings)
    if is_other or (said.startswith(PICTURE) and ending and not kind.startswith(PICTURE)):
        raise UserError(_("Its content is not what its name says (.%(ending)s).", ending=ending))
    return kind


def served_as(kind: str) -> str:
    """The type under which a kept file is sent: nothing that a browser would run."""
    return kind if kind in {known for known, _beginnings in TYPES.values()} else UNKNOWN
