"""The order of versions by ecosystem, and whether a version lies in a range."""

from __future__ import annotations

import functools
import re
from typing import Any

from univers import versions as v

from daremo.trust.exposure.model import Affected, Interval

_CLASSES: dict[str, Any] = {
    "pypi": v.PypiVersion,
    "npm": v.SemverVersion,
    "semver": v.SemverVersion,
    "cargo": v.SemverVersion,
    "hex": v.SemverVersion,
    "golang": v.GolangVersion,
    "deb": v.DebianVersion,
    "rpm": v.RpmVersion,
    "apk": v.AlpineLinuxVersion,
    "maven": v.MavenVersion,
    "nuget": v.NugetVersion,
    "gem": v.RubygemsVersion,
}
#: Words that mark a version before the one they follow.
_BEFORE = {"dev": -6, "snapshot": -5, "alpha": -4, "a": -4, "beta": -3, "b": -3, "pre": -2, "preview": -2, "rc": -1}
_PIECES = re.compile(r"\d+|[a-z]+")
#: What begins a version that can be ordered; "unknown" or a commit cannot, though some ecosystems would take them.
_BEGINS = re.compile(r"(?:v|version|release|rel|r)?[-._ ]?\d", re.IGNORECASE)
_MOST_LETTERS = 200
_MOST_RANGE = 20_000


class Incomparable(ValueError):
    """A version that its ecosystem cannot order."""


@functools.total_ordering
class Natural:
    """Versions of products without rules of their own: numbers by value, words like rc before, other letters after.

    Trailing zeros do not count: 1.0 equals 1.0.0. univers orders these by letters (1.10 before 1.2), so this is ours.
    """

    def __init__(self, text: str) -> None:
        folded = re.sub(r"^(?:version|release|rel|v|r)[-._ ]?(?=\d)", "", text.casefold().strip())
        found = list(_PIECES.finditer(folded))
        if not found:
            raise Incomparable(text)
        self.key = [_piece(folded, m) for m in found]
        while len(self.key) > 1 and self.key[-1] == (1, 0, ""):
            self.key.pop()

    def _parts(self, other: Natural) -> tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]:
        size = max(len(self.key), len(other.key)) + 1
        end = (1, 0, "")
        return self.key + [end] * (size - len(self.key)), other.key + [end] * (size - len(other.key))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Natural) and self.key == other.key

    def __lt__(self, other: Natural) -> bool:
        mine, theirs = self._parts(other)
        return mine < theirs

    def __hash__(self) -> int:
        return hash(tuple(self.key))


def _piece(text: str, at: re.Match[str]) -> tuple[int, int, str]:
    piece = at.group()
    if piece.isdigit():
        return (1, int(piece), "")
    # 1.0a is a later letter release (as of OpenSSL), 1.0a1 and 1.0-a are alphas
    joined = at.start() > 0 and text[at.start() - 1].isdigit() and not text[at.end() : at.end() + 1].isdigit()
    if piece in _BEFORE and at.start() and not (len(piece) == 1 and joined):
        return (0, _BEFORE[piece], "")
    return (1, 0, piece)  # after nothing and zero, before one: 1.2 < 1.2a < 1.2.1


@functools.lru_cache(maxsize=100_000)
def parsed(type: str, text: str) -> Any:
    """A version that can be compared with others of its type.

    Raises
    ------
    Incomparable
        Where it is not a version of this ecosystem.
    """
    if len(text) > _MOST_LETTERS or _BEGINS.match(text.strip()) is None:
        raise Incomparable(text)
    chosen = _CLASSES.get(type)
    if chosen is None:
        return Natural(text)
    try:
        return chosen(text.strip())
    except Exception as e:  # the classes raise many kinds on strange text
        raise Incomparable(text) from e


