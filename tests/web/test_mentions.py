"""Mentions, followers and the bell: who is told of a note, and who is not."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import FieldError, Refusals, UserError
from tests.copies import POSTGRESQL, SQLITE
from tests.web import kit
from tests.web.conftest import Statements, on_sqlite
from tests.web.test_notes import LEAD, lead_of, note, panel, undo_of
from tests.web.test_query_budget import asked
from tests.web.test_undo import acting

pytestmark = pytest.mark.usefixtures("nothing_yet")
PAGE = "/notifications"


def bell(visitor: kit.Visitor, path: str = "/settings/profile") -> str:
    """What the bell on a page says; while something is unread it rings at the top of a phone too."""
    bells = [link["aria-label"] for link in visitor.get(path).page.all("a", href=PAGE)]
    assert len(bells) == (1 if bells[0] == "Notifikasi" else 2) and len(set(bells)) == 1, bells
    return bells[0]


def entries(visitor: kit.Visitor) -> list[str]:
    return [item.text for item in visitor.get(PAGE).main.all("li")]


def press(visitor: kit.Visitor, path: str, **data: str) -> kit.Answer:
    return visitor.post(path, {"csrf_token": visitor.token("/"), **data})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (SQLITE, "@Rizky tolong lanjutkan"),
        (SQLITE, "Tanya @rizky aditya, ya"),
        (SQLITE, "(@Rizky Aditya)"),
        (SQLITE, "@Ayu @Rizky @Siti"),
        pytest.param(POSTGRESQL, "@Ayu @Rizky @Siti", marks=pytest.mark.postgres),
    ],
    indirect=["kind"],
)
def test_who_is_mentioned_sees_the_bell_and_reads_the_note(served: kit.Served, body: str) -> None:
    path, rizky = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("rizky")
    assert bell(rizky) == "Notifikasi"
    assert note(served.sign_in("ayu"), path, body).status_code == 303
    assert bell(rizky) == "Notifikasi, 1 belum dibaca"
    [text] = entries(rizky)
    assert body in text and "Ayu Lestari" in text and "Menyebut Anda" in text
    key = served.first("base.notification", owner_id=served.first("base.user", name="Rizky Aditya"))
    opened = press(rizky, f"{PAGE}/{key}/open")
    assert opened.headers["Location"].startswith(f"{path}#base.message-")
    assert bell(rizky) == "Notifikasi"
    assert bell(served.sign_in("ayu")) == "Notifikasi", "nobody tells oneself"


@on_sqlite
@pytest.mark.parametrize("body", ["surel ayu@rizky.example", "@Nobody", "@", "@@Rizky", "x@Rizky"])
def test_what_is_no_mention_tells_nobody(served: kit.Served, body: str) -> None:
    assert note(served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}", body).status_code == 303
    assert served.count("base.notification") == 0


def test_who_may_not_see_the_record_is_told_nothing_and_that_is_said(served: kit.Served) -> None:
    path, ayu, nadia = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu"), served.sign_in("nadia")
    assert note(ayu, path, "@Nadia lihat ini").location == path, "where it is said"
    main = ayu.get(path).main
    assert "Tidak diberi tahu, karena tidak boleh melihat data ini: Nadia Putri." in main.text
    assert "@Nadia lihat ini" in main.text
    assert served.count("base.notification") == 0
    assert bell(nadia) == "Notifikasi" and entries(nadia) == []
    assert note(ayu, path, "@Rizky lihat ini").location.startswith(f"{path}#")


def test_a_name_of_two_is_asked_for(served: kit.Served) -> None:
    with served.env() as env:
        rizky = env.get(env["base.user"], served.first("base.user", name="Rizky Aditya"))
        row = {"name": "Rizky Maulana", "email": "rizky2@people.example", "roles": list(rizky.roles)}
        env.create(env["base.user"], [{**row, "teams": list(rizky.teams), "company": rizky.company}])
    path, ayu = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu")
    answer = note(ayu, path, "@Rizky tolong")
    assert answer.status_code == 422 and served.count("base.message") == 0
    assert panel(answer).one("textarea", name="body").text.strip() == "@Rizky tolong"
    options = {
        option.text: option["value"] for option in panel(answer).one("select", name="mention").all("option")
    }
    assert list(options) == ["Rizky Aditya", "Rizky Maulana"]
    assert ayu.send(answer, {"mention": options["Rizky Maulana"]}, action=f"{path}/notes").status_code == 303
    assert served.count("base.notification") == 1
    assert served.value("base.notification", served.first("base.notification"), "owner") == int(
        options["Rizky Maulana"]
    )


def test_a_mention_in_a_changed_note_is_told_once(served: kit.Served) -> None:
    path, ayu = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu")
    note(ayu, path, "@Rizky lihat")
    key = served.first("base.message")
    for body in ("@Rizky lihat lagi", "@Rizky dan @Siti lihat"):
        ayu.send(ayu.get(f"{path}?note={key}"), {"body": body}, action=f"{path}/notes/{key}")
    assert served.count("base.notification") == 2


def test_followers_are_told_of_notes_until_they_do_not_want_it(served: kit.Served) -> None:
    path, ayu, siti = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu"), served.sign_in("siti")
    note(siti, path, "Saya bantu")  # the owner follows by herself
    assert bell(ayu) == "Notifikasi, 1 belum dibaca"
    note(ayu, path, "Terima kasih")  # and so does who wrote
    assert bell(siti) == "Notifikasi, 1 belum dibaca"
    assert press(siti, f"{path}/follow", follows="no").status_code == 303
    note(ayu, path, "Masih di sini?")
    assert bell(siti) == "Notifikasi, 1 belum dibaca"
    assert "Ikuti" in panel(siti.get(path)).text
    rizky = served.sign_in("rizky")
    press(rizky, f"{path}/follow", follows="yes")
    press(rizky, f"{path}/follow", follows="yes")
    assert served.count("base.follower") == 2
    note(ayu, path, "Halo")
    assert "Catatan pada data yang Anda ikuti" in entries(rizky)[0]
    assert press(rizky, f"{path}/follow", follows="maybe").status_code == 400


def test_all_is_read_at_once(served: kit.Served) -> None:
    path, ayu, rizky = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu"), served.sign_in("rizky")
    for number in range(3):
        note(ayu, path, f"@Rizky nomor {number}")
    assert bell(rizky) == "Notifikasi, 3 belum dibaca"
    press(rizky, f"{PAGE}/read")
    assert bell(rizky) == "Notifikasi" and len(entries(rizky)) == 3


def test_a_notice_of_a_record_that_is_out_of_reach_by_now_tells_nothing(served: kit.Served) -> None:
    key = lead_of(served, "ayu")
    rizky, user = served.sign_in("rizky"), served.first("base.user", name="Rizky Aditya")
    note(served.sign_in("ayu"), f"{LEAD}/{key}", "@Rizky rahasia")
    notice = served.first("base.notification", owner_id=user)
    business = served.first("base.team", name="Penjualan Komersial")
    served.change("crm.lead", key, team_id=business)
    assert entries(rizky) == []
    assert "rahasia" not in rizky.get(PAGE).text
    assert "tidak boleh Anda lihat lagi" in rizky.get(PAGE).main.text
    assert press(rizky, f"{PAGE}/{notice}/open").status_code == 404
    assert "rahasia" not in rizky.get("/app/base.notification").text
    press(rizky, f"{PAGE}/read")
    assert bell(rizky) == "Notifikasi"


def test_nobody_reads_the_notices_of_others(served: kit.Served) -> None:
    note(served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}", "@Rizky halo")
    key = served.first("base.notification")
    for person in ("siti", "dewi", "nadia", "made"):
        other = served.sign_in(person)
        assert press(other, f"{PAGE}/{key}/open").status_code == 404
        assert press(other, f"{PAGE}/{key}/read").status_code == 404
        assert other.get(f"/app/base.notification/{key}").status_code == 404
        assert "halo" not in other.get("/app/base.notification?format=csv").text
    assert not served.value("base.notification", key, "read")


def test_the_bell_costs_one_statement(shared: kit.Served, statements: Statements) -> None:
    visitor = shared.sign_in("dewi")
    visitor.get("/settings/profile")
    statements.clear()
    visitor.get("/settings/profile")
    assert len([text for text in asked(statements) if "base_notification" in text]) == 1


def test_a_note_that_told_somebody_is_deleted_with_what_was_told(served: kit.Served) -> None:
    path, ayu, rizky = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu"), served.sign_in("rizky")
    note(ayu, path, "@Rizky ini keliru")
    assert bell(rizky) == "Notifikasi, 1 belum dibaca"
    key = served.first("base.message")
    assert press(ayu, f"{path}/notes/{key}/delete").status_code == 303
    assert served.count("base.message") == 0 and served.count("base.notification") == 0
    assert bell(rizky) == "Notifikasi"
    after = ayu.get(path)
    press(ayu, undo_of(after), next=path)
    assert "@Rizky ini keliru" in panel(ayu.get(path)).text


def test_a_user_who_was_told_of_something_can_be_deleted(served: kit.Served) -> None:
    path = f"{LEAD}/{lead_of(served, 'ayu')}"
    note(served.sign_in("ayu"), path, "@Rizky lihat")
    served.sign_in("rizky")
    with acting(served, "made") as env:
        rizky = env.get(env["base.user"], served.first("base.user", name="Rizky Aditya"))
        env.delete([rizky])
    assert served.count("base.notification") == 0


def test_a_new_note_with_a_mention_is_not_said_to_be_changed(served: kit.Served) -> None:
    path, ayu = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu")
    note(ayu, path, "@Rizky tolong")
    assert "Diubah" not in panel(ayu.get(path)).text
    assert served.value("base.message", served.first("base.message"), "version") == 1


def test_who_is_archived_is_neither_offered_nor_told(served: kit.Served) -> None:
    path, ayu, siti = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu"), served.sign_in("siti")
    press(siti, f"{path}/follow", follows="yes")
    with served.env() as env:
        for name in ("Rizky Aditya", "Siti Rahmawati"):
            env.get(env["base.user"], served.first("base.user", name=name)).archived = True
    assert note(ayu, path, "@Rizky tolong").status_code == 303
    assert served.count("base.notification") == 0


# ----------------------------------------------------------------- the form of notes, which any model has
FORM = "/app/base.message"


def written(visitor: kit.Visitor, lead: int, body: str) -> kit.Answer:
    """A note by the form that any model has."""
    return visitor.fill(f"{FORM}/new?of=crm.lead/{lead}", {"body": body}, action=f"{FORM}/new")


def told(served: kit.Served) -> list[tuple[str, str]]:
    """Who is told of something, and why."""
    with served.env() as env:
        found = env.scalars(sa.select(env["base.notification"])).all()
        return sorted((one.owner.name, one.kind) for one in found)


def test_a_note_by_the_form_of_notes_is_told_as_one_on_the_record_is(served: kit.Served) -> None:
    """Those whom it names, as far as they may see the record, and its followers; a change tells whom it names anew."""
    lead, siti = lead_of(served, "ayu"), served.sign_in("siti")
    assert written(siti, lead, "@Rizky dan @Nadia, lihat").status_code == 303
    assert told(served) == [("Ayu Lestari", "note"), ("Rizky Aditya", "mention")]
    key = served.first("base.message")
    edit = f"{FORM}/{key}/edit"
    for body in ("@Rizky dan @Nadia, lihat ini", "@Rizky dan @Ayu, lihat ini"):
        assert siti.fill(edit, {"body": body}, action=edit).status_code == 303
    assert told(served) == [("Ayu Lestari", "mention"), ("Ayu Lestari", "note"), ("Rizky Aditya", "mention")]


NOT_TOLD = "Tidak diberi tahu, karena tidak boleh melihat data ini: Nadia Putri."


def test_every_door_says_who_is_not_told(served: kit.Served) -> None:
    """The form of notes, a change by it, and one on the record; of who is told nothing is said."""
    lead, siti = lead_of(served, "ayu"), served.sign_in("siti")
    said = siti.get(written(siti, lead, "@Rizky dan @Nadia, lihat").headers["Location"]).main.text
    assert NOT_TOLD in said and "Rizky Aditya." not in said
    key = served.first("base.message")
    edit, path = f"{FORM}/{key}/edit", f"{LEAD}/{lead}"
    changed = siti.fill(edit, {"body": "@Rizky dan @Nadia, lihat ini"}, action=edit)
    assert NOT_TOLD in siti.get(changed.headers["Location"]).main.text
    here = siti.send(siti.get(f"{path}?note={key}"), {"body": "@Nadia?"}, action=f"{path}/notes/{key}")
    assert NOT_TOLD in siti.get(here.headers["Location"]).main.text
    plain = siti.fill(edit, {"body": "@Rizky, lihat"}, action=edit)
    assert "Tidak diberi tahu" not in siti.get(plain.headers["Location"]).main.text
    assert ("Nadia Putri", "mention") not in told(served)


@on_sqlite
def test_a_note_that_is_refused_says_nothing_of_who_is_not_told(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was saved, so nobody was left out."""

    def refuse(*_arguments: Any) -> None:
        raise UserError("Not today.")

    monkeypatch.setattr("core.web.records.saving.keep", refuse)
    siti = served.sign_in("siti")
    answer = written(siti, lead_of(served, "ayu"), "@Nadia, lihat")
    assert answer.status_code == 422 and "Not today." in answer.main.text
    assert "Tidak diberi tahu" not in answer.text + siti.get("/").text


