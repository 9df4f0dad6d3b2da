"""The Django app `staff`."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Accounts, roles and what each may see and do."""

    name = "daremo.web.apps.staff"
    label = "staff"
    verbose_name = "職員"
