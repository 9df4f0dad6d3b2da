"""Forms: a file of an answer, and what a resident says of her line."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.utils.translation import gettext_lazy as _

from daremo.web.apps.lines.models import Said
from daremo.web.apps.lines.reading import MOST_BYTES
from daremo.web.ui.fields import DateField

SORTS = (
    (Said.Sort.FIXED, _("家のインターネット")),
    (Said.Sort.MOBILE, _("スマホ・携帯")),
    (Said.Sort.UNKNOWN, _("わからない")),
)
OUTCOMES = (
    (Said.Outcome.FINE, _("ふつうに使える")),
    (Said.Outcome.SLOW, _("遅い・よく切れる")),
    (Said.Outcome.NO_LINE, _("つながらない")),
)


class AnswerForm(forms.Form):
    """One answer of `daremo network`, where it comes from, and of which day its figures are."""

    file = forms.FileField(
        label=_("ファイル（JSON）"),
        help_text=_("daremo network … --json の出力です。8MBまで。"),
        error_messages={"required": _("ファイルを選んでください。"), "empty": _("空のファイルです。")},
    )
    source = forms.CharField(
        label=_("出どころ"),
        help_text=_("例：県デジタル課の計算"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("出どころを書いてください。")},
    )
    as_of = DateField(label=_("いつの数字か"), help_text=_("例：令和8年10月1日"))

    def clean_file(self) -> Any:
        """Take no file that is too large to be read at once."""
        told = self.cleaned_data["file"]
        if told.size > MOST_BYTES:
            raise forms.ValidationError(_("大きすぎます。8MBまでにしてください。"))
        return told


class SayForm(forms.Form):
    """Where, which line, how it is; nothing else is asked."""

    area: Any = forms.ModelChoiceField(
        label=_("どこの話ですか"),
        help_text=_("地区をえらんでください。"),
        queryset=None,
        error_messages={
            "required": _("地区をえらんでください。"),
            "invalid_choice": _("一覧から、地区をえらんでください。"),
        },
    )
    sort = forms.ChoiceField(
        label=_("どの回線ですか"),
        choices=SORTS,
        widget=forms.RadioSelect,
        error_messages={"required": _("どの回線か、ひとつえらんでください。")},
    )
    outcome = forms.ChoiceField(
        label=_("いま、どうですか"),
        choices=OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={"required": _("いまのようすを、ひとつえらんでください。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = apps.get_model("places", "Area")._default_manager.order_by("kana", "name", "code")
        area: Any = self.fields["area"]
        area.queryset, area.empty_label = rows, _("えらんでください")
