"""Accounts of convenors: making them, signing in, and working together."""
