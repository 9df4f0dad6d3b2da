"""The desk as it is with ``DAREMO_VC_API=test``."""

from __future__ import annotations

from django.urls import include, path

from daremo.web.urls import handler400, handler403, handler404, handler500
from daremo.web.urls import urlpatterns as desk

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
urlpatterns = [*desk, path("vc/", include("daremo.web.apps.guard.vc"))]
