"""Is this really from the city? Text, link, number, code or QR against a registry: official, altered, or unknown.

*official*: the issuer published exactly this, and it holds today. *altered*: it imitates something of the issuer's.
*unknown*: everything else; that a message was not found says nothing in its favour. See ``explain_notices.md``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from daremo.trust.log import note as notes
from daremo.trust.notices import qr
from daremo.trust.notices.addresses import Link, link_of, links_in, mails_in, number_of, numbers_in
from daremo.trust.notices.code import codes_in, read_code
from daremo.trust.notices.compare import Compared, compare, difference, unbroken
from daremo.trust.notices.letters import Text, keyed, text_of, visible, without_headers
from daremo.trust.notices.model import BadNotice, Entry
from daremo.trust.notices.register import is_issuers_link
from daremo.trust.notices.registry import Registry
from daremo.trust.notices.sketch import nearest, sketch

Outcome = Literal["official", "altered", "unknown"]
LONGEST = 100_000
_CANDIDATES, _CLOSEST = 32, 4
_LABEL = re.compile(r"[【\[(]?(?:確認|照会|チェック)?コード[】\])]?\s*[:：]?\s*$|check\s+code\s*:?\s*$", re.I)
_RANK = {"same": 0, "small": 1, "added": 2, "part": 3, "changed": 4, "other": 5}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code (words in ``tables/check_reasons.csv``) and what it concerns."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer.

    Attributes
    ----------
    verdict : {"official", "altered", "unknown"}
    reasons : tuple of Reason
        The weightiest first.
    asked : str
        What it was taken for: text, mail, link, number, code or qr.
    entry : Entry or None
        The notice that it is, or resembles; its text is shown, never a bare yes.
    proof : dict or None
        Key, code, record in the journal and whether the signed checkpoint includes it.
    diff : list
        See `compare.difference`; empty where nothing differs.
    """

    verdict: Outcome
    reasons: tuple[Reason, ...]
    asked: str
    entry: Entry | None = None
    proof: dict[str, Any] | None = None
    diff: tuple[dict[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {
            "verdict": self.verdict,
            "reasons": [{"code": r.code, "detail": r.detail} for r in self.reasons],
            "asked": self.asked,
            "notice": None if self.entry is None else {"code": self.entry.code, **self.entry.notice.as_dict()},
            "proof": self.proof,
            "diff": list(self.diff),
        }


def check(received: str, registry: Registry, day: str) -> Checked:
    """Judge what somebody received, whatever it is.

    Parameters
    ----------
    received : str
        A message, a link, a telephone number, a check code, or what a camera read from a QR.
    registry : Registry
    day : str
        Today's date (YYYY-MM-DD).
    """
    received = received[:LONGEST]
    alone = received.strip()
    if qr.is_payload(alone) and "\n" not in alone:
        return check_qr(alone, registry, day)
    code = read_code(alone)
    if code and not re.sub(r"[\s-]", "", alone).isdigit():
        return check_code(code, registry, day)
    if number_of(alone):
        return check_number(alone, registry, day)
    plain, hidden = visible(alone)
    link = link_of(plain)
    if link is not None:
        return check_link(link, registry, day, hidden=hidden)
    return check_text(received, registry, day)


def check_code(code: str, registry: Registry, day: str) -> Checked:
    """Judge a check code: the answer is the issuer's own text, which the person compares."""
    row = registry.by_code.get(code)
    if row is None:
        return _stale(Checked("unknown", (Reason("code-not-found", code),), "code"), registry, day)
    return _published(registry, row, day, "code", (Reason("compare-text"),))


def check_qr(text: str, registry: Registry, day: str) -> Checked:
    """Judge a QR: signature, then the issuer's own text."""
    try:
        told = qr.read(text, registry.public_keys)
    except qr.BadQr as e:
        return Checked("altered", (Reason("qr-not-signed", str(e)),), "qr")
    row = registry.by_digest.get(told.digest.hex())
    if row is None:
        return _stale(Checked("unknown", (Reason("qr-newer", told.title),), "qr"), registry, day)
    return _published(registry, row, day, "qr", (Reason("compare-text"),))


def check_number(text: str, registry: Registry, day: str) -> Checked:
    """Judge a telephone number. That it is the city's does not prove who called: numbers can be forged."""
    number = number_of(text)
    if number in {number_of(n) for n in (*registry.issuer.numbers, registry.issuer.phone)}:
        return _stale(
            Checked("official", (Reason("number-of-issuer", number), Reason("caller-can-lie")), "number"), registry, day
        )
    return _stale(Checked("unknown", (Reason("number-not-found", number),), "number"), registry, day)


def check_link(link: Link, registry: Registry, day: str, *, hidden: int = 0) -> Checked:
    """Judge a link by the host it leads to."""
    alike = registry.imitations.find(link.host)
    if alike:
        return Checked("altered", (Reason(f"alike-{alike.how}", f"{link.host} / {alike.own}"),), "link")
    if link.odd or hidden:
        return Checked(
            "altered" if registry.issuer.domains and _names_own(link, registry) else "unknown",
            (Reason("link-odd", link.host),),
            "link",
        )
    if is_issuers_link(link, registry.issuer):
        return _stale(Checked("official", (Reason("link-of-issuer", link.host),), "link"), registry, day)
    return _stale(Checked("unknown", (Reason("link-not-found", link.host),), "link"), registry, day)


def _names_own(link: Link, registry: Registry) -> bool:
    """A link that is odd and leads elsewhere imitates; an odd link to the own host is only not vouched for."""
    return not registry.imitations.is_own(link.host)


def check_text(received: str, registry: Registry, day: str) -> Checked:
    """Judge a message by its words, links and numbers."""
    plain, hidden = visible(received[:LONGEST])
    whole = text_of(received[:LONGEST])
    codes = [c for _, _, c in codes_in(plain)]
    headless, heads = without_headers(plain)
    kept = [whole, keyed(_without_codes(plain), hidden, whole.styled)]
    variants = kept + [keyed(form, hidden, whole.styled) for form in (headless, _without_codes(headless))]
    variants = list({v.keys: v for v in variants if v.keys}.values())
    best = _best(variants, codes, registry, day)
    if best is None:
        return _stranger(whole, codes, registry, day)
    row, entry, compared, text = best
    if compared.relation == "other":
        return _stranger(whole, codes, registry, day)
    # a code is to be that of this notice: otherwise it was put on another text
    others = [c for c in codes if c in registry.by_code and c != entry.code]
    if others:
        return _marked(registry, row, "altered", (Reason("code-of-another", others[0]),), text)
    if compared.relation == "same":
        # a line that looks like a header can carry a demand
        odd = [h.strip() for h in heads if not _is_plain_header(h, entry, registry)]
        if odd and text.keys not in {v.keys for v in kept}:
            return _marked(registry, row, "unknown", (Reason("words-added", odd[0][:80]),), whole)
        return _published(registry, row, day, "text", ())
    reasons = tuple(Reason(*r) for r in compared.reasons)
    alike = _alike(unbroken(entry.notice.text, text.plain), registry)
    if compared.relation in ("small", "added", "part") and not alike:
        return _marked(registry, row, "unknown", reasons, text)
    newer = [c for c in codes if c not in registry.by_code]
    if newer and not alike and all(r.code == "digits-changed" for r in reasons):
        return _marked(registry, row, "unknown", (Reason("code-not-found", newer[0]), *reasons), text)
    return _marked(registry, row, "altered", (*alike, *reasons), text)


def _is_plain_header(line: str, entry: Entry, registry: Registry) -> bool:
    """Whether a line above the text holds a date, the title, or the issuer's name and address, and nothing else."""
    name, _, value = re.sub(r"^[>\s|]+", "", line.strip()).partition(":")
    if not value.strip():
        return not _is_weighty(name)
    keys = text_of(value).keys
    if re.search("date|sent|日時|日付", name, re.I):
        return not re.search(r"[^\d\s年月日時分秒/:.,+()\-月火水木金土日A-Za-z]|[A-Za-z]{6,}|\d{5,}", value)
    if re.search("subject|件名", name, re.I):
        title = text_of(entry.notice.title).keys
        return keys in title or re.sub("^(re|fwd?|fw)+", "", keys) in title
    known = {text_of(n).keys for n in (registry.issuer.name, entry.notice.department) if n}
    for part in re.split(r"[<>\s「」\"']+", value.strip()):
        mine = mails_in(part)
        # whom it went to is the reader; whom it came from is to be the city
        fits = (
            bool(re.search("to|cc|宛先", name, re.I))
            or bool(mine)
            and mine[0].partition("@")[2] in registry.issuer.mail_domains
        )
        own = bool(mine) and mine[0] == part.lower() and fits
        if part and not own and text_of(part).keys not in known:
            return False
    return True


def _is_weighty(line: str) -> bool:
    """Whether a line without a value says more than that a message was handed on."""
    return not re.fullmatch(
        r"[-\s]*(?:original message|forwarded message|begin forwarded message|転送|転送されたメッセージ)?[-\s]*",
        line,
        re.I,
    )


def _without_codes(plain: str) -> str:
    """The text without check codes and the words in front of them."""
    for begin, end, _ in reversed(codes_in(plain)):
        before = _LABEL.sub("", plain[:begin])
        plain = before + plain[end:]
    return plain


def _best(
    variants: Sequence[Text], codes: Sequence[str], registry: Registry, day: str
) -> tuple[int, Entry, Compared, Text] | None:
    """The notice that fits best: same before changed, holding and vouched for before others, then the closest."""
    rows = [registry.by_code[c] for c in codes if c in registry.by_code]
    for v in variants:
        rows += nearest(registry.sketches, sketch(v.keys), _CANDIDATES)
    read = [(row, *pair) for row in dict.fromkeys(rows) if (pair := _read(registry, row))]
    # equal keys first: among thousands of like notices only one has them
    exact = [(row, entry, o, v) for row, entry, forms in read for o in forms for v in variants if o.keys == v.keys]
    near = [(row, entry, o, v) for row, entry, forms in read[:_CLOSEST] for o in forms[:2] for v in variants]
    found: tuple[int, Entry, Compared, Text] | None = None
    rank: tuple[float, ...] = ()
    # a text can be registered anew after the key of the first one was revoked
    stands = {row: _holds(entry, day) and registry.vouched(entry) is not None for row, entry, _, _ in exact or near}
    for row, entry, official, v in exact or near:
        compared = compare(official, v)
        mine = (_RANK[compared.relation], not stands[row], -compared.closeness)
        if found is None or mine < rank:
            found, rank = (row, entry, compared, v), mine
    return found


def _read(registry: Registry, row: int) -> tuple[Entry, tuple[Text, ...]] | None:
    try:
        entry, _ = registry.read(row)
    except (BadNotice, ValueError, KeyError):
        return None
    return entry, registry.texts(row, entry)


def _holds(entry: Entry, day: str) -> bool:
    return entry.notice.valid_from <= day <= entry.notice.valid_until and not (
        entry.withdrawn and entry.withdrawn <= day
    )


def _published(registry: Registry, row: int, day: str, asked: str, more: tuple[Reason, ...]) -> Checked:
    """A notice of the register: official where its signature, its record and its days hold."""
    entry, path = registry.read(row)
    key = registry.vouched(entry)
    logged = registry.logged(entry, path)
    proof = proof_of(registry, entry, key is not None, logged)
    reasons: list[Reason] = []
    if key is None or logged is False:
        reasons.append(Reason("signature-fails" if key is None else "not-in-journal"))
    if entry.withdrawn and entry.withdrawn <= day:
        reasons.append(Reason("replaced" if entry.replaced_by else "withdrawn", entry.replaced_by or entry.withdrawn))
    if day > entry.notice.valid_until:
        reasons.append(Reason("ended", entry.notice.valid_until))
    if day < entry.notice.valid_from:
        reasons.append(Reason("not-yet", entry.notice.valid_from))
    if reasons:
        return Checked("unknown", tuple(reasons), asked, entry, proof)
    found = Checked(
        "official", (Reason("published", entry.notice.department or registry.issuer.name), *more), asked, entry, proof
    )
    return _stale(found, registry, day)


def proof_of(registry: Registry, entry: Entry, signed: bool, logged: bool | None) -> dict[str, Any]:
    """What anybody can check again."""
    size = 0
    if registry.checkpoint:
        try:
            size = notes.parse(registry.checkpoint)[0].size
        except notes.BadNote:
            size = 0
    return {
        "code": entry.code, "digest": entry.digest.hex(), "key": entry.kid, "signed": signed,
        "record": entry.index if entry.index >= 0 else None, "journal_size": size, "in_journal": logged,
    }  # fmt: skip


def _stale(found: Checked, registry: Registry, day: str) -> Checked:
    """A registry past its day vouches for nothing."""
    if registry.until and day > registry.until:
        verdict: Outcome = "unknown" if found.verdict == "official" else found.verdict
        return replace(found, verdict=verdict, reasons=(Reason("registry-old", registry.until), *found.reasons))
    return found


def _marked(registry: Registry, row: int, verdict: Outcome, reasons: tuple[Reason, ...], text: Text) -> Checked:
    entry, path = registry.read(row)
    proof = proof_of(registry, entry, registry.vouched(entry) is not None, registry.logged(entry, path))
    return Checked(verdict, reasons, "text", entry, proof, tuple(difference(entry.notice.text, text.plain)))


def _alike(plain: str, registry: Registry) -> tuple[Reason, ...]:
    """Imitations of the issuer's domains among the links and mail addresses of a text."""
    hosts = [x.host for x in links_in(plain)] + [m.partition("@")[2] for m in mails_in(plain)]
    found = [(h, registry.imitations.find(h)) for h in dict.fromkeys(hosts)]
    return tuple(Reason(f"alike-{a.how}", f"{h} / {a.own}") for h, a in found if a)


def _stranger(text: Text, codes: Sequence[str], registry: Registry, day: str) -> Checked:
    """A text that is like no notice: an imitated domain is told, nothing ever speaks for it."""
    alike = _alike(text.plain, registry)
    if alike:
        return Checked("altered", alike, "text")
    reasons = [Reason("text-not-found")]
    reasons += [Reason("code-not-found", c) for c in codes if c not in registry.by_code]
    reasons += [Reason("code-on-another-text", c) for c in codes if c in registry.by_code]
    reasons += [
        Reason("link-not-found", x.host) for x in links_in(text.plain) if not is_issuers_link(x, registry.issuer)
    ]
    own = {number_of(n) for n in (*registry.issuer.numbers, registry.issuer.phone)}
    reasons += [Reason("number-not-found", n) for n in numbers_in(text.plain) if n not in own]
    if registry.issuer.name and text_of(registry.issuer.name).keys in text.keys:
        reasons.append(Reason("names-issuer", registry.issuer.name))
    if text.hidden or text.styled:
        reasons.append(Reason("hidden", str(text.hidden + text.styled)))
    verdict: Outcome = "altered" if any(c in registry.by_code for c in codes) else "unknown"
    return _stale(Checked(verdict, tuple(dict.fromkeys(reasons)), "text"), registry, day)
