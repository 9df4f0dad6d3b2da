"""All addresses of the desk: each feature's own, under one root."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from daremo.web import health

urlpatterns = [
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.figures, name="metrics"),
    path("", include("daremo.web.ui.urls")),
    path("staff/", include("daremo.web.apps.staff.urls")),
    *(
        path("", include(f"daremo.web.apps.{name}.urls"))
        for name in settings.FEATURES
        if find_spec(f"daremo.web.apps.{name}.urls") is not None
    ),
]

handler400, handler403 = "daremo.web.ui.handlers.bad_request", "daremo.web.ui.handlers.permission_denied"
handler404, handler500 = "daremo.web.ui.handlers.page_not_found", "daremo.web.ui.handlers.server_error"
