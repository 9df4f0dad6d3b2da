"""Addresses of the desk: what watches it, the shared look, accounts, then each feature's own list."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from daremo.web.gate import watch

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", watch.alive, name="healthz"),
    path("readyz", watch.ready, name="readyz"),
    path("metrics", watch.metrics, name="metrics"),
    path("", include("daremo.web.ui.urls")),
    path("staff/", include("daremo.web.apps.staff.urls")),
]

for _feature in settings.FEATURES:
    if find_spec(f"daremo.web.apps.{_feature}.urls"):
        urlpatterns.append(path("", include(f"daremo.web.apps.{_feature}.urls")))

handler400 = "daremo.web.ui.handlers.bad_request"
handler403 = "daremo.web.ui.handlers.permission_denied"
handler404 = "daremo.web.ui.handlers.page_not_found"
handler500 = "daremo.web.ui.handlers.server_error"
