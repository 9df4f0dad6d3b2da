"""How a result is said: in words, with a ring, never as passed or failed."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

#: The five areas as residents read them.
AREAS = (1, 2, 3, 4, 5)


def area_name(area: int) -> str:
    """Return the name of an area in the reader's language."""
    return {
        0: _("はじめの一歩"),
        1: _("しらべる"),
        2: _("連絡する"),
        3: _("つくる・とる"),
        4: _("身を守る"),
        5: _("こまったとき"),
    }[area]


def level_word(level: str) -> str:
    """Return how far a person goes alone, in words."""
    return {
        "alone": _("ひとりでできます"),
        "with": _("だれかとなら できます"),
        "next": _("これから"),
        "open": _("まだ見ていません"),
    }[level]


def line(area: int, level: str) -> str:
    """Return one kind sentence on an area."""
    said = {
        (1, "alone"): _("天気や電車の時間を調べられます。"),
        (1, "with"): _("さがすことばを、いっしょに考えると進みます。"),
        (1, "next"): _("知りたいことの調べかたを、はじめましょう。"),
        (2, "alone"): _("電話やメールで連絡できます。"),
        (2, "with"): _("送るところを、となりで見てもらうと安心です。"),
        (2, "next"): _("電話に出る、かけるから、はじめましょう。"),
        (3, "alone"): _("写真をとって、文も書けます。"),
        (3, "with"): _("写真はとれます。送るところを、いっしょに。"),
        (3, "next"): _("写真を1まいとるところから、はじめましょう。"),
        (4, "alone"): _("あやしい連絡を見分けられます。"),
        (4, "with"): _("迷ったら押す前に聞く、で大丈夫です。"),
        (4, "next"): _("あやしい連絡の見分けかたを、はじめましょう。"),
        (5, "alone"): _("画面が変わっても、もどれます。"),
        (5, "with"): _("画面が変わったとき、もどる方法を知ると安心です。"),
        (5, "next"): _("こまったときのもどりかたを、はじめましょう。"),
    }
    return said.get((area, level), _("次の機会に、ゆっくり見ましょう。"))


def next_line(area: int) -> str:
    """Return what to try together next."""
    return {
        1: _("つぎは「しらべる」を、いっしょにやってみませんか。"),
        2: _("つぎは「連絡する」を、いっしょにやってみませんか。"),
        3: _("つぎは「つくる・とる」を、いっしょにやってみませんか。"),
        4: _("つぎは「身を守る」を、いっしょにやってみませんか。"),
        5: _("つぎは「こまったとき」を、いっしょにやってみませんか。"),
    }[area]


def headline(levels: dict[int, str]) -> tuple[str, str]:
    """Return the finding and what to try next, from the level of each area."""
    alone = [a for a in (2, 1, 3, 5, 4) if levels.get(a) == "alone"]
    rest = [a for a in (4, 5, 2, 1, 3) if levels.get(a) == "next"] + [
        a for a in (4, 5, 2, 1, 3) if levels.get(a) == "with"
    ]
    found = {
        1: _("しらべることは、もうひとりで大丈夫です"),
        2: _("連絡は、もうひとりで大丈夫です"),
        3: _("つくる・とるは、もうひとりで大丈夫です"),
        4: _("身を守ることは、もうひとりで大丈夫です"),
        5: _("こまったときも、もうひとりで大丈夫です"),
    }
    if alone:
        first = found[alone[0]]
    elif "with" in levels.values():
        first = _("だれかといっしょなら、もうできます")
    else:
        first = _("ここから、いっしょにはじめましょう")
    return first, next_line(rest[0]) if rest else _("人に教えることも、できそうです。")


def change(verdict: str) -> tuple[str, str]:
    """Return how a change since an earlier check is told to the person herself: a heading and a sentence, both kind."""
    return {
        "up": (_("前より、できることがふえました"), _("れんしゅうが、力になっています。")),
        "same": (_("前と同じくらいです"), _("ちがいは、まだはっきりしません。つづけると、見えてきます。")),
        "down": (
            _("きょうは、前とちがうようすでした"),
            _("日によって変わります。気にせず、いっしょにやってみましょう。"),
        ),
    }[verdict]


@dataclass(frozen=True, slots=True)
class Ring:
    """One card of the result."""

    name: str
    share: float
    word: str
    line: str


def rings(levels: dict[int, str], shares: dict[int, float]) -> list[Ring]:
    """Return the five cards; a ring closes (1) only where a person goes alone."""
    cards = []
    for area in AREAS:
        level = levels.get(area, "open")
        share = 1.0 if level == "alone" else 0.0 if level == "open" else min(max(shares.get(area, 0.0), 0.12), 0.88)
        cards.append(Ring(area_name(area), share, level_word(level), line(area, level)))
    return cards
