"""The questions about a service: who is harmed how, through which channel, how many people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from daremo.kernel.tables import rows_of
from daremo.trust.assurance.model import CHANNELS, FAILURES, WHOM
from daremo.web.apps.guard.identity import STAGES, key
from daremo.web.ui.written import plain

IMPACT = (("none", _("ない")), ("low", _("小さい")), ("moderate", _("中くらい")), ("high", _("大きい")))
KIND = (
    ("safety", _("安全・健康")), ("money", _("お金")), ("information", _("知られたくないこと")),
    ("trust", _("評判・信用")), ("mission", _("サービスが役に立たない")),
)  # fmt: skip
CHANNEL = {"online": _("オンライン"), "phone": _("電話"), "counter": _("窓口"), "letter": _("郵便")}
FAILURE = {
    "impersonation": _("はじめに、別の人を本人と思ってしまうと"),
    "takeover": _("あとから、別の人に使われてしまうと"),
    "wrong-refusal": _("本人なのに、ことわってしまうと"),
}
TO = {"person": _("本人への害"), "others": _("ほかの人への害"), "organisation": _("市への害")}
STAGE = {
    "school": _("小中学生"), "youth": _("若者"), "working": _("働く世代"), "65-74": _("65〜74歳"),
    "75-84": _("75〜84歳"), "85+": _("85歳以上"),
}  # fmt: skip


class NumberField(forms.FloatField):
    """A number as people write it: full-width digits, commas."""

    def to_python(self, value: Any) -> Any:
        """Return the number, or None where nothing was written."""
        return super().to_python(plain(value).replace(",", "") if isinstance(value, str) else value)


def _number(label: Any, hint: Any = "", **more: Any) -> NumberField:
    return NumberField(
        label=label,
        help_text=hint,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": _("数を書いてください。"),
            "invalid": _("数で書いてください。"),
            "min_value": _("数が小さすぎます。"),
            "max_value": _("数が大きすぎます。"),
        },
        **more,
    )


class ServiceForm(forms.Form):
    """A service that asks who somebody is."""

    title = forms.CharField(
        label=_("サービスの名前"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("サービスの名前を書いてください。")},
    )
    channels = forms.MultipleChoiceField(
        label=_("どこで受けますか"),
        choices=[(c, CHANNEL[c]) for c in CHANNELS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("ひとつは選んでください。")},
    )
    personal_online = forms.BooleanField(label=_("オンラインで、個人の情報を見せるか変える"), required=False)
    rules = forms.ChoiceField(
        label=_("どのきまりで決めますか"),
        choices=[("jp-ds511", _("日本（DS-511）")), ("nist-800-63-4", _("米国（NIST SP 800-63-4）"))],
        initial="jp-ds511",
        widget=forms.RadioSelect,
    )
    use_percent = _number(_("使う人の割合（%）"), initial=10, min_value=0, max_value=100)
    acts = _number(_("1人が1年に使う回数"), initial=1, min_value=0, max_value=10_000)
    years = _number(_("何年分の費用でくらべますか"), initial=5, min_value=0.1, max_value=50)
    budget = _number(
        _("予算（万円）"),
        _("この中で、方法がない人をいちばん少なくします。"),
        required=False,
        min_value=0,
        max_value=1e9,
    )
    exclude = forms.MultipleChoiceField(
        label=_("使えない方法"), required=False, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    accept = forms.BooleanField(label=_("方法がない人たちが残っても、案を見る"), required=False)

    def __init__(self, *args: Any, english: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        told = "en" if english else "ja"
        self.fields["exclude"].choices = [  # type: ignore[attr-defined]
            (row["method"], row[told]) for row in rows_of("daremo.trust.assurance", "methods")
        ]
        for failure in FAILURES:
            for to in WHOM:
                self.fields[key(failure, to)] = forms.ChoiceField(label=TO[to], choices=IMPACT, initial="none")
            self.fields[key(failure, "kind")] = forms.ChoiceField(
                label=_("おもに、何への害ですか"), choices=KIND, initial="trust"
            )
            for channel in CHANNELS:
                self.fields[key(failure, "at", channel)] = forms.ChoiceField(
                    label=CHANNEL[channel], choices=(("", _("上と同じ")), *IMPACT), required=False
                )
        for stage in STAGES:
            self.fields[key("people", stage)] = _number(STAGE[stage], min_value=0, max_value=1e8, required=False)

    def harms(self) -> list[tuple[Any, list[forms.BoundField], list[forms.BoundField], bool]]:
        """Return the fields of harms by failure: words, whom, by channel, whether a channel differs or has an error."""
        found = []
        for failure in FAILURES:
            whom = [self[key(failure, "kind")], *(self[key(failure, to)] for to in WHOM)]
            at = [self[key(failure, "at", channel)] for channel in CHANNELS]
            found.append((FAILURE[failure], whom, at, any(f.value() or f.errors for f in at)))
        return found

    def people(self) -> list[forms.BoundField]:
        """Return the fields of people by life stage."""
        return [self[key("people", stage)] for stage in STAGES]

    def clean(self) -> dict[str, Any]:
        """Ask for at least one person."""
        told: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(told.get(key("people", stage)) for stage in STAGES):
            self.add_error(key("people", STAGES[0]), _("どの年代かの人数を書いてください。"))
        return told
