"""Where conversations live: Django models and migrations, SQLite by default and PostgreSQL by address.

``open_store`` must be called before anything else here is used; only this package and those above it know Django.
"""
