"""The Django app `people`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import StaffTab


class PeopleConfig(AppConfig):
    """Persons, their erasable contact, who stands for whom, who looked."""

    name = "daremo.web.apps.people"
    label = "people"
    verbose_name = "利用者"
    staff_tabs = (StaffTab(50, "people:search", _("利用者"), group="people"),)
