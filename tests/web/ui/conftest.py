"""Settings of the shared look alone, so that its tests need nothing of the other apps."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator

import django
import pytest
from django.conf import settings

from daremo.web.ui import conf

URLS = "daremo_ui_test_urls"

if not settings.configured:
    settings.configure(
        SECRET_KEY="only-for-tests",
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["django.contrib.staticfiles", "daremo.web.ui"],
        MIDDLEWARE=["django.middleware.locale.LocaleMiddleware", "django.middleware.common.CommonMiddleware"],
        ROOT_URLCONF=URLS,
        STATIC_URL="/static/",
        STATICFILES_DIRS=conf.STATICFILES_DIRS,
        LANGUAGE_CODE=conf.LANGUAGE_CODE,
        LANGUAGES=conf.LANGUAGES,
        LANGUAGE_COOKIE_NAME=conf.LANGUAGE_COOKIE_NAME,
        LANGUAGE_COOKIE_AGE=conf.LANGUAGE_COOKIE_AGE,
        USE_I18N=True,
        USE_TZ=True,
        TIME_ZONE="Asia/Tokyo",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request", *conf.CONTEXT_PROCESSORS]
                },
            }
        ],
    )
    django.setup()
    from django.urls import include, path

    urls = types.ModuleType(URLS)
    urls.urlpatterns = [path("", include("daremo.web.ui.urls"))]  # type: ignore[attr-defined]
    for code, view in (
        ("400", "bad_request"),
        ("403", "permission_denied"),
        ("404", "page_not_found"),
        ("500", "server_error"),
    ):
        setattr(urls, f"handler{code}", f"daremo.web.ui.handlers.{view}")
    sys.modules[URLS] = urls


@pytest.fixture(autouse=True)
def japanese() -> Iterator[None]:
    """Every test starts in Japanese."""
    from django.utils import translation

    with translation.override("ja"):
        yield


@pytest.fixture
def settings_of() -> Iterator[Callable[..., None]]:
    """Change settings for one test: ``settings_of(DAREMO_MODE="production")``."""
    from django.test import override_settings

    changed: list[override_settings] = []

    def change(**values: object) -> None:
        changed.append(override_settings(**values))
        changed[-1].enable()

    yield change
    for one in reversed(changed):
        one.disable()
