"""Forms of staff: points, offers, openings in words people use, exceptions, supporters and their times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from daremo.web.apps.places.hours import parsed
from daremo.web.apps.schedule.words import rule_of_form
from daremo.web.ui.fields import DateField, TimeField
from daremo.web.vocabulary import topics

DAYS = (
    ("MO", _("月曜")),
    ("TU", _("火曜")),
    ("WE", _("水曜")),
    ("TH", _("木曜")),
    ("FR", _("金曜")),
    ("SA", _("土曜")),
    ("SU", _("日曜")),
)
HOW_OFTEN = (
    ("1", _("毎週")),
    ("2", _("2週間に1回")),
    ("4", _("4週間に1回")),
    ("nth1", _("毎月 第1")),
    ("nth2", _("毎月 第2")),
    ("nth3", _("毎月 第3")),
    ("nth4", _("毎月 第4")),
)
WEEKDAYS = tuple(enumerate(word for _code, word in DAYS))
REQUIRED = {"required": _("入れてください。")}


class Day(DateField):
    """A day; one that need not be told is None."""

    def clean(self, value: Any) -> Any:
        """Return the day, or None."""
        return super().clean(value) or None

    def prepare_value(self, value: Any) -> Any:
        """Show a stored day as people write it."""
        return value.isoformat() if hasattr(value, "isoformat") else value


class _Form(forms.Form):
    """A form whose fields know which component draws them."""

    def parts(self) -> Iterator[tuple[str, forms.BoundField]]:
        """Yield each field with its component: ``choices``, ``check`` or ``field``."""
        for bound in self:
            widget = bound.field.widget
            if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
                yield "choices", bound
            elif isinstance(widget, forms.CheckboxInput):
                yield "check", bound
            else:
                yield "field", bound


def _text(label: Any, most: int, *, required: bool = False, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=hint,
        error_messages=REQUIRED,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PointForm(_Form):
    """A place where help is given."""

    name = _text(_("場所の名前"), 160, required=True)
    kana = _text(_("ふりがな"), 160)
    postcode = _text(_("郵便番号"), 8)
    address = _text(_("住所"), 240)
    floor = _text(_("階・窓口"), 40, hint=_("例：2階 3番窓口"))
    lat = forms.FloatField(label=_("緯度"), required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(label=_("経度"), required=False, min_value=-180, max_value=180)
    phone = _text(_("電話番号"), 20)
    opening_hours = _text(_("開いている時間"), 400, hint=_("例：Mo-Fr 09:00-17:00; PH off（月曜から金曜、祝日は休み）"))
    walk_in = forms.BooleanField(label=_("予約なしでも相談できる"), required=False)
    step_free = forms.NullBooleanField(
        label=_("段差がない"),
        required=False,
        widget=forms.Select(choices=[("", _("わからない")), ("true", _("はい")), ("false", _("いいえ"))]),
    )
    state = forms.ChoiceField(
        label=_("公開"),
        choices=(("draft", _("準備中（市民には見えない）")), ("published", _("公開"))),
        widget=forms.RadioSelect,
        initial="draft",
    )

    def clean_opening_hours(self) -> str:
        """Take only hours that can be read."""
        text = str(self.cleaned_data["opening_hours"]).strip()
        if text and parsed(text) is None:
            raise forms.ValidationError(_("開く時間が読み取れません。例：Mo-Fr 09:00-17:00; PH off"))
        return text

    def clean(self) -> dict[str, Any]:
        """Both coordinates or none."""
        found = super().clean() or {}
        if ("lat" in found and "lon" in found) and (found["lat"] is None) != (found["lon"] is None):
            self.add_error("lon", _("緯度と経度は、両方入れてください。"))
        return found


class OfferForm(_Form):
    """What is offered."""

    title = _text(_("名前"), 80, required=True, hint=_("例：スマホ個別相談"))
    kind = forms.ChoiceField(
        label=_("種類"),
        choices=(
            ("consultation", _("個別相談")),
            ("course", _("教室")),
            ("visit", _("訪問")),
            ("phone", _("電話相談")),
        ),
        widget=forms.RadioSelect,
        initial="consultation",
    )
    minutes = forms.IntegerField(label=_("1回の時間（分）"), min_value=10, max_value=480, initial=60)
    capacity = forms.IntegerField(label=_("1回の人数"), min_value=1, max_value=200, initial=1)
    helpers = forms.IntegerField(label=_("支援者の人数"), min_value=1, max_value=20, initial=1)
    notice_hours = forms.IntegerField(label=_("何時間前まで予約できるか"), min_value=0, max_value=720, initial=0)
    ahead_days = forms.IntegerField(label=_("何日先まで予約できるか"), min_value=1, max_value=365, initial=60)
    topics = forms.MultipleChoiceField(
        label=_("あつかうこと（選ばなければ、なんでも）"), required=False, widget=forms.CheckboxSelectMultiple
    )
    public = forms.BooleanField(label=_("市民の画面に出す"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = [(code, word.ja) for code, word in topics().items()]  # type: ignore[attr-defined]


class OpeningForm(_Form):
    """When an offer is given at a place, as people say it: every week on Tuesday from ten to twelve."""

    offer = forms.ChoiceField(label=_("何をしますか"), error_messages=REQUIRED)
    often = forms.ChoiceField(label=_("どのくらいの間隔で"), choices=HOW_OFTEN, initial="1")
    days = forms.MultipleChoiceField(
        label=_("何曜日"),
        choices=DAYS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("曜日を、ひとつ以上選んでください。")},
    )
    start = TimeField(label=_("始まり"))
    end = TimeField(label=_("終わり"))
    first = Day(label=_("いつから"), help_text=_("例：令和8年12月1日"))
    last = Day(label=_("いつまで"), required=False)
    capacity = forms.IntegerField(
        label=_("1回の人数"), required=False, min_value=1, max_value=200, help_text=_("空なら、メニューの人数")
    )
    skip_holidays = forms.BooleanField(label=_("祝日は休む"), required=False, initial=True)

    def __init__(self, *args: Any, offers: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["offer"].choices = offers  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """End after start, last after first."""
        found = super().clean() or {}
        if found.get("start") and found.get("end") and found["end"] <= found["start"]:
            self.add_error("end", _("終わりは、始まりより後にしてください。"))
        if found.get("first") and found.get("last") and found["last"] < found["first"]:
            self.add_error("last", _("「いつまで」は、「いつから」より後にしてください。"))
        return found

    def rule(self) -> str:
        """Return the rule that the choices mean."""
        often = self.cleaned_data["often"]
        days = self.cleaned_data["days"]
        return rule_of_form(days, nth=[int(often[3:])]) if often.startswith("nth") else rule_of_form(days, int(often))


class ExceptionForm(_Form):
    """A day that is closed, or open at another time."""

    day = Day(label=_("日"))
    what = forms.ChoiceField(
        label=_("どうしますか"),
        choices=(("close", _("休む")), ("move", _("時間を変える・臨時に開く"))),
        widget=forms.RadioSelect,
        initial="close",
    )
    start = TimeField(label=_("始まり"), required=False)
    end = TimeField(label=_("終わり"), required=False)
    reason = _text(_("わけ"), 80, hint=_("予約した人に伝わります。例：停電のため"))

    def clean(self) -> dict[str, Any]:
        """Another time needs a time."""
        found = super().clean() or {}
        if found.get("what") == "move" and not (
            found.get("start") and found.get("end") and found["start"] < found["end"]
        ):
            self.add_error("start", _("始まりと、それより後の終わりを入れてください。"))
        return found


class SupporterForm(_Form):
    """Somebody who helps."""

    name = _text(_("お名前"), 60, required=True)
    kana = _text(_("ふりがな"), 80)
    phone = _text(_("電話番号"), 20)
    hours_week_max = forms.FloatField(label=_("1週間に活動できる時間"), min_value=0.5, max_value=60, initial=20)
    languages = forms.MultipleChoiceField(
        label=_("ことば"),
        choices=(
            ("ja", _("日本語")),
            ("en", _("英語")),
            ("zh", _("中国語")),
            ("vi", _("ベトナム語")),
            ("sign", _("手話")),
        ),
        widget=forms.CheckboxSelectMultiple,
        initial=["ja"],
        required=False,
    )
    topics = forms.MultipleChoiceField(
        label=_("できること（選ばなければ、なんでも）"), required=False, widget=forms.CheckboxSelectMultiple
    )
    youth = forms.BooleanField(label=_("18歳未満"), required=False)
    guardian_consent_on = Day(label=_("保護者の同意の日（18歳未満のとき）"), required=False)
    state = forms.ChoiceField(
        label=_("いま"),
        choices=(
            ("applied", _("申しこみ")),
            ("checked", _("確認ずみ")),
            ("trained", _("研修ずみ")),
            ("active", _("活動中")),
            ("paused", _("休み")),
            ("ended", _("終了")),
        ),
        initial="active",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = [(code, word.ja) for code, word in topics().items()]  # type: ignore[attr-defined]


class LeaveForm(_Form):
    """Days on which somebody does not come."""

    first = Day(label=_("休みの始まり"))
    last = Day(label=_("休みの終わり"))

    def clean(self) -> dict[str, Any]:
        """Last after first."""
        found = super().clean() or {}
        if found.get("first") and found.get("last") and found["last"] < found["first"]:
            self.add_error("last", _("終わりは、始まりより後にしてください。"))
        return found


class TimeForm(_Form):
    """When somebody can come every week."""

    weekday = forms.TypedChoiceField(label=_("曜日"), choices=WEEKDAYS, coerce=int)
    start = TimeField(label=_("始まり"))
    end = TimeField(label=_("終わり"))

    def clean(self) -> dict[str, Any]:
        """End after start."""
        found = super().clean() or {}
        if found.get("start") and found.get("end") and found["end"] <= found["start"]:
            self.add_error("end", _("終わりは、始まりより後にしてください。"))
        return found


class QualificationForm(_Form):
    """What somebody may do, and until when."""

    kind = _text(_("資格・研修の名前"), 40, required=True, hint=_("例：デジタル活用支援員の研修"))
    since = Day(label=_("いつから"))
    until = Day(label=_("いつまで"), required=False)