def before(type: str, a: str, b: str) -> bool:
    """Whether `a` comes before `b`."""
    try:
        return bool(parsed(type, a) < parsed(type, b))
    except Incomparable:
        raise
    except Exception as e:
        raise Incomparable(f"{a} {b}") from e


def same(type: str, a: str, b: str) -> bool:
    """Whether two versions are one, by text or by order."""
    if a == b:
        return True
    try:
        return not before(type, a, b) and not before(type, b, a)
    except Incomparable:
        return False


def inside(type: str, version: str, interval: Interval) -> bool:
    """Whether a version lies in an interval.

    Raises
    ------
    Incomparable
        Where the version or an end cannot be ordered.
    """
    if interval.low is not None and (
        before(type, version, interval.low) or (not interval.low_in and not before(type, interval.low, version))
    ):
        return False
    return interval.high is None or (
        not before(type, interval.high, version) and (interval.high_in or before(type, version, interval.high))
    )


def held(type: str, version: str, affected: Affected) -> str:
    """``"yes"``, ``"no"`` or ``"cannot-tell"``: whether a version is among those of an advisory."""
    if affected.every:
        return "yes"
    if not version:
        return "cannot-tell"
    if any(same(type, version, x) for x in affected.excluded):
        return "no"
    if any(same(type, version, x) for x in affected.versions):
        return "yes"
    doubt = False
    for interval in affected.intervals:
        try:
            if inside(type, version, interval):
                return "yes"
        except Incomparable:
            doubt = True
    return "cannot-tell" if doubt else "no"


def from_vers(text: str) -> tuple[str, tuple[Interval, ...], tuple[str, ...], tuple[str, ...], bool]:
    """Type, intervals, exact versions, excluded versions and "every" of a range as ``vers:type/…`` or ``>=1, <2``.

    Source: the VERS specification: constraints sorted by version, then paired.

    Raises
    ------
    Incomparable
        Where it cannot be read.
    """
    if len(text) > _MOST_RANGE:
        raise Incomparable(text[:100])
    text = text.strip()
    type = "generic"
    if text.startswith("vers:"):
        type, _, text = text[5:].partition("/")
    text = re.sub(r"\s+(?:and|&)\s+", "|", text.strip(), flags=re.IGNORECASE)
    if text == "*":
        return type, (), (), (), True
    parts = [p for p in re.split(r"[|,]|\s+(?=[<>=!])", text) if p.strip()]
    if not parts or len(parts) > 1000:
        raise Incomparable(text[:100])
    signed: list[tuple[str, str]] = []
    for part in parts:
        match = re.fullmatch(r"\s*(<=|>=|!=|==|=|<|>)?\s*([^\s<>=!]\S*)\s*", part)
        if match is None or _BEGINS.match(match.group(2)) is None:
            raise Incomparable(part[:100])
        signed.append((match.group(1) or "=", match.group(2)))
    exact = tuple(x for s, x in signed if s in ("=", "=="))
    excluded = tuple(x for s, x in signed if s == "!=")
    ends = [(s, x) for s, x in signed if s[0] in "<>"]

    def order(a: tuple[str, str], b: tuple[str, str]) -> int:
        if before(type, a[1], b[1]):
            return -1
        return 1 if before(type, b[1], a[1]) else (a[0] > b[0]) - (a[0] < b[0])

    ordered = sorted(ends, key=functools.cmp_to_key(order))
    if any(same(type, a[1], b[1]) for a, b in zip(ordered, ordered[1:])):
        raise Incomparable(text[:100])  # VERS gives each version once
    intervals: list[Interval] = []
    low: tuple[str, bool] | None = None
    for sign, x in ordered:
        if sign[0] == ">":
            low = low or (x, sign == ">=")
        else:
            intervals.append(Interval(low[0] if low else None, x, low[1] if low else True, sign == "<="))
            low = None
    if low:
        intervals.append(Interval(low[0], None, low[1]))
    return type, tuple(intervals), exact, excluded, bool(excluded and not intervals and not exact)
