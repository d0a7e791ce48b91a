"""Views as data: named nodes, extended by name, resolved once per set of addons."""
