"""A message with its envelope (.eml): what it says, where its links lead, and whether its sender is proved.

The From line is a claim. A mail is official only where the sender's domain is proved (`daremo.trust.mail.judge`) and is the
issuer's, its words are those of a notice, and nothing in it leads elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

from daremo.trust.mail.judge import Judged
from daremo.trust.mail.message import split
from daremo.trust.mail.parts import seen
from daremo.trust.notices.addresses import link_of, mails_in, number_of
from daremo.trust.notices.check import Checked, Outcome, Reason, check_text
from daremo.trust.notices.register import is_issuers_link
from daremo.trust.notices.registry import Registry

_WORST = {"official": 0, "unknown": 1, "altered": 2}


def check_mail(raw: bytes, registry: Registry, day: str, judged: Judged) -> Checked:
    """Judge a mail.

    Parameters
    ----------
    raw : bytes
        The message (.eml).
    registry : Registry
    day : str
        Today's date (YYYY-MM-DD).
    judged : Judged
        Who is proved to have sent it; from no DNS answers nobody is.

    Raises
    ------
    BadMessage
        Where it is no message, or too large.
    """
    parts = seen(raw)
    bodies = [t for t in (parts.plain, parts.from_html) if t.strip()] or [""]
    # plain text and HTML can say different things: both have to hold
    found = max((check_text(t, registry, day) for t in bodies), key=lambda c: _WORST[c.verdict])
    reasons: list[tuple[Outcome, Reason]] = [*_links(parts.links, registry, found), *_sender(raw, judged, registry)]
    if parts.attachments:
        reasons.append(("unknown", Reason("attachment", str(parts.attachments))))
    verdicts: list[Outcome] = [found.verdict, *(v for v, _ in reasons)]
    verdict = max(verdicts, key=lambda v: _WORST[v])
    told = sorted(reasons, key=lambda r: -_WORST[r[0]])
    return replace(found, verdict=verdict, asked="mail", reasons=(*(r for _, r in told), *found.reasons))


def _links(links: tuple[str, ...], registry: Registry, found: Checked) -> list[tuple[Outcome, Reason]]:
    """Where the words of the HTML really lead."""
    out: list[tuple[Outcome, Reason]] = []
    also = found.entry.notice.links if found.entry else ()
    numbers = found.entry.notice.numbers if found.entry else ()
    own = {number_of(n) for n in (*registry.issuer.numbers, registry.issuer.phone, *numbers)}
    for href in links:
        kind, _, rest = href.partition(":")
        if kind.lower() == "tel":
            if number_of(rest) not in own:
                out.append(("altered", Reason("number-elsewhere", rest[:40])))
            continue
        if kind.lower() == "mailto":
            hosts = [a.partition("@")[2] for a in mails_in(rest)]
            if not hosts or any(h not in registry.issuer.mail_domains for h in hosts):
                out.append(("altered", Reason("mail-elsewhere", rest[:80])))
            continue
        link = link_of(href)
        if link is None or not is_issuers_link(link, registry.issuer, also):
            out.append(("altered" if found.entry else "unknown", Reason("link-elsewhere", href[:120])))
    return out


def _sender(raw: bytes, judged: Judged, registry: Registry) -> list[tuple[Outcome, Reason]]:
    out: list[tuple[Outcome, Reason]] = []
    domains = registry.issuer.mail_domains
    claimed = judged.sender.domain
    alike = registry.imitations.find(claimed) if claimed else None
    if alike and claimed not in domains:
        out.append(("altered", Reason(f"alike-{alike.how}", f"{claimed} / {alike.own}")))
    if judged.verdict == "refused":
        out.append(("altered", Reason("sender-refused", claimed)))
    elif not judged.proved_domain:
        # without answers of the DNS nothing was found against the sender either
        code = "sender-not-asked" if judged.verdict == "unknown" else "sender-unproved"
        out.append(("unknown", Reason(code, claimed or judged.sender.shown[:80])))
    elif judged.proved_domain not in domains:
        out.append(("unknown", Reason("sender-another", judged.proved_domain)))
    if judged.sender.pretends:
        out.append(("altered", Reason("sender-pretends", judged.sender.pretends)))
    answer_to = split(raw).text("Reply-To")
    hosts = [a.partition("@")[2] for a in mails_in(answer_to)]
    if answer_to and (not hosts or any(h not in domains for h in hosts)):
        out.append(("altered", Reason("reply-elsewhere", answer_to[:80])))
    return out
