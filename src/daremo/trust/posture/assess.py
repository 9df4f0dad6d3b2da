"""The posture of a domain: findings, a plain list of things to do, and the next safe step towards ``p=reject``."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from daremo.kernel.tables import rows_of
from daremo.trust.mail.answers import Answers, NotAnswered, name_of
from daremo.trust.mail.reports import Summary
from daremo.trust.posture import checks
from daremo.trust.posture.checks import Finding

Step = Literal[
    "publish-parked", "fix-dmarc", "publish-none", "ask-reports", "wait-reports", "repair-senders", "answers-needed",
    "go-quarantine", "finish-quarantine", "go-reject", "finish-reject", "cover-subdomains", "keep",
]  # fmt: skip
#: The order of work: what forged mail needs first, what only helps last.
ORDER = ("dmarc", "spf", "dkim", "mta-sts", "tls-rpt", "dnssec", "caa", "security.txt", "bimi")


@dataclass(frozen=True, slots=True)
class Posture:
    """How well a domain is protected.

    Attributes
    ----------
    policy : str
        What DMARC asks for: none, quarantine, reject, or "" without a record.
    findings : tuple of Finding
        In the order of work.
    step : str
        Code of the next safe step for DMARC; `record` is the record to publish then ("" where none changes).
    reports : Summary | None
        What reports showed.
    """

    domain: str
    policy: str
    findings: tuple[Finding, ...]
    step: Step
    record: str
    reports: Summary | None

    @property
    def enforced(self) -> bool:
        """Whether forged mail is put aside or rejected."""
        return self.policy in ("quarantine", "reject") and not any(f.code == "dmarc-testing" for f in self.findings)

    def next_step(self, lang: str = "ja") -> str:
        """The next safe step in words."""
        text = _words()[f"step-{self.step}"][f"todo_{lang}"].replace("DOMAIN", self.domain)
        return text.replace("RECORD", self.record).replace("LOST", str(self.reports.lost if self.reports else 0))

    def todo(self, lang: str = "ja") -> list[str]:
        """What to do, the weightiest first; the next safe step of DMARC leads."""
        lines = [self.next_step(lang)]
        worst = {"bad": 0, "improve": 1, "unknown": 2}
        for f in sorted(self.findings, key=lambda f: worst.get(f.state, 9)):
            text = _words()[f.code][f"todo_{lang}"]
            if f.state != "good" and text and f.topic != "dmarc":
                lines.append(text.replace("DOMAIN", self.domain).replace("DETAIL", f.detail))
        return list(dict.fromkeys(lines))

    def said(self, finding: Finding, lang: str = "ja") -> str:
        """A finding in words."""
        return _words()[finding.code][lang].replace("DOMAIN", self.domain).replace("DETAIL", finding.detail)

    def as_dict(self, lang: str = "ja") -> dict[str, object]:
        """Fields for JSON, with the words in one language."""
        return {
            "domain": self.domain,
            "policy": self.policy,
            "enforced": self.enforced,
            "findings": [{**asdict(f), "words": self.said(f, lang)} for f in self.findings],
            "next_step": {"code": self.step, "record": self.record, "words": self.next_step(lang)},
            "todo": self.todo(lang),
            "reports": self.reports.as_dict() if self.reports else None,
        }


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    return {r["code"]: r for r in rows_of("daremo.trust.posture", "words")}


def assess(
    domain: str, dns: Answers, now: float, *, selectors: Iterable[str] = (), reports: Summary | None = None
) -> Posture:
    """Assess a domain from records handed in.

    Parameters
    ----------
    domain : str
    dns : Answers
        DNS records and files (MTA-STS policy, security.txt) of the domain.
    now : float
        Seconds since 1970.
    selectors : iterable of str
        DKIM selectors in use, beside those in the records.
    reports : Summary, optional
        What DMARC reports showed; without it, tightening is never called safe.
    """
    domain = name_of(domain)
    table = {
        "dmarc": lambda: checks.dmarc(domain, dns),
        "spf": lambda: checks.spf(domain, dns),
        "dkim": lambda: checks.dkim(domain, dns, selectors),
        "mta-sts": lambda: checks.mta_sts(domain, dns),
        "tls-rpt": lambda: checks.tls_rpt(domain, dns),
        "dnssec": lambda: checks.dnssec(domain, dns),
        "caa": lambda: checks.caa(domain, dns),
        "security.txt": lambda: checks.security_txt(domain, dns, now),
        "bimi": lambda: checks.bimi(domain, dns),
    }
    parked = checks.sends_no_mail(domain, dns)
    topics = [t for t in ORDER if not (parked and t in ("dkim", "mta-sts", "tls-rpt", "bimi"))]
    findings = tuple(f for topic in topics for f in checks.guarded(topic, table[topic]))
    policy = next((f.code.removeprefix("dmarc-") for f in findings if f.code in _POLICIES), "")
    step, record = _step(domain, dns, findings, policy, parked, reports)
    return Posture(domain, policy, findings, step, record, reports)


_POLICIES = ("dmarc-none", "dmarc-quarantine", "dmarc-reject")


def _step(
    domain: str, dns: Answers, findings: tuple[Finding, ...], policy: str, parked: bool, reports: Summary | None
) -> tuple[Step, str]:
    codes = {f.code for f in findings if f.topic == "dmarc"}
    try:
        own = checks.policy_of(domain, dns)
    except NotAnswered:
        return "answers-needed", ""
    rua = ",".join(own.rua) if own and own.rua else f"mailto:dmarc@{domain}"
    if codes & {"dmarc-many", "dmarc-broken"}:
        return "fix-dmarc", f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}"
    if parked and policy != "reject":
        return "publish-parked", "v=DMARC1; p=reject"
    if own is None:
        return "publish-none", f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}"
    if policy == "reject" and not codes & {"dmarc-testing", "dmarc-partly"}:
        if "dmarc-subdomains" in codes:
            return "cover-subdomains", f"v=DMARC1; p=reject; sp=reject; rua={rua}"
        return "keep", ""
    if not own.rua:
        return "ask-reports", f"v=DMARC1; p={policy}; rua={rua}"
    if reports is None or (set(reports.reasons) & {"few-days", "no-mail"} and "own-lost" not in reports.reasons):
        return "wait-reports", ""
    if not reports.safe:
        return "repair-senders", ""
    if policy == "none":
        return "go-quarantine", f"v=DMARC1; p=quarantine; rua={rua}"
    if codes & {"dmarc-testing", "dmarc-partly"}:
        return ("finish-reject" if policy == "reject" else "finish-quarantine"), f"v=DMARC1; p={policy}; rua={rua}"
    return "go-reject", f"v=DMARC1; p=reject; rua={rua}"
