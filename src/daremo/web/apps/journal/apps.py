"""The Django app `journal`."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Every change of the desk as one event, and the tables rebuilt from them."""

    name = "daremo.web.apps.journal"
    label = "journal"
    verbose_name = "台帳"
