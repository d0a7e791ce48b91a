"""A small database with rules: partners of which one is hidden, leads of which each user sees their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from core import Char, Integer, Many2many, Many2one, Model, Money, One2many, Ref, Rule
from core.access.rights import Policy
from core.orm.database import Database
from core.orm.env import CurrentUser, open_env
from core.orm.registry import Registry
from tests.copies import filled
from tests.core.orm.toys import World

SELLER, BOSS = "vault.seller", "vault.boss"


class Tag(Model, name="vault.tag", access={BOSS: "rwcd", SELLER: "r"}):
    name = Char(translate=True, label="Name")


class Partner(Model, name="vault.partner", label="Partner", access={BOSS: "rwcd", SELLER: "rwcd"}):
    name = Char(label="Name", search=True)
    score = Integer(label="Score")
    salary = Money(label="Salary", access={BOSS: "rw"})
    motto = Char(translate=True, label="Motto", access={BOSS: "rw"})
    leads: One2many[Lead] = One2many(lambda: Lead, "partner")


class Lead(Model, name="vault.lead", label="Lead", access={BOSS: "rwcd", SELLER: "rwcd"}):
    title = Char(label="Title", search=True)
    revenue = Money(label="Revenue")
    owner_key = Integer(label="Owner")
    partner = Many2one(Partner, label="Partner")
    partner_id: Ref
    secret: Many2one[Secret | None] = Many2one(lambda: Secret, label="Secret")
    secret_id: Ref
    tags = Many2many(Tag, label="Tags")


class Secret(Model, name="vault.secret", label="Secret", access={BOSS: "rwcd"}):
    name = Char(label="Name", search=True)


class Nobody(Model, name="vault.nobody", access={"vault.ghost": "rwcd"}):
    name = Char()


@cache
def vault_registry() -> Registry:
    """Composed once: no test changes it."""
    registry = Registry({"vault": [Tag, Partner, Lead, Secret, Nobody]})
    registry.policy = Policy(
        registry,
        [
            Rule(Lead, "rwd", roles=(SELLER,), where=lambda model, env: model.owner_key == env.user.id),
            Rule(Partner, "rwd", roles=(SELLER,), where=lambda model, env: model.score > 1),
        ],
    )
    return registry


@contextmanager
def vault(url: str) -> Iterator[World]:
    """4 partners of scores 1 to 4, 4 leads each: 2 of user 10 and 2 of user 11. Partner 1 is hidden to sellers."""
    with filled(url, vault_registry(), _fill) as database:
        yield World(vault_registry(), database)


def _fill(database: Database) -> None:
    registry = vault_registry()
    with database.writing.begin() as connection:
        registry.metadata.create_all(connection)
    with open_env(registry, database) as env:
        secret = env.create(Secret, [{"name": "hidden treasure"}])[0]
        tag = env.create(Tag, [{"name": {"id": "merah", "en": "red"}}])[0]
        partners = env.create(
            Partner,
            [{"name": f"p{n}", "score": n, "salary": n * 1000, "motto": f"m{n}"} for n in range(1, 5)],
        )
        env.flush()
        env.create(
            Lead,
            [
                {"title": f"l{partner.score}{n}", "partner": partner, "owner_key": 10 + n % 2, "revenue": 1,
                 "secret": secret, "tags": [tag]}
                for partner in partners for n in range(4)
            ],
        )  # fmt: skip


def seller(number: int = 10, **more: Any) -> CurrentUser:
    """A user who sees their own leads: 8 of 16."""
    return CurrentUser(id=number, roles=frozenset({SELLER}), **more)


BOSS_USER = CurrentUser(id=1, roles=frozenset({BOSS}))
