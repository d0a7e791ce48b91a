"""What the contributions of addons must hold, beyond what composing models and views finds by itself.

Each check raises LoadError naming addon, place, fault and remedy.
"""
