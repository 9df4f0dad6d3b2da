"""The form of a visit: four taps, everything known filled in, the outcome never chosen beforehand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from daremo.web.ui import rings
from daremo.web.vocabulary import topics

MINUTES = ((15, "15分"), (30, "30分"), (45, "45分"), (60, "60分"))
ALONE = (
    (0, _("まだできない"), _("かわりにやった")),
    (1, _("いっしょならできる"), _("手をそえて")),
    (2, _("声かけだけでできる"), _("となりで言葉だけ")),
    (3, _("ひとりでできる"), _("さいごまで自分で")),
)
NEXT = (("again", _("また来る")), ("class", _("教室へ")), ("other", _("ほかの窓口へ")), ("done", _("これで終わり")))
DEVICES = (("own", _("本人のスマホ")), ("tablet", _("タブレット")), ("pc", _("パソコン")), ("none", _("持っていない")))
MODES = (("point", _("窓口")), ("home", _("訪問")), ("phone", _("電話")), ("street", _("出張")))
KINDS = (
    ("sms", "SMS"),
    ("mail", _("メール")),
    ("call", _("電話")),
    ("site", _("画面・サイト")),
    ("shop", _("お店・契約")),
    ("other", _("ほか")),
)
STAGES = (
    ("school", _("小中学生")),
    ("youth", _("若者")),
    ("working", _("働く世代")),
    ("65_74", _("65〜74歳")),
    ("75_84", _("75〜84歳")),
    ("85_over", _("85歳以上")),
    ("unknown", _("わからない")),
)


class VisitForm(forms.Form):
    """What was done; name, time and place are known from the booking or the ticket."""

    topics = forms.MultipleChoiceField(
        label=_("やったこと"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("やったことを、ひとつ以上選んでください。")},
    )
    minutes = forms.TypedChoiceField(
        label=_("かかった時間"),
        choices=MINUTES,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("時間を選んでください。")},
    )
    alone = forms.TypedChoiceField(
        label=_("どこまで、自分でできましたか"),
        choices=[(code, word) for code, word, _hint in ALONE],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("どこまでできたかを、ひとつ選んでください。")},
    )
    next_step = forms.ChoiceField(
        label=_("つぎは"),
        choices=NEXT,
        widget=forms.RadioSelect,
        error_messages={"required": _("つぎを選んでください。")},
    )
    mode = forms.ChoiceField(label=_("どこで"), choices=MODES, widget=forms.RadioSelect, required=False)
    device = forms.ChoiceField(label=_("使ったもの"), choices=DEVICES, widget=forms.RadioSelect, required=False)
    other = forms.CharField(label=_("どの窓口へ"), required=False, max_length=80)
    note = forms.CharField(
        label=_("メモ"),
        help_text=_("番号や病気の名前は書かないでください。"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    scam = forms.BooleanField(label=_("あやしい連絡の話があった"), required=False)
    once = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = [(code, word.ja) for code, word in topics().items()]  # type: ignore[attr-defined]
        alone = self.fields["alone"]
        alone.hints = {str(code): hint for code, _word, hint in ALONE}  # type: ignore[attr-defined]
        alone.pictures = {str(code): rings.progress_ring(code / 3, small=True) for code, _w, _h in ALONE}  # type: ignore[attr-defined]


class GroupForm(forms.Form):
    """How many came, by life stage; never who."""

    topics = forms.MultipleChoiceField(
        label=_("やったこと"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("ひとつ以上選んでください。")},
    )
    alone = forms.TypedChoiceField(
        label=_("おおよそ、どこまで自分でできましたか"),
        choices=[(c, w) for c, w, _h in ALONE],
        coerce=int,
        widget=forms.RadioSelect,
        required=False,
        empty_value=None,
    )
    once = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = [(code, word.ja) for code, word in topics().items()]  # type: ignore[attr-defined]
        for stage, word in STAGES:
            self.fields[f"n_{stage}"] = forms.IntegerField(
                label=word,
                min_value=0,
                max_value=200,
                required=False,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    def bands(self) -> dict[str, int]:
        """Return people by life stage."""
        return {stage: self.cleaned_data.get(f"n_{stage}") or 0 for stage, _word in STAGES}

    def stages(self) -> list[Any]:
        """Return the bound fields of the life stages."""
        return [self[f"n_{stage}"] for stage, _word in STAGES]

    def clean(self) -> dict[str, Any]:
        """At least one person came."""
        told = super().clean() or {}
        if not any(told.get(f"n_{stage}") for stage, _word in STAGES):
            self.add_error("n_65_74", _("来た人の数を、1人以上入れてください。"))
        return told


class IncidentForm(forms.Form):
    """What somebody told of a suspicious message."""

    kind = forms.ChoiceField(
        label=_("なにで来ましたか"),
        choices=KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )
    pretends = forms.CharField(
        label=_("だれを名のっていましたか"), help_text=_("例：宅配、銀行、市役所"), required=False, max_length=60
    )
    loss_yen = forms.IntegerField(
        label=_("払ってしまった金額（円）"),
        required=False,
        min_value=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    words = forms.CharField(
        label=_("書いてあったこと"),
        help_text=_("お名前や番号は書かないでください。"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
