"""Notes on a record: written, changed and deleted on its page, by whoever may read the record."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.web import kit
from tests.web.test_form_closed import dismiss

pytestmark = pytest.mark.usefixtures("nothing_yet")
LEAD = "/app/crm.lead"
HOSTILE = '<script>alert(1)</script> <img src=x onerror="alert(1)"> javascript:alert(1) [a](data:text/html,x) {{ 7*7 }}'


def lead_of(served: kit.Served, person: str) -> int:
    """The key of a lead that a person owns."""
    return served.first("crm.lead", owner_id=served.first("base.user", email=f"{person}@{kit.DOMAIN}"))


def note(visitor: kit.Visitor, path: str, body: str) -> kit.Answer:
    return visitor.fill(path, {"body": body}, action=f"{path}/notes")


def panel(answer: kit.Answer) -> kit.Element:
    return next(part for part in answer.main.all("section") if part.get("id") == "thread")


def undo_of(answer: kit.Answer) -> str:
    """Where the button of the message leads that takes back what was done."""
    return next(form["action"] for form in answer.page.all("form") if "/undo/" in form["action"])


@pytest.mark.parametrize("model", ["crm.lead", "base.partner"])
def test_a_note_stands_on_the_record_with_its_author(served: kit.Served, model: str) -> None:
    key = lead_of(served, "ayu") if model == "crm.lead" else served.first(model)
    ayu, path = served.sign_in("ayu"), f"/app/{model}/{key}"
    answer = note(ayu, path, "Minta ditelepon sore.\nLihat https://contoh.example/denah?a=1&b=2.")
    assert answer.status_code == 303
    shown = panel(ayu.get(answer.headers["Location"]))
    entry = next(item for item in shown.all("li") if "Minta ditelepon sore." in item.text)
    assert "Ayu Lestari" in entry.text and "mencatat" in entry.text
    assert [a["href"] for a in entry.all("a") if a.get("rel")] == ["https://contoh.example/denah?a=1&b=2"]
    assert "Minta ditelepon sore." in panel(served.sign_in("dewi").get(path)).text


@pytest.mark.parametrize("body", [HOSTILE, "x" * 600, "  🙂 مرحبا \u202e"])
def test_whatever_is_written_is_plain_text(served: kit.Served, body: str) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    assert note(ayu, path, body).status_code == 303
    shown = panel(ayu.get(path))
    quote = shown.all("blockquote")[0]
    assert quote.text.strip() == body.strip()
    assert not quote.all("script") and not quote.all("img") and not quote.all("a")


WHOLE = "Baca selengkapnya"


@pytest.mark.parametrize("body", ["x" * 10_000, "kata " * 200, f"{HOSTILE}\n" * 20, "baris\n" * 500])
def test_of_a_long_note_the_beginning_is_shown_and_the_whole_is_a_link_away(
    served: kit.Served, body: str
) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    assert note(ayu, path, f"@Rizky {body}").status_code == 303
    pages = (ayu, path), (ayu, f"{path}/timeline"), (served.sign_in("rizky"), "/notifications"), (
        served.sign_in("rizky"), "/"
    )  # fmt: skip
    for visitor, page in pages:
        shown = visitor.get(page).main
        quote = next(part for part in shown.all("blockquote") if "@Rizky" in part.text)
        assert quote.text.endswith("…") and 400 < len(quote.text) <= 601, page
        assert not quote.all("script") and not quote.all("img") and not quote.all("a")
        [href] = {link["href"] for link in shown.all("a") if WHOLE in link.text}
        whole = visitor.get(href).main.text
        assert "".join(body.split()) in "".join(whole.split()), page


def test_an_address_that_was_cut_is_no_link(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    note(ayu, path, f"{'a' * 560} https://contoh.example/1 https://contoh.example/{'b' * 100}")
    links = panel(ayu.get(path)).all("blockquote")[0].all("a")
    assert [link["href"] for link in links] == ["https://contoh.example/1"]


@pytest.mark.parametrize("letter", ["x", "&", "é", "\n", "🙂"])
def test_pages_with_many_long_notes_stay_below_100_kb(served: kit.Served, letter: str) -> None:
    key, ayu = lead_of(served, "ayu"), served.first("base.user", name="Ayu Lestari")
    place = {"model": "crm.lead", "record_id": key}
    row = {**place, "owner_id": served.first("base.user", name="Dewi Kartika")}
    with served.env() as env:
        made = env.create(env["base.message"], [{**row, "body": f"ujung{letter * 99_990}ujung"}] * 30)
        env.flush()
        told = {**place, "owner_id": ayu, "kind": "mention"}
        env.create(env["base.notification"], [{**told, "message_id": one.id} for one in made])
        done = {
            **row,
            "due": env.now(),
            "state": "done",
            "done_at": env.now(),
            "result": letter * 99_990 + ".",
        }
        env.create(env["base.activity"], [{**done, "title": "Telepon"}] * 15)
    visitor = served.sign_in("ayu")
    for page in (f"{LEAD}/{key}", f"{LEAD}/{key}/timeline", "/notifications", "/"):
        answer = visitor.get(page)
        assert WHOLE in answer.main.text and len(answer.data) < 100 * 1024, (page, len(answer.data))


@pytest.mark.parametrize(("body", "told"), [("", "Catatan wajib diisi."), ("   \n ", "Tulis sesuatu dulu.")])
def test_nothing_is_no_note(served: kit.Served, body: str, told: str) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    answer = note(ayu, path, body)
    assert answer.status_code == 422
    assert told in panel(answer).text
    assert served.count("base.message") == 0


def test_a_note_that_is_too_long_is_refused_and_kept(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    answer = note(ayu, path, "panjang " * 13_000)
    assert answer.status_code == 422
    assert panel(answer).one("textarea", name="body").text.count("panjang") == 13_000
    assert panel(answer).one("textarea", name="body").get("aria-invalid") == "true"


def test_a_note_that_is_sent_twice_is_one_and_told_once(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    shown, action = ayu.get(path), f"{path}/notes"
    first = ayu.send(shown, {"body": "@Rizky sekali saja"}, action=action)
    second = ayu.send(shown, {"body": "@Rizky sekali saja"}, action=action)
    assert (second.status_code, second.headers["Location"]) == (303, first.headers["Location"])
    assert served.count("base.message") == 1 and served.count("base.notification") == 1
    assert ayu.send(shown, {"body": "Ini lain"}, action=action).status_code == 303
    assert served.count("base.message") == 2, "another text is another note"
    assert note(ayu, path, "Ini lain").status_code == 303
    assert served.count("base.message") == 3, "and so is the same text in another form"


def test_a_note_that_was_deleted_and_is_sent_again_is_asked_for(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    shown, action = ayu.get(path), f"{path}/notes"
    ayu.send(shown, {"body": "Lagi"}, action=action)
    ayu.post(f"{path}/notes/{served.first('base.message')}/delete", {"csrf_token": ayu.token(path)})
    again = ayu.send(shown, {"body": "Lagi"}, action=action)
    assert again.status_code == 422 and served.count("base.message") == 0
    assert panel(again).one("textarea", name="body").text.strip() == "Lagi"
    assert ayu.send(again, {}, action=action).status_code == 303 and served.count("base.message") == 1


def test_the_author_changes_and_deletes_a_note_and_takes_it_back(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    note(ayu, path, "Salah ketik")
    key = served.first("base.message")
    shown = ayu.get(f"{path}?note={key}")
    answer = ayu.send(shown, {"body": "Sudah benar"}, action=f"{path}/notes/{key}")
    assert answer.status_code == 303
    text = panel(ayu.get(path)).text
    assert "Sudah benar" in text and "Salah ketik" not in text and "Diubah" in text
    stale = ayu.send(shown, {"body": "Dari jendela lama"}, action=f"{path}/notes/{key}")
    assert stale.status_code == 422
    entry = next(item for item in panel(stale).all("li") if item.all("textarea"))
    assert entry.one("textarea", name="body").text.strip() == "Dari jendela lama"
    assert entry.one("blockquote").text == "Sudah benar", "one is asked to look at both"
    token = ayu.token(path)
    ayu.post(f"{path}/notes/{key}/delete", {"csrf_token": token})
    after = ayu.get(path)
    assert "Sudah benar" not in panel(after).text
    ayu.post(undo_of(after), {"csrf_token": token, "next": path})
    assert "Sudah benar" in panel(ayu.get(path)).text


def older(served: kit.Served, path: str) -> int:
    """A note of Ayu that is older than all that the page of its record shows."""
    ayu = served.first("base.user", name="Ayu Lestari")
    row = {"model": "crm.lead", "record_id": int(path.rpartition("/")[2]), "owner_id": ayu}
    with served.env() as env:
        long_ago = env.now() - dt.timedelta(days=30)
        [made] = env.create(env["base.message"], [{**row, "body": "Yang lama", "created_at": long_ago}])
        env.create(env["base.message"], [{**row, "body": f"Nomor {number}"} for number in range(20)])
        env.flush()
        return int(made.id)


def test_a_note_that_is_older_than_what_is_shown_is_changed_above_it(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    key = older(served, path)
    action = f"{path}/notes/{key}"
    shown = ayu.get(f"{path}?note={key}")
    assert "Yang lama" in panel(shown).one("textarea", name="body").text
    refused = ayu.send(shown, {"body": "panjang " * 13_000}, action=action)
    assert refused.status_code == 422
    assert panel(refused).one("textarea", name="body").text.count("panjang") == 13_000
    assert ayu.send(refused, {"body": "Diperbaiki"}, action=action).status_code == 303
    assert served.value("base.message", key, "body") == "Diperbaiki"


def test_an_older_note_that_was_changed_survives_a_session_that_ended(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    key = older(served, path)
    shown = ayu.get(f"{path}?note={key}")
    ayu.client.delete_cookie("lumbung", domain="localhost")
    gate = ayu.send(shown, {"body": "Jangan hilang"}, action=f"{path}/notes/{key}")
    back = ayu.send(gate, {"email": f"ayu@{kit.DOMAIN}", "password": kit.PASSWORD})
    assert panel(back).one("textarea", name="body").text.strip() == "Jangan hilang"
    assert ayu.send(back, {}, action=f"{path}/notes/{key}").status_code == 303
    assert served.value("base.message", key, "body") == "Jangan hilang"


def test_nobody_else_changes_a_note(served: kit.Served) -> None:
    path = f"{LEAD}/{lead_of(served, 'ayu')}"
    note(served.sign_in("ayu"), path, "Milik Ayu")
    key, dewi = served.first("base.message"), served.sign_in("dewi")
    shown = dewi.get(path)
    assert not [a for a in panel(shown).all("a") if "note=" in a["href"]]
    data = {"csrf_token": dewi.token(path), "body": "Milik Dewi", "version": "1"}
    assert dewi.post(f"{path}/notes/{key}", data).status_code == 403
    assert dewi.post(f"{path}/notes/{key}/delete", {"csrf_token": data["csrf_token"]}).status_code == 403
    assert dewi.get(f"{path}?note={key}").status_code == 403
    other = f"{LEAD}/{served.first('crm.lead', owner_id=None)}"
    assert served.sign_in("ayu").get(f"{other}?note={key}").status_code == 404


def test_a_seller_of_another_team_meets_the_note_at_no_door(served: kit.Served) -> None:
    path = f"{LEAD}/{lead_of(served, 'ayu')}"
    note(served.sign_in("ayu"), path, "Rahasia tim rumah")
    key, other = served.first("base.message"), served.sign_in("nadia")
    assert other.get(path).status_code == 404
    token = other.token("/")
    data = {"csrf_token": token, "body": "Sisipan"}
    assert other.post(f"{path}/notes", data).status_code == 404
    assert other.post(f"{path}/notes/{key}", {**data, "version": "1"}).status_code == 404
    assert other.post(f"{path}/notes/{key}/delete", {"csrf_token": token}).status_code == 404
    for door in ("/app/base.message", "/app/base.message?format=csv", "/app/base.message?q=Rahasia"):
        assert "tim rumah" not in other.get(door).text, door
        assert "tim rumah" in served.sign_in("ayu").get(door).text, door
    for door in ("", "/edit", "/delete", "/history"):
        assert other.get(f"/app/base.message/{key}{door}").status_code == 404, door
    with served.env() as env:
        assert env.scalar(sa.select(sa.func.count(env["base.message"].id))) == 1


def test_a_note_goes_and_comes_back_with_its_record(served: kit.Served) -> None:
    path, dewi = f"{LEAD}/{served.first('crm.lead', state='working')}", served.sign_in("dewi")
    note(dewi, path, "Jangan hilang")
    key = served.first("base.message")
    dewi.fill(f"{path}/delete", action=f"{path}/delete")
    after = dewi.get(LEAD)
    assert dewi.get(f"/app/base.message/{key}").status_code == 404
    dewi.post(undo_of(after), {"csrf_token": dewi.token(LEAD), "next": LEAD})
    assert "Jangan hilang" in panel(dewi.get(path)).text


def test_a_note_on_what_has_none_is_no_address(shared: kit.Served) -> None:
    made = shared.sign_in("made")
    data = {"csrf_token": made.token("/"), "body": "Halo"}
    assert made.post("/app/base.team/1/notes", data).status_code == 404


def test_what_was_typed_is_there_to_be_copied_where_the_record_is_out_of_reach_after_the_session(
    served: kit.Served,
) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    shown = ayu.get(path)
    dismiss(served, "ayu", "base.user")
    gate = ayu.send(shown, {"body": "Jangan hilang"}, action=f"{path}/notes")
    back = ayu.send(gate, {"email": f"ayu@{kit.DOMAIN}", "password": kit.PASSWORD})
    assert back.main.one("textarea").text == "Jangan hilang"


def test_what_was_typed_survives_a_session_that_ended(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    shown = ayu.get(path)
    ayu.client.delete_cookie("lumbung", domain="localhost")
    gate = ayu.send(shown, {"body": "Jangan hilang"}, action=f"{path}/notes")
    back = ayu.send(gate, {"email": f"ayu@{kit.DOMAIN}", "password": kit.PASSWORD})
    assert "Jangan hilang" in back.text and served.count("base.message") == 0
