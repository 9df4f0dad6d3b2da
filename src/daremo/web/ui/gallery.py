"""Sample content for the gallery: みほん市 does not exist, numbers start with 0000, names are 見本."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator

from daremo.web.ui.fields import DateField, NameField, PhoneField
from daremo.web.ui.icons import PATHS
from daremo.web.ui.pieces import Fact, Link, Place, Point, Table, Tag, Ticket, Time
from daremo.web.ui.rings import progress_ring

TODAY = date(2026, 11, 24)
_NOW = datetime(2026, 11, 24, 1, 20, tzinfo=UTC)
_POINTS = (
    Point(34.3400, 134.0500, 0),
    Point(34.3425, 134.0480, 1, "みなとコミュニティセンター"),
    Point(34.3460, 134.0555, 2, "ひがし図書館"),
    Point(34.3345, 134.0440, 3, "みほん駅前 郵便局"),
)


class Question(forms.Form):
    """The fields that the gallery shows."""

    need = forms.ChoiceField(
        label="何を相談したいですか？",
        help_text="近いものを、ひとつ選んでください。あとで変えられます。",
        widget=forms.RadioSelect,
        choices=[
            ("video", "家族や友だちとの連絡"),
            ("procedure", "病院や市の手続き"),
            ("unsure", "うまく言えない・まだわからない"),
        ],
    )
    need.hints = {"video": "ビデオ通話やメッセージ", "unsure": "それで大丈夫です。当日お聞きします"}  # type: ignore[attr-defined]
    alone = forms.ChoiceField(
        label="どこまで、自分でできましたか",
        widget=forms.RadioSelect,
        choices=[("0", "見ていた"), ("1", "いっしょに"), ("2", "声かけだけで"), ("3", "ひとりで")],
    )
    alone.pictures = {str(i): progress_ring(i / 3, small=True) for i in range(4)}  # type: ignore[attr-defined]
    extra = forms.MultipleChoiceField(
        label="いるもの",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("step", "段差なし"), ("sign", "手話"), ("lang", "通訳"), ("home", "訪問")],
    )
    name = NameField(label="お名前", help_text="カタカナでも、ひらがなでもかまいません。")
    phone = PhoneField(label="電話番号", help_text="全角でも、ハイフンがあってもなくても大丈夫です。")
    birthday = DateField(label="生年月日", help_text="昭和15年3月1日のように。西暦でもかまいません。", required=False)
    memo = forms.CharField(label="メモ", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agreed = forms.BooleanField(label="読み上げて、同意をもらった", required=False)


def _times(*hours: float) -> list[Time]:
    return [Time(_NOW + timedelta(hours=h), TODAY, href="/ui/") for h in hours]


def examples() -> dict[str, Any]:
    """Context of the gallery."""
    facts = [
        Fact("場所", "みなとコミュニティセンター", "歩いて6分・段差なし", "/ui/"),
        Fact("日時", "11月24日（火）14:00から30分", "令和8年11月24日・きょう", "/ui/"),
        Fact("電話番号", "0000-12-3456", "「００００－１２－３４５６」をこう読み取りました", "/ui/"),
    ]
    typed = {"need": "procedure", "name": "見本 はなこ", "phone": "０９０－１２３４", "alone": "1"}
    return {
        "icons": list(PATHS),
        "today": TODAY,
        "now": _NOW,
        "bad": Question(typed),
        "good": Question(initial={"need": "procedure", "name": "見本 はなこ"}),
        "empty": Question(auto_id="empty_%s"),
        "facts": facts,
        "places": [
            Place(
                1,
                "みなとコミュニティセンター",
                "歩いて6分",
                "開いています（17時まで）",
                [Tag("段差なし", "ramp"), Tag("ご家族もどうぞ", "people")],
                "予約なしでも相談できます。いま2人待ち、約20分です。",
                _times(3.67, 5.17, 23.67),
                more_href="/ui/",
                phone="0000-12-1001",
            ),
            Place(
                2,
                "ひがし図書館",
                "歩いて12分",
                "きょうは休み（あす9時半から）",
                full="つぎの空きは、12月1日（火）10時です。",
            ),
        ],
        "button_time": Time(_NOW + timedelta(days=9), TODAY, name="opening", value="12"),
        "points": _POINTS,
        "table": Table(
            "きょうの相談",
            [("場所", False), ("枠", True), ("来た人", True)],
            [["みなとコミュニティセンター", 6, 11], ["ひがし図書館", 4, 5]],
            ["合計", 10, 16],
        ),
        "page_obj": Paginator(range(30), 10).page(2),
        "ticket": Ticket(
            "予約できました",
            "きょう14時、お待ちしています",
            "7K4-92M",
            [
                *(Fact(f.term, f.value, f.small) for f in facts),
                Fact("相談", "病院や市の手続き"),
                Fact("持ちもの", "いつも使うスマホ", "あれば、充電器と診察券"),
            ],
            [
                "1時間前に、確認の電話をします。",
                "入口で、お名前か予約番号を伝えてください。",
                "30分、担当の人といっしょに進めます。",
            ],
            "https://mihon.example/b/7K492M",
            _POINTS[:2],
            "公園の東どなり、白い2階建てです。",
            [Link("/ui/", "A4の紙にする（PDF 1枚）", "paper"), Link("/ui/", "カレンダーに入れる", "calendar")],
            "暗証番号は、担当の人にも言わなくて大丈夫です。",
        ),
        "foot_links": [Link("/ui/", "見やすさ・使いやすさの方針")],
    }