@on_sqlite
def test_what_an_addon_writes_leaves_the_same_remark(served: kit.Served) -> None:
    with acting(served, "dewi") as env:
        rows = [{"model": "crm.lead", "record_id": lead_of(served, "ayu"), "body": "@Nadia, lihat"}] * 2
        env.create(env["base.message"], [dict(row) for row in rows])
        env.flush()
        assert [str(text) for text in env.remarks] == [NOT_TOLD]


def test_a_name_of_two_is_refused_by_the_form_of_notes(served: kit.Served) -> None:
    with served.env() as env:
        rizky = env.get(env["base.user"], served.first("base.user", name="Rizky Aditya"))
        row = {"name": "Rizky Maulana", "email": "rizky2@people.example", "roles": list(rizky.roles)}
        env.create(env["base.user"], [row])
    answer = written(served.sign_in("ayu"), lead_of(served, "ayu"), "@Rizky tolong")
    assert answer.status_code == 422 and "Siapa “@Rizky”? Tulis nama lengkapnya." in answer.main.text
    assert served.count("base.message") == 0 and told(served) == []


def test_what_comes_back_by_undo_tells_nobody_again(served: kit.Served) -> None:
    path, ayu = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("ayu")
    note(ayu, path, "@Rizky lihat")
    gone = press(ayu, f"{path}/notes/{served.first('base.message')}/delete")
    assert served.count("base.notification") == 0
    press(ayu, undo_of(ayu.get(gone.headers["Location"])))
    assert served.count("base.message") == 1 and served.count("base.notification") <= 1


