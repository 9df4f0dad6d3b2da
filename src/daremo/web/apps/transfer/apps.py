"""The Django app `transfer`."""

from django.apps import AppConfig


class TransferConfig(AppConfig):
    """Files in and out: places, events, plans, calendars."""

    name = "daremo.web.apps.transfer"
    label = "transfer"
    verbose_name = "取込と書出"
