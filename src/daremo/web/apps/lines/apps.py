"""The Django app `lines`."""

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import FootLink, StaffTab


def _may(request: HttpRequest) -> bool:
    from daremo.web.apps.staff.access import may

    return may(request, "lines.see")


class LinesConfig(AppConfig):
    """Gaps, bottlenecks, availability, upgrades and access lines for planners; residents' words about their line."""

    name = "daremo.web.apps.lines"
    label = "lines"
    verbose_name = "回線"
    staff_tabs = (StaffTab(72, "lines:hub", _("回線"), allowed=_may, group="numbers"),)
    citizen_links = (FootLink(25, "lines:say", _("回線が遅い・つながらないとき")),)  # type: ignore[arg-type]
