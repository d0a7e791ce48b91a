"""The schema: what the tables are to be, how they get there, and which addon owns what."""
