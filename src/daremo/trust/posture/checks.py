"""One check a mechanism: what the records say, as findings with a code. Nothing is asked of the network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from daremo.trust.credentials.times import seconds
from daremo.trust.mail.answers import Answers, NotAnswered, name_of
from daremo.trust.mail.dkim import Refused, read_key
from daremo.trust.mail.dmarc import Record, is_dmarc, is_suffix, organisation, read_record, walk
from daremo.trust.posture.spf_tree import SpfTree, spf_tree

State = Literal["good", "improve", "bad", "unknown"]
YEAR_S = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen: mechanism, state, code (its words are in ``tables/words.csv``), and what was seen."""

    topic: str
    state: State
    code: str
    detail: str = ""


Check = Callable[[], Iterable[Finding]]


def guarded(topic: str, check: Check) -> list[Finding]:
    """Findings of a check; ``answers-missing`` where an answer was not handed in."""
    try:
        return list(check())
    except NotAnswered as e:
        return [Finding(topic, "unknown", "answers-missing", str(e))]


def sends_no_mail(domain: str, dns: Answers) -> bool:
    """Whether the domain says that it neither receives nor sends mail (null MX or SPF of ``-all`` alone)."""
    try:
        if [m.split()[-1:] for m in dns(domain, "MX")] == [["."]]:
            return True
        tree = spf_tree(domain, dns)
    except NotAnswered:
        return False
    return tree is not None and re.fullmatch(r"v=spf1\s+-all\s*", tree.text, re.I) is not None


def spf(domain: str, dns: Answers) -> Iterable[Finding]:
    """SPF: present, sound, within ten look-ups, closed at the end."""
    tree: SpfTree | None = spf_tree(domain, dns)
    if tree is None:
        yield Finding("spf", "bad", "spf-none")
        return
    hard = {"spf-many", "spf-broken", "spf-everybody", "spf-too-many-lookups", "spf-circle", "spf-include-missing"}
    for code in tree.problems:
        state: State = "unknown" if code == "spf-include-unknown" else "bad" if code in hard else "improve"
        yield Finding("spf", state, code, f"{tree.lookups}" if "lookups" in code else "")
    if not tree.problems:
        yield Finding("spf", "good", "spf-good", f"{tree.lookups}")


def selectors_of(domain: str, dns: Answers, named: Iterable[str] = ()) -> list[str]:
    """Selectors named, and those that stand in the records handed in."""
    tail = f"._domainkey.{domain}"
    seen = [n.removesuffix(tail) for n, _ in dns.records if n.endswith(tail)]
    return list(dict.fromkeys([*(s.strip().lower() for s in named), *sorted(seen)]))


def dkim(domain: str, dns: Answers, named: Iterable[str] = ()) -> Iterable[Finding]:
    """DKIM: every selector known has a key that is long enough."""
    selectors = selectors_of(domain, dns, named)
    if not selectors:
        yield Finding("dkim", "unknown", "dkim-no-selector")
        return
    usable = 0
    for selector in selectors:
        texts = dns(f"{selector}._domainkey.{domain}", "TXT")
        if not texts:
            yield Finding("dkim", "bad", "dkim-no-key", selector)
            continue
        try:
            key = read_key(texts[0])
        except Refused as e:
            code = "dkim-revoked" if e.reason == "revoked-key" else "dkim-broken"
            yield Finding("dkim", "improve" if code == "dkim-revoked" else "bad", code, selector)
            continue
        usable += 1
        if key.bits not in (256,) and key.bits < 2048:
            yield Finding("dkim", "bad" if key.bits < 1024 else "improve", "dkim-short", f"{selector} {key.bits}")
        if key.testing:
            yield Finding("dkim", "improve", "dkim-testing", selector)
    if usable:
        yield Finding("dkim", "good", "dkim-good", " ".join(selectors))


def policy_of(domain: str, dns: Answers) -> Record | None:
    """The DMARC record that applies: the domain's own, else its organisation's."""
    found = walk(domain, dns)
    owner = organisation(domain, dns)
    return next((r for r in found if r.at == domain), None) or next((r for r in found if r.at == owner), None)


