"""Fields that hold a file, in the generic form: chosen, kept through a mistake, replaced, taken away, never forged."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from core.files.store import FileStore
from core.loader import discover
from core.web.dispatcher import Sites
from tests.copies import Copies
from tests.core.workshop import workshop
from tests.web import kit
from tests.web.markup import Element, typed

PAPER = """\
from core import *

addon = Addon("paper", version="1.0", label="Paper")

class Deed(Model, name="paper.deed", label="Deed", plural="Deeds", access={"base.user": "rwcd"}):
    title = Char(required=True, label="Title")
    scan = File(label="Scan")
    proof = File(required=True, label="Proof")

@hookimpl
def models():
    return [Deed]

@hookimpl
def views():
    return [View("paper.deed.form", Deed, form(Group("main", "title", "scan", "proof", label="Deed")))]
"""
DEED, NEW = "paper.deed", "/app/paper.deed/new"
ONE, TWO, THREE = b"%PDF-1.7 satu", b"%PDF-1.7 dua", b"tiga"


@contextmanager
def catalogue(folder: Path) -> Iterator[Any]:
    """What is found with an addon that has such fields."""
    with workshop(folder) as shop:
        shop.write({"paper": PAPER})
        yield discover([str(shop.folder)], entry_points=kit.ADDONS)


@pytest.fixture(scope="session")
def papers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str
) -> Iterator[Copies]:
    """Bare databases where the addon is installed."""

    def fill(url: str, _content: str) -> None:
        with catalogue(tmp_path_factory.mktemp("paper")) as found:
            kit.fill(url, found, ["crm", "paper"], demo=False)

    folder = tmp_path_factory.mktemp("papers")
    made = Copies(folder, f"{worker}_paper", lambda: request.getfixturevalue("postgres"), fill)
    yield made
    made.drop()


@pytest.fixture
def paper(kind: str, papers: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[kit.Served]:
    monkeypatch.setenv("LUMBUNG_DATA", str(tmp_path))
    with papers.copy(kind) as url, catalogue(tmp_path) as found:
        dispatcher = kit.dispatcher({"*": url}, Sites(found, kit.SECRET))
        try:
            yield kit.Served(url, dispatcher)
        finally:
            dispatcher.close()


def form_of(answer: kit.Answer) -> Element:
    return kit.form_in(answer.main)


def send(
    visitor: kit.Visitor, shown: kit.Answer, changes: Any = (), **files: tuple[str, bytes]
) -> kit.Answer:
    """Sends the form of a page as a browser does: with files it is in parts."""
    form, data = form_of(shown), MultiDict[str, Any]()
    assert form["enctype"] == "multipart/form-data"
    for name, values in {**typed(form), **{name: [value] for name, value in dict(changes).items()}}.items():
        data.setlist(name, values)
    for name, (file, content) in files.items():
        data.add(name, (io.BytesIO(content), file))
    return visitor.post(form["action"], data, content_type="multipart/form-data")


def kept(answer: kit.Answer, name: str) -> tuple[str, list[str]]:
    """What is chosen of what may stand in a field, and all of that; of none there is no list."""
    found = form_of(answer).all("select", name=name)
    options = found[0].all("option") if found else []
    chosen = [option.text for option in options if option.get("selected") is not None]
    return "".join(chosen), [option.text for option in options]


def made(visitor: kit.Visitor, served: kit.Served, **files: tuple[str, bytes]) -> str:
    """A deed with a proof; its address."""
    answer = send(visitor, visitor.get(NEW), {"title": "Akta"}, proof=("bukti.pdf", TWO), **files)
    assert answer.status_code == 303, answer.text[:2000]
    return f"/app/{DEED}/{served.first(DEED)}"


def test_files_are_chosen_shown_and_sent(paper: kit.Served) -> None:
    visitor = paper.sign_in("made")
    path = made(visitor, paper, scan=("pindaian.pdf", ONE))
    links = {a.text: a["href"] for a in visitor.get(path).main.all("a") if a.get("download") is not None}
    assert {name: visitor.get(href).data for name, href in links.items()} == {
        "pindaian.pdf": ONE,
        "bukti.pdf": TWO,
    }


def test_a_mistake_elsewhere_loses_no_file(paper: kit.Served) -> None:
    """It is sent once: the form that is drawn again names it."""
    visitor = paper.sign_in("made")
    answer = send(visitor, visitor.get(NEW), {"title": ""}, proof=("bukti.pdf", TWO))
    assert answer.status_code == 422 and kept(answer, "proof")[0] == "bukti.pdf (12 B)"
    assert kept(answer, "scan") == ("", [])
    assert send(visitor, answer, {"title": "Akta"}).status_code == 303
    assert visitor.get(f"/app/{DEED}/{paper.first(DEED)}/file/proof").data == TWO


def test_one_is_taken_away_and_another_replaced(paper: kit.Served) -> None:
    visitor = paper.sign_in("made")
    path = made(visitor, paper, scan=("pindaian.pdf", ONE))
    shown = visitor.get(f"{path}/edit")
    assert kept(shown, "scan") == ("pindaian.pdf (13 B)", ["pindaian.pdf (13 B)", "Tidak ada berkas"])
    assert kept(shown, "proof") == ("bukti.pdf (12 B)", ["bukti.pdf (12 B)"])
    assert send(visitor, shown, {"scan": ""}, proof=("baru.txt", THREE)).status_code == 303
    key = paper.first(DEED)
    assert paper.value(DEED, key, "scan") is None and paper.value(DEED, key, "proof")["name"] == "baru.txt"
    assert visitor.get(f"{path}/file/proof").data == THREE
    told = visitor.get(f"{path}/history").main.text
    assert "bukti.pdf" in told and "baru.txt" in told and "pindaian.pdf" in told


def test_what_was_not_touched_is_left_alone(paper: kit.Served) -> None:
    visitor = paper.sign_in("made")
    path = made(visitor, paper, scan=("pindaian.pdf", ONE))
    before = paper.value(DEED, paper.first(DEED), "scan")
    assert send(visitor, visitor.get(f"{path}/edit"), {"title": "Akta lain"}).status_code == 303
    assert paper.value(DEED, paper.first(DEED), "scan") == before


@pytest.mark.parametrize(("size", "told"), [(0, "Isinya kosong."), (1_001, "Ukurannya lebih dari 0 MB.")])
def test_what_is_not_taken_is_said_beside_the_field(
    paper: kit.Served, monkeypatch: pytest.MonkeyPatch, size: int, told: str
) -> None:
    monkeypatch.setattr(FileStore.put, "__defaults__", (1_000,))
    file = ("berkas.bin", b"x" * size)
    visitor = paper.sign_in("made")
    answer = send(visitor, visitor.get(NEW), {"title": "Akta"}, scan=file, proof=("bukti.pdf", TWO))
    assert answer.status_code == 422 and answer.main.one("p", id="f-scan-e").text == told
    assert kept(answer, "proof")[0] == "bukti.pdf (12 B)"


def test_a_required_one_is_asked_for(paper: kit.Served) -> None:
    visitor = paper.sign_in("made")
    answer = send(visitor, visitor.get(NEW), {"title": "Akta"})
    assert answer.status_code == 422 and answer.main.one("p", id="f-proof-e").text == "Proof wajib diisi."


@pytest.mark.parametrize("forged", ["x", "another's"])
def test_nobody_gets_at_a_file_by_what_another_was_shown(paper: kit.Served, forged: str) -> None:
    """What a form says of a file is good for the user whom it was drawn for."""
    boss = paper.sign_in("made")
    path = made(boss, paper)
    token = typed(form_of(boss.get(f"{path}/edit")))["proof"][0]
    with paper.env() as env:
        role = env["base.role"]
        user = {
            "name": "Tamu",
            "email": f"tamu@{kit.DOMAIN}",
            "roles": env.scalars(sa.select(role)).all(),
        }
        env.create(env["base.user"], [user])
    guest = paper.sign_in("tamu")
    answer = send(guest, guest.get(NEW), {"title": "Curi", "proof": token if forged != "x" else "x"})
    assert answer.status_code == 422
    assert answer.main.one("p", id="f-proof-e").text == "Pilih berkasnya sekali lagi."
    assert "bukti" not in answer.main.text and paper.count(DEED) == 1


def test_a_file_outlives_a_conflict(paper: kit.Served) -> None:
    visitor = paper.sign_in("made")
    path = made(visitor, paper)
    shown = visitor.get(f"{path}/edit")
    paper.change(DEED, paper.first(DEED), title="Akta orang lain")
    answer = send(visitor, shown, {"title": "Akta saya"}, scan=("pindaian.pdf", ONE))
    assert answer.status_code == 409 and "pindaian.pdf" in answer.main.text
    form = answer.main.one("form", method="post")
    mine = form.all("input", type="radio", name="title")[0]["value"]
    assert visitor.post(form["action"], {**typed(form), "title": mine}).status_code == 303
    assert visitor.get(f"{path}/file/scan").data == ONE
