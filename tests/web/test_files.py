"""Files of records: attached by a plain form, kept whole, sent to whoever may read the record, and to nobody else."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from core.files import pictures
from core.files import store as files
from core.files.store import FileStore, store_of
from core.files.types import name_of, type_of
from tests.web import kit
from tests.web.conftest import Statements, on_sqlite
from tests.web.test_actions import notes, said, toast, undo
from tests.web.test_bulk_edit import fill
from tests.web.test_query_budget import asked

LEADS, FILES = "/app/crm.lead", "base.attachment"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 100
PDF = b"%PDF-1.7 brosur"


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LUMBUNG_DATA", str(tmp_path))
    yield tmp_path


def attach(
    visitor: kit.Visitor, key: int, *sent: tuple[str, bytes, str], model: str = "crm.lead", **options: Any
) -> kit.Answer:
    """Chooses files on the page of a record and sends them."""
    path = f"/app/{model}/{key}"
    data: MultiDict[str, Any] = MultiDict({"csrf_token": visitor.token(path)})
    for name, content, kind in sent:
        data.add("file", (io.BytesIO(content), name, kind))
    return visitor.post(f"{path}/files", data, content_type="multipart/form-data", **options)


def listed(visitor: kit.Visitor, key: int) -> list[str]:
    """The names of the files on the page of a lead."""
    section = visitor.get(f"{LEADS}/{key}").main.one("section", id="files")
    return [link.text for link in section.all("a") if link.get("download") is not None]


def test_files_of_a_lead_are_told_on_its_deal_and_lie_where_they_were(served: kit.Served) -> None:
    """Access goes by the record that they lie on: who does not see the lead sees the deal without them."""
    [key], dewi, bima = fill(served, 1), served.sign_in("dewi", lang="en"), served.sign_in("bima")
    attach(dewi, key, ("denah.png", PNG, "image/png"))
    path = path_of(served, name="denah.png")
    with served.env() as env:
        lead, user = (
            kit.record(env, "crm.lead", key),
            served.first("base.user", email="bima@griyasentosa.example"),
        )
        team = kit.record(env, "base.user", user).teams[0]
        row = {"title": "Rumah", "lead": lead, "owner_id": user, "team": team}
        [deal] = env.create(env["crm.deal"], [row])
        env.flush()
        number = deal.id
    attach(dewi, number, ("brosur.pdf", PDF, "application/pdf"), model="crm.deal")
    for address in (f"/app/crm.deal/{number}", f"/app/crm.deal/{number}/files"):
        told = dewi.get(address).main.one("ul", class_="files").all("li")
        assert [item.all("a")[0].text for item in told] == ["brosur.pdf", "denah.png"]
        [home] = [link for link in told[1].all("a") if link["href"] == f"{LEADS}/{key}#files"]
        assert home.text == "Massal 0" and "Lead Massal 0" in told[1].text and "Lead" not in told[0].text
        [mine] = bima.get(address).main.one("ul", class_="files").all("li")
        assert mine.all("a")[0].text == "brosur.pdf"
    assert dewi.get(path).data == PNG
    assert bima.get(path).status_code == 404
    assert listed(dewi, key) == ["denah.png"], "the deal's own are not the lead's"


def path_of(served: kit.Served, **values: Any) -> str:
    return f"/app/{FILES}/{served.first(FILES, **values)}/file/file"


# ----------------------------------------------------------------- attaching and reading
@pytest.mark.parametrize("lang", ["id", "en"])
def test_files_are_attached_read_and_taken_back(served: kit.Served, lang: str) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu", lang=lang)
    answer = attach(ayu, key, ("foto rumah.png", PNG, "image/png"), ("Brosur.PDF", PDF, "application/pdf"))
    assert answer.headers["Location"] == f"{LEADS}/{key}#files"
    shown = said(ayu, answer)
    assert {"id": "Terlampir", "en": "Attached"}[lang] in toast(shown)
    assert listed(ayu, key) == ["Brosur.PDF", "foto rumah.png"]
    got = ayu.get(path_of(served, name="foto rumah.png"))
    assert got.data == PNG and got.mimetype == "image/png"
    assert (
        got.headers["Content-Disposition"].startswith("attachment")
        and "foto rumah.png" in got.headers["Content-Disposition"]
    )
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    picture = ayu.get(f"{path_of(served, name='foto rumah.png')}?view=1")
    assert picture.headers["Content-Disposition"].startswith("inline")
    pdf = ayu.get(f"{path_of(served, name='Brosur.PDF')}?view=1")
    assert pdf.headers["Content-Disposition"].startswith("attachment")
    undo(ayu, shown)
    assert listed(ayu, key) == [] and served.count(FILES) == 0


def test_the_same_name_is_the_next_edition_with_its_tags(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu", lang="en")
    attach(ayu, key, ("harga.txt", b"satu", "text/plain"))
    first = served.first(FILES)
    with served.env() as env:
        tag = env.create(env["base.tag"], [{"name": "Resmi"}])[0]
        kit.record(env, FILES, first).tags = [tag]
    rizky = served.sign_in("dewi", lang="en")
    shown = said(rizky, attach(rizky, key, ("harga.txt", b"dua", "text/plain")))
    assert listed(ayu, key) == ["harga.txt"]
    second = served.first(FILES, edition=2)
    assert served.value(FILES, second, "previous") == first and served.value(FILES, first, "archived")
    assert served.value(FILES, second, "tags") == served.value(FILES, first, "tags") != []
    assert ayu.get(f"/app/{FILES}/{first}/file/file").data == b"satu"
    assert ayu.get(f"/app/{FILES}/{second}/file/file").data == b"dua"
    assert "edition 2" in ayu.get(f"{LEADS}/{key}").main.one("section", id="files").text
    undo(rizky, shown)
    assert served.value(FILES, first, "archived") is False and served.count(FILES) == 1


def test_a_form_that_is_sent_twice_attaches_once(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu", lang="en")
    sent = [("harga.txt", b"satu", "text/plain"), ("denah.png", PNG, "image/png")]
    attach(ayu, key, *sent)
    again = said(ayu, attach(ayu, key, *sent))
    assert served.count(FILES) == 2 and listed(ayu, key) == ["denah.png", "harga.txt"]
    assert "same content: harga.txt, denah.png" in toast(again) and "Attached:" not in toast(again)
    mixed = said(ayu, attach(ayu, key, sent[1], ("harga.txt", b"dua", "text/plain")))
    assert (
        served.count(FILES) == 3
        and served.value(FILES, served.first(FILES, edition=2), "name") == "harga.txt"
    )
    assert "Attached: harga.txt." in toast(mixed) and "same content: denah.png" in mixed.main.text


def test_many_files_come_page_by_page(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu", lang="en")
    names = [f"Denah lantai {n:03} rumah contoh.png" for n in range(80)]
    for begin in range(0, 80, 20):
        attach(ayu, key, *((name, PNG, "image/png") for name in names[begin : begin + 20]))
    found, path = [], f"{LEADS}/{key}/files"
    for size in (60, 20):
        page = ayu.get(path)
        shown = [link.text for link in page.main.all("a") if link.get("download") is not None]
        assert len(shown) == size and len(page.data) < 100 * 1024
        found += shown
        further = [link["href"] for link in page.main.all("a") if link.text == "Show older ones"]
        path = further[0] if further else ""
    assert (sorted(found), path) == (names, "")
    assert ayu.get(f"{LEADS}/{key}/files?before=x").status_code == 400


def test_the_data_folder_may_be_named_from_where_one_stands(
    served: kit.Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `data` is, where nobody says another: what is sent is read by its place on the disk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUMBUNG_DATA", "data")
    [key], dewi = fill(served, 1), served.sign_in("dewi")
    attach(dewi, key, ("denah.png", PNG, "image/png"))
    path = path_of(served, name="denah.png")
    monkeypatch.chdir("/")
    for address in (path, f"{path}?view=1"):
        assert dewi.get(address).data == PNG
    assert [file for file in (tmp_path / "data").rglob("*") if file.is_file()]


def test_equal_content_lies_there_once(served: kit.Served, _data: Path) -> None:
    keys, ayu = fill(served, 2), served.sign_in("ayu")
    for key in keys:
        attach(ayu, key, (f"{key}.png", PNG, "image/png"))
    kept = [path for path in _data.rglob("*") if path.is_file() and path.name != "lock"]
    assert [path.name for path in kept] == [hashlib.sha256(PNG).hexdigest()]
    assert served.count(FILES) == 2


def test_a_file_is_found_by_its_name(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    attach(ayu, key, ("Denah Zamrud.png", PNG, "image/png"))
    for path in ("/search?q=denah", f"/app/{FILES}?q=denah+zamrud"):
        assert "Denah Zamrud.png" in ayu.get(path).main.text, path
        assert "Denah Zamrud.png" not in served.sign_in("bima").get(path).main.text, path


# ----------------------------------------------------------------- who may
def test_a_seller_of_another_team_has_no_door(served: kit.Served) -> None:
    [key], ayu, bima = fill(served, 1), served.sign_in("ayu"), served.sign_in("bima")
    attach(ayu, key, ("rahasia.png", PNG, "image/png"))
    number = served.first(FILES)
    for path in (f"/app/{FILES}/{number}/file/file", f"/app/{FILES}/{number}", f"{LEADS}/{key}/files",
                 f"/app/{FILES}/{number}/edit"):  # fmt: skip
        assert bima.get(path).status_code == 404, path
        assert served.visitor().get(path).status_code == 302, path
    token = bima.token(LEADS)
    data = {"csrf_token": token, "file": (io.BytesIO(PNG), "x.png", "image/png")}
    assert bima.post(f"{LEADS}/{key}/files", data, content_type="multipart/form-data").status_code == 404
    assert "rahasia" not in bima.get(f"/app/{FILES}").main.text


def test_who_may_only_read_a_record_reads_its_files(served: kit.Served) -> None:
    [key], ayu, rizky = fill(served, 1), served.sign_in("ayu"), served.sign_in("rizky")
    attach(ayu, key, ("umum.png", PNG, "image/png"))
    assert rizky.get(path_of(served)).data == PNG
    section = rizky.get(f"{LEADS}/{key}").main.one("section", id="files")
    assert not section.all("form")
    data = {"csrf_token": rizky.token(LEADS), "file": (io.BytesIO(PNG), "x.png", "image/png")}
    assert rizky.post(f"{LEADS}/{key}/files", data, content_type="multipart/form-data").status_code == 403


def test_only_fields_that_are_files_are_sent(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    attach(ayu, key, ("a.png", PNG, "image/png"))
    number = served.first(FILES)
    for name in ("name", "nope", "id", "tags"):
        assert ayu.get(f"/app/{FILES}/{number}/file/{name}").status_code == 404, name
    assert ayu.get(f"/app/{FILES}/987654/file/file").status_code == 404
    assert ayu.get("/app/base.tag/1/files").status_code == 404, "nobody works together on a tag"


def test_a_name_and_tags_are_changed_and_the_content_is_not(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    attach(ayu, key, ("a.png", PNG, "image/png"))
    number = served.first(FILES)
    assert ayu.fill(f"/app/{FILES}/{number}/edit", {"name": "b.png"}).status_code == 303
    assert served.value(FILES, number, "file")["name"] == "a.png"
    assert listed(ayu, key) == ["b.png"]
    assert f"/app/{FILES}/new" not in [link["href"] for link in ayu.get(f"/app/{FILES}").main.all("a")]
    assert ayu.get(f"/app/{FILES}/new").status_code == 403


# ----------------------------------------------------------------- bad input
@on_sqlite
@pytest.mark.parametrize(
    ("name", "content", "said_type", "why"),
    [
        ("kosong.txt", b"", "text/plain", "empty"),
        ("forged.png", b"<html>", "image/png", "not what its name says"),
        ("forged.pdf", PNG, "application/pdf", "not what its name says"),
        ("x.html", b"<script>alert(1)</script>", "image/png", "not what its name says"),
        ("bomb.docx", b"\x89PNG\r\n\x1a\n", "", "not what its name says"),
        ("a.pHp", b"<?php", "", "Programs"),
        ("a.PHAR", b"x", "", "Programs"),
        ("setup.exe", b"MZ", "", "Programs"),
    ],
)
def test_what_is_not_taken_is_said_beside_the_input(
    served: kit.Served, name: str, content: bytes, said_type: str, why: str
) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu", lang="en")
    answer = attach(ayu, key, (name, content, said_type))
    assert answer.status_code == 422
    field = answer.main.one("input", id="attach")
    assert field.get("aria-invalid") == "true" and "attach-e" in field["aria-describedby"]
    told = answer.main.one("div", id="attach-e").text
    assert why in told and name in told
    assert served.count(FILES) == 0


def test_nothing_chosen_is_said(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu", lang="en")
    assert "Choose a file" in attach(ayu, key, ("", b"", "")).main.one("div", id="attach-e").text


def test_what_is_too_large_is_left_out_and_the_rest_is_attached(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch, _data: Path
) -> None:
    monkeypatch.setattr(files.FileStore.put, "__defaults__", (1_000,))
    [key], ayu = fill(served, 1), served.sign_in("ayu", lang="en")
    large = ("besar.txt", b"x" * 1_001, "text/plain")
    assert "besar.txt was not attached" in attach(ayu, key, large).main.one("div", id="attach-e").text
    shown = said(ayu, attach(ayu, key, large, ("kecil.png", PNG, "image/png")))
    assert listed(ayu, key) == ["kecil.png"]
    assert any("besar.txt" in note for note in notes(shown))
    assert not list(_data.rglob("new/*")), "what was begun is taken away"


def test_a_flood_is_refused_before_it_is_read(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    token = ayu.token(f"{LEADS}/{key}")
    path, kind = f"{LEADS}/{key}/files", "multipart/form-data; boundary=x"
    huge = {"CONTENT_LENGTH": str(2 * 1024**3)}
    assert ayu.post(path, b"--x", content_type=kind, environ_overrides=huge).status_code == 413
    data = {"csrf_token": token, "extra": "1", "file": (io.BytesIO(PNG), "a.png", "image/png")}
    assert ayu.post(path, data, content_type="multipart/form-data").status_code == 400


@on_sqlite
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Windows\\x.txt", "C:Windowsx.txt"),
        ("..", "Berkas"),
        ("a\u202egnp.txt", "agnp.txt"),
        ("x" * 300 + ".txt", "x" * 168 + ".txt"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        (".htaccess", "htaccess"),
    ],
)
def test_names_are_names_and_no_places(served: kit.Served, _data: Path, sent: str, kept: str) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    answer = attach(ayu, key, (sent, b"isi", "text/plain"))
    assert answer.status_code == 303, answer.text[:600]
    assert served.value(FILES, served.first(FILES), "name") == kept
    assert listed(ayu, key) == [kept]
    assert ayu.get(path_of(served)).data == b"isi"
    assert all(_data in path.resolve().parents for path in _data.rglob("*"))


@on_sqlite
@pytest.mark.parametrize("name", ["x.svg", "x.html", "x.xhtml", "x.js", "x.xml", "noending"])
def test_what_a_browser_would_run_is_only_downloaded(served: kit.Served, name: str) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    attach(ayu, key, (name, b"<svg onload=alert(1)>", ""))
    answer = ayu.get(f"{path_of(served)}?view=1")
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_script_is_told_where_to_go_and_what_is_wrong(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu", lang="en")
    by_script = {"headers": {"X-Upload": "1"}}
    wrong = attach(ayu, key, ("a.exe", b"MZ", ""), **by_script)
    assert wrong.status_code == 422 and wrong.json is not None and "Programs" in wrong.json["errors"][0]
    done = attach(ayu, key, ("a.png", PNG, "image/png"), **by_script)
    assert done.json == {"href": f"{LEADS}/{key}#files"}
    assert "Attached" in toast(ayu.get(f"{LEADS}/{key}")), "it is said on the page that follows"


# ----------------------------------------------------------------- the store
def test_a_kill_between_store_and_commit_loses_nothing(served: kit.Served) -> None:
    """What is named is there; what was kept and never named, or is half written, is in nobody's way."""
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    store = store_of(served.database)
    store.put(io.BytesIO(PNG))
    (store.folder / "new" / "half").write_bytes(b"x")
    attach(ayu, key, ("ada.png", PNG, "image/png"))
    assert ayu.get(path_of(served)).data == PNG


