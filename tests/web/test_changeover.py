"""Deals go to another pipeline: a page shows what each stage becomes, for one deal or for all of a pipeline."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from addons.crm import changeover
from tests.web import kit
from tests.web.boards import held, make, stages
from tests.web.test_actions import said, toast, undo


def other(served: kit.Served) -> tuple[int, list[int]]:
    """A pipeline with two open stages, won and lost."""
    with served.env() as env:
        [made] = env.create(env["crm.pipeline"], [{"name": "Sewa", "position": 50}])
        names = [("Minat", "open"), ("Penawaran", "open"), ("Kontrak", "won"), ("Batal", "lost")]
        rows = [
            {"pipeline": made, "name": name, "kind": kind, "position": at}
            for at, (name, kind) in enumerate(names)
        ]
        there = env.create(env["crm.stage"], rows)
        env.flush()
        return made.id, [one.id for one in there]


def chosen(answer: kit.Answer) -> dict[str, str]:
    """The names of the stages, with what is chosen for each."""
    form = next(form for form in answer.main.all("form", method="post"))
    labels = [item.text for item in form.all("label")]
    picked = [
        next((o.text for o in select.all("option") if "selected" in o.attrs), "–")
        for select in form.all("select")
    ]
    return dict(zip(labels, picked, strict=True))


def test_one_deal_goes_to_the_stage_that_is_as_far(bare: kit.Served) -> None:
    [key] = make(bare, {"stage_id": stages(bare)[2]})
    pipeline, there = other(bare)
    before, dewi, path = held(bare, key), bare.sign_in("dewi"), f"/crm/deal/{key}/pipeline"
    assert dewi.get(f"/app/crm.deal/{key}").main.one("a", href=path)
    assert dewi.get(path).status_code == 200
    page = dewi.get(f"{path}?to={pipeline}")
    assert chosen(page) == {"Penawaran (1)": "Penawaran"}
    answer = said(dewi, _send(dewi, page, path))
    assert held(bare, key) == (there[1], "open")
    back = undo(dewi, answer)
    assert held(bare, key) == before, back.main.text[-900:]


def test_all_deals_of_a_pipeline_go_and_what_is_closed_stays_so(bare: kit.Served) -> None:
    here = stages(bare)
    with bare.env() as env:
        why = env.scalar(sa.select(sa.func.min(env["crm.lost_reason"].id)))
    won, lost, fresh = make(bare, {"stage_id": here[4]}, {"stage_id": here[5], "lost_reason_id": why}, {})
    pipeline, there = other(bare)
    with bare.env() as env:
        closed = kit.record(env, "crm.deal", won).closed_at
        whose = kit.record(env, "crm.deal", won).pipeline_id
    dewi, path = bare.sign_in("dewi"), f"/crm/pipeline/{whose}/deals"
    page = dewi.get(f"{path}?to={pipeline}")
    assert chosen(page) == {"Kualifikasi (1)": "Minat", "Menang (1)": "Kontrak", "Kalah (1)": "Batal"}
    answer = said(dewi, _send(dewi, page, path))
    assert [held(bare, key) for key in (won, lost, fresh)] == [
        (there[2], "won"),
        (there[3], "lost"),
        (there[0], "open"),
    ]
    with bare.env() as env:
        assert kit.record(env, "crm.deal", won).closed_at == closed
        assert kit.record(env, "crm.deal", lost).lost_reason_id == why
    undo(dewi, answer)
    assert [held(bare, key)[0] for key in (won, lost, fresh)] == [here[4], here[5], here[0]]


def test_a_stage_that_nothing_is_chosen_for_or_that_needs_more_is_told(bare: kit.Served) -> None:
    [key] = make(bare, {})
    pipeline, there = other(bare)
    with bare.env() as env:
        env.create(env["crm.stage_need"], [{"stage_id": there[0], "field": "amount"}])
    before, dewi, path = held(bare, key), bare.sign_in("dewi"), f"/crm/deal/{key}/pipeline"
    page = dewi.get(f"{path}?to={pipeline}")
    for into, told in (("", "Pilih tahap"), ("999", "Pilih tahap"), (str(there[0]), "Nilai")):
        answer = _send(dewi, page, path, into=into)
        assert answer.status_code == 422
        assert told in answer.main.text
    assert held(bare, key) == before
    assert dewi.get(f"{path}?to=x").status_code == 200
    assert dewi.get("/crm/deal/999/pipeline").status_code == 404


def test_sellers_move_their_own_and_no_pipeline(served: kit.Served) -> None:
    rizky = served.sign_in("rizky")
    theirs = served.first("crm.deal", owner_id=served.first("base.user", name="Siti Rahmawati"))
    foreign = served.first("crm.deal", owner_id=served.first("base.user", name="Nadia Putri"))
    assert rizky.get(f"/crm/deal/{theirs}/pipeline").status_code == 403
    assert rizky.get(f"/crm/deal/{foreign}/pipeline").status_code == 404
    assert rizky.get("/crm/pipeline/1/deals").status_code == 403


def test_more_than_go_at_once_go_part_by_part(bare: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changeover, "MOST", 2)
    made, here = make(bare, {}, {}, {}, {}, {}), stages(bare)[0]
    pipeline, there = other(bare)
    with bare.env() as env:
        whose = kit.record(env, "crm.deal", made[0]).pipeline_id
    dewi, path = bare.sign_in("dewi", lang="en"), f"/crm/pipeline/{whose}/deals"
    page = dewi.get(f"{path}?to={pipeline}")
    for moved, left in ((2, 3), (4, 1)):
        assert f"{left} more are left" in page.main.text
        page = said(dewi, _send(dewi, page, path))
        assert f"{left} are left" in toast(page)
        assert (page.request.path, page.request.args["to"]) == (path, str(pipeline))
        assert [held(bare, key)[0] for key in made] == [there[0]] * moved + [here] * (5 - moved)
    back = undo(dewi, page)
    assert [held(bare, key)[0] for key in made] == [there[0]] * 2 + [here] * 3, back.main.text
    for _part in range(2):
        page = said(dewi, _send(dewi, dewi.get(f"{path}?to={pipeline}"), path))
    assert page.request.path == "/app/crm.deal"
    assert [held(bare, key)[0] for key in made] == [there[0]] * 5


def test_of_two_who_move_one_deal_the_second_does_not_overwrite(bare: kit.Served) -> None:
    """The second asks while the first has not committed yet."""
    [key] = make(bare, {})
    pipeline, there = other(bare)
    dewi, path = bare.sign_in("dewi"), f"/crm/deal/{key}/pipeline"
    form = dewi.get(f"{path}?to={pipeline}").main.one("form", method="post")
    data = {item["name"]: item["value"] for item in form.all("input")} | {"into": str(there[0])}
    with ThreadPoolExecutor(1) as pool:
        with bare.env() as env:
            env.write([kit.record(env, "crm.deal", key)], {"stage_id": stages_of(env)[2]})
            env.flush()
            second = pool.submit(
                dewi.client.open, path, method="POST", data=data, base_url=f"http://{bare.host}"
            )
            time.sleep(0.5)
            assert not second.done(), "it waits for the first"
        assert second.result().status_code == 422
    assert held(bare, key)[0] == stages(bare)[2]


def stages_of(env: Any) -> list[int]:
    """The stages of the shipped pipeline."""
    cls = env["crm.stage"]
    first = env.scalar(sa.select(sa.func.min(cls.pipeline_id)))
    return list(env.scalars(sa.select(cls.id).where(cls.pipeline_id == first).order_by(cls.position)))


def test_a_pipeline_of_another_company_is_no_choice_and_out_of_sight_no_fault(bare: kit.Served) -> None:
    [key] = make(bare, {})
    pipeline, there = other(bare)
    with bare.env() as env:
        money = env.scalars(sa.select(env["base.currency"])).first()
        rows = [{"name": name, "currency": money} for name in ("Griya", "Sewa")]
        here, foreign = env.create(env["base.company"], rows)
        dewi = env.scalars(sa.select(env["base.user"]).where(env["base.user"].name == "Dewi Kartika")).one()
        dewi.company, dewi.companies = here, [here, foreign]
        kit.record(env, "crm.pipeline", pipeline).company = foreign
        kit.record(env, "crm.deal", key).company = here
        env.flush()
    visitor, path = bare.sign_in("dewi"), f"/crm/deal/{key}/pipeline"
    assert "Sewa" not in visitor.get(path).main.text
    with bare.env() as env:
        kit.record(env, "crm.deal", key).company = None
        env.flush()
        env.write([kit.record(env, "crm.deal", key)], {"pipeline_id": pipeline, "stage_id": there[0]})
        dewi = env.scalars(sa.select(env["base.user"]).where(env["base.user"].name == "Dewi Kartika")).one()
        dewi.companies = [kit.record(env, "base.company", bare.first("base.company", name="Griya"))]
    shown = visitor.get(f"/app/crm.deal/{key}")
    assert not shown.main.all("a", href=path)
    assert visitor.get(path).status_code == 404
    assert visitor.post(path, {"csrf_token": visitor.token("/app/crm.deal"), "to": "1"}).status_code == 404


def _send(visitor: kit.Visitor, page: kit.Answer, path: str, **changes: Any) -> kit.Answer:
    form = page.main.one("form", method="post")
    data = {item["name"]: [] for item in form.all("input")}
    for item in form.all("input"):
        data[item["name"]].append(item["value"])
    data["into"] = [
        changes.get("into", next((o["value"] for o in select.all("option") if "selected" in o.attrs), ""))
        for select in form.all("select")
    ]
    return visitor.post(path, data)
