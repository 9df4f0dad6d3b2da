"""The Django app `figures`."""

from django.apps import AppConfig


class FiguresConfig(AppConfig):
    """Statistics, frozen releases and the programme's report."""

    name = "daremo.web.apps.figures"
    label = "figures"
    verbose_name = "統計"
