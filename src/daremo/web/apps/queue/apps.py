"""The Django app `queue`."""

from django.apps import AppConfig


class QueueConfig(AppConfig):
    """Tickets of those who walk in."""

    name = "daremo.web.apps.queue"
    label = "queue"
    verbose_name = "順番"
