"""The Django app `mandates`."""

from django.apps import AppConfig


class MandatesConfig(AppConfig):
    """Acting for a person inside named procedures, until a date."""

    name = "daremo.web.apps.mandates"
    label = "mandates"
    verbose_name = "委任"
