"""Recomputes conversations whose votes changed, and announces what was found."""
