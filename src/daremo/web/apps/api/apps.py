"""The Django app `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The machine's door: REST, tokens, webhooks."""

    name = "daremo.web.apps.api"
    label = "api"
    verbose_name = "API"