def dmarc(domain: str, dns: Answers) -> Iterable[Finding]:
    """DMARC: one record, which policy, who gets the reports."""
    texts = [t for t in dns(f"_dmarc.{domain}", "TXT") if is_dmarc(t)]
    if len(texts) > 1:
        yield Finding("dmarc", "bad", "dmarc-many")
        return
    if texts and read_record(texts[0], domain) is None:
        yield Finding("dmarc", "bad", "dmarc-broken")
        return
    record = policy_of(domain, dns)
    if record is None:
        yield Finding("dmarc", "bad", "dmarc-absent")
        return
    asked = record.policy if record.at == domain else record.below
    detail = "" if record.at == domain else record.at
    states: dict[str, State] = {"none": "bad", "quarantine": "improve", "reject": "good"}
    yield Finding("dmarc", states[asked], f"dmarc-{asked}", detail)
    if record.testing and asked != "none":
        yield Finding("dmarc", "improve", "dmarc-testing")
    elif record.pct < 100:
        yield Finding("dmarc", "improve", "dmarc-partly", str(record.pct))
    order = ["none", "quarantine", "reject"]
    if record.at == domain and order.index(record.below) < order.index(record.policy):
        yield Finding("dmarc", "improve", "dmarc-subdomains", record.below)
    if not record.rua:
        yield Finding("dmarc", "improve", "dmarc-no-reports")
    for address in record.rua:
        host = name_of(address.partition("!")[0].rpartition("@")[2]) if address.lower().startswith("mailto:") else ""
        if not host or host == record.at or organisation(host, dns) == organisation(record.at, dns):
            continue
        if not any(is_dmarc(t) for t in dns(f"{record.at}._report._dmarc.{host}", "TXT")):
            yield Finding("dmarc", "improve", "dmarc-reports-refused", host)


def _tags(text: str) -> dict[str, str]:
    pairs = (p.partition("=") for p in text.split(";"))
    return {n.strip().lower(): v.strip() for n, e, v in pairs if e}


def mta_sts(domain: str, dns: Answers) -> Iterable[Finding]:
    """MTA-STS (RFC 8461): record and policy file, mode, mail exchanges covered."""
    texts = [t for t in dns(f"_mta-sts.{domain}", "TXT") if t.replace(" ", "").startswith("v=STSv1")]
    if not texts:
        yield Finding("mta-sts", "improve", "sts-none")
        return
    if len(texts) > 1 or not re.fullmatch(r"[A-Za-z0-9]{1,32}", _tags(texts[0]).get("id", "")):
        yield Finding("mta-sts", "bad", "sts-broken")
        return
    policy = dns.files.get(f"https://mta-sts.{domain}/.well-known/mta-sts.txt")
    if policy is None:
        yield Finding("mta-sts", "unknown", "sts-no-policy")
        return
    lines = [line.partition(":") for line in policy[:65_536].splitlines()]
    values = {k.strip(): v.strip() for k, c, v in lines if c}
    patterns = [v.strip().lower() for k, c, v in lines if c and k.strip() == "mx"]
    mode = values.get("mode", "")
    if (
        values.get("version") != "STSv1"
        or mode not in ("enforce", "testing", "none")
        or not values.get("max_age", "").isdigit()
    ):
        yield Finding("mta-sts", "bad", "sts-broken")
        return
    hosts = [name_of(m.split()[-1]) for m in dns(domain, "MX") if m.split()]
    missing = [h for h in hosts if h and not any(_covers(p, h) for p in patterns)]
    if missing:
        yield Finding("mta-sts", "bad", "sts-missing-mx", " ".join(missing))
    elif mode != "enforce":
        yield Finding("mta-sts", "improve", "sts-testing", mode)
    elif int(values["max_age"][:10]) < 86_400 * 7:
        yield Finding("mta-sts", "improve", "sts-short", values["max_age"])
    else:
        yield Finding("mta-sts", "good", "sts-good")


