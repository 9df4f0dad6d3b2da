"""The Django app `finder`."""

from django.apps import AppConfig


class FinderConfig(AppConfig):
    """Pages on which residents find and book help."""

    name = "daremo.web.apps.finder"
    label = "finder"
    verbose_name = "さがす"
