"""Activities: planned on a record, done with a result and a next one, told by the bell in the zone of who does them."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine

from core.errors import Refusals, UserError
from core.web.forms.drawn import STATE
from tests.web import kit
from tests.web.markup import typed
from tests.web.test_form_closed import dismiss
from tests.web.test_mentions import PAGE, bell, press
from tests.web.test_notes import LEAD, lead_of, panel, undo_of

pytestmark = pytest.mark.usefixtures("nothing_yet")
MODEL = "base.activity"
NEW = f"/app/{MODEL}/new"


def plan(visitor: kit.Visitor, path: str, **changes: str) -> kit.Answer:
    """Plans a call by the form that the record leads to."""
    [href] = {a["href"] for a in panel(visitor.get(path)).all("a") if a["href"].startswith(NEW)}
    return visitor.fill(href, {"title": "Telepon hasil BI checking", "due": "besok 16.30", **changes})


def planned(visitor: kit.Visitor, path: str) -> list[str]:
    found = [part for part in visitor.get(path).main.all("ul") if part.get("class") == "plans"]
    return [item.text for part in found for item in part.all("li")]


@pytest.mark.parametrize("model", ["crm.lead", "base.partner"])
def test_a_call_is_planned_on_a_record_and_done_with_the_next_one(served: kit.Served, model: str) -> None:
    path, dewi = f"/app/{model}/{served.first(model)}", served.sign_in("dewi")
    made = plan(dewi, path)
    assert made.status_code == 303 and made.headers["Location"] == f"{path}#thread"
    [text] = planned(dewi, path)
    assert "Telepon hasil BI checking" in text and "16.30" in text
    key = served.first(MODEL, title="Telepon hasil BI checking")
    shown = dewi.get(f"/activities/{key}/done")
    assert path in {a["href"].partition("#")[0] for a in shown.main.all("a")}
    answer = dewi.send(
        shown,
        {
            "result": "Minta potongan",
            "next_kind": "meeting",
            "next_title": "Survei",
            "next_due": "30/11/2027 10.00",
        },
        action=f"/activities/{key}/done",
    )
    assert answer.status_code == 303 and answer.headers["Location"] == f"{path}#thread"
    assert (
        served.value(MODEL, key, "state") == "done" and served.value(MODEL, key, "result") == "Minta potongan"
    )
    after = dewi.get(path)
    [text] = planned(dewi, path)
    assert "Survei" in text and "30 Nov 2027 10.00" in text
    dewi.post(undo_of(after), {"csrf_token": dewi.token(path), "next": path})
    assert served.value(MODEL, key, "state") == "planned" and len(planned(dewi, path)) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": ""}, "wajib diisi"),
        ({"due": ""}, "wajib diisi"),
        ({"due": "kapan saja"}, "bukan tanggal dan jam"),
        ({"reminder": "1/1/2020 08.00"}, "sudah lewat"),
        ({"title": "x" * 300}, "terlalu panjang"),
    ],
)
def test_what_cannot_be_planned_is_said_and_kept(
    served: kit.Served, changes: dict[str, str], told: str
) -> None:
    ayu, path, before = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}", served.count(MODEL)
    answer = plan(ayu, path, **changes)
    assert answer.status_code == 422 and told in answer.main.text
    for name, value in changes.items():
        assert answer.main.one(name=name)["value"] == value
    assert served.count(MODEL) == before
    again = ayu.send(answer, {"title": "Baik", "due": "besok 9.00", "reminder": ""})
    assert again.headers["Location"] == f"{path}#thread"


@pytest.mark.parametrize(("person", "clock"), [("ayu", "14.05"), ("made", "15.05")])
def test_a_reminder_is_in_the_zone_of_who_types_it(served: kit.Served, person: str, clock: str) -> None:
    """07:00 UTC is 14.00 in Jakarta and 15.00 in Makassar: what is to come in the one is past in the other."""
    path = f"{LEAD}/{lead_of(served, 'ayu')}"
    with time_machine.travel(dt.datetime(2026, 11, 30, 7, 0, tzinfo=dt.UTC), tick=False):
        visitor = served.sign_in(person)
        late = plan(visitor, path, due="besok 9.00", reminder=f"30/11/2026 {clock[:2]}.00")
        assert late.status_code == 422 and f"30 Nov 2026 {clock[:2]}.00" in late.main.text
        assert plan(visitor, path, due="besok 9.00", reminder=f"30/11/2026 {clock}").status_code == 303
        assert bell(visitor) == "Notifikasi"
    key = served.first(MODEL, title="Telepon hasil BI checking")
    assert served.value(MODEL, key, "reminder") == dt.datetime(2026, 11, 30, 7, 5, tzinfo=dt.UTC)
    with time_machine.travel(dt.datetime(2026, 11, 30, 7, 6, tzinfo=dt.UTC), tick=False):
        assert bell(visitor) == "Notifikasi, 1 belum dibaca"
        assert any("Telepon hasil BI checking" in text for text in planned(visitor, PAGE))
        visitor.fill(f"/activities/{key}/done", {"result": "Beres"}, action=f"/activities/{key}/done")
        assert bell(visitor) == "Notifikasi"


def remind(served: kit.Served, count: int, **values: object) -> int:
    """So many activities of Ayu on a lead of hers, of which the bell tells by now; the key of the lead."""
    lead, ayu = lead_of(served, "ayu"), served.first("base.user", name="Ayu Lestari")
    with served.env() as env:
        cls, soon = env[MODEL], env.now() + dt.timedelta(hours=1)
        row = {"model": "crm.lead", "record_id": lead, "owner_id": ayu, "due": soon, **values}
        made = env.create(cls, [{**row, "title": f"Ingat {number}"} for number in range(count)])
        env.flush()
        keys = [plan.id for plan in made]
        env.execute(sa.update(cls).where(cls.id.in_(keys)).values(reminder=env.now() - dt.timedelta(hours=1)))
    return lead


LOST = "tidak boleh Anda lihat lagi"


def test_all_is_read_and_no_reminder_is_forgotten_that_the_page_had_no_room_for(served: kit.Served) -> None:
    remind(served, 25)
    ayu = served.sign_in("ayu")
    assert bell(ayu) == "Notifikasi, 25 belum dibaca" and LOST not in ayu.get(PAGE).main.text
    assert press(ayu, f"{PAGE}/read").status_code == 303
    assert bell(ayu) == "Notifikasi, 25 belum dibaca"


def test_a_reminder_of_a_record_that_is_out_of_reach_by_now_is_read_with_all(served: kit.Served) -> None:
    lead = remind(served, 25)
    ayu, other = served.sign_in("ayu"), served.first("crm.lead", owner_id=None)
    with served.env() as env:
        cls, far = env[MODEL], kit.record(env, "crm.lead", other)
        far.owner_id = served.first("base.user", name="Nadia Putri")
        far.team_id = served.first("base.team", name="Penjualan Komersial")
        last = env.scalar(sa.select(sa.func.max(cls.id)).where(cls.record_id == lead))
        env.execute(sa.update(cls).where(cls.id == last).values(record_id=other))
    assert ayu.get(f"{LEAD}/{other}").status_code == 404
    assert bell(ayu) == "Notifikasi, 25 belum dibaca" and LOST in ayu.get(PAGE).main.text
    press(ayu, f"{PAGE}/read")
    assert bell(ayu) == "Notifikasi, 24 belum dibaca" and LOST not in ayu.get(PAGE).main.text


def test_the_bell_does_not_tell_of_what_is_archived(served: kit.Served) -> None:
    remind(served, 2, archived=True)
    ayu = served.sign_in("ayu")
    assert bell(ayu) == "Notifikasi" and LOST not in ayu.get(PAGE).main.text


def test_what_was_due_is_overdue(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    plan(ayu, path, due="1/1/2026 08.00")
    assert "terlambat" in planned(ayu, path)[0]


def to_finish(served: kit.Served, visitor: kit.Visitor) -> tuple[int, str]:
    """The key of an activity that was planned, and the page that asks how it went."""
    plan(visitor, f"{LEAD}/{lead_of(served, 'ayu')}")
    key = served.first(MODEL, title="Telepon hasil BI checking")
    return key, f"/activities/{key}/done"


def test_it_is_called_off_and_not_done_twice(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    plan(ayu, path)
    key = served.first(MODEL, title="Telepon hasil BI checking")
    shown = ayu.get(f"/activities/{key}/done")
    assert press(ayu, f"/activities/{key}/cancel").status_code == 303
    assert served.value(MODEL, key, "state") == "cancelled" and planned(ayu, path) == []
    assert ayu.send(shown, {"result": "x"}, action=f"/activities/{key}/done").status_code == 422
    back = ayu.get(f"/activities/{key}/done")
    assert back.status_code == 303 and OVER in ayu.get(back.location).page.text
    assert served.value(MODEL, key, "state") == "cancelled"


DONE = {"result": "Klien minta potongan 5%", "next_kind": "call", "next_title": "Kabari", "next_due": "x"}
OVER = "Ini sudah selesai atau dibatalkan."


def holds(answer: kit.Answer) -> dict[str, str]:
    """What the form of what came of an activity holds."""
    form = answer.main.all("form", method="post")[0]
    return {name: texts[0].strip() for name, texts in typed(form).items() if name in DONE}


def test_what_a_colleague_finished_meanwhile_loses_nothing_typed(served: kit.Served) -> None:
    dewi = served.sign_in("dewi")
    key, action = to_finish(served, dewi)
    shown, other = dewi.get(action), dewi.get(action)
    served.change(MODEL, key, state="done")
    answer = dewi.send(shown, DONE, action=action)
    assert answer.status_code == 422 and OVER in answer.main.text
    assert holds(answer) == DONE
    dewi.client.delete_cookie("lumbung", domain="localhost")
    gate = dewi.send(other, DONE, action=action)
    back = dewi.send(gate, {"email": f"dewi@{kit.DOMAIN}", "password": kit.PASSWORD})
    assert OVER in back.main.text and holds(back) == DONE


def test_what_is_gone_or_closed_by_now_leaves_what_was_typed_to_be_copied(served: kit.Served) -> None:
    dewi = served.sign_in("dewi")
    key, action = to_finish(served, dewi)
    shown = dewi.get(action)
    with served.env() as env:
        env.execute(sa.delete(env[MODEL]).where(env[MODEL].id == key))
    gone = dewi.send(shown, DONE, action=action)
    assert gone.status_code == 404 and DONE["result"] in gone.main.one("textarea").text
    assert "sudah tidak ada" in gone.main.text


def test_who_may_no_longer_do_it_can_copy_what_was_typed(served: kit.Served) -> None:
    """Whose roles change signs in again, and the record is out of reach by then."""
    ayu = served.sign_in("ayu")
    _key, action = to_finish(served, ayu)
    shown = ayu.get(action)
    dismiss(served, "ayu", "base.user")
    gate = ayu.send(shown, DONE, action=action)
    assert gate.status_code == 401
    closed = ayu.send(gate, {"email": f"ayu@{kit.DOMAIN}", "password": kit.PASSWORD})
    assert DONE["result"] in closed.main.one("textarea").text
    ayu.client.delete_cookie("lumbung", domain="localhost")
    gate = ayu.send(shown, {**DONE, STATE: "made up"}, action=action)
    forged = ayu.send(gate, {"email": f"ayu@{kit.DOMAIN}", "password": kit.PASSWORD})
    assert forged.status_code == 302, "it was never a form of theirs"


def test_whatever_is_refused_is_told_where_it_is_of_no_input_too(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_cls: object, _records: object, _changed: object) -> None:
        raise Refusals([
            UserError("Isi lebih singkat.", "result"), UserError("Bulan ini sudah ditutup.", "owner"),
            UserError("Hubungi Dewi."),
        ])  # fmt: skip

    ayu = served.sign_in("ayu")
    _key, action = to_finish(served, ayu)
    shown = ayu.get(action)
    monkeypatch.setattr(served.site.assembly.registry[MODEL], "before_write", classmethod(refuse))
    answer = ayu.send(shown, {"result": "Hasilnya"}, action=action)
    assert answer.status_code == 422
    told = [part.text.strip() for part in answer.main.all("p", role="alert")]
    assert told == ["Bulan ini sudah ditutup. Hubungi Dewi.", "Isi lebih singkat."]


@pytest.mark.parametrize(
    "changes",
    [
        {"next_kind": "call", "next_due": "nanti"},
        {"next_kind": "call", "next_title": " "},
        {"next_kind": "x"},
        {"next_kind": "", "was_title": "Lagi", "was_due": "lusa 9.00"},
        {"next_kind": "", "next_title": "Lagi", "next_due": ""},
    ],
)
def test_a_next_one_that_cannot_be_is_said_and_nothing_is_written(
    served: kit.Served, changes: dict[str, str]
) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    plan(ayu, path)
    key = served.first(MODEL, title="Telepon hasil BI checking")
    data = {
        "result": "Hasilnya",
        "next_kind": "call",
        "next_title": "Lagi",
        "next_due": "besok 9.00",
        **changes,
    }
    answer = ayu.post(f"/activities/{key}/done", {"csrf_token": ayu.token(path), **data})
    assert answer.status_code == 422 and "Hasilnya" in answer.main.text
    assert served.value(MODEL, key, "state") == "planned"


def test_what_the_page_offered_and_nobody_changed_is_no_next_one(served: kit.Served) -> None:
    """Though it would offer something else by now: another day, or another title."""
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    plan(ayu, path)
    key = served.first(MODEL, title="Telepon hasil BI checking")
    offered = {"next_title": "Judul lama", "next_due": "1/1/2026 9.00"}
    was = {"was_title": "Judul lama ", "was_due": "1/1/2026 9.00"}
    data = {"csrf_token": ayu.token(path), "result": "Beres", "next_kind": "", **offered, **was}
    assert ayu.post(f"/activities/{key}/done", data).status_code == 303
    assert served.value(MODEL, key, "state") == "done" and planned(ayu, path) == []


def test_a_seller_of_another_team_meets_the_activity_at_no_door(served: kit.Served) -> None:
    path, other = f"{LEAD}/{lead_of(served, 'ayu')}", served.sign_in("nadia")
    plan(served.sign_in("ayu"), path, title="Rahasia tim rumah")
    key = served.first(MODEL, title="Rahasia tim rumah")
    for door in (f"/app/{MODEL}", f"/app/{MODEL}?format=csv", f"/app/{MODEL}?q=rumah", PAGE, "/"):
        assert "Rahasia tim" not in other.get(door).text, door
    for door in (f"/app/{MODEL}/{key}", f"/activities/{key}/done", f"{NEW}?of={path.removeprefix('/app/')}"):
        assert other.get(door).status_code == 404, door
    assert press(other, f"/activities/{key}/cancel").status_code == 404
    data = {"result": "", "next_kind": "", "next_title": "", "next_due": ""}
    assert press(other, f"/activities/{key}/done", **data).status_code == 404
    assert "Rahasia tim" in served.sign_in("rizky").get(f"/app/{MODEL}").text


def test_the_result_that_was_typed_survives_a_session_that_ended(served: kit.Served) -> None:
    ayu, path = served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    plan(ayu, path)
    key = served.first(MODEL, title="Telepon hasil BI checking")
    shown = ayu.get(f"/activities/{key}/done")
    ayu.client.delete_cookie("lumbung", domain="localhost")
    gate = ayu.send(shown, {"result": "Jangan hilang"}, action=f"/activities/{key}/done")
    back = ayu.send(gate, {"email": f"ayu@{kit.DOMAIN}", "password": kit.PASSWORD})
    assert "Jangan hilang" in back.main.text and served.value(MODEL, key, "state") == "planned"
    assert ayu.send(back, {}, action=f"/activities/{key}/done").status_code == 303
    assert served.value(MODEL, key, "result") == "Jangan hilang"


def test_a_list_of_activities_says_with_whom(served: kit.Served) -> None:
    """By the name of the record that each goes with, whatever its model; in a file too."""
    ayu, key = served.sign_in("ayu"), lead_of(served, "ayu")
    plan(ayu, f"{LEAD}/{key}")
    title = served.value("crm.lead", key, "title")
    row = ayu.get(f"/app/{MODEL}").main.one("tbody").all("tr")[0].text
    assert "Telepon hasil BI checking" in row and title in row
    file = ayu.get(f"/app/{MODEL}?columns=title&columns=record_id&format=csv").text
    assert f"Telepon hasil BI checking,{title}\r\n" in file
    page = ayu.get(f"/app/{MODEL}/{served.first(MODEL, title='Telepon hasil BI checking')}").main
    assert [a.text for a in page.all("a", href=f"/app/crm.lead/{key}#thread")][-1] == title
