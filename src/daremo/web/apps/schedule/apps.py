"""The Django app `schedule`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


def _sees(permission: str) -> object:
    def allowed(request: HttpRequest) -> bool:
        from daremo.web.apps.staff.access import may

        return may(request, permission)

    return allowed


class ScheduleConfig(AppConfig):
    """Offers, openings, sessions, seats and who is where when."""

    name = "daremo.web.apps.schedule"
    label = "schedule"
    verbose_name = "時間"
    staff_tabs = (
        StaffTab(52, "schedule:points", _("場所と時間"), _sees("places.see"), group="places"),  # type: ignore[arg-type]
        StaffTab(54, "schedule:supporters", _("支援者"), _sees("supporters.see"), group="people"),  # type: ignore[arg-type]
        StaffTab(56, "schedule:roster", _("当番表"), _sees("roster.see"), group="places"),  # type: ignore[arg-type]
    )

    def ready(self) -> None:
        """Hold the overlap rule after every migration."""
        from daremo.web.apps.schedule.overlap import hold_rule

        post_migrate.connect(hold_rule, sender=self, dispatch_uid="schedule.overlap")
