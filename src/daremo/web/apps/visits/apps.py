"""The Django app `visits`."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """What was done for whom, in half a minute."""

    name = "daremo.web.apps.visits"
    label = "visits"
    verbose_name = "訪問の記録"
