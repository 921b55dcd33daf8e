"""The pages as a WSGI application: ``klal.web.wsgi:application``, for `klal serve` and for any WSGI server."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from klal.store.opening import open_store

open_store()
application = get_wsgi_application()
