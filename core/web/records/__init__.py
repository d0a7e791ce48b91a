"""The pages of one record: read in sections, each edited in its place, and the form of a new one."""
