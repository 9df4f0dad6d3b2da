"""The Django app `notices`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


class NoticesConfig(AppConfig):
    """Letters, calls, messages: what is to be told to whom and when."""

    name = "daremo.web.apps.notices"
    label = "notices"
    verbose_name = "お知らせ"
    staff_tabs = (StaffTab(60, "notices:list", _("お知らせ"), group="people"),)
