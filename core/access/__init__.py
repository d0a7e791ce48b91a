"""Who may what: sign-in, passwords and sessions; what a user's roles, teams and companies are."""
