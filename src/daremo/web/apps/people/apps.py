"""The Django app `people`."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Persons, their erasable contact, who stands for whom, who looked."""

    name = "daremo.web.apps.people"
    label = "people"
    verbose_name = "利用者"
