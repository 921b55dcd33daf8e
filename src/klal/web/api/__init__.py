"""The public JSON API, version 1: conversations, their statements and results for everybody, and a convenor's own by token."""
