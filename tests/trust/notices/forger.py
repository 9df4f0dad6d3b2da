"""A forger who does not know the rules: every forgery starts from a genuine message and changes what harms people.

Written apart from `daremo.trust.notices`: no table, list or function of it is used here.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable

URL = re.compile(r"https?://([a-z0-9.\-]+)(/[a-z0-9/]*)?")
#: Letters of Cyrillic, Greek, Cherokee, Armenian and mathematics that pass for Latin ones, by code point.
TWINS = {
    "a": "\u0430\U0001d41a\u0251", "c": "\u0441\u03f2", "e": "\u0435\U0001d5be", "i": "\u0456\u2170", "j": "\u0458\u03f3", "o": "\u043e\u03bf\u0585",
    "p": "\u0440\u03c1", "s": "\u0455\uff53\U0001d600", "y": "\u0443", "x": "\u0445", "h": "\u04bb", "l": "\u2113\u04cf", "m": "\u217f\U0001d426",
    "d": "\u0501", "g": "\u0261", "k": "\U0001d458", "n": "\u0578", "u": "\u057d", "w": "\u051d", "v": "\u03bd\u2174", "q": "\u051b",
}  # fmt: skip
EVIL = (
    "pay-support.com",
    "e-tax-refund.top",
    "kyufukin.xyz",
    "secure-login.net",
    "jp-post.icu",
    "tinyurl.com",
    "bit.ly",
)
INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad\u202e\u2062\ufeff\u180e\u061c"
Forge = Callable[[str, random.Random], str]


def _swap_host(text: str, make: Callable[[str], str]) -> str:
    return URL.sub(lambda m: f"https://{make(m[1])}{m[2] or ''}", text)


def link_swap(text: str, rng: random.Random) -> str:
    """Another site in the place of the city's, or another page."""
    choice = rng.randrange(4)
    if choice == 0:
        return _swap_host(text, lambda h: rng.choice(EVIL))
    if choice == 1:
        return _swap_host(text, lambda h: h + "." + rng.choice(EVIL))
    if choice == 2:
        return URL.sub(lambda m: f"https://{m[1]}@{rng.choice(EVIL)}{m[2] or ''}", text)
    return URL.sub(lambda m: m[0] + rng.choice(string.digits), text)


def look_alike(text: str, rng: random.Random) -> str:
    """A host that is one touch away."""

    def make(host: str) -> str:
        at = rng.choice([k for k, c in enumerate(host) if c.isalpha() and k < len(host) - 3])
        way = rng.randrange(6)
        if way == 0:
            return host[:at] + host[at + 1 :]
        if way == 1:
            return host[:at] + host[at] + host[at:]
        if way == 2:
            return host[:at] + rng.choice([c for c in string.ascii_lowercase if c != host[at]]) + host[at + 1 :]
        if way == 3:
            return host.replace(".", "-", 1)
        if way == 4:
            return host.rsplit(".", 2)[0] + rng.choice((".com", ".net", ".jp.com", ".info"))
        changed = host.replace("m", "rn", 1).replace("l", "1", 1)
        return changed if changed != host else host + "-jp.com"

    return _swap_host(text, make)


def one_digit(text: str, rng: random.Random) -> str:
    """One digit of a date, sum, number or page."""
    at = rng.choice([k for k, c in enumerate(text) if c in string.digits])
    return text[:at] + rng.choice([d for d in string.digits if d != text[at]]) + text[at + 1 :]


def homoglyph(text: str, rng: random.Random) -> str:
    """One or more Latin letters drawn from other scripts."""
    places = [k for k, c in enumerate(text) if c.lower() in TWINS]
    out = list(text)
    for at in rng.sample(places, min(len(places), rng.randint(1, 4))):
        # a full-width letter is how Japanese is typed, not a forgery: the other twins are
        out[at] = rng.choice([t for t in TWINS[out[at].lower()] if t != "\uff53"])
    return "".join(out)


def zero_width(text: str, rng: random.Random) -> str:
    """Letters that nobody sees, to slip through filters."""
    out = text
    for _ in range(rng.randint(1, 5)):
        at = rng.randint(1, len(out) - 1)
        out = out[:at] + rng.choice(INVISIBLE) + out[at:]
    return out


def redated(text: str, rng: random.Random) -> str:
    """An old message with today's urgency."""
    day = rng.choice(("本日", "明日", "至急", f"{rng.randint(1, 12)}月{rng.randint(29, 31)}日", "24時間以内"))
    dates = re.findall(r"\d+月\d+日", text)
    if not dates:
        return one_digit(text, rng)
    return text.replace(rng.choice(dates), day)


def other_number(text: str, rng: random.Random) -> str:
    """Another telephone number, or one more."""
    number = f"0{rng.choice('5789')}0-{rng.randint(1000, 9999)}-{rng.randint(1000, 9999)}"
    changed = re.sub(r"0\d{3}-\d{2}-\d{4}|0120-\d{3}-\d{3}", number, text)
    return changed if changed != text else text + f"至急 {number} へ電話"


def turned_round(text: str, rng: random.Random) -> str:
    """A word that turns the sense round, or a demand put in."""
    for a, b in rng.sample(
        [("ありません", "あります"), ("不要です", "必要です"), ("以上", "以下"), ("から", "まで"), ("お持ちください", "振りこんでください")], 5
    ):  # fmt: skip
        if a in text:
            return text.replace(a, b, 1)
    return text.replace("お知らせです。", "お知らせです。ATMから手数料を払ってください。", 1)


KINDS: dict[str, Forge] = {
    f.__name__: f for f in (link_swap, look_alike, one_digit, homoglyph, zero_width, redated, other_number, turned_round)
}  # fmt: skip
