"""Who else may see a record is told as the matrix has it, of every model."""

from __future__ import annotations

from core.access.others import who_may_see
from tests.access.stage import GUEST, PERSONAL, Stage


def test_of_each_record_those_are_found_who_may_read_it(staged: Stage) -> None:
    people = {who: key for who, key in staged.users.items() if who != GUEST}
    samples = [sample for sample in staged.samples.values() if sample.model not in PERSONAL]
    asked = {(sample.model, sample.id): list(people.values()) for sample in samples}
    with staged.env("base.admin") as env:
        found = who_may_see(env, asked)
    for sample in samples:
        wanted = {key for who, key in people.items() if staged.may(who, sample, "r")}
        assert found[sample.model, sample.id] == wanted, sample
    assert any(found.values()) and not all(len(keys) == len(people) for keys in found.values())