def test_only_digests_are_places(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "store")
    (tmp_path / "secret").write_text("x")
    for digest in ("../secret", "", "/etc/passwd", "A" * 64, "0" * 63):
        with pytest.raises(LookupError):
            store.path(digest)


def test_what_is_gone_from_the_disk_is_not_found(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    attach(ayu, key, ("ada.png", PNG, "image/png"))
    store_of(served.database).path(hashlib.sha256(PNG).hexdigest()).unlink()
    assert ayu.get(path_of(served)).status_code == 404
    assert listed(ayu, key) == ["ada.png"]


def test_many_files_cost_no_more_statements_than_one(served: kit.Served, statements: Statements) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    taken = []
    for number in (1, 8):
        attach(ayu, key, *((f"{number}-{n}.png", PNG, "image/png") for n in range(number)))
        ayu.get(f"{LEADS}/{key}")
        statements.clear()
        assert len(listed(ayu, key)) >= number
        taken.append(len(asked(statements)))
    assert taken[1] <= taken[0] + 1, taken


def test_a_name_loses_its_folders() -> None:
    for sent in ("C:\\Windows\\x.txt", "../x.txt", "/a/b/x.txt", "a\0/x.txt", "x\0.txt", " x.txt. "):
        assert name_of(sent) == "x.txt", sent


# ----------------------------------------------------------------- pictures, small
def png(width: int, height: int, more: bytes = b"") -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
        + struct.pack(">II", width, height)
        + b"\x08\2\0\0\0"
        + more
        + b"IDAT"
    )


