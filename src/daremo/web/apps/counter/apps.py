"""The Django app `counter`."""

from django.apps import AppConfig


class CounterConfig(AppConfig):
    """The page of the counter and the kiosk."""

    name = "daremo.web.apps.counter"
    label = "counter"
    verbose_name = "窓口"
