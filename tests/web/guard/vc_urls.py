"""The desk as it is with ``DAREMO_VC_API=test``."""

from __future__ import annotations

from django.urls import include, path

from daremo.web.apps.guard.urls import urlpatterns as guard
from daremo.web.urls import handler400, handler403, handler404, handler500
from daremo.web.urls import urlpatterns as desk

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
opened = [*guard, path("vc/", include("daremo.web.apps.guard.vc"))]
urlpatterns = [p for p in desk if getattr(p, "app_name", "") != "guard"] + [path("", include((opened, "guard")))]
