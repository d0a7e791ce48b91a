"""What an administrator looks after in the browser: roles and their rights, people and their sessions, companies."""
