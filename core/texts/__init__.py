"""Search: one table per database with the searched fields of each record as one normalised text.

The flush writes it with the record, in the same transaction; there are no triggers. PostgreSQL finds by
a trigram index, or without one where the extension is refused; SQLite by FTS5 with trigrams.
"""
