"""The Django app `genuine`."""

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import FootLink, StaffTab


def _may_check(request: HttpRequest) -> bool:
    from daremo.web.apps.staff.access import may

    return may(request, "official.see")


def _may_audit(request: HttpRequest) -> bool:
    from daremo.web.apps.staff.access import may

    return may(request, "audit.see")


class GenuineConfig(AppConfig):
    """Check what people received, write and release official messages, the public log, badges."""

    name = "daremo.web.apps.genuine"
    label = "genuine"
    verbose_name = "本物の確認"
    staff_tabs = (
        StaffTab(55, "genuine:desk", _("本物？"), allowed=_may_check, group="safety"),
        StaffTab(56, "genuine:audit", _("改ざんの確認"), allowed=_may_audit, group="safety"),
    )
    citizen_links = (FootLink(5, "genuine:check", _("市からの連絡が本物か調べる")),)  # type: ignore[arg-type]
