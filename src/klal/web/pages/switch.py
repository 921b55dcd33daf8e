"""Choose the language of the pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect

from klal.domain.language import available
from klal.errors import BadRequestError
from klal.web.reader import remember_language
from klal.web.visit import methods


@csrf_protect
@methods("POST")
def language(request: HttpRequest) -> HttpResponse:
    """Remember a language and go back to where the reader was."""
    code = request.POST.get("language", "")
    if code not in available():
        raise BadRequestError(found=code[:20] or "-", needed=" / ".join(available()))
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    response = HttpResponseRedirect(back if safe else "/", status=303)
    remember_language(response, code)
    return response
