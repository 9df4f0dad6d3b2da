"""The Django app `followups`."""

from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    """What became of it after thirty and ninety days."""

    name = "daremo.web.apps.followups"
    label = "followups"
    verbose_name = "その後"
