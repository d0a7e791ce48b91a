"""Models: fields, fragments, the registry that composes them, and the env that guards every read and write."""
