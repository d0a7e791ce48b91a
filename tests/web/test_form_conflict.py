"""Two people save one record: what one of them changed is kept, what both changed is asked, nothing is lost."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.web import kit
from tests.web.markup import Element, typed
from tests.web.test_form import LEADS, THINGS, _make, number_of, refused

PATH = f"{LEADS}/1/edit"


def choices(answer: kit.Answer) -> dict[str, dict[str, Element]]:
    """The two values of each field that is asked, by `mine` and `theirs`."""
    found: dict[str, dict[str, Element]] = {}
    for radio in answer.main.all("input", type="radio"):
        found.setdefault(radio["name"], {})[radio["data-of"]] = radio
    return found


def choose(visitor: kit.Visitor, answer: kit.Answer, **picks: str) -> kit.Answer:
    """Saves a conflict with these picks; the others as they stand, which is mine."""
    assert answer.status_code == 409
    asked = choices(answer)
    return visitor.send(answer, {name: asked[name][of]["value"] for name, of in picks.items()})


def pair(served: kit.Served) -> tuple[kit.Visitor, kit.Visitor]:
    return served.sign_in("made", lang="en"), served.sign_in("dewi", lang="en")


def both(
    served: kit.Served, theirs: dict[str, Any], mine: dict[str, Any], path: str = PATH
) -> tuple[kit.Visitor, kit.Answer]:
    """Two open one form; the other saves first, then I."""
    other, me = pair(served)
    shown = me.get(path)
    number_of(other.fill(PATH, theirs))
    return me, me.send(shown, mine)


# ----------------------------------------------------------------- one of them
def test_what_one_of_them_changed_is_kept_without_asking(served: kit.Served) -> None:
    _me, answer = both(
        served, {"title": "Judul Made", "note": "satu"}, {"job_title": "Direktur", "revenue": "7"}
    )
    assert number_of(answer) == 1
    for name, value in {"title": "Judul Made", "note": "satu", "job_title": "Direktur", "revenue": 7}.items():
        assert served.value("crm.lead", 1, name) == value


def test_the_same_change_twice_is_no_conflict(served: kit.Served) -> None:
    _me, answer = both(served, {"title": "Sama", "revenue": "1,500"}, {"title": "Sama", "revenue": "1500.00"})
    assert number_of(answer) == 1


def test_of_many_links_each_keeps_what_they_added_and_took_away(served: kit.Served) -> None:
    a, b, c, d = (_make(served, "base.tag", name=name) for name in "abcd")
    with served.env() as env:
        kit.record(env, "crm.lead", 1).tags = env.read(env["base.tag"], [a, b])
    _me, answer = both(served, {"tags": [str(a), str(c)]}, {"tags": [str(a), str(b), str(d)]})
    assert number_of(answer) == 1
    assert sorted(served.value("crm.lead", 1, "tags")) == sorted([a, c, d])


# ----------------------------------------------------------------- both
def test_the_page_says_who_when_and_what(served: kit.Served) -> None:
    before = str(served.value("crm.lead", 1, "title"))
    _me, answer = both(
        served,
        {"title": "Judul Made", "note": "Mau kavling pojok, B-07.", "company_name": "CV Mereka"},
        {"title": "Judul Dewi", "note": "Mau kavling pojok. Siap akad.", "job_title": "Pemilik"},
    )
    assert answer.status_code == 409
    assert answer.title.startswith("Error:")
    said = answer.main.one("div", role="alert").text
    assert (
        "Made Wirawan" in said
        and "just now" in said
        and "Nothing of yours is lost" in said
        and "2 fields" in said
    )
    rows = {row.one("th").text: row for row in answer.main.one("tbody").all("tr")}
    assert list(rows) == ["Title", "Note"], "only what both changed is asked"
    assert (
        before in rows["Title"].text
        and "Judul Dewi" in rows["Title"].text
        and "Judul Made" in rows["Title"].text
    )
    kept = answer.main.one("ul", class_="dots").text
    assert "Job title: Pemilik, changed by you" in kept and "Company name: CV Mereka, changed by Made" in kept
    asked = choices(answer)
    assert (
        asked["title"]["mine"].get("checked") is not None and asked["title"]["theirs"].get("checked") is None
    )
    assert served.value("crm.lead", 1, "title") == "Judul Made", "nothing of mine is written yet"


def test_long_texts_mark_what_differs(served: kit.Served) -> None:
    served.change("crm.lead", 1, note="Mau kavling pojok.")
    _me, answer = both(
        served, {"note": "Mau kavling pojok, B-07 atau B-09."}, {"note": "Mau kavling pojok. Siap akad <b>."}
    )
    marks = [mark.text for mark in answer.main.all("mark")]
    assert "Siap akad <b>" in " ".join(marks) and any("B-07 atau B-09" in mark for mark in marks), marks
    assert "kavling" not in " ".join(marks)
    served.change("crm.lead", 1, note=None)
    _me, answer = both(served, {"note": "Satu dua"}, {"note": "Tiga empat"})
    assert not answer.main.all("mark"), "where nothing was, all is new"


@pytest.mark.parametrize(
    "picks", [{}, {"title": "theirs"}, {"revenue": "theirs"}, {"title": "theirs", "revenue": "theirs"}]
)
def test_what_is_chosen_is_saved_and_the_rest_kept(served: kit.Served, picks: dict[str, str]) -> None:
    theirs = {"title": "Judul Made", "revenue": "1,000", "company_name": "CV Mereka"}
    mine = {"title": "Judul Dewi", "revenue": "2,000.50", "job_title": "Pemilik"}
    me, answer = both(served, theirs, mine)
    version = served.value("crm.lead", 1, "version")
    assert number_of(choose(me, answer, **picks)) == 1
    title = "Judul Made" if "title" in picks else "Judul Dewi"
    revenue = 1000 if "revenue" in picks else 2000.5
    for name, value in {
        "title": title,
        "revenue": revenue,
        "company_name": "CV Mereka",
        "job_title": "Pemilik",
    }.items():
        assert served.value("crm.lead", 1, name) == value, name
    assert served.value("crm.lead", 1, "version") == version + 1


def test_every_kind_can_be_in_a_conflict(sample: kit.Served) -> None:
    other, me = sample.sign_in("made", lang="en"), sample.sign_in("dewi", lang="id")
    partners = [_make(sample, "base.partner", name=name) for name in ("Budi", "Rina", "Sari")]
    key = _make(sample, "sample.thing", name="Asli", size="s", partner_id=partners[0])
    path = f"{THINGS}/{key}/edit"
    values = {
        "code": ("T", "M"), "motto": ("Their", "Milik"), "body": ("t\n\nt", "m\n\nm"), "count": ("1", "2"),
        "weight": ("1.5", "2,5"), "price": ("1,000.5", "2.000,5"), "share": ("1.5", "2,5"), "day": ("besok", "+7"),
        "moment": ("1/2/2026 10:00", "2/2/2026 10.00"), "size": ("", "l"), "data": ('{"a": 1}', '{"a": 2}'),
        "partner": (str(partners[1]), str(partners[2])), "email": ("t@x.example", "m@x.example"),
        "phone": ("0812000111", "0812000222"), "website": ("t.example", "m.example"),
    }  # fmt: skip
    shown = me.get(path)
    number_of(other.fill(path, {name: theirs for name, (theirs, _mine) in values.items()}))
    stored = {name: sample.value("sample.thing", key, name) for name in values}
    mine = {name: text for name, (_theirs, text) in values.items()}
    answer = me.send(shown, mine)
    assert set(choices(answer)) == set(values)
    number_of(choose(me, answer, **dict.fromkeys(values, "theirs")))
    assert {name: sample.value("sample.thing", key, name) for name in values} == stored
    number_of(choose(me, me.send(shown, mine)))
    alone = number_of(me.fill(f"{THINGS}/new", {**mine, "name": "x", "code": "N"}))
    for name in values.keys() - {"code", "motto"}:
        assert sample.value("sample.thing", key, name) == sample.value("sample.thing", alone, name), name


def test_a_conflict_of_a_section_is_about_that_section(served: kit.Served) -> None:
    me, answer = both(
        served, {"revenue": "5", "title": "Judul Made"}, {"revenue": "6"}, f"{LEADS}/1?edit=money"
    )
    assert list(choices(answer)) == ["revenue"]
    assert "Judul Made" not in kit.form_in(answer.main).text
    number_of(choose(me, answer))
    assert served.value("crm.lead", 1, "revenue") == 6
    assert served.value("crm.lead", 1, "title") == "Judul Made"


# ----------------------------------------------------------------- further on
def test_one_who_saves_while_another_chooses_is_not_overwritten(served: kit.Served) -> None:
    me, answer = both(served, {"title": "Judul Made"}, {"title": "Judul Dewi"})
    third = served.sign_in("made", lang="en")
    number_of(third.fill(PATH, {"title": "Judul ketiga"}))
    again = choose(me, answer)
    assert again.status_code == 409
    assert "Judul ketiga" in choices(again)["title"]["theirs"]["value"]
    number_of(choose(me, again))
    assert served.value("crm.lead", 1, "title") == "Judul Dewi"


def test_a_refused_old_form_stays_old(served: kit.Served) -> None:
    """A slip of the pen between does not make it a new one: what the other saved is still asked for."""
    other, me = pair(served)
    shown = me.get(PATH)
    number_of(other.fill(PATH, {"title": "Judul Made"}))
    wrong = me.send(shown, {"title": "Judul Dewi", "email": "bukan"})
    refused(wrong, "email")
    answer = me.send(wrong, {"email": "b@x.example"})
    assert choices(answer)["title"]["theirs"]["value"] == "Judul Made"
    assert served.value("crm.lead", 1, "title") == "Judul Made"


def test_back_to_editing_loses_nothing(served: kit.Served) -> None:
    me, answer = both(
        served, {"title": "Judul Made", "note": "n"}, {"title": "Judul Dewi", "job_title": "Pemilik"}
    )
    sent = {**typed(kit.form_in(answer.main)), "form-back": "1"}
    form = me.post(PATH, sent)
    assert form.status_code == 200
    held = typed(kit.form_in(form.main))
    assert (held["title"], held["job_title"], held["note"]) == (["Judul Dewi"], ["Pemilik"], ["n"])
    assert number_of(me.send(form, {"city": ""})) == 1
    assert served.value("crm.lead", 1, "title") == "Judul Dewi"
    assert served.value("crm.lead", 1, "note") == "n"


def test_a_forged_choice_is_refused(served: kit.Served) -> None:
    me, answer = both(served, {"title": "Judul Made"}, {"title": "Judul Dewi", "job_title": "x"})
    sent = typed(kit.form_in(answer.main))
    for changes in ({"title": None}, {"note": ["x"]}, {"title": ["a", "b"]}, {"job_title": None}):
        data = {name: value for name, value in {**sent, **changes}.items() if value is not None}
        assert me.post(PATH, data).status_code == 400, changes
    number_of(me.post(PATH, {**sent, "title": "Judul ketiga"}))  # a person may as well type it


def test_saved_at_the_same_moment_nothing_is_overwritten(served: kit.Served) -> None:
    """The row is held while a form is compared with it: whoever comes second sees what the first wrote."""
    visitors = [kit.Visitor(served, "id") for _one in range(4)]
    for visitor in visitors:
        visitor.client = served.sign_in("dewi").client
    title = str(served.value("crm.lead", 1, "title"))
    forms = [dict(typed(kit.form_in(visitor.get(PATH).main))) for visitor in visitors]
    names = ("company_name", "contact_name", "title", "title")
    texts = ("CV Satu", "Dua", "Tiga", "Empat")
    sent = [{**form, name: text} for form, name, text in zip(forms, names, texts, strict=True)]

    def send(number: int) -> int:
        client = visitors[number].client
        return client.post(PATH, data=sent[number], base_url="http://localhost", buffered=True).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(send, range(4)))
    served.forget()
    assert statuses[:2] == [303, 303] and sorted(statuses[2:]) == [303, 409]
    won = texts[2:][statuses[2:].index(303)]
    assert served.value("crm.lead", 1, "title") == won != title
    assert served.value("crm.lead", 1, "company_name") == "CV Satu"
    assert served.value("crm.lead", 1, "contact_name") == "Dua"


# ----------------------------------------------------------------- many pairs
FIELDS = ("title", "company_name", "contact_name", "job_title", "note")


def _stored(served: kit.Served) -> dict[str, str]:
    with served.env() as env:
        record = kit.record(env, "crm.lead", 1)
        return {name: str(getattr(record, name) or "") for name in FIELDS}


@pytest.mark.parametrize("pairs", [10, pytest.param(500, marks=pytest.mark.slow)])
def test_no_pair_of_editors_loses_a_word(served: kit.Served, kind: str, pairs: int) -> None:
    """Each adds words of their own to some fields; all are there at the end, or were left on purpose."""
    other, me = pair(served)
    chance = random.Random(f"{kind} {pairs}")
    expected = _stored(served)
    for number in range(pairs):
        ours, theirs = (
            {name: f"{who}{number}{name[0]} kata" for name in FIELDS if chance.random() < 0.5} for who in "mt"
        )
        mine, hers = me.get(PATH), other.get(PATH)
        number_of(other.send(hers, theirs))
        answer = me.send(mine, ours)
        expected |= theirs | ours
        if answer.status_code == 409:
            asked = choices(answer)
            assert set(asked) == set(ours) & set(theirs)
            for name, values in asked.items():
                assert values["mine"]["value"] == ours[name] and values["theirs"]["value"] == theirs[name]
            picks = {name: chance.choice(("mine", "theirs")) for name in asked}
            expected |= {name: theirs[name] for name, of in picks.items() if of == "theirs"}
            answer = choose(me, answer, **picks)
        else:
            assert not set(ours) & set(theirs)
        number_of(answer)
        assert _stored(served) == expected, number
