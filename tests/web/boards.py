"""What the tests of the board share: deals on it, what its columns say, and cards moved as a browser moves them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tests.web import kit
from tests.web.markup import Element

DEALS = "/app/crm.deal"
BOARD = f"{DEALS}?view=kanban"


def stages(served: kit.Served) -> list[int]:
    """The stages of the shipped pipeline: four open ones, won, lost."""
    with served.env() as env:
        cls = env["crm.stage"]
        first = env.scalar(sa.select(sa.func.min(cls.pipeline_id)))
        return list(env.scalars(sa.select(cls.id).where(cls.pipeline_id == first).order_by(cls.position)))


def make(served: kit.Served, *rows: dict[str, Any]) -> list[int]:
    """Deals in the first stage of the shipped pipeline, unless a row says more."""
    first = stages(served)[0]
    with served.env() as env:
        whose = env.scalar(sa.select(env["crm.stage"].pipeline_id).where(env["crm.stage"].id == first))
        made = env.create(
            env["crm.deal"],
            [{"title": f"Rumah {n}", "pipeline_id": whose, **row} for n, row in enumerate(rows)],
        )
        env.flush()
        return [one.id for one in made]


def more_stages(served: kit.Served, count: int, cards: int) -> list[int]:
    """A pipeline of its own with many stages, and deals in each."""
    with served.env() as env:
        [pipeline] = env.create(env["crm.pipeline"], [{"name": "Panjang", "position": 1}])
        env.flush()
        rows = [{"pipeline": pipeline, "name": f"Tahap {n}", "position": n} for n in range(count)]
        made = env.create(env["crm.stage"], rows)
        env.flush()
        deals = [
            {"title": f"Rumah tipe {n}", "pipeline_id": pipeline.id, "stage_id": stage.id}
            for stage in made
            for n in range(cards)
        ]
        env.create(env["crm.deal"], deals)
        return [stage.id for stage in made]


def held(served: kit.Served, key: int) -> Any:
    with served.env() as env:
        deal = kit.record(env, "crm.deal", key)
        return deal.stage_id, deal.state


def lanes(answer: kit.Answer) -> list[tuple[str, str, int]]:
    """Name, count and cards of each column."""
    found = answer.main.all("section", class_="lane")
    return [(lane.one("h2").text, lane.one("header").one("span").text, len(lane.all("li"))) for lane in found]


def hidden(form: Element) -> dict[str, str]:
    return {item["name"]: item["value"] for item in form.all("input")}


def menu(visitor: kit.Visitor, answer: kit.Answer, key: int) -> kit.Answer:
    """The menu of a card, as a browser without script gets it."""
    [opener] = answer.main.one("li", id=f"c{key}").all("button")
    form = answer.page.one("form", id=opener["form"])
    return visitor.post(form["action"], {**hidden(form), opener["name"]: opener["value"]})


def press(visitor: kit.Visitor, answer: kit.Answer, key: int, label: str) -> kit.Answer:
    """Presses a button of the menu of a card, as a browser without script sends it."""
    form = menu(visitor, answer, key).main.one("form", class_="card")
    [button] = [item for item in form.all("button") if item.text == label]
    return visitor.post(form["action"], {**hidden(form), button["name"]: button["value"]})


def drop(visitor: kit.Visitor, answer: kit.Answer, key: int, label: str) -> kit.Answer:
    """Sends what the script sends: the button of the card says what moves from where, that of the menu where to."""
    [opener] = answer.main.one("li", id=f"c{key}").all("button")
    [button] = [item for item in answer.main.one("div", id="lanes").all("button") if item.text == label]
    form = answer.page.one("form", id=button["form"])
    value = f"{opener['value']}.{button['data-to']}"
    return visitor.post(form["action"], {**hidden(form), button["name"]: value})
