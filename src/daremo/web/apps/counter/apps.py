"""The Django app `counter`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


class CounterConfig(AppConfig):
    """The page of the counter and the kiosk."""

    name = "daremo.web.apps.counter"
    label = "counter"
    verbose_name = "窓口"
    staff_tabs = (StaffTab(30, "counter:choose", _("窓口")),)
