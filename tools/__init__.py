"""What the Makefile runs at set-up. Nothing here is part of the installed product."""
