"""DMARC: does what was proved belong to the address people see, and what does its owner ask for (RFC 9989, before RFC 7489)?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from daremo.trust.mail.answers import Dns, NotAnswered, name_of

Policy = Literal["none", "quarantine", "reject"]
MOST_STEPS = 8

#: Names under which strangers register: never an organisation of their own. The tree walk decides; this only
#: guards it against a record that somebody put at such a name without saying ``psd=y``.
_JP_KINDS = frozenset(["ac", "ad", "co", "ed", "go", "gr", "lg", "ne", "or"])
_PREFECTURES = frozenset(
    [
        "hokkaido",
        "aomori",
        "iwate",
        "miyagi",
        "akita",
        "yamagata",
        "fukushima",
        "ibaraki",
        "tochigi",
        "gunma",
        "saitama",
        "chiba",
        "tokyo",
        "kanagawa",
        "niigata",
        "toyama",
        "ishikawa",
        "fukui",
        "yamanashi",
        "nagano",
        "gifu",
        "shizuoka",
        "aichi",
        "mie",
        "shiga",
        "kyoto",
        "osaka",
        "hyogo",
        "nara",
        "wakayama",
        "tottori",
        "shimane",
        "okayama",
        "hiroshima",
        "yamaguchi",
        "tokushima",
        "kagawa",
        "ehime",
        "kochi",
        "fukuoka",
        "saga",
        "nagasaki",
        "kumamoto",
        "oita",
        "miyazaki",
        "kagoshima",
        "okinawa",
    ]
)
_OTHER = frozenset(
    [
        "co.uk",
        "org.uk",
        "gov.uk",
        "ac.uk",
        "com.au",
        "gov.au",
        "org.au",
        "co.kr",
        "go.kr",
        "or.kr",
        "com.tw",
        "gov.tw",
        "com.cn",
        "gov.cn",
    ]
)


def is_suffix(name: str) -> bool:
    """Whether strangers register their names directly below `name` (a small rule, Japan's kinds first)."""
    labels = name.split(".")
    if len(labels) == 1 or name in _OTHER:
        return True
    if labels[-1] != "jp":
        return False
    if len(labels) == 2:
        return labels[0] in _JP_KINDS or labels[0] in _PREFECTURES
    return len(labels) == 3 and labels[1] in _PREFECTURES and labels[0] not in ("pref", "metro", "city")


@dataclass(frozen=True, slots=True)
class Record:
    """A DMARC record read.

    `testing` is ``t=y`` (or ``pct=0``); `strict_dkim`, `strict_spf` ask for the very same domain; `psd` is "y", "n" or "u";
    `pct` is the share in percent that older receivers act on; `rua` the addresses of summary reports.
    """

    at: str
    policy: Policy
    below: Policy
    missing: Policy
    strict_dkim: bool = False
    strict_spf: bool = False
    testing: bool = False
    psd: str = "u"
    pct: int = 100
    rua: tuple[str, ...] = ()
    ruf: tuple[str, ...] = ()
    text: str = ""


def is_dmarc(text: str) -> bool:
    """Whether a TXT record claims to be DMARC version 1."""
    return bool(re.match(r"\s*v\s*=\s*DMARC1\s*(;|$)", text))


def read_record(text: str, at: str = "") -> Record | None:
    """Read the text of a record; None where it must be ignored (RFC 9989 section 4.10)."""
    if not is_dmarc(text) or len(text) > 10_000:
        return None
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    reports = _addresses(tags.get("rua", ""))
    policy = _policy(tags.get("p", ""))
    if policy is None:
        if not reports:
            return None
        policy = "none"
    below = _policy(tags.get("sp", "")) or policy
    try:
        pct = min(100, max(0, int(tags.get("pct", "100"))))
    except ValueError:
        pct = 100
    return Record(
        at,
        policy,
        below,
        _policy(tags.get("np", "")) or below,
        tags.get("adkim", "r").lower() == "s",
        tags.get("aspf", "r").lower() == "s",
        tags.get("t", "n").lower() == "y" or pct == 0,
        tags.get("psd", "u").lower(),
        pct,
        reports,
        _addresses(tags.get("ruf", "")),
        text,
    )


def _policy(text: str) -> Policy | None:
    low = text.lower()
    return low if low in ("none", "quarantine", "reject") else None  # type: ignore[return-value]


def _addresses(text: str) -> tuple[str, ...]:
    parts = (p.strip() for p in text.split(","))
    return tuple(p for p in parts if re.match(r"(mailto:[^\s@]+@[^\s@]+|https?://\S+)\Z", p, re.I))


def record_at(domain: str, dns: Dns) -> Record | None:
    """The one valid record at ``_dmarc.domain``; several are as none.

    Raises
    ------
    NotAnswered
        Where the answer is unknown.
    """
    found = [t for t in dns(f"_dmarc.{domain}", "TXT") if is_dmarc(t)]
    return read_record(found[0], domain) if len(found) == 1 else None


def walk(domain: str, dns: Dns) -> list[Record]:
    """Records from the domain upwards, at most eight questions (RFC 9989 section 4.10).

    Raises
    ------
    NotAnswered
        Where an answer is unknown.
    """
    labels = name_of(domain).split(".")
    names = [".".join(labels)]
    rest = labels[-7:] if len(labels) > 8 else labels[1:]
    while rest and len(names) < MOST_STEPS:
        names.append(".".join(rest))
        rest = rest[1:]
    found = []
    for name in names:
        record = record_at(name, dns)
        if record is not None:
            found.append(record)
            if record.psd in ("y", "n"):
                break
    return found


def organisation(domain: str, dns: Dns) -> str:
    """The organisational domain of a name, by walking up the tree.

    Raises
    ------
    NotAnswered
        Where an answer is unknown.

    Source: RFC 9989 section 4.10.2.
    """
    domain = name_of(domain)
    found = walk(domain, dns)
    for record in found:
        if record.psd == "n":
            return record.at
        if record.psd == "y" and record.at != domain:
            return ".".join(domain.split(".")[-record.at.count(".") - 2 :])
    own = [r.at for r in found if not is_suffix(r.at)]
    return min(own, key=lambda n: n.count(".")) if own else domain


@dataclass(frozen=True, slots=True)
class Dmarc:
    """Result of DMARC.

    Attributes
    ----------
    result : str
        ``pass``, ``fail``, ``none`` (no record), ``temperror`` (answer unknown).
    domain, organisation : str
        Domain of the From address, and the one it belongs to.
    by : tuple of str
        What proved it: ``dkim:<domain>``, ``spf:<domain>``.
    asked : str
        What the owner asks for with mail that fails: none, quarantine, reject ("" without a record).
    disposition : str
        What follows for this message, ``t=y`` taken into account.
    record : Record | None
        The record that applies.
    """

    result: Literal["pass", "fail", "none", "temperror"]
    domain: str
    organisation: str = ""
    by: tuple[str, ...] = ()
    asked: str = ""
    disposition: str = "none"
    record: Record | None = None


def aligned(domain: str, other: str, strict: bool, dns: Dns) -> bool:
    """Whether a proved domain belongs to the same organisation as the From domain (the very same one where `strict`)."""
    domain, other = name_of(domain), name_of(other)
    if domain == other:
        return True
    if strict or not other or not _related(domain, other):
        return False
    return organisation(domain, dns) == organisation(other, dns)


def _related(one: str, two: str) -> bool:
    """Names of one organisation share at least their last two labels, which spares questions to the DNS."""
    return one.split(".")[-2:] == two.split(".")[-2:]


def evaluate(domain: str, dkim_domains: list[str], spf_domain: str, dns: Dns, *, unsure: bool = False) -> Dmarc:
    """Judge by DMARC.

    Parameters
    ----------
    domain : str
        Domain of the From address.
    dkim_domains : list of str
        Domains whose signature holds.
    spf_domain : str
        Domain that passed SPF, "" where none did.
    dns : callable
        Answers, ``dns(name, type) -> texts``.
    unsure : bool
        Whether a key or SPF answer was unknown, so that nothing proved is not yet a failure.
    """
    domain = name_of(domain)
    try:
        found = walk(domain, dns)
        owner = organisation(domain, dns)
        record = next((r for r in found if r.at == domain), None) or next((r for r in found if r.at == owner), None)
        if record is None and found and found[-1].psd == "y":
            record = found[-1]
        strict_dkim = record.strict_dkim if record else False
        strict_spf = record.strict_spf if record else False
        by = [f"dkim:{d}" for d in dkim_domains if aligned(domain, d, strict_dkim, dns)]
        if spf_domain and aligned(domain, spf_domain, strict_spf, dns):
            by.append(f"spf:{spf_domain}")
    except NotAnswered:
        # the same name needs no record to be the same
        by = [f"dkim:{d}" for d in dkim_domains if d == domain] + ([f"spf:{domain}"] if spf_domain == domain else [])
        return Dmarc("pass" if by else "temperror", domain, "", tuple(dict.fromkeys(by)))
    proofs = tuple(dict.fromkeys(by))
    if record is None:
        return Dmarc("none", domain, owner, proofs)
    asked = record.policy if record.at == domain else record.below
    if record.at != domain and not _exists(domain, dns):
        asked = record.missing
    if proofs:
        return Dmarc("pass", domain, owner, proofs, asked, "none", record)
    if unsure:
        return Dmarc("temperror", domain, owner, (), asked, "none", record)
    milder: dict[str, str] = {"reject": "quarantine", "quarantine": "none", "none": "none"}
    return Dmarc("fail", domain, owner, (), asked, milder[asked] if record.testing else asked, record)


def _exists(domain: str, dns: Dns) -> bool:
    try:
        return any(dns(domain, kind) for kind in ("A", "AAAA", "MX"))
    except NotAnswered:
        return True
