"""Files of records on the web: the list on the record's page, attaching, and sending them."""
