"""The Django app `schedule`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ScheduleConfig(AppConfig):
    """Offers, openings, sessions, seats and who is where when."""

    name = "daremo.web.apps.schedule"
    label = "schedule"
    verbose_name = "時間"

    def ready(self) -> None:
        """Hold the overlap rule after every migration."""
        from daremo.web.apps.schedule.overlap import hold_rule

        post_migrate.connect(hold_rule, sender=self, dispatch_uid="schedule.overlap")
