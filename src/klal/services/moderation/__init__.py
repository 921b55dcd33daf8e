"""What moderators and authors do with statements: each act in one transaction, several moderators at once."""
