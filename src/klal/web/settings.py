"""Django's settings, all from ``KLAL_*`` (see ``klal.store.configuration``)."""

from __future__ import annotations

from pathlib import Path

from klal.store.opening import configuration

_found = configuration()
_here = Path(__file__).parent

SECRET_KEY = _found.secret_key
DEBUG = False
ALLOWED_HOSTS = list(_found.hosts) or ["localhost", "127.0.0.1", "[::1]"]
DATABASES = {"default": _found.django_database()}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "klal.store",
    "klal.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "klal.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_here / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
USE_I18N = False  # klal speaks through klal.domain.language: one file a language for pages, reports and errors
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
SESSION_COOKIE_NAME = "klal-session"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "klal-csrf"
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _found.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _found.https else None
SECURE_REFERRER_POLICY = "same-origin"
LOGGING_CONFIG = None
