"""Settings of the desk. What a municipality may set stands in ``tables/settings.csv``, never here."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from daremo.web.apps.staff import conf as staff_conf
from daremo.web.configuration import Configuration, database_of, secret_key_of
from daremo.web.ui import conf as ui_conf

CONFIGURATION = Configuration(os.environ)
CONFIGURATION.check()

DAREMO_MODE = CONFIGURATION.mode
PRODUCTION = DAREMO_MODE == "production"
DEBUG = False
SECRET_KEY = secret_key_of(CONFIGURATION)
ALLOWED_HOSTS = list(CONFIGURATION["DAREMO_HOSTS"])

#: Features in the order of the house: each rests on services of those before it.
FEATURES = (
    "journal", "places", "people", "schedule", "bookings", "queue", "visits", "followups", "mandates",
    "notices", "figures", "transfer", "api", "finder", "desk", "counter", "skills", "diagnosis", "genuine", "guard",
    "lines",
)  # fmt: skip
_written = [f"daremo.web.apps.{name}" for name in FEATURES if find_spec(f"daremo.web.apps.{name}")]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "daremo.web.ui",
    "daremo.web.gate",
    *staff_conf.INSTALLED_APPS,
    *_written,
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "daremo.web.gate.account.Account",
    "daremo.web.gate.watch.Watch",
    "django.middleware.security.SecurityMiddleware",
    "daremo.web.gate.headers.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "daremo.web.gate.bounds.Bounds",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "daremo.web.gate.limits.Limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "daremo.web.gate.answers.Errors",
    *staff_conf.MIDDLEWARE,
]

ROOT_URLCONF = "daremo.web.urls"
WSGI_APPLICATION = "daremo.web.wsgi.application"
CSRF_FAILURE_VIEW = "daremo.web.ui.handlers.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                *ui_conf.CONTEXT_PROCESSORS,
            ]
        },
    }
]

# ── data ──────────────────────────────────────────────────────────────────────────────────────────────────────────
DAREMO_DATA, DAREMO_REGION = (Path(CONFIGURATION[name]).absolute() for name in ("DAREMO_DATA", "DAREMO_REGION"))
DATABASES = {"default": database_of(CONFIGURATION["DAREMO_DATABASE_URL"], CONFIGURATION["DAREMO_POOL"] or 0)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3") and DATABASES["default"]["NAME"] != ":memory:":
    DATABASES["default"]["NAME"] = str(Path(DATABASES["default"]["NAME"]).absolute())
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# ── static files: collected with hashes by `daremo serve`; straight from the packages before that ───────────────────
STATIC_URL = "/static/"
STATIC_ROOT = DAREMO_DATA / "static"
STATICFILES_DIRS = ui_conf.STATICFILES_DIRS
_collected = (STATIC_ROOT / "staticfiles.json").exists() and DAREMO_MODE != "development"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DAREMO_DATA / "files"},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _collected
WHITENOISE_AUTOREFRESH = not _collected
if _collected:
    WHITENOISE_MAX_AGE = 3600

# ── words and time ────────────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE, LANGUAGES = ui_conf.LANGUAGE_CODE, ui_conf.LANGUAGES
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_AGE = ui_conf.LANGUAGE_COOKIE_NAME, ui_conf.LANGUAGE_COOKIE_AGE
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"
DAREMO_SITE = CONFIGURATION.site()
DAREMO_CITY, DAREMO_PHONE, DAREMO_HOURS = (DAREMO_SITE["ja"][k] for k in ("city", "phone", "hours"))

# ── messages to people ────────────────────────────────────────────────────────────────────────────────────────────
DAREMO_OUTBOX = CONFIGURATION["DAREMO_OUTBOX"].absolute()
DEFAULT_FROM_EMAIL = CONFIGURATION["DAREMO_MAIL_FROM"] or "desk@localhost"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = CONFIGURATION["DAREMO_SMTP_HOST"] or ""
EMAIL_PORT = CONFIGURATION["DAREMO_SMTP_PORT"]
EMAIL_HOST_USER = CONFIGURATION["DAREMO_SMTP_USER"] or ""
EMAIL_HOST_PASSWORD = CONFIGURATION["DAREMO_SMTP_PASSWORD"] or ""
EMAIL_USE_TLS = CONFIGURATION["DAREMO_SMTP_SECURITY"] == "starttls"
EMAIL_USE_SSL = CONFIGURATION["DAREMO_SMTP_SECURITY"] == "tls"
EMAIL_TIMEOUT = 20
if not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DAREMO_OUTBOX / "mail")
DAREMO_SENDERS = {
    **({"email": "daremo.web.apps.notices.senders.smtp"} if EMAIL_HOST else {}),
    **(CONFIGURATION["DAREMO_SENDERS"] or {}),
}

# ── signing in ────────────────────────────────────────────────────────────────────────────────────────────────────
AUTHENTICATION_BACKENDS = staff_conf.AUTHENTICATION_BACKENDS
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
globals().update(staff_conf.SETTINGS)
globals().update(staff_conf.oidc({name: CONFIGURATION[name] or "" for name in CONFIGURATION if "OIDC" in name}))
if CONFIGURATION["DAREMO_REQUIRE_MFA"] is not None:
    DAREMO_REQUIRE_MFA = CONFIGURATION["DAREMO_REQUIRE_MFA"]

# ── security ──────────────────────────────────────────────────────────────────────────────────────────────────────
DAREMO_PROXIES = CONFIGURATION["DAREMO_PROXIES"]
if DAREMO_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
# `no-referrer` would make browsers send `Origin: null` with every form, which CSRF then refuses. `same-origin` tells
# other hosts exactly as much: nothing.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "daremo_session"
ACCOUNT_SESSION_COOKIE_AGE = CONFIGURATION["DAREMO_SESSION_HOURS"] * 3600
# what a resident has filled in so far; signing in shortens it
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = CONFIGURATION["DAREMO_UPLOAD_MB"] * 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
DAREMO_METRICS_TOKEN = CONFIGURATION["DAREMO_METRICS_TOKEN"]
DAREMO_VC_API = CONFIGURATION["DAREMO_VC_API"]

# ── official messages ─────────────────────────────────────────────────────────────────────────────────────────────
DAREMO_TRUST_KEYS = CONFIGURATION["DAREMO_TRUST_KEYS"].absolute()
DAREMO_TRUST_PASSPHRASE = CONFIGURATION["DAREMO_TRUST_PASSPHRASE"]
DAREMO_TSA_URL, DAREMO_TSA_NAME = CONFIGURATION["DAREMO_TSA_URL"], CONFIGURATION["DAREMO_TSA_NAME"]
DAREMO_TSA_ROOTS, DAREMO_WITNESSES = CONFIGURATION["DAREMO_TSA_ROOTS"], CONFIGURATION["DAREMO_WITNESSES"] or ()

_oidc = urlsplit(CONFIGURATION["DAREMO_OIDC_URL"] or "")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        # browsers hold a form's redirect to this too, and signing in at the municipality is one
        "form-action": ["'self'"] + ([f"{_oidc.scheme}://{_oidc.netloc}"] if _oidc.netloc else []),
        "frame-ancestors": ["'none'"],
    }
}

# ── logs ──────────────────────────────────────────────────────────────────────────────────────────────────────────
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "daremo.web.gate.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": CONFIGURATION["DAREMO_LOG_LEVEL"]},
    "loggers": {
        # `daremo.request` has one line for each answer, without the raw path
        "django.request": {"level": "ERROR"},
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        "django.server": {"handlers": [], "propagate": False},
        "django": {"handlers": [], "propagate": True},
    },
}
