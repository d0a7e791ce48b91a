"""Files: where their content lies, and what is taken. The core knows nothing here of records or requests."""
