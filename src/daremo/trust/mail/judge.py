"""Judge a message: who proved what about it, in plain words. Answers of the DNS and the clock come in as arguments."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from daremo.kernel.tables import rows_of
from daremo.trust.mail import arc as arcs
from daremo.trust.mail import dkim as dkims
from daremo.trust.mail import dmarc as dmarcs
from daremo.trust.mail.answers import Dns, name_of
from daremo.trust.mail.message import Sender, sender_of, split
from daremo.trust.mail.results import read_results, trusted_results
from daremo.trust.mail.spf import Spf, check_host

Verdict = Literal["proved", "refused", "unproved", "unknown"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the receiving server saw: address of the sender's server, its HELO name, the envelope sender."""

    ip: str
    helo: str
    mail_from: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement of one message.

    Attributes
    ----------
    verdict : str
        ``proved``: sent by the domain that people see, and unaltered. ``refused``: its owner asks not to accept such
        mail. ``unproved``: anybody could have written it. ``unknown``: DNS answers are missing.
    proved_domain : str
        Domain of the From address where it is proved, else "". Whether that domain is the city's is another question.
    reasons : tuple of str
        Codes, the weightiest first; `words` says them.
    """

    verdict: Verdict
    proved_domain: str
    sender: Sender
    subject: str
    dkim: tuple[dkims.Signature, ...]
    spf: Spf | None
    dmarc: dmarcs.Dmarc
    arc: arcs.Arc
    reasons: tuple[str, ...]

    def words(self, lang: str = "ja") -> list[str]:
        """The reasons as sentences, the verdict first."""
        said = _words()
        signed = any(b.startswith("dkim:") for b in self.dmarc.by)
        head = said[f"verdict-{self.verdict}" + ("-server" if self.verdict == "proved" and not signed else "")]
        lines = [head[lang].replace("DOMAIN", self.sender.domain or self.sender.address or "?")]
        lines += [said[code][lang].replace("DOMAIN", self._about(code)) for code in self.reasons if code in said]
        return lines

    def _about(self, code: str) -> str:
        if code == "other-signer":
            return "、".join(dict.fromkeys(s.domain for s in self.dkim if s.result == "pass"))
        if code == "name-pretends":
            return self.sender.pretends
        if code in ("handed-on", "handed-on-unknown"):
            return "、".join(h.sealer for h in self.arc.hops)
        return self.sender.domain

    def as_dict(self, lang: str = "ja") -> dict[str, object]:
        """Fields for JSON, with the words in one language."""
        return {
            "verdict": self.verdict,
            "proved_domain": self.proved_domain,
            "from": asdict(self.sender),
            "subject": self.subject,
            "dkim": [asdict(s) for s in self.dkim],
            "spf": asdict(self.spf) if self.spf else None,
            "dmarc": asdict(self.dmarc),
            "arc": asdict(self.arc),
            "reasons": list(self.reasons),
            "words": self.words(lang),
        }


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    return {r["code"]: r for r in rows_of("daremo.trust.mail", "words")}


def judge(
    raw: bytes,
    dns: Dns,
    now: float,
    *,
    envelope: Envelope | None = None,
    trusted_hops: Iterable[str] = (),
    trusted_sealers: Iterable[str] = (),
) -> Judged:
    """Judge a message as it came.

    Parameters
    ----------
    raw : bytes
        The message (.eml), at most 25 MB.
    dns : callable
        Answers, ``dns(name, type) -> texts``.
    now : float
        Seconds since 1970.
    envelope : Envelope, optional
        Needed for SPF; a saved message does not hold it in a form that can be believed.
    trusted_hops : names
        Own mail servers whose ``Authentication-Results`` are believed (SPF only).
    trusted_sealers : names
        Forwarders whose ARC seal is believed to tell what they had found.

    Raises
    ------
    BadMessage
        Where it is too large or no message at all.
    """
    message = split(raw)
    sender = sender_of(message)
    signatures = dkims.verify(message, dns, now)
    spf = _spf(envelope, dns, now)
    spf_domain = spf.domain if spf and spf.result == "pass" else ""
    if spf is None:
        told = trusted_results(message, frozenset(name_of(h) for h in trusted_hops))
        spf_domain = next((t.domain("smtp.mailfrom") for t in told if t.method == "spf" and t.result == "pass"), "")
    chain = arcs.verify(message, dns, now)
    unsure = any(s.result == "temperror" for s in signatures) or bool(spf and spf.result == "temperror")
    whole = [s.domain for s in signatures if s.result == "pass" and s.covers_all]
    if sender.domain:
        dmarc = dmarcs.evaluate(sender.domain, whole, spf_domain, dns, unsure=unsure)
    else:
        dmarc = dmarcs.Dmarc("none", "")
    handed = _handed_on(chain, sender.domain, frozenset(name_of(s) for s in trusted_sealers))
    verdict = _verdict(sender, dmarc, unsure, handed)
    reasons = _reasons(sender, signatures, spf, dmarc, chain, unsure, handed, message.broken)
    proved = sender.domain if verdict == "proved" else ""
    return Judged(verdict, proved, sender, message.text("Subject")[:400], signatures, spf, dmarc, chain, reasons)


def _spf(envelope: Envelope | None, dns: Dns, now: float) -> Spf | None:
    if envelope is None:
        return None
    domain = envelope.mail_from.rpartition("@")[2] or envelope.helo
    return check_host(envelope.ip, name_of(domain), envelope.mail_from, envelope.helo, dns, now=now)


def _handed_on(chain: arcs.Arc, domain: str, sealers: frozenset[str]) -> bool:
    """Whether every forwarder is believed and the first of them had found that the mail is the From domain's own."""
    if chain.result != "pass" or not domain or not all(h.sealer in sealers for h in chain.hops):
        return False
    _, _, results = chain.hops[0].results.partition(";")
    _, told = read_results(results)
    return any(t.method == "dmarc" and t.result == "pass" and t.domain("header.from") == domain for t in told)


