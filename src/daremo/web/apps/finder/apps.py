"""The Django app `finder`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.context import FootLink


class FinderConfig(AppConfig):
    """Pages on which residents find and book help."""

    name = "daremo.web.apps.finder"
    label = "finder"
    verbose_name = "さがす"
    citizen_links = (
        FootLink(10, "finder:privacy", _("お名前や電話番号のあつかい")),  # type: ignore[arg-type]
        FootLink(20, "finder:accessibility", _("見やすさ・使いやすさの方針")),  # type: ignore[arg-type]
        FootLink(30, "finder:after", _("その後のようすを答える")),  # type: ignore[arg-type]
    )
