"""The Django app `staff`."""

from collections.abc import Callable
from importlib import import_module

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


def _may(name: str) -> Callable[[HttpRequest], bool]:
    def allowed(request: HttpRequest) -> bool:
        from daremo.web.apps.staff.access import may

        return may(request, name)

    return allowed


class StaffConfig(AppConfig):
    """Accounts, roles and what each may see and do."""

    name = "daremo.web.apps.staff"
    label = "staff"
    verbose_name = "職員"
    staff_tabs = [
        StaffTab(90, "staff:accounts", _("アカウント"), _may("accounts.see"), group="safety"),
        StaffTab(95, "records:journal", _("操作の記録"), _may("journal.see"), group="safety"),
    ]

    def ready(self) -> None:
        """Listen to sign-ins."""
        import_module("daremo.web.apps.staff.signals")