@pytest.mark.parametrize(
    "place", [{"model": "crm.lead"}, {"record_id": 1}, {"model": "crm.lead", "record_id": 2**70}, {}]
)
@on_sqlite
def test_a_note_that_lies_nowhere_is_refused_though_it_mentions_somebody(
    served: kit.Served, place: dict[str, Any]
) -> None:
    with pytest.raises((FieldError, Refusals)), acting(served, "ayu") as env:
        env.create(env["base.message"], [{"body": "@Rizky tolong", **place}])
        env.flush()
    assert told(served) == []


def test_many_notes_are_told_in_as_few_statements_as_one(served: kit.Served, statements: Statements) -> None:
    """On records of several people, with mentions and followers."""
    owners = {served.first("base.user", name=name) for name in ("Ayu Lestari", "Siti Rahmawati")}
    with served.env() as env:
        lead: Any = env["crm.lead"]
        leads = [
            key
            for owner in sorted(owners)
            for key in env.scalars(sa.select(lead.id).where(lead.owner_id == owner).limit(10))
        ]
    assert len(leads) > 10
    taken = []
    for places in ([leads[0], leads[-1]], leads):
        with acting(served, "dewi") as env:
            statements.clear()
            rows = [
                {"model": "crm.lead", "record_id": key, "body": "@Siti dan @Ayu, lihat"} for key in places
            ]
            env.create(env["base.message"], rows)
            env.flush()
            taken.append(len(asked(statements)))
    assert taken[1] <= taken[0], taken
    assert served.count("base.notification") == 2 * (2 + len(leads))
    with acting(served, "dewi") as env:
        notes = env.scalars(sa.select(env["base.message"])).all()
        for count in (2, len(notes)):
            statements.clear()
            for one in notes[:count]:
                one.body = f"@Rizky juga, {count}"
            env.flush()
            taken.append(len(asked(statements)))
    assert taken[2] + 2 >= taken[3], taken
