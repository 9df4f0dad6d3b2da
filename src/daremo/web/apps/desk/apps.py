"""The Django app `desk`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


class DeskConfig(AppConfig):
    """The page of the telephone."""

    name = "daremo.web.apps.desk"
    label = "desk"
    verbose_name = "電話受付"
    staff_tabs = (StaffTab(20, "desk:call", _("電話受付")),)
