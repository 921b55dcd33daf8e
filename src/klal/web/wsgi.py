"""The pages as a WSGI application: ``klal.web.wsgi:application``, for `klal serve` and for any WSGI server."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from klal.store.guards import refuse_short_secret
from klal.store.opening import open_store

refuse_short_secret(open_store().secret_key)
application = get_wsgi_application()
