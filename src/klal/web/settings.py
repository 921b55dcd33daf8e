"""Django's settings, all from ``KLAL_*`` (see ``klal.store.configuration``)."""

from __future__ import annotations

from pathlib import Path

from klal.store.opening import configuration
from klal.web.assets import is_immutable, static_address

_found = configuration()
_here = Path(__file__).parent

SECRET_KEY = _found.secret_key
SECRET_KEY_FALLBACKS = list(_found.guards.old_secret_keys)
DEBUG = False
ALLOWED_HOSTS = list(_found.hosts) or ["localhost", "127.0.0.1", "[::1]"]
DATABASES = {"default": _found.django_database()}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "klal.store",
    "klal.web",
]
MIDDLEWARE = [
    "klal.web.watching.Requests",
    "klal.web.middleware.Proxies",
    "django.middleware.security.SecurityMiddleware",
    "klal.web.middleware.Headers",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "klal.web.middleware.Refusals",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "klal.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_here / "templates"],
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request"],
            "builtins": ["klal.web.templatetags.speech"],
        },
    }
]
USE_I18N = False  # klal speaks through klal.domain.language: one file a language for pages, reports and errors
USE_TZ = True
TIME_ZONE = "UTC"

# Files are read from the package when the server starts; nothing has to be collected (see ``klal.web.assets``).
STATIC_URL = static_address()
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = is_immutable

DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
_prefix = "__Host-" if _found.https else ""  # browsers take such a cookie only from an encrypted answer of this very host
SESSION_COOKIE_NAME = f"{_prefix}klal-session"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_prefix}klal-csrf"
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "klal.web.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _found.https
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60  # since it was last used: see ``klal.web.convene.sessions``
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "email"), "max_similarity": 0.6}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
OTP_TOTP_ISSUER = "klal"
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _found.https else 0
SECURE_REFERRER_POLICY = "same-origin"
globals().update(_found.django_mail())
LOGGING_CONFIG = None
