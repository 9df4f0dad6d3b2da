"""The Django app `notices`."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Letters, calls, messages: what is to be told to whom and when."""

    name = "daremo.web.apps.notices"
    label = "notices"
    verbose_name = "お知らせ"
