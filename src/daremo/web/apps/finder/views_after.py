"""The question after thirty and ninety days, answered with the code of the letter: no account, no name."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web.apps.finder.words import refused
from daremo.web.apps.followups import services as followups
from daremo.web.apps.staff.access import public_page

MISSING = (
    ("nothing", _("とくにない")),
    ("more_help", _("もう少し教えてほしい")),
    ("device", _("機械がない・古い")),
    ("line", _("回線・料金")),
    ("trust", _("不安がある")),
    ("service", _("使いにくいサービスがある")),
    ("other", _("ほか")),
)


class AfterForm(forms.Form):
    """The question after thirty and ninety days, answered by code."""

    code = forms.CharField(
        label=_("お返事の番号"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("番号を書いてください。")},
    )
    alone = forms.ChoiceField(
        label=_("いま、ひとりでできますか？"),
        choices=(
            ("3", _("ひとりでできる")),
            ("2", _("声かけだけでできる")),
            ("1", _("いっしょならできる")),
            ("0", _("まだできない")),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )
    still = forms.ChoiceField(
        label=_("いまも、つづけていますか？"),
        choices=(("yes", _("はい")), ("no", _("いいえ"))),
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )
    missing = forms.ChoiceField(
        label=_("足りないものはありますか？"),
        choices=MISSING,
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )


@public_page
@never_cache
def after(request: HttpRequest) -> HttpResponse:
    """Answer how it went, without an account and without a name."""
    form = AfterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            row = followups.by_code(told["code"])
        except DaremoError as error:
            form.add_error(
                "code",
                _("その番号は見つかりません。紙かSMSの番号を、もう一度お書きください。")
                if error.code == "not-found-number"
                else refused(error)[0],
            )
        else:
            followups.answer(
                request.act,  # type: ignore[attr-defined]
                row,
                alone=int(told["alone"]),
                still_doing=told["still"] == "yes",
                missing=told["missing"],
            )
            return render(request, "finder/after_done.html")
    return render(request, "finder/after.html", {"form": form})
