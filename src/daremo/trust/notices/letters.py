"""Text made comparable: what people, mail programs and scanners change is folded away, what a forger changes is not.

Each letter that counts gets a *key*. Two letters share a key where a scanner takes one for the other (カ and 力, 0 and O) or
where one imitates the other (Cyrillic а and Latin a). No two digits ever share a key, so a changed digit is never folded
away. Which of the two it was is decided by `disguises`: imitations from other scripts are never the work of a scanner.
Sources: NFKC of Unicode, confusables of UTS 39 (package confusable-homoglyphs), and a list of Japanese look-alikes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

#: Letters that scanners of Japanese take for each other; the first is the key.
_SCANNED = (
    "ー一―—–‐-−─━ｰ~〜", "ニ二", "カ力刀", "ロ口□囗", "エ工", "タ夕", "ト卜", "ハ八", "へヘ", "べベ", "ぺペ", "りリ", "チ千干", "オ才",
    "ミ三", "セ七", "ヌ又", "ンソ", "シツッ", "っつ", "未末", "日目曰", "土士", "人入", "問間聞", "大太犬", "木本", "緑縁", "綱網",
    "微徴", "治冶", "鳥烏", "氷水永", "王玉", "矢失", "貝見", "右石", "体休", "名各", "使便", "科料", "住往", "遣遺", "暑署",
    "0oО〇○◯", "1li", "5s", "8b", "2z", "9q", "6g", "ゃや", "ゅゆ", "ょよ", "ぁあ", "ぃい", "ぅう", "ぇえ", "ぉお", "ャヤ", "ュユ", "ョヨ",
    "ァア", "ィイ", "ゥウ", "ェエ", "ォオ", "ばぱ", "びぴ", "ぶぷ", "ぼぽ", "バパ", "ビピ", "ブプ", "ボポ",
)  # fmt: skip
#: Signs that carry meaning, kept beside letters and digits.
_KEPT_SIGNS = frozenset("%¥$€£+±×÷=<>≦≧")
#: Invisible, though letters or spaces by their category.
_BLANK = frozenset("\u034f\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5")
#: ɱ is named "LATIN SMALL LETTER M WITH HOOK".
_LATIN = re.compile(r"LATIN (?:SMALL |CAPITAL )?LETTER (?:DOTLESS |SMALL CAPITAL |SCRIPT |OPEN )?([A-Z])(?: WITH.*)?$")
_HEADER = re.compile(
    r"^[>\s|]*(?:(?:from|to|cc|subject|date|sent|差出人|送信者|宛先|件名|日時|送信日時|受信日時|日付)\s*[:：].*|-{2,}.*(?:forwarded|転送).*)$",
    re.I,
)


@cache
def _imitations() -> dict[str, str]:
    """Letters of other scripts that look like a Latin letter or a digit."""
    file = resources.files("confusable_homoglyphs").joinpath("confusables.json")
    table = json.loads(file.read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for plain in "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for other in table.get(plain, ()):
            c = other["c"]
            if len(c) == 1 and not c.isascii() and not is_japanese(c):
                found.setdefault(c, plain.lower())
    # absent there, or given to a capital only
    found |= dict(zip("аеорсухіјѕԁһԛԝкмтвнαορντκιυχ", "aeopcyxijsdhqwkmtbhaopvtkiux"))
    return found


def is_japanese(c: str) -> bool:
    """Whether a letter is a kana, a kanji or a sign written among them."""
    return "\u3000" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or c in "〇○◯□"


@cache
def _scanned() -> dict[str, str]:
    """The key of each letter; groups that share a letter are one."""
    found: dict[str, str] = {}
    for group in _SCANNED:
        keys = {found[c] for c in group if c in found}
        first = min(keys) if keys else group[0]
        found = {c: first if k in keys else k for c, k in found.items()} | dict.fromkeys(group, first)
    return found


@cache
def key_of(c: str) -> str:
    """Key of one letter (after NFKC); "" where it does not count."""
    category = unicodedata.category(c)
    low = c.lower()
    if low in _scanned():
        # a hyphen is punctuation, the long sign of kana is a letter; both are written for each other
        return _scanned()[low]
    if c in _KEPT_SIGNS:
        return c
    # marks too: vowels of Thai or Nepali are marks, and a stroke through a word is one
    if category[0] not in "LNM":
        return ""
    if c.isascii():
        return low
    plain = _imitations().get(c) or _imitations().get(low)
    if plain is None:
        named = _LATIN.match(unicodedata.name(low, ""))
        plain = named[1].lower() if named else None
    if plain is not None and plain.isascii():
        return _scanned().get(plain, plain)
    return low


@cache
def is_imitation(c: str) -> bool:
    """Whether this letter of another script imitates a Latin letter or a digit."""
    if c.isascii() or is_japanese(c):
        return False
    return c in _imitations() or c.lower() in _imitations() or ("LATIN" in unicodedata.name(c, "") and c.isalpha())


@dataclass(frozen=True, slots=True)
class Text:
    """A text by its keys.

    Attributes
    ----------
    plain : str
        After NFKC, hidden letters taken out.
    keys : str
        One key a letter that counts.
    letters : tuple of str
        Those letters.
    gaps : tuple of str
        What stood before each of them and does not count.
    hidden : int
        Letters that nobody sees and that do not belong to an emoji.
    styled : int
        Letters that `is_dressed`.
    """

    plain: str
    keys: str
    letters: tuple[str, ...]
    gaps: tuple[str, ...]
    hidden: int
    styled: int


def visible(raw: str) -> tuple[str, int]:
    """The text without letters that nobody sees, after NFKC, and how many of these there were."""
    out: list[str] = []
    hidden = 0
    text = raw.removeprefix("\ufeff")
    for at, c in enumerate(text):
        category = unicodedata.category(c)
        if category in ("Cf", "Co", "Cn") or c in _BLANK:
            before, after = text[at - 1 : at], text[at + 1 : at + 2]
            if not (c == "\u200d" and (_emoji(before) or before == "\ufe0f" or _emoji(after))):
                hidden += 1
        elif "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef":
            continue
        elif category == "Cc" and c not in "\n\r\t":
            hidden += 1
        else:
            out.append(c)
    return unicodedata.normalize("NFKC", "".join(out)), hidden


def _emoji(c: str) -> bool:
    return bool(c) and unicodedata.category(c) in ("So", "Sk")


def without_headers(text: str) -> tuple[str, list[str]]:
    """The text without lines like ``Subject:`` that a mail program puts above it, and those lines."""
    lines, heads = text.splitlines(keepends=True), []
    while lines and (not lines[0].strip() or _HEADER.match(lines[0].strip())):
        heads.append(lines.pop(0))
    return "".join(lines), heads


@cache
def is_dressed(c: str) -> bool:
    """Whether a letter is a Latin one or a digit in a dress that nobody types: 𝐚, ⅿ, ⓐ, ₁. Full-width ones, ① and ㎡ are typed."""
    if c.isascii() or "\uff01" <= c <= "\uff5e" or "\u2460" <= c <= "\u249b" or "\u3000" <= c <= "\u33ff" or c in "℡№℃":
        return False
    plain = unicodedata.normalize("NFKC", c)
    return plain != c and plain.isascii() and plain.isalnum()


def text_of(raw: str) -> Text:
    """A text by its keys."""
    plain, hidden = visible(raw)
    return keyed(plain, hidden, sum(map(is_dressed, raw)))


def keyed(plain: str, hidden: int = 0, styled: int = 0) -> Text:
    """Keys of a text that is already in NFKC and visible."""
    keys: list[str] = []
    letters: list[str] = []
    gaps: list[str] = []
    gap: list[str] = []
    for at, c in enumerate(plain):
        key = key_of(c)
        if key == "ー" and c not in "ー一ｰ" and not _long_sign(plain, at):
            key = ""
        if not key or (key in "<>" and _quoting(plain, at)):
            gap.append(c)
            continue
        keys.append(key)
        letters.append(c)
        gaps.append("".join(gap))
        gap.clear()
    return Text(plain, "".join(keys), tuple(letters), tuple(gaps), hidden, styled)


def _long_sign(plain: str, at: int) -> bool:
    """Whether a dash may be the long sign of kana: after kana, and not before a digit."""
    return bool(at) and "\u3041" <= plain[at - 1] <= "\u30ff" and not plain[at + 1 : at + 2].isdigit()


def _quoting(plain: str, at: int) -> bool:
    """Whether a ``>`` stands where mail programs put it."""
    begin = plain.rfind("\n", 0, at) + 1
    return not plain[begin:at].strip("> \t|")


def disguises(official: Text, received: Text) -> int:
    """Letters of two texts with equal keys that a forger, not a scanner, put in the place of others."""
    pairs = zip(official.letters, received.letters)
    dressed = max(received.styled - official.styled, 0)
    return dressed + sum(1 for o, r in pairs if o != r and is_imitation(r))


def broken_numbers(official: Text, received: Text) -> int:
    """Places between two digits whose point, colon or stroke differs, in two texts with equal keys."""
    wrong = 0
    for at in range(1, len(official.keys)):
        if official.letters[at].isdigit() and official.letters[at - 1].isdigit():
            ours, theirs = official.gaps[at], received.gaps[at]
            if ours != theirs and not _same_gap(ours, theirs):
                wrong += 1
    return wrong


def _same_gap(ours: str, theirs: str) -> bool:
    a, b = (re.sub(r"[\s>|]", "", _one_dash(g)) for g in (ours, theirs))
    # a comma between thousands, or a hyphen of a telephone number, may be lost or put in; spaces and line ends too
    return a == b or {a, b} in ({"", ","}, {"", "-"}, {"-", "("}, {"-", ")"}, {"", "("}, {"", ")"})


def _one_dash(gap: str) -> str:
    return re.sub("[‐‑–—−ー─―]", "-", gap)
