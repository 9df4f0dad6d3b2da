"""The Django app `desk`."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The page of the telephone."""

    name = "daremo.web.apps.desk"
    label = "desk"
    verbose_name = "電話受付"
