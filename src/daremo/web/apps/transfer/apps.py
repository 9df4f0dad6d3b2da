"""The Django app `transfer`."""

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


def _allowed(request: HttpRequest) -> bool:
    from daremo.web.apps.staff.access import may

    return may(request, "transfer.see")


class TransferConfig(AppConfig):
    """Files in and out: places, events, plans, calendars."""

    name = "daremo.web.apps.transfer"
    label = "transfer"
    verbose_name = "取込と書出"
    staff_tabs = (StaffTab(80, "transfer:files", _("取りこみ・書き出し"), _allowed, group="places"),)
