"""The web: a site per set of addons, the generic pages, sign-in, and the server in front."""
