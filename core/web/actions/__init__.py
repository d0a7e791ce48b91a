"""What is done with records as a whole: duplicate, archive, restore, delete, one or many, and undo."""
