"""A domain's posture from what staff hand in, and the part of it that is kept."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from daremo.trust.mail.answers import BadRecords, name_of, read_records
from daremo.trust.mail.reports import BadReport, Report, Source, Summary, read_report, summarise, unpacked
from daremo.trust.posture.assess import Posture, Step, assess
from daremo.trust.posture.checks import Finding
from daremo.web.problems import refusal

#: Bounds of one hand-in: unpacked reports together, their rows, the text of the records.
MOST_UNPACKED_BYTES, MOST_ROWS, MOST_RECORDS_BYTES = 40_000_000, 200_000, 2_000_000
#: Senders kept, most messages first.
MOST_SOURCES = 200
_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def domain_of(text: str) -> str:
    """Return the domain that somebody wrote: a name, a mail address or the address of a page.

    Raises
    ------
    DaremoError
        ``no-domain``.
    """
    told = unicodedata.normalize("NFKC", text).strip()
    told = re.sub(r"^[a-z][a-z0-9+.-]*://", "", told, flags=re.I).partition("/")[0].rpartition("@")[2]
    name = name_of(told.partition(":")[0])
    if not _NAME.fullmatch(name):
        raise refusal("no-domain")
    return name


def names_in(text: str) -> list[str]:
    """Return what stands in a field that takes several, parted by spaces, commas or lines."""
    return [one for one in re.split(r"[\s,、;]+", unicodedata.normalize("NFKC", text)) if one]


def read_reports(files: Iterable[bytes]) -> tuple[list[Report], list[tuple[int, str]]]:
    """Return the reports in the files and, by number of the file, why one was not used; bounded over all files."""
    reports: list[Report] = []
    refused: list[tuple[int, str]] = []
    left_bytes, left_rows = MOST_UNPACKED_BYTES, MOST_ROWS
    for number, data in enumerate(files, 1):
        try:
            if left_bytes <= 0 or left_rows <= 0:
                raise BadReport("report-too-large")
            for xml in unpacked(data):
                left_bytes -= len(xml)
                if left_bytes < 0:
                    raise BadReport("report-too-large")
                report = read_report(xml)
                left_rows -= len(report.rows)
                reports.append(report)
        except BadReport as error:
            refused.append((number, error.code))
    return reports, refused


def look(
    domain: str,
    records: str,
    files: Sequence[bytes],
    now: float,
    *,
    own_ips: Sequence[str] = (),
    own_services: Sequence[str] = (),
    selectors: Sequence[str] = (),
) -> tuple[Posture, list[tuple[int, str]]]:
    """Assess a domain from records and reports handed in; return it and the files that were not used.

    Parameters
    ----------
    now : float
        Seconds since 1970.

    Raises
    ------
    DaremoError
        ``no-domain``; ``dns-records-none`` or ``dns-records-bad`` (with the line); ``no-such-network``; ``reports-unused`` where
        none of the reports could be read or none is about the domain.
    """
    name = domain_of(domain)
    if not records.strip():
        raise refusal("dns-records-none")
    if len(records) > MOST_RECORDS_BYTES:
        raise refusal("dns-records-bad")
    try:
        answers = read_records(records)
    except BadRecords as error:
        raise refusal("dns-records-bad", str(error.line) if error.line else "") from error
    summary: Summary | None = None
    refused: list[tuple[int, str]] = []
    if files:
        reports, refused = read_reports(files)
        try:
            summary = summarise(name, reports, own_ips=own_ips, own_services=own_services)
        except ValueError as error:
            raise refusal("no-such-network") from error
        if not summary.reports:
            raise refusal("reports-unused", "、".join(sorted({code for _, code in refused})))
    return assess(name, answers, now, selectors=selectors, reports=summary), refused


def kept(found: Posture, refused: Sequence[tuple[int, str]] = (), **told: Sequence[str]) -> dict[str, Any]:
    """Return what of a posture is kept: findings, senders by name; an address only of our own server."""
    data: dict[str, Any] = {
        "findings": [[f.topic, f.state, f.code, f.detail[:300]] for f in found.findings],
        "refused": [list(one) for one in refused],
        **{name: list(values)[:50] for name, values in told.items()},
    }
    if found.reports is not None:
        r = found.reports
        data["reports"] = {
            "reports": r.reports, "messages": r.messages, "own": r.own, "lost": r.lost, "forwarded": r.forwarded,
            "forged": r.forged, "days": round(r.days, 2), "reporters": list(r.reporters)[:50], "safe": r.safe,
            "reasons": list(r.reasons), "sources": _nameless(r.sources)[:MOST_SOURCES],
        }  # fmt: skip
    return data


def _nameless(sources: Iterable[Source]) -> list[list[Any]]:
    """Senders as they are kept: those that may be lost first; the address of a stranger is left out."""
    found: dict[tuple[str, str], list[Any]] = {}
    for s in sources:
        name = "" if s.kind != "own-broken" and _is_address(s.name) else s.name
        one = found.setdefault((name, s.kind), [name, s.kind, 0, 0, s.why])
        one[2], one[3] = one[2] + s.messages, max(one[3], s.days)
    return sorted(found.values(), key=lambda one: (one[1] not in ("own-broken", "ask"), -one[2], one[0]))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def told_again(domain: str, policy: str, step: str, record: str, data: Mapping[str, Any]) -> Posture:
    """Return the posture that was kept, to say it in words again."""
    found = data.get("reports")
    summary = None
    if found:
        sources = tuple(Source(n, k, m, d, (), w) for n, k, m, d, w in found["sources"])
        summary = Summary(
            domain, found["reports"], found["messages"], found["own"], found["lost"], found["forwarded"],
            found["forged"], found["days"], tuple(found["reporters"]), sources, found["safe"], tuple(found["reasons"]),
        )  # fmt: skip
    findings = tuple(Finding(*one) for one in data.get("findings", ()))
    return Posture(domain, policy, findings, cast(Step, step), record, summary)
