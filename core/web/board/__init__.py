"""The board of any model that has a view of kind kanban: cards in columns, and moves between them.

`lanes` asks the database for columns and cards, `cards` makes the markup, `page` what stands around it, `moving` moves.
"""
