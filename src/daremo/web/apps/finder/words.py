"""Sentences with places to fill, and refusals as residents read them: catalogue texts with ruby marks."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from daremo.kernel.errors import DaremoError

_PLACE = re.compile(r"\{(\w+)(?:#([^{}|]*)\|([^{}|]*))?\}")


def fill(text: str, **values: object) -> str:
    """Return a text with its places filled; ruby marks in the text and in the values stay for the component to draw.

    >>> fill("{家|いえ}から {n}km", n=2)
    '{家|いえ}から 2km'
    >>> fill("{n} {n#place|places}", n=1)
    '1 place'
    """

    def put(found: re.Match[str]) -> str:
        name, one, many = found.groups()
        if name not in values:
            return found[0]
        if one is None:
            return str(values[name])
        return one if values[name] == 1 else str(many)

    return _PLACE.sub(put, text)


def refused(error: DaremoError) -> tuple[str, str]:
    """Return what happened and what to do now, in the reader's language; an unknown code keeps its own words."""
    said = {
        "seat-gone": (_("その時間は、いま埋まりました"), _("つぎに近い時間をお選びください。")),
        "session-closed": (_("その時間は、もう受け付けていません"), _("ほかの時間をお選びください。")),
        "already-booked": (_("その時間は、もう予約があります"), _("「予約を見る」で、お確かめください。")),
        "already-waiting": (_("もう空きを待っています"), _("席が空いたら、お知らせします。")),
        "held-expired": (
            _("取り置きの時間がすぎました"),
            _("答えは残っています。もう一度、空いている時間をお選びください。"),
        ),
        "form-used": (_("このページは、もう送られています"), _("「予約を見る」で、お確かめください。")),
        "changed-meanwhile": (_("いま、内容が変わりました"), _("下の内容を、もう一度お確かめください。")),
        "not-found-number": (_("予約番号が見つかりません"), _("番号がなくても、お電話で調べられます。")),
        "not-today": (_("きょうの、この場所の予約ではありません"), _("窓口の人に、予約番号をお見せください。")),
        "busy": (
            _("いま混み合っています。まだ何も変わっていません"),
            _("少し待って、もう一度お試しください。"),
        ),
        "bad-phone": (_("電話番号を確かめてください"), _("市外局番から、もう一度お書きください。")),
        "no-name": (_("お名前がありません"), _("お名前か、呼び名を書いてください。")),
        "too-fast": (
            _("短い間に、何度も送られました"),
            _("少し待ってから、もう一度お試しください。"),
        ),
    }
    return said.get(error.code, (error.message, error.fix))
