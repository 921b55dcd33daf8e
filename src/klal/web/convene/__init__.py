"""The convenors' pages."""
