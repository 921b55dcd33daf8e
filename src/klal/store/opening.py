"""Open the store: set Django up, once a process, and bring the tables up to date."""

from __future__ import annotations

import os
from functools import cache

from klal.store.configuration import Configuration
from klal.store.guards import refuse_short_secret


@cache
def configuration() -> Configuration:
    """Return this instance's settings, read once a process."""
    return Configuration.from_environment()


def open_store(*, migrate: bool = False) -> Configuration:
    """Make the models usable.

    Parameters
    ----------
    migrate : bool
        Also create or update the tables.

    Returns
    -------
    Configuration
        Of this instance.

    Raises
    ------
    BadSettingError
        If a setting cannot be used.
    """
    import django
    from django.apps import apps

    found = configuration()
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "klal.web.settings")
        django.setup()
    if migrate:
        refuse_short_secret(found.secret_key)
        from klal.store.migrating import migrate as migrate_tables

        migrate_tables(found)
    return found
