"""Forms around the check: who, what for, what shall become of the result."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from daremo.assess.content.read import content
from daremo.web.ui.fields import NameField, PhoneField
from daremo.web.ui.text import to_plain

STAGES = (
    ("65_74", _("65〜74歳")),
    ("75_84", _("75〜84歳")),
    ("85_over", _("85歳以上")),
    ("working", _("25〜64歳")),
    ("youth", _("15〜24歳")),
    ("school", _("小中学生")),
    ("unknown", _("答えたくない")),
)
KEEP = (
    ("paper", _("紙にして持ち帰る")),
    ("share", _("担当の人に見せる")),
    ("none", _("残さない")),
)
#: Life stage of the desk → of the region's tables.
REGION_STAGE = {"65_74": "65-74", "75_84": "75-84", "85_over": "85+"}
GOALS_SHOWN = 7


def region_stage(stage: str) -> str:
    """Return the life stage as the region's tables write it.

    >>> region_stage("65_74"), region_stage("youth")
    ('65-74', 'youth')
    """
    return REGION_STAGE.get(stage, stage)


def goals_for(stage: str) -> list[str]:
    """Return the goals that are offered to a life stage, in the order of the table."""
    told = region_stage(stage)
    fit = [
        key
        for key, goal in content().goals.items()
        if stage == "unknown" or not goal.stages or told in goal.stages or stage in goal.stages or "all" in goal.stages
    ]
    return fit[:GOALS_SHOWN]


class StageForm(forms.Form):
    """How old the person is, roughly; she need not say."""

    stage = forms.ChoiceField(
        label=_("おいくつですか？"),
        help_text=_("はじめの問題を選ぶのに使います。"),
        choices=STAGES,
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。「答えたくない」でもかまいません。")},
    )


class GoalForm(forms.Form):
    """What the person wants to do."""

    goal = forms.ChoiceField(
        label=_("やってみたいことは、ありますか？"),
        help_text=_("おすすめを選ぶのに使います。"),
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, stage: str = "unknown", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language, goals = get_language() or "ja", content().goals
        told = [(key, goals[key].text.said(language)) for key in goals_for(stage)]
        self.fields["goal"].choices = [*told, ("", _("まだ決めていない"))]  # type: ignore[attr-defined]


class KeepForm(forms.Form):
    """What shall become of the result; and, apart from it, whether the answers may be counted without a name."""

    keep = forms.ChoiceField(
        label=_("結果をどうしますか"),
        choices=KEEP,
        widget=forms.RadioSelect,
        error_messages={"required": _("どれか、ひとつ選んでください。")},
    )
    count = forms.BooleanField(
        label=_("お名前なしで、統計に使ってもよい"),
        help_text=_("町の統計と、問題の見なおしに使います。"),
        required=False,
    )
    area: Any = forms.ModelChoiceField(
        label=_("お住まいの地区"), help_text=_("言わなくてもかまいません。"), queryset=None, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep = self.fields["keep"]
        keep.hints = {  # type: ignore[attr-defined]
            "paper": _("市には残りません"),
            "share": _("次の相談のときだけ使います"),
            "none": _("この画面を閉じると消えます"),
        }
        rows = apps.get_model("places", "Area")._default_manager.order_by("kana", "name")
        area: Any = self.fields["area"]
        area.queryset, area.empty_label = rows, to_plain(_("言わない"))


class ShareForm(forms.Form):
    """Who the result belongs to, and her consent; never ticked beforehand."""

    name = NameField(label=_("お名前"), help_text=_("カタカナでも、ひらがなでもかまいません。"))
    phone = PhoneField(label=_("電話番号"), help_text=_("予約のときと同じ番号だと、つながります。"), required=False)
    agreed = forms.BooleanField(
        label=_("次の相談で、担当の人に見せてよい"),
        help_text=_("いつでも取り消せます。"),
        error_messages={"required": _("見せてよいときは、しるしをつけてください。")},
    )
    learn = forms.BooleanField(
        label=_("どの練習が役に立ったかを調べるのに使ってよい"),
        help_text=_("しるしがなくても、結果は見せられます。"),
        required=False,
    )

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["name"], self.fields["phone"]


class ReportForm(forms.Form):
    """Two questions about one area, as the person sees herself; both may stay open."""

    def __init__(self, *args: Any, area: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "ja"
        for name, item in content().items.items():
            if item.kind == "self" and item.area == area:
                self.fields[name] = forms.ChoiceField(
                    label=item.words["question"].said(language),
                    choices=[(str(n), text.said(language)) for n, text in enumerate(item.options, 1)],
                    required=False,
                    widget=forms.RadioSelect,
                )
