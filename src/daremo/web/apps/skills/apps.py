"""The Django app `skills`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


class SkillsConfig(AppConfig):
    """The check for residents, its staff pages, items and exports."""

    name = "daremo.web.apps.skills"
    label = "skills"
    verbose_name = "力だめし"
    staff_tabs = (StaffTab(45, "skills:hub", _("力だめし"), group="people"),)
