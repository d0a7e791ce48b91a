"""Finding anything: the search over all models, and the palette of records and commands."""
