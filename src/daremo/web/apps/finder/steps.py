"""The questions, one a page, and in which order each errand asks them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.fields import NameField, PhoneField
from daremo.web.vocabulary import needs

BY = (("self", _("ご本人")), ("family", _("家族のかわりに")), ("carer", _("お手伝いしている人のかわりに")))
HELP = (
    ("step_free", _("段差のない場所")),
    ("slow", _("ゆっくり、大きな声で")),
    ("sign", _("手話通訳")),
    ("interpreter", _("外国語の通訳")),
    ("large_print", _("大きな文字の資料")),
)
BEST_TIME = (("any", _("いつでもよい")), ("morning", _("午前")), ("afternoon", _("午後")))
LANGUAGES = (
    ("sign", _("手話")),
    ("en", _("英語")),
    ("zh", _("中国語")),
    ("vi", _("ベトナム語")),
    ("ko", _("韓国語")),
    ("pt", _("ポルトガル語")),
    ("other", _("ほかのことば")),
)

STEPS = {
    "book": ("who", "need", "you"),
    "wait": ("who", "need", "you"),
    "ask:visit": ("who", "need", "you"),
    "ask:call": ("need", "time", "you"),
    "ask:interpreter": ("tongue", "need", "you"),
}


def steps_of(kind: str, what: str) -> tuple[str, ...]:
    """Return the names of the questions of an errand."""
    return STEPS.get(kind) or STEPS[f"{kind}:{what}"]


WHOSE = (("helper", _("わたしの電話（申しこむ人）")), ("person", _("相談する人の電話")))


class WhoForm(forms.Form):
    """Who is helped."""

    by = forms.ChoiceField(
        label=_("相談するのは、どなたですか？"),
        choices=BY,
        widget=forms.RadioSelect,
        error_messages={"required": _("どなたかを、ひとつ選んでください。")},
    )


class NeedForm(forms.Form):
    """What it is about."""

    need = forms.ChoiceField(
        label=_("何を相談したいですか？"),
        help_text=_("近いものを、ひとつ選んでください。あとで変えられます。"),
        widget=forms.RadioSelect,
        error_messages={"required": _("近いものを、ひとつ選んでください。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "ja"
        field = self.fields["need"]
        field.choices = [(code, word.said(language)) for code, word in needs().items()]  # type: ignore[attr-defined]
        field.hints = {"unsure": _("それで大丈夫です。当日お聞きします"), "proc": _("予約や申請、マイナンバーカード")}  # type: ignore[attr-defined]


class TimeForm(forms.Form):
    """When to call."""

    best_time = forms.ChoiceField(
        label=_("いつ、お電話すればよいですか？"),
        choices=BEST_TIME,
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )


class TongueForm(forms.Form):
    """Which language."""

    language = forms.ChoiceField(
        label=_("どのことばですか？"),
        choices=LANGUAGES,
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )


class HelpForm(forms.Form):
    """What else is wanted; nothing is right too."""

    needs = forms.MultipleChoiceField(
        label=_("お手伝いがいりますか？"),
        help_text=_("いくつでも選べます。なければ、そのまま「つぎへ」。"),
        choices=HELP,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class YouForm(forms.Form):
    """Name and telephone number; no telephone is all right, except where somebody is to be called back."""

    name = NameField(label=_("お名前"), help_text=_("カタカナでも、ひらがなでもかまいません。"))
    helper_name = NameField(label=_("あなたのお名前"), required=False)
    address = forms.CharField(
        label=_("うかがう住所"),
        help_text=_("町名と番地。マンションの名前と部屋も。"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    phone = PhoneField(
        label=_("電話番号"),
        help_text=_("全角でも、ハイフンがあってもなくても大丈夫です。"),
        required=False,
    )
    whose = forms.ChoiceField(
        label=_("どなたの電話ですか？"),
        choices=WHOSE,
        required=False,
        widget=forms.RadioSelect,
    )
    no_phone = forms.BooleanField(
        label=_("電話がない・言いたくない"), help_text=_("予約番号だけで相談できます"), required=False
    )

    def __init__(self, *args: Any, by: str = "self", home: bool = False, call: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if by in ("", "self"):
            del self.fields["helper_name"], self.fields["whose"]
        else:
            self.fields["name"].label = _("相談する人のお名前")
            self.fields["name"].widget.attrs["autocomplete"] = "off"
            self.fields["helper_name"].required = True
            self.fields["helper_name"].error_messages["required"] = _("あなたのお名前も書いてください。")
            self.fields["phone"].label = _("連絡がつく電話番号")
        if home:
            self.fields["address"].required = True
            self.fields["address"].error_messages["required"] = _("うかがう住所を書いてください。")
        else:
            del self.fields["address"]
        if call:
            del self.fields["no_phone"]
            self.fields["phone"].required = True

    def clean(self) -> dict[str, Any]:
        """A telephone number, or the word that there is none."""
        told = super().clean() or {}
        if not told.get("phone") and not told.get("no_phone") and "phone" not in self.errors:
            self.add_error("phone", _("電話番号を書くか、「電話がない」を選んでください。"))
        if "whose" in self.fields and told.get("phone") and not told.get("no_phone") and not told.get("whose"):
            self.add_error("whose", _("どなたの電話か、選んでください。"))
        return told
