"""The Django app of the shared look."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Label ``ui``: templates, static files and template tags of every page."""

    name = "daremo.web.ui"
    label = "ui"
    verbose_name = "見た目"
