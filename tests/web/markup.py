"""The reader of pages, which third parties have too."""

from core.testing.markup import Element, read, typed

__all__ = ["Element", "read", "typed"]
