"""The Django app `gate`."""

from django.apps import AppConfig


class GateConfig(AppConfig):
    """Limits, signs of life and due times: rows that a running service needs and nobody reports on."""

    name = "daremo.web.gate"
    label = "gate"
    verbose_name = "門"