def gif(frames: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", 300, 200) + b"\0\0\0" + b"\x21\xf9\x04\0\0\0\0\0," * frames


def jpeg(width: int, height: int) -> bytes:
    return b"\xff\xd8\xff\xe0\0\x04ab\xff\xc4\0\2\xff\xc2\0\x0b\x08" + struct.pack(">HH", height, width)


def webp(kind: bytes, rest: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + b"\0\0\0\0" + rest


def extended(flags: int, width: int, height: int) -> bytes:
    sizes = b"".join((size - 1).to_bytes(3, "little") for size in (width, height))
    return webp(b"VP8X", bytes([flags, 0, 0, 0]) + sizes)


@pytest.mark.parametrize(
    ("name", "content", "is_small"),
    [
        ("a.png", png(800, 600), True),
        ("a.png", png(30_000, 30_000), False),
        ("a.png", png(800, 600) + b"x" * 200_000, False),
        ("a.png", png(800, 600, b"acTL"), False),
        ("a.png", png(0, 600), False),
        ("a.png", b"\x89PNG\r\n\x1a\n", False),
        ("a.gif", gif(1), True),
        ("a.gif", gif(2), False),
        ("a.gif", b"GIF89a", False),
        ("a.jpg", jpeg(800, 600), True),
        ("a.jpg", jpeg(60_000, 60_000), False),
        ("a.jpg", b"\xff\xd8\xff\xe0", False),
        ("a.jpg", b"\xff\xd8\xff\xe0\0\0" * 9, False),
        ("a.webp", extended(0, 800, 600), True),
        ("a.webp", extended(2, 800, 600), False),
        ("a.webp", extended(0, 16_000_000, 9), False),
        ("a.webp", webp(b"VP8L", b"\x2f" + struct.pack("<I", 799 | 599 << 14)), True),
        ("a.webp", webp(b"VP8L", b"\x2f" + struct.pack("<I", 0x3FFF | 0x3FFF << 14)), False),
        ("a.webp", webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 800, 600)), True),
        ("a.webp", b"RIFF\0\0\0\0WAVE", False),
        ("a.pdf", PDF, False),
    ],
)
def test_only_a_small_still_picture_is_drawn_as_it_is(
    tmp_path: Path, name: str, content: bytes, is_small: bool
) -> None:
    """One of few bytes may have so many points that nobody's browser can draw it."""
    place = tmp_path / "content"
    place.write_bytes(content)
    kind = type_of(name, content[:16])
    assert pictures.is_small(place, kind, len(content)) is is_small


def test_a_picture_that_could_not_be_read_once_is_read_again(tmp_path: Path) -> None:
    place = tmp_path / "content"
    assert not pictures.is_small(place, "image/png", 100)
    place.write_bytes(png(800, 600))
    assert pictures.is_small(place, "image/png", 100)


def test_pictures_stand_small_in_the_panel_for_who_may_read_them(served: kit.Served) -> None:
    [key], ayu = fill(served, 1), served.sign_in("ayu")
    attach(ayu, key, ("foto.png", png(800, 600), "image/png"), ("besar.png", png(9_000, 9_000), "image/png"),
           ("Brosur.pdf", PDF, "application/pdf"))  # fmt: skip
    for address in (f"{LEADS}/{key}", f"{LEADS}/{key}/files"):
        [picture] = ayu.get(address).main.one("ul", class_="files").all("img")
        assert (picture["src"], picture["alt"], picture["loading"]) == (
            f"{path_of(served, name='foto.png')}?view=1",
            "",
            "lazy",
        )
        assert picture["width"] == picture["height"] == "40"
    assert ayu.get(picture["src"]).mimetype == "image/png"
    assert served.sign_in("nadia").get(picture["src"]).status_code == 404
