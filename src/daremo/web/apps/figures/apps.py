"""The Django app `figures`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


class FiguresConfig(AppConfig):
    """Statistics, frozen releases and the programme's report."""

    name = "daremo.web.apps.figures"
    label = "figures"
    verbose_name = "統計"
    staff_tabs = (
        StaffTab(10, "figures:loop", _("ひと回り")),
        StaffTab(70, "figures:month", _("ふりかえり"), group="numbers"),
    )