def _verdict(sender: Sender, dmarc: dmarcs.Dmarc, unsure: bool, handed: bool) -> Verdict:
    if not sender.domain:
        return "unproved"
    if dmarc.by or handed:
        return "proved"
    if unsure or dmarc.result == "temperror":
        return "unknown"
    return "refused" if dmarc.disposition in ("quarantine", "reject") else "unproved"


def _reasons(
    sender: Sender,
    signatures: tuple[dkims.Signature, ...],
    spf: Spf | None,
    dmarc: dmarcs.Dmarc,
    chain: arcs.Arc,
    unsure: bool,
    handed: bool,
    broken: int,
) -> tuple[str, ...]:
    out: list[str] = []
    if sender.problem:
        out.append(sender.problem)
    if sender.pretends:
        out.append("name-pretends")
    good = [s for s in signatures if s.result == "pass"]
    if any(b.startswith("dkim:") for b in dmarc.by):
        out.append("signed-by-domain")
    if any(b.startswith("spf:") for b in dmarc.by):
        out.append("sent-by-domain")
    if not dmarc.by and any(s.covers_all for s in good):
        out.append("other-signer")
    if any(not s.covers_all for s in good):
        out.append("parts-not-signed")
    if any(s.result == "fail" for s in signatures):
        out.append("altered-or-forged")
    out += [f"dkim-{s.reason}" for s in signatures if s.result in ("policy", "permerror")]
    if not signatures:
        out.append("not-signed")
    if spf and spf.result in ("fail", "softfail"):
        out.append("server-not-allowed")
    if dmarc.result == "fail":
        out.append(f"owner-asks-{dmarc.disposition}")
    elif dmarc.result == "none" and sender.domain:
        out.append("no-dmarc")
    if unsure or dmarc.result == "temperror":
        out.append("answers-missing")
    if chain.result == "pass":
        out.append("handed-on" if handed else "handed-on-unknown")
    elif chain.result == "fail":
        out.append("chain-broken")
    if broken:
        out.append("header-damaged")
    return tuple(dict.fromkeys(out))
