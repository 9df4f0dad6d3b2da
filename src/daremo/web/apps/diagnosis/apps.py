"""The Django app `diagnosis`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


class DiagnosisConfig(AppConfig):
    """Self-diagnoses of organisations and what their people can do."""

    name = "daremo.web.apps.diagnosis"
    label = "diagnosis"
    verbose_name = "団体の診断"
    staff_tabs = (StaffTab(75, "diagnosis:open", _("団体の診断"), group="numbers"),)
