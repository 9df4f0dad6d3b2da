"""Domains that imitate one's own: same look (UTS 39 skeleton), one slip away, words added, another ending, own name in front.

Built from how people misread names, not from any list of variants. A domain under a closed ending (lg.jp, go.jp …) can be
had by public bodies only: there only an imitation letter by letter counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from daremo.trust.notices.letters import key_of

#: Endings under which anybody, or only some, can register; the longest fits first. Enough for names near Japanese cities.
_CLOSED = ("lg.jp", "go.jp", "ac.jp", "ed.jp")
_SECOND = frozenset({"co", "or", "ne", "gr", "ad", "lg", "go", "ac", "ed", "com", "net", "org", "gov", "edu"})
#: Words that say what a body is, not which one.
_KIND = frozenset({"city", "town", "vill", "village", "pref", "www", "web", "mail", "ward", "metro"})
#: Several letters that look like one.
_DOUBLE = (
    ("rn", "m"),
    ("nn", "m"),
    ("rr", "m"),
    ("vv", "w"),
    ("cl", "d"),
    ("lc", "k"),
    ("1c", "k"),
    ("1k", "k"),
    ("lk", "k"),
)
SHORTEST = 4
#: Latin letters that look alike at a glance.
_NEAR = frozenset(
    {"nr", "nm", "bd", "bh", "nh", "uv", "vw", "vy", "gq", "ec", "co", "eo", "lt", "kh", "pq", "ij", "ft", "un", "sz"}
)


@dataclass(frozen=True, slots=True)
class Alike:
    """Which own domain is imitated, and how: look, slip, words, ending, front."""

    own: str
    how: str


@dataclass(frozen=True, slots=True)
class _Own:
    domain: str
    labels: tuple[str, ...]
    ending: str
    name: str
    names: tuple[str, ...]
    look: str


class Imitations:
    """Looks for imitations of one's own domains.

    Parameters
    ----------
    own : iterable of str
        Domains that are one's own, with all below them.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self._own = [_made(d.lower().strip(".")) for d in dict.fromkeys(own) if "." in d]
        self.find = lru_cache(maxsize=4096)(self._find)

    def is_own(self, host: str) -> bool:
        """Whether a host is one's own or below one."""
        return any(host == o.domain or host.endswith("." + o.domain) for o in self._own)

    def _find(self, host: str) -> Alike | None:
        """The own domain that a host (A-labels) imitates; None for one's own and for strangers."""
        host = host.lower().strip(".")
        if self.is_own(host) or "." not in host:
            return None
        shown = _unicode(host)
        labels = tuple(shown.split("."))
        closed = any(host.endswith("." + c) for c in _CLOSED)
        name_at = len(labels) - 1 - _ending_length(labels)
        for own in self._own:
            how = _how(own, shown, labels, name_at, closed)
            if how:
                return Alike(own.domain, how)
        return None


def _made(domain: str) -> _Own:
    labels = tuple(domain.split("."))
    at = len(labels) - 1 - _ending_length(labels)
    # in city.mihon.lg.jp and city.mihon.kagawa.jp the name that people read is mihon
    name = max((x for x in labels[: at + 1] if x not in _KIND), key=len, default=labels[at])
    if labels[0] in _KIND and len(labels) > 2 and labels[1] not in _SECOND:
        name = labels[1]
    names = tuple(x for x in re.split(r"[.-]", ".".join(labels[: at + 1])) if x)
    return _Own(domain, labels, ".".join(labels[at + 1 :]), name, names, _look(domain))


def _ending_length(labels: tuple[str, ...]) -> int:
    return 2 if len(labels) > 2 and labels[-2] in _SECOND and len(labels[-1]) == 2 else 1


def _unicode(host: str) -> str:
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _look(name: str) -> str:
    """What a name looks like: imitating letters as the ones they imitate, dashes gone."""
    plain = "".join(c if c == "." else key_of(c) for c in name.replace("-", ""))
    for several, one in _DOUBLE:
        plain = plain.replace(several, one)
    return plain


def _how(own: _Own, shown: str, labels: tuple[str, ...], name_at: int, closed: bool) -> str:
    look = _look(shown)
    if look == own.look and shown != own.domain:
        return "look"
    # the own name letter by letter, but in other letters
    if not shown.isascii() and any(_look(x) == _look(own.name) for x in labels):
        return "look"
    if closed:
        return ""
    if f".{shown}.".find(f".{own.domain}.") >= 0:
        return "front"
    if len(own.name) < SHORTEST:
        return ""
    rest = labels[: max(name_at, 0) + 1]
    joined = ".".join(rest)
    flat, own_flat = re.sub(r"[.-]", "", joined), "".join(own.names)
    if flat == own_flat:
        return "ending"
    words = [w for w in re.split(r"[.\-\d]+", joined) if w]
    if own.name in words or own.name in rest:
        return "ending" if set(words) <= {*own.names, *_KIND} else "words"
    if _slip(flat, own_flat) or (len(own.labels) == len(labels) and _slip(shown, own.domain)):
        return "slip"
    for label in rest:
        # short names have too many neighbours that mean something else
        if len(own.name) >= 5 and (_slip(label, own.name) or _slip(_look(label), _look(own.name))):
            return "slip"
        if len(own.name) >= 5 and (own.name in label.replace("-", "") or _look(own.name) in _look(label)):
            return "words"
    if len(own.names) > 1 and own_flat in flat and len(own_flat) >= 6:
        return "words"
    return ""


def _slip(a: str, b: str) -> bool:
    """Whether two different names are one slip apart: a letter wrong, more or less, two neighbours swapped, or, in long names,
    two letters that look alike (``n`` and ``r``, ``b`` and ``d``)."""
    if a == b or abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < SHORTEST:
        return False
    return _distance(a, b) <= 1.0


def _distance(a: str, b: str) -> float:
    """Optimal string alignment, letters that look alike at half the price; anything above 1 means "far"."""
    before: list[float] = []
    last = [float(k) for k in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        row = [float(i)]
        for j, y in enumerate(b, 1):
            change = 0.0 if x == y else 0.5 if x + y in _NEAR or y + x in _NEAR else 1.0
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + change)
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        if min(row) > 1:
            return 2.0
        before, last = last, row
    return last[-1]
