"""A claim says what it claims, or its addon is at fault."""

from __future__ import annotations

from typing import ClassVar

import pytest

from core import Claim, LoadError, Many2one, Model
from core.orm.registry import Registry

USER = {"base.user": "rwcd"}


class Room(Model, name="hotel.room", access=USER):
    pass


class Unsaid(Claim, name="hotel.unsaid", access=USER):
    room = Many2one(Room, required=True)


class Loose(Claim, name="hotel.loose", access=USER):
    resource: ClassVar[str] = "room"
    room = Many2one(Room)


@pytest.mark.parametrize("model", [Unsaid, Loose])
def test_a_claim_without_a_required_link_to_its_resource_is_refused(model: type[Model]) -> None:
    with pytest.raises(LoadError) as caught:
        Registry({"base": [Claim], "hotel": [Room, model]})
    assert caught.value.addon == "hotel"
    assert "resource" in str(caught.value)
