"""All tables of a database as columns, on both engines: what backups, restoring and moving are built on.

Which tables there are is read from the migrations the database has had, so that a new model needs nothing here. Arrow batches go in and
out; nothing of this is imported by the processes that serve pages and votes.
"""
