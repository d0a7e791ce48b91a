"""docs/tutorial.md as its reader takes it: steps, and in each the files, changes and commands in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.repository import ROOT

TUTORIAL = ROOT / "docs/tutorial.md"
STEP = re.compile(r"## ([1-9][0-9]*)\. (.+)")
FENCE = re.compile(r"```([a-z]+)")
SAID = {
    "file": re.compile(r"`([^`]+)`"),
    "append": re.compile(r"Append to `([^`]+)`:"),
    "diff": re.compile(r"In `([^`]+)`:"),
    "fill": re.compile(r"In `([^`]+)` fill in:"),
}
"""What stands above a block, and what is to be done with it."""
TYPED, SHOWN = "sh", "text"
ENTRY = re.compile(r'^msgid "(.+)"\n(?:msgid_plural "(?:.+)"\n)?(msgstr(?:\[0\])? ".+")$', re.M)


@dataclass(frozen=True)
class Block:
    """What is done with a block: one of SAID with its file, or typed, or seen after what was typed."""

    kind: str
    text: str
    path: str = ""


@dataclass
class Step:
    """One step, with its blocks in their order."""

    number: int
    title: str
    blocks: list[Block] = field(default_factory=list)


def steps() -> list[Step]:
    """The steps of the tutorial. Fails where a block of one says neither a file nor what is typed or seen."""
    found: list[Step] = []
    said, lines = "", iter(TUTORIAL.read_text("utf-8").splitlines())
    for line in lines:
        if heading := STEP.fullmatch(line):
            found.append(Step(int(heading[1]), heading[2]))
        elif fence := FENCE.fullmatch(line):
            text = "".join(f"{inner}\n" for inner in _inside(lines))
            if found:
                found[-1].blocks.append(_block(fence[1], said, text))
            said = ""
        elif line.strip():
            said = line
    return found


def _inside(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == "```":
            return
        yield line
    raise AssertionError("a block of the tutorial has no end")


def _block(language: str, said: str, text: str) -> Block:
    if language in (TYPED, SHOWN):
        return Block(language, text)
    for kind, pattern in SAID.items():
        if match := pattern.fullmatch(said):
            return Block(kind, text, match[1])
    raise AssertionError(f"{language} below “{said}” is of no file:\n{text}")


def write(block: Block, folder: Path) -> None:
    """Does with the files of an addon what a block says."""
    file = folder / block.path
    before = file.read_text("utf-8") if file.exists() else ""
    assert block.kind == "file" or before, f"{block.path} is not there to be changed"
    file.parent.mkdir(parents=True, exist_ok=True)
    match block.kind:
        case "file":
            after = block.text
        case "append":
            after = f"{before}\n\n{block.text}"  # as Python has it between functions
        case "diff":
            after = _patched(before, block.text)
        case _:
            after = _filled(before, block.text)
    assert after != before, f"{block.path} is so already"
    file.write_text(after, "utf-8")


def _patched(before: str, diff: str) -> str:
    lines = [line if line.strip() else " \n" for line in diff.splitlines(keepends=True)]
    assert {line[0] for line in lines} <= {"-", "+", " "}, diff
    old, new = ("".join(line[1:] for line in lines if line[0] in signs) for signs in ("- ", "+ "))
    assert before.count(old) == 1, f"it is there {before.count(old)} times:\n{old}"
    return before.replace(old, new)


def _filled(before: str, entries: str) -> str:
    """A catalogue with translations where it waits for them; each of `entries` has to be such a text."""
    after = before
    for message, given in ENTRY.findall(entries):
        pattern = re.compile(
            rf'^(msgid "{re.escape(message)}"\n(?:msgid_plural ".+"\n)?)msgstr(?:\[0\])? ".*"$', re.M
        )
        after, count = pattern.subn(lambda match, given=given: f"{match[1]}{given}", after)  # type: ignore[misc]
        assert count == 1, f"the catalogue has no text “{message}”"
    assert len(ENTRY.findall(entries)) == entries.count('msgid "'), entries
    return after
