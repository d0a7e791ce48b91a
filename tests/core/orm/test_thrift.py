"""Composing takes no more than it must: what is saved, and that nothing else changes by it."""

from __future__ import annotations

import gc

import pytest
import sqlalchemy as sa

from core.orm.registry import Registry
from core.orm.thrift import collector_paused
from tests.core.orm.toys import TOYS


def test_mappers_are_configured_without_making_sql() -> None:
    """It rests on private names of SQLAlchemy: this fails where they are gone."""
    registry = Registry(TOYS)
    try:
        for info in registry:
            for column in sa.inspect(info.cls).column_attrs:
                attribute = column.class_attribute
                with pytest.raises(AttributeError):  # the slot is filled when the SQL is first asked for
                    object.__getattribute__(attribute.comparator, "__clause_element__")
                assert str(attribute == None).endswith("IS NULL")  # noqa: E711
    finally:
        registry.dispose()


def test_the_collector_comes_back_after_an_error() -> None:
    with pytest.raises(ValueError), collector_paused():
        assert not gc.isenabled()
        raise ValueError
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
