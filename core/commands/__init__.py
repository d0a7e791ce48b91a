"""The commands of `lumbung`, a module each; heavy modules are imported inside them, for a quick start."""