def _covers(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return host == pattern


def tls_rpt(domain: str, dns: Answers) -> Iterable[Finding]:
    """TLS reporting (RFC 8460)."""
    texts = [t for t in dns(f"_smtp._tls.{domain}", "TXT") if t.replace(" ", "").startswith("v=TLSRPTv1")]
    if not texts:
        yield Finding("tls-rpt", "improve", "tls-rpt-none")
    elif len(texts) > 1 or not re.match(r"(mailto:\S+@\S+|https://\S+)", _tags(texts[0]).get("rua", "")):
        yield Finding("tls-rpt", "bad", "tls-rpt-broken")
    else:
        yield Finding("tls-rpt", "good", "tls-rpt-good")


def bimi(domain: str, dns: Answers) -> Iterable[Finding]:
    """BIMI: a logo beside the mail; only of use once DMARC is enforced."""
    texts = [t for t in dns(f"default._bimi.{domain}", "TXT") if t.replace(" ", "").startswith("v=BIMI1")]
    if not texts:
        yield Finding("bimi", "improve", "bimi-none")
        return
    tags = _tags(texts[0])
    record = policy_of(domain, dns)
    if len(texts) > 1 or not re.match(r"https://\S+\.svg\Z", tags.get("l", ""), re.I):
        yield Finding("bimi", "bad", "bimi-broken")
    elif record is None or record.policy == "none" or record.testing or record.pct < 100:
        yield Finding("bimi", "improve", "bimi-without-dmarc")
    else:
        yield Finding(
            "bimi", "good" if tags.get("a") else "improve", "bimi-good" if tags.get("a") else "bimi-no-certificate"
        )


def security_txt(domain: str, dns: Answers, now: float) -> Iterable[Finding]:
    """security.txt (RFC 9116): contact, and an end that lies ahead."""
    text = dns.files.get(f"https://{domain}/.well-known/security.txt")
    if text is None:
        text = dns.files.get(f"https://www.{domain}/.well-known/security.txt")
    if text is None:
        yield Finding("security.txt", "improve" if dns.complete else "unknown", "security-txt-none")
        return
    lines = [line.partition(":") for line in text[:32_768].splitlines() if not line.startswith("#")]
    fields = {k.strip().lower(): v.strip() for k, c, v in lines if c}
    end = seconds(fields.get("expires", "").upper())
    if not re.match(r"(https://|mailto:|tel:)\S+", fields.get("contact", ""), re.I) or end is None:
        yield Finding("security.txt", "bad", "security-txt-broken")
    elif end < now:
        yield Finding("security.txt", "bad", "security-txt-expired", fields["expires"])
    elif end > now + YEAR_S:
        yield Finding("security.txt", "improve", "security-txt-too-long", fields["expires"])
    else:
        yield Finding("security.txt", "good", "security-txt-good")


def _upwards(domain: str) -> list[str]:
    labels = domain.split(".")
    return [n for n in (".".join(labels[i:]) for i in range(len(labels))) if not is_suffix(n)] or [domain]


def caa(domain: str, dns: Answers) -> Iterable[Finding]:
    """CAA (RFC 8659): who may issue certificates, looked for upwards."""
    for name in _upwards(domain):
        records = dns(name, "CAA")
        if not records:
            continue
        if any(re.match(r"\d+\s+issue(wild)?\s", r, re.I) for r in records):
            yield Finding("caa", "good", "caa-good", name)
        else:
            yield Finding("caa", "improve", "caa-no-issue", name)
        return
    yield Finding("caa", "improve", "caa-none")


def dnssec(domain: str, dns: Answers) -> Iterable[Finding]:
    """DNSSEC: a DS record at the domain or above it, below what registries hold."""
    for name in _upwards(domain):
        if dns(name, "DS"):
            yield Finding("dnssec", "good", "dnssec-good", name)
            return
    yield Finding("dnssec", "improve", "dnssec-none")
