"""What people do together on a record: its notes and its timeline, as the record's page shows them."""
