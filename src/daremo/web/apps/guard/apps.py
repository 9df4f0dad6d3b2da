"""The Django app `guard`."""

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


def _allowed(request: HttpRequest) -> bool:
    from daremo.web.apps.staff.access import may

    return may(request, "guard.see")


class GuardConfig(AppConfig):
    """Mail in the organisation's name, how sure one must be of a person, known weaknesses of machines."""

    name = "daremo.web.apps.guard"
    label = "guard"
    verbose_name = "守り"
    staff_tabs = (StaffTab(77, "guard:home", _("守り"), allowed=_allowed, group="safety"),)
