"""Settings of the shared look alone, whatever other settings this run has, so that its tests need no other app."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import django
import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import include, path
from django.utils import translation

from daremo.web.ui import conf

URLS = "daremo_ui_test_urls"
SETTINGS: dict[str, Any] = {
    "DEBUG": False,
    "ALLOWED_HOSTS": ["*"],
    "INSTALLED_APPS": ["django.contrib.staticfiles", "daremo.web.ui"],
    "MIDDLEWARE": ["django.middleware.locale.LocaleMiddleware", "django.middleware.common.CommonMiddleware"],
    "ROOT_URLCONF": URLS,
    "STATIC_URL": "/static/",
    "STATICFILES_DIRS": conf.STATICFILES_DIRS,
    "STORAGES": {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    "LANGUAGE_CODE": conf.LANGUAGE_CODE,
    "LANGUAGES": conf.LANGUAGES,
    "LANGUAGE_COOKIE_NAME": conf.LANGUAGE_COOKIE_NAME,
    "LANGUAGE_COOKIE_AGE": conf.LANGUAGE_COOKIE_AGE,
    "USE_I18N": True,
    "USE_TZ": True,
    "TIME_ZONE": "Asia/Tokyo",
    "DAREMO_MODE": "practice",
    "DAREMO_SITE": conf.SAMPLE_SITE,
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request", *conf.CONTEXT_PROCESSORS]},
        }
    ],
}

urls = types.ModuleType(URLS)
urls.urlpatterns = [path("", include("daremo.web.ui.urls"))]  # type: ignore[attr-defined]
for code, view in ((400, "bad_request"), (403, "permission_denied"), (404, "page_not_found"), (500, "server_error")):
    setattr(urls, f"handler{code}", f"daremo.web.ui.handlers.{view}")
sys.modules[URLS] = urls

if not settings.configured:
    settings.configure(SECRET_KEY="only-for-tests", **SETTINGS)
    django.setup()


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """Only the shared look is installed."""
    with override_settings(**SETTINGS):
        yield


@pytest.fixture(autouse=True)
def japanese() -> Iterator[None]:
    """Every test starts in Japanese."""
    with translation.override("ja"):
        yield


@pytest.fixture
def settings_of() -> Iterator[Callable[..., None]]:
    """Change settings for one test: ``settings_of(DAREMO_MODE="production")``."""
    changed: list[override_settings] = []

    def change(**values: object) -> None:
        changed.append(override_settings(**values))
        changed[-1].enable()

    yield change
    for one in reversed(changed):
        one.disable()
