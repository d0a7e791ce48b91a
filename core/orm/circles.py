"""Circles in a graph: what cannot be put in an order."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TypeVar

N = TypeVar("N")


def circular(edges: Mapping[N, Set[N]]) -> set[N]:
    """The nodes on a circle, and those between two circles."""
    left = set(edges)
    while True:
        reached = {target for node in left for target in edges[node] & left}
        kept = {node for node in reached if edges[node] & left}
        if kept == left:
            return left
        left = kept
