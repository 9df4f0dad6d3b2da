"""The Django app `visits`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


class VisitsConfig(AppConfig):
    """What was done for whom, in half a minute."""

    name = "daremo.web.apps.visits"
    label = "visits"
    verbose_name = "訪問の記録"
    staff_tabs = (StaffTab(40, "visits:day", _("きょう")),)
