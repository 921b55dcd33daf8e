"""Template tags and filters: every sentence on a page comes through them."""
