"""The addons that come with Lumbung, each a package of its own, found by entry point.

Third parties never install into this folder: their addon is a package with its own name.
"""
