"""``klal check``: everything that may be wrong with an installation, each with its remedy."""
