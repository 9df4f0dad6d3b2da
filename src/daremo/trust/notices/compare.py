"""What differs between an official text and what somebody received, and what that means."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

from daremo.trust.notices.addresses import links_in, mails_in, numbers_in
from daremo.trust.notices.letters import Text, broken_numbers, disguises, is_japanese
from daremo.trust.notices.sketch import common_share, runs_of

#: ``same``: word by word. ``small``: a few single letters, as a scanner errs. ``added``: the whole text, and words around it.
#: ``part``: some of the text, unchanged. ``changed``: like it, but other words, numbers or links. ``other``: another text.
Relation = Literal["same", "small", "added", "part", "changed", "other"]
#: Common runs (share of both texts) from which a text is taken for a changed copy.
NEAR_SHARE = 0.4
SHORTEST_PART = 12
#: Letters a scanner may get wrong (share of the text), each alone.
SMALL_SHARE = 0.03
#: Single letters that turn a sentence round; one of them changed is never a scanner's slip alone.
_WEIGHTY = frozenset(
    "不未無非有要必禁可否内外前後上下増減入出払受送売買円万億千百十一二三四五六七八九〇年月日時分なすまいくる%¥$"
)
_LONGEST_DIFF = 4_000
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/?#@%&=+\-]*[A-Za-z0-9/]|[A-Za-z0-9]|[^\W_]|[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class Compared:
    """How a received text relates to an official one.

    Attributes
    ----------
    relation : str
    reasons : tuple of (code, detail)
        What makes it other than the same.
    closeness : float
        Share of common runs, 0 to 1.
    """

    relation: Relation
    reasons: tuple[tuple[str, str], ...]
    closeness: float


def compare(official: Text, received: Text) -> Compared:
    """Relate a received text to an official one."""
    if official.keys == received.keys:
        return _same(official, received)
    if not official.keys or not received.keys:
        return Compared("other", (), 0.0)
    ours, theirs = runs_of(official.keys), runs_of(received.keys)
    both = common_share(ours, theirs) * ours.size
    closeness = float(2 * both / (ours.size + theirs.size))
    at = received.keys.find(official.keys)
    if at >= 0 and len(official.keys) >= SHORTEST_PART:
        return _added(official, received, at, closeness)
    if len(received.keys) >= SHORTEST_PART and received.keys in official.keys:
        at = official.keys.find(received.keys)
        inner = _same(_part(official, at, at + len(received.keys)), received, links=False)
        if inner.relation == "same" and _among(received, official):
            return Compared("part", (("part", ""),), closeness)
        return Compared("changed", inner.reasons or (("words", ""),), closeness)
    if closeness < NEAR_SHARE and both / theirs.size < 0.6:
        return Compared("other", (), closeness)
    return _near(official, received, closeness)


def _same(official: Text, received: Text, *, links: bool = True) -> Compared:
    """Equal keys: look at all that keys fold away."""
    reasons: list[tuple[str, str]] = []
    if disguises(official, received):
        reasons.append(("disguised", str(disguises(official, received))))
    if broken_numbers(official, received):
        reasons.append(("number-broken", ""))
    if links and not _same_links(official, received):
        reasons.append(("link-changed", ""))
    if reasons:
        return Compared("changed", tuple(reasons), 1.0)
    if received.hidden:
        return Compared("small", (("hidden", str(received.hidden)),), 1.0)
    return Compared("same", (), 1.0)


def _same_links(official: Text, received: Text) -> bool:
    ours = links_in(official.plain)
    for plain in (received.plain, unbroken(official.plain, received.plain)):
        theirs = links_in(plain)
        if len(ours) == len(theirs) and all(a.same_as(b) for a, b in zip(ours, theirs)):
            return mails_in(official.plain) == mails_in(plain)
    return False


def unbroken(official: str, received: str) -> str:
    """The received text with the official links and addresses put together where lines broke them."""
    if "\n" not in received:
        return received
    written = [official[x.begin : x.end] for x in links_in(official)]
    for text in sorted({*written, *mails_in(official)}, key=len, reverse=True):
        broken = r"(?:[ \t]*\n[>\s|]*)?".join(re.escape(c) for c in text)
        received = re.sub(broken, lambda m, text=text: text, received)  # type: ignore[misc]
    return received


def _among(received: Text, official: Text) -> bool:
    """Whether all links of a part are links of the whole; a link cut at the end of the part counts as changed."""
    whole = links_in(official.plain)
    return all(any(a.same_as(b) for b in whole) for a in links_in(unbroken(official.plain, received.plain)))


def _part(text: Text, begin: int, end: int) -> Text:
    return Text(
        text.plain, text.keys[begin:end], text.letters[begin:end], text.gaps[begin:end], text.hidden, text.styled
    )


def _added(official: Text, received: Text, at: int, closeness: float) -> Compared:
    """The whole official text with something before or after it."""
    end = at + len(official.keys)
    inner = _same(official, _part(received, at, end), links=False)
    if inner.relation == "changed":
        return Compared("changed", inner.reasons, closeness)
    before = _written(received, 0, at)
    after = _written(received, end, len(received.keys))
    ours = links_in(official.plain)
    theirs = links_in(unbroken(official.plain, received.plain))
    numbers = set(numbers_in(received.plain)) - set(numbers_in(official.plain))
    if [x.key for x in theirs] != [x.key for x in ours] or any(x.odd for x in theirs):
        return Compared("changed", (("link-added", ""),), closeness)
    if numbers or set(mails_in(received.plain)) - set(mails_in(official.plain)):
        return Compared("changed", (("number-added", ", ".join(sorted(numbers))),), closeness)
    digits = [c for c in before + after if c.isdigit()]
    if len(digits) >= 4:
        return Compared("changed", (("number-added", "".join(digits)[:40]),), closeness)
    return Compared("added", (("words-added", (before + " … " + after).strip(" …")[:80]),), closeness)


def _written(text: Text, begin: int, end: int) -> str:
    return "".join(text.letters[begin:end])


def _near(official: Text, received: Text, closeness: float) -> Compared:
    """Texts with other keys: a scanner's slips, or a copy with changes."""
    reasons: list[tuple[str, str]] = []
    ours, theirs = links_in(official.plain), links_in(unbroken(official.plain, received.plain))
    strange = [b for b in theirs if not any(a.same_as(b) for a in ours)]
    if strange:
        reasons.append(("link-changed", strange[0].key[:80]))
    numbers = sorted(set(numbers_in(received.plain)) - set(numbers_in(official.plain)))
    if numbers:
        reasons.append(("number-changed", ", ".join(numbers)[:80]))
    if set(mails_in(received.plain)) - set(mails_in(official.plain)):
        reasons.append(("mail-changed", ""))
    if reasons:
        return Compared("changed", tuple(reasons), closeness)
    if len(official.keys) + len(received.keys) > 2 * _LONGEST_DIFF:
        return Compared("changed", (("words", ""),), closeness)
    slips = 0
    for op, a, b, c, d in difflib.SequenceMatcher(None, official.keys, received.keys, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        was, now = official.letters[a:b], received.letters[c:d]
        slips += 1
        if any(x.isdigit() for x in (*was, *now)):
            return Compared("changed", (("digits-changed", f"{''.join(was)} → {''.join(now)}"[:80]),), closeness)
        if any(not x.isascii() and not is_japanese(x) for x in now):
            return Compared("changed", (("disguised", "".join(now)[:80]),), closeness)
        if len(was) != 1 or len(now) != 1 or any(x in _WEIGHTY for x in (*was, *now)):
            return Compared("changed", (("words-changed", f"{''.join(was)} → {''.join(now)}"[:80]),), closeness)
    if slips <= max(1, SMALL_SHARE * len(official.keys)) and not received.styled and not received.hidden:
        return Compared("small", (("small-differences", str(slips)),), closeness)
    return Compared("changed", (("words-changed", ""),), closeness)


def difference(official: str, received: str) -> list[dict[str, str]]:
    """Both texts side by side for people: pieces that are the same, and pieces that differ.

    Returns
    -------
    list of dict
        ``{"same": …}`` or ``{"official": …, "received": …}``, in order.
    """
    a, b = _TOKEN.findall(official), _TOKEN.findall(received)
    if len(a) + len(b) > 2 * _LONGEST_DIFF:
        return [{"official": official, "received": received}]
    out: list[dict[str, str]] = []
    for op, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if op == "equal":
            out.append({"same": "".join(a[i:j])})
        else:
            out.append({"official": "".join(a[i:j]), "received": "".join(b[k:m])})
    return out
