"""What happens to genuine messages on their way: quoting, broken lines, emoji, other widths, a scanner's usual slips.

Written apart from `daremo.trust.notices`; the slips are those listed for Japanese by people who correct scans by hand.
"""

from __future__ import annotations

import random
import re

PROTECTED = re.compile(r"https?://[!-~]+|[0-9][0-9,\-]*")
SLIPS = {
    "ー": "一", "二": "ニ", "カ": "力", "ロ": "口", "エ": "工", "タ": "夕", "ト": "卜", "ハ": "八", "へ": "ヘ", "ソ": "ン", "シ": "ツ", "日": "曰",
    "間": "問", "未": "末", "人": "入", "土": "士", "口": "ロ", "力": "カ", "つ": "っ", "ッ": "ツ", "ョ": "ヨ", "ュ": "ユ", "ャ": "ヤ", "ょ": "よ",
    "ゅ": "ゆ", "ゃ": "や", "り": "リ", "オ": "才", "ニ": "二", "ミ": "三", "チ": "千", "一": "ー", "八": "ハ", "本": "木", "大": "太", "微": "徴",
}  # fmt: skip
EMOJI = ("😊", "📢", "👨‍👩‍👧", "❗", "☎️", "🏥", "✨", "🙇‍♀️")


def broken_lines(text: str, rng: random.Random) -> str:
    """Lines end where the screen does, in links too."""
    width = rng.randint(10, 40)
    return "\n".join(text[k : k + width] for k in range(0, len(text), width))


def quoted(text: str, rng: random.Random) -> str:
    """Quoted in an answer."""
    mark = rng.choice(("> ", ">> ", "｜", ">"))
    head = rng.choice(
        ("", "件名: お知らせ\n", "差出人: みほん市\n日時: 2026年11月20日 10:15\n\n", "-----転送-----\nFrom: みほん市\n")
    )
    return head + "\n".join(mark + line for line in broken_lines(text, rng).splitlines())


def with_emoji(text: str, rng: random.Random) -> str:
    """Emoji of an app in between."""
    sentences = text.split("。")
    return rng.choice(EMOJI) + "".join(s + "。" + rng.choice(("", *EMOJI)) for s in sentences[:-1]) + sentences[-1]


def widths(text: str, rng: random.Random) -> str:
    """Full-width digits, letters and spaces outside of links; half-width kana."""
    table = {ord(c): ord(c) + 0xFEE0 for c in "0123456789"}
    pieces = re.split(r"(https?://[!-~]+)", text)
    return "".join(p if p.startswith("http") else p.translate(table).replace(" ", "\u3000") for p in pieces)


def spaces(text: str, rng: random.Random) -> str:
    """Spaces between letters, as scanners put them; none within links and numbers."""
    out, last = [], 0
    for m in [*PROTECTED.finditer(text), None]:
        piece = text[last : m.start()] if m else text[last:]
        out.append("".join(c + (" " if rng.random() < 0.15 else "") for c in piece))
        if m:
            out.append(m[0])
            last = m.end()
    return "".join(out)


def scanned(text: str, rng: random.Random) -> str:
    """Slips of a scanner in words, punctuation lost; links and numbers right."""
    out, last = [], 0
    for m in [*PROTECTED.finditer(text), None]:
        piece = text[last : m.start()] if m else text[last:]
        for c in piece:
            if c in SLIPS and rng.random() < 0.3:
                c = SLIPS[c]
            if c in "。、「」【】" and rng.random() < 0.1:
                c = rng.choice(("", ".", " "))
            out.append(c)
        if m:
            out.append(m[0])
            last = m.end()
    return "".join(out)


def all_at_once(text: str, rng: random.Random) -> str:
    """Scanned, with emoji, quoted."""
    return quoted(with_emoji(scanned(text, rng), rng), rng)


KINDS = {f.__name__: f for f in (broken_lines, quoted, with_emoji, widths, spaces, scanned, all_at_once)}
