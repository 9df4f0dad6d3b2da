"""SPF: may this address send for this domain (RFC 7208)? Answers of the DNS and the clock come in as arguments."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Literal

from daremo.trust.mail.answers import Dns, NotAnswered
from daremo.trust.mail.spf_terms import BadRecord, Letters, Record, Term, is_spf, read_record

Result = Literal["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_LOOKUPS, MOST_VOID, MOST_NAMES = 10, 2, 10
_QUALIFIER: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_LABEL = re.compile(r"[!-~]{1,63}\Z")


@dataclass(frozen=True, slots=True)
class Spf:
    """Result of SPF.

    Attributes
    ----------
    result : str
        One of the seven results of RFC 7208 2.6.
    domain : str
        Domain asked.
    matched : str
        Mechanism that decided, as written; ``""`` where none did.
    reason : str
        What went wrong, for permerror and temperror.
    explanation : str
        The domain's own words after a fail; ``""`` where it gives none.
    lookups : int
        Terms that asked the DNS (at most 10 are allowed).
    """

    result: Result
    domain: str
    matched: str = ""
    reason: str = ""
    explanation: str = ""
    lookups: int = 0


class _Stop(Exception):
    def __init__(self, result: Result, reason: str) -> None:
        super().__init__(reason)
        self.result: Result = result
        self.reason = reason


def check_host(
    ip: str, domain: str, sender: str, helo: str, dns: Dns, *, now: float = 0.0, receiver: str = "unknown"
) -> Spf:
    """Whether `ip` may send mail of `sender` for `domain`.

    Parameters
    ----------
    ip : str
        Address of the sending server, version 4 or 6.
    domain : str
        Domain of the envelope sender, or of HELO where that is empty.
    sender : str
        Envelope sender; without a local part it is "postmaster".
    helo : str
        Name the server gave.
    dns : callable
        Answers, ``dns(name, type) -> texts``.
    now : float
        Seconds since 1970, for the macro ``%{t}`` only.

    Source: RFC 7208 section 4.
    """
    try:
        address: Address = ipaddress.ip_address(ip)
    except ValueError:
        return Spf("permerror", domain, reason=f"not an address: {ip[:60]}")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if "@" not in sender:
        sender = f"postmaster@{sender or domain}"
    local, _, at = sender.rpartition("@")
    asked = _Asked(address, f"{local or 'postmaster'}@{at}", helo, dns, now, receiver)
    try:
        result, matched, why = asked.evaluate(domain.rstrip("."))
    except _Stop as stop:
        return Spf(stop.result, domain, reason=stop.reason, lookups=asked.lookups)
    return Spf(result, domain, matched, explanation=why if result == "fail" else "", lookups=asked.lookups)


def _well_formed(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and len(domain) <= 253 and all(_LABEL.match(x) for x in labels)


@dataclass
class _Asked:
    ip: Address
    sender: str
    helo: str
    dns: Dns
    now: float
    receiver: str
    lookups: int = 0
    void: int = 0
    _names: list[str] | None = field(default=None)

    def evaluate(self, domain: str, *, explain: bool = True) -> tuple[Result, str, str]:
        """Result, mechanism that decided, and the explanation of a fail."""
        if not _well_formed(domain):
            return "none", "", ""
        try:
            texts = [t for t in self.dns(domain, "TXT") if is_spf(t)]
        except NotAnswered as e:
            raise _Stop("temperror", f"no answer for {domain} TXT") from e
        if not texts:
            return "none", "", ""
        if len(texts) > 1:
            raise _Stop("permerror", f"{domain} has {len(texts)} SPF records")
        try:
            record = read_record(texts[0])
            return self._record(record, domain, explain)
        except BadRecord as e:
            raise _Stop("permerror", f"{domain}: {e}") from e

    def _record(self, record: Record, domain: str, explain: bool) -> tuple[Result, str, str]:
        for term in record.terms:
            if self._matches(term, domain):
                result = _QUALIFIER[term.qualifier]
                why = self._explanation(record.exp, domain) if result == "fail" and explain and record.exp else ""
                return result, term.written, why
        if record.redirect:
            self._count()
            target = self._target(record.redirect, domain)
            result, matched, why = self.evaluate(target, explain=explain)
            if result == "none":
                raise _Stop("permerror", f"redirect to {target}, which has no SPF record")
            return result, matched, why
        return "neutral", "", ""

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise _Stop("permerror", f"more than {MOST_LOOKUPS} terms that ask the DNS")

    def _ask(self, name: str, kind: str, *, counted: bool = True) -> tuple[str, ...]:
        if not all(_LABEL.match(x) or " " in x for x in name.split(".")):
            return ()
        try:
            found = self.dns(name, kind)
        except NotAnswered as e:
            raise _Stop("temperror", f"no answer for {name} {kind}") from e
        if not found and counted:
            self.void += 1
            if self.void > MOST_VOID:
                raise _Stop("permerror", f"more than {MOST_VOID} names that do not exist")
        return found

    def _matches(self, term: Term, domain: str) -> bool:
        if term.name == "all":
            return True
        if term.network is not None:
            return self.ip in term.network if term.network.version == self.ip.version else False
        self._count()
        target = self._target(term.domain, domain) if term.domain else domain
        if term.name == "include":
            result, _, _ = self.evaluate(target, explain=False)
            if result == "none":
                raise _Stop("permerror", f"include of {target}, which has no SPF record")
            return result == "pass"
        if term.name == "exists":
            return bool(self._ask(target, "A"))
        if term.name == "a":
            return self._holds(self._ask(target, self._kind), term)
        if term.name == "ptr":
            return any(n == target.lower() or n.endswith("." + target.lower()) for n in self._validated(target))
        exchanges = self._ask(target, "MX")
        if len(exchanges) > MOST_NAMES:
            raise _Stop("permerror", f"{target} has more than {MOST_NAMES} mail exchanges")
        hosts = [x.split()[-1].rstrip(".") for x in exchanges if x.split()]
        return any(self._holds(self._ask(h, self._kind, counted=False), term) for h in hosts if h)

    @property
    def _kind(self) -> str:
        return "A" if self.ip.version == 4 else "AAAA"

    def _holds(self, addresses: tuple[str, ...], term: Term) -> bool:
        bits = term.bits4 if self.ip.version == 4 else term.bits6
        for text in addresses:
            try:
                network = ipaddress.ip_network(f"{text.strip()}/{bits}", strict=False)
            except ValueError:
                continue
            if network.version == self.ip.version and self.ip in network:
                return True
        return False

    def _validated(self, domain: str) -> list[str]:
        """Names of the address whose own addresses hold it; the nearest to `domain` first, at most ten looked at."""
        if self._names is None:
            self._names = []
            try:
                pointers = self.dns(self.ip.reverse_pointer, "PTR")[:MOST_NAMES]
            except NotAnswered:
                pointers = ()
            for name in pointers:
                try:
                    found = self.dns(name, self._kind)
                except NotAnswered:
                    continue
                if self._holds(found, Term("", "+", "a")):
                    self._names.append(name.rstrip(".").lower())
        low = domain.lower()
        return sorted(self._names, key=lambda n: (n != low, not n.endswith("." + low)))

    def _letters(self, domain: str, text: str) -> Letters:
        local, _, at = self.sender.rpartition("@")
        packed = self.ip.exploded.replace(":", "")
        names = self._validated(domain) if re.search(r"%\{p", text, re.I) else []
        return Letters(
            {
                "s": self.sender,
                "l": local,
                "o": at,
                "d": domain,
                "i": str(self.ip) if self.ip.version == 4 else ".".join(packed).upper(),
                "p": names[0] if names else "unknown",
                "h": self.helo,
                "c": str(self.ip),
                "r": self.receiver,
                "t": str(int(self.now)),
                "v": "in-addr" if self.ip.version == 4 else "ip6",
            }
        )

    def _target(self, text: str, domain: str) -> str:
        name = self._letters(domain, text).expand(text).removesuffix(".")
        while len(name) > 253 and "." in name:
            name = name.partition(".")[2]
        return name

    def _explanation(self, exp: str, domain: str) -> str:
        """The domain's words; silence where anything about them is wrong (RFC 7208 6.2)."""
        try:
            texts = self.dns(self._target(exp, domain), "TXT")
            if len(texts) != 1 or not texts[0].isascii():
                return ""
            return self._letters(domain, texts[0]).expand(texts[0], explaining=True)
        except (NotAnswered, BadRecord):
            return ""
