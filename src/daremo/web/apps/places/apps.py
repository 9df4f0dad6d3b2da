"""The Django app `places`."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Organisations, support points, supporters and what can be used only once at a time."""

    name = "daremo.web.apps.places"
    label = "places"
    verbose_name = "場所と人"
