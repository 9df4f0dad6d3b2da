"""Django's settings, made from the table of settings and the environment; nothing here is edited by a municipality."""

from __future__ import annotations

import os

from csp.constants import NONE, SELF

from daremo.web.apps.staff import conf as staff
from daremo.web.configuration import read
from daremo.web.ui import conf as ui

_told = read(os.environ)

DAREMO_MODE = _told["DAREMO_MODE"]
DAREMO_CITY, DAREMO_PHONE, DAREMO_HOURS = _told["DAREMO_CITY"], _told["DAREMO_PHONE"], _told["DAREMO_HOURS"]
DAREMO_OUTBOX, DAREMO_REGION = _told["DAREMO_OUTBOX"], _told["DAREMO_REGION"]
DAREMO_METRICS_TOKEN = _told["DAREMO_METRICS_TOKEN"]
DAREMO_SITE = ui.site(_told) if hasattr(ui, "site") else None
PRODUCTION = DAREMO_MODE == "production"

SECRET_KEY = _told["DAREMO_SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = _told["DAREMO_HOSTS"]
ROOT_URLCONF = "daremo.web.urls"
WSGI_APPLICATION = "daremo.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FEATURES = (
    "journal", "places", "people", "schedule", "bookings", "queue", "visits", "followups",
    "mandates", "notices", "figures", "transfer", "api", "finder", "desk", "counter",
)  # fmt: skip
INSTALLED_APPS = [
    "daremo.web.ui",
    *staff.INSTALLED_APPS,
    *(f"daremo.web.apps.{name}" for name in FEATURES),
    *(staff.OIDC_APPS if _told["DAREMO_OIDC_URL"] else []),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "daremo.web.guards.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "daremo.web.guards.LimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    *staff.MIDDLEWARE,
]
AUTHENTICATION_BACKENDS = staff.AUTHENTICATION_BACKENDS
globals().update(staff.SETTINGS)
globals().update(staff.oidc(os.environ))

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                *ui.CONTEXT_PROCESSORS,
            ]
        },
    }
]

DATABASES = {"default": _told["DAREMO_DATABASE_URL"]}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LANGUAGE_CODE, LANGUAGES = ui.LANGUAGE_CODE, ui.LANGUAGES
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_AGE = ui.LANGUAGE_COOKIE_NAME, ui.LANGUAGE_COOKIE_AGE
CSRF_FAILURE_VIEW = "daremo.web.ui.handlers.csrf_failure"
USE_TZ, TIME_ZONE = True, "Asia/Tokyo"

STATIC_URL = "/static/"
STATICFILES_DIRS = ui.STATICFILES_DIRS
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _told["DAREMO_HTTPS"]
SECURE_CONTENT_TYPE_NOSNIFF = True
# not no-referrer: browsers would send "Origin: null" and every form would fail its CSRF check
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _told["DAREMO_HTTPS"] else 0
SECURE_SSL_REDIRECT = _told["DAREMO_HTTPS"]
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _told["DAREMO_PROXY"] else None
DAREMO_PROXY = _told["DAREMO_PROXY"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

DEFAULT_FROM_EMAIL = _told["DAREMO_MAIL_FROM"] or "daremo@localhost"
if _told["DAREMO_MAIL_URL"]:
    globals().update(_told["DAREMO_MAIL_URL"])
else:
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DAREMO_SENDERS = {
    **({"email": "daremo.web.apps.notices.senders.smtp"} if _told["DAREMO_MAIL_URL"] else {}),
    **_told["DAREMO_SENDERS"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "daremo.web.guards.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "daremo": {"level": "INFO"},
        # Django's own request log prints whole paths; ours prints the template of the path
        "django.request": {"level": "CRITICAL"},
        "django.server": {"level": "CRITICAL"},
    },
}
