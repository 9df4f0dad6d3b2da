"""What a check found, in the reader's words: heading, sentence, reasons, and both texts side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from daremo.kernel.tables import rows_of
from daremo.trust.notices.check import Checked
from daremo.trust.notices.code import shown
from daremo.trust.notices.letters import visible
from daremo.web.apps.genuine.asking import Answer, released_at

#: Details of these reasons are for a program, not for a person.
_SILENT = {"hidden", "disguised", "small-differences", "published", "qr-not-signed", "text-not-found", "number-broken"}
_DATES = {"withdrawn", "ended", "not-yet", "registry-old"}


@dataclass(frozen=True, slots=True)
class Line:
    """A reason: words (may hold ruby) and what they concern, as it was written."""

    words: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict as a page draws it.

    Attributes
    ----------
    verdict : str
        official, altered or unknown.
    heading, sentence : str
        With ruby marks.
    reasons : tuple of Line
    title, text, department, code : str
        Of the issuer's own message; empty without one.
    released, until : date or None
    ours, theirs : tuple of (kind, text)
        Both texts in pieces: ``same`` or ``other``; empty where nothing is compared.
    safe : bool
        Whether the page may say that one can go on.
    """

    verdict: str
    heading: str
    sentence: str
    reasons: tuple[Line, ...]
    title: str = ""
    text: str = ""
    department: str = ""
    code: str = ""
    released: datetime | None = None
    until: date | None = None
    ours: tuple[tuple[str, str], ...] = ()
    theirs: tuple[tuple[str, str], ...] = ()
    safe: bool = False
    badge: bool = False

    @property
    def look(self) -> str:
        """The end of the class name."""
        return {"official": "ok", "altered": "no", "unknown": "dk"}[self.verdict]


@cache
def _table() -> dict[str, dict[str, str]]:
    found = {r["code"]: dict(r) for r in rows_of("daremo.trust", "check_reasons")}
    for row in rows_of("daremo.web.apps.genuine", "reasons_easy"):
        if row["code"] in found:
            found[row["code"]]["easy"] = row["easy"]
    return found


def reason(code: str, language: str) -> str:
    """Return the words of a reason in a language; an unknown code stands for itself."""
    row = _table().get(code)
    if row is None:
        return code
    return row["en"] if language == "en" else row.get("easy", row["ja"]) if language == "ja-easy" else row["ja"]


def told(answer: Answer) -> Told:
    """Return the verdict in the reader's language."""
    language = get_language() or "ja"
    if answer.badge is not None:
        return _badge(answer, language)
    assert answer.checked is not None
    found = answer.checked
    entry = found.entry
    heading, sentence = _words(found)
    more: dict[str, Any] = {}
    if entry is not None:
        more = {
            "title": entry.notice.title,
            "text": entry.notice.text,
            "department": entry.notice.department,
            "code": shown(entry.code),
            "released": released_at(entry),
            "until": date.fromisoformat(entry.notice.valid_until),
        }
    ours, theirs = _pieces(found, answer.received)
    lines = [Line(reason(r.code, language), _detail(r.code, r.detail)) for r in found.reasons if r.code != "published"]
    return Told(
        found.verdict, heading, sentence, tuple(lines), ours=ours, theirs=theirs,
        safe=found.verdict == "official" and found.asked in ("text", "mail"), **more,
    )  # fmt: skip


def told_again(slip: Any) -> Told:
    """Return what a slip keeps of a verdict: no word of what was asked."""
    language = get_language() or "ja"
    heading = {"official": _("本物です"), "altered": _("にせものです")}.get(
        slip.verdict, _("これだけでは わかりません")
    )
    return Told(slip.verdict, heading, "", tuple(Line(reason(code, language)) for code in slip.reasons))


def _words(found: Checked) -> tuple[str, str]:
    if found.verdict == "altered":
        if found.entry is not None:
            return _("にせものです"), _("市のお知らせに似せて、書きかえてあります。")
        return _("にせものです"), _("市のものに見せかけています。")
    if found.verdict == "unknown":
        if found.entry is not None and any(
            r.code in ("withdrawn", "replaced", "ended", "not-yet") for r in found.reasons
        ):
            return _("いまは使えないお知らせです"), _("市が出したものですが、いまの市のお知らせではありません。")
        if found.asked == "mail" and any(r.code == "published" for r in found.reasons):
            return _("文は同じですが、送り主が わかりません"), _("書いてあることは、市のお知らせと同じです。")
        if found.entry is not None:
            return _("これだけでは わかりません"), _("市のお知らせに似ていますが、同じではありません。")
        return _("これだけでは わかりません"), _("市の記録に見つかりません。本物とも、にせものとも言えません。")
    return {
        "number": (_("市の電話番号です"), _("かかってきた電話なら、いったん切って、自分でかけてください。")),
        "link": (_("市のサイトです"), _("このアドレスは、市のものです。")),
        "code": (_("市のお知らせのコードです"), _("手もとの文と、下の市の文をくらべてください。")),
        "qr": (_("市のお知らせのQRです"), _("手もとの文と、下の市の文をくらべてください。")),
    }.get(found.asked, (_("本物です"), _("市が出したお知らせと、同じものです。")))


def _badge(answer: Answer, language: str) -> Told:
    badge = answer.badge
    assert badge is not None
    heading = {
        "official": _("本物のバッジです"),
        "altered": _("にせものです"),
        "unknown": _("これだけでは わかりません"),
    }[answer.verdict]
    if badge.verdict in ("revoked", "expired"):
        heading = _("いまは使えないバッジです")
    lines = tuple(Line(words) for words in badge.words("en" if language == "en" else "ja"))
    until = date.fromisoformat(badge.valid_until[:10]) if badge.valid_until else None
    return Told(
        answer.verdict, heading, "", lines, title=badge.name, department=badge.issuer_name, until=until, badge=True
    )


def _detail(code: str, detail: str) -> str:
    if code in _SILENT or code in _DATES:
        return ""
    return shown(detail) if code.startswith("code-") and len(detail) == 10 else detail


def _pieces(found: Checked, received: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    ours: list[tuple[str, str]] = []
    theirs: list[tuple[str, str]] = []
    for piece in found.diff:
        if "same" in piece:
            ours.append(("same", piece["same"]))
            theirs.append(("same", piece["same"]))
            continue
        if piece["official"]:
            ours.append(("other", piece["official"]))
        if piece["received"]:
            theirs.append(("other", piece["received"]))
    official = found.entry.notice.text if found.entry is not None else ""
    return _spaced(ours, official), _spaced(theirs, visible(received)[0])


def _spaced(pieces: list[tuple[str, str]], text: str) -> tuple[tuple[str, str], ...]:
    """Put spaces and line ends of the whole text back, which pieces leave out; pieces of another text stay as they are."""
    at, found = 0, []
    for kind, piece in pieces:
        words = ""
        for letter in piece:
            begin = at
            while at < len(text) and text[at].isspace() and text[at] != letter:
                at += 1
            if at >= len(text) or text[at] != letter:
                return tuple(pieces)
            words += text[begin : at + 1]
            at += 1
        found.append((kind, words))
    return tuple(found)
