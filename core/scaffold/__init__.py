"""What `lumbung new-addon` writes: a plan of names, and files from templates."""
