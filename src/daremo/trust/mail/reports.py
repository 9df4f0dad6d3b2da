"""DMARC aggregate reports: read safely (XML, gzip, zip) and summed up: who sends as us, and what would be lost by enforcing.

Reports come from strangers: entities, DTDs, bombs and huge files are refused; the other files still count.
"""

from __future__ import annotations

import io
import ipaddress
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from daremo.trust.mail.answers import name_of
from daremo.trust.mail.dmarc import is_suffix

MOST_FILE_BYTES, MOST_XML_BYTES, MOST_ROWS, DEEPEST = 20_000_000, 50_000_000, 100_000, 20
#: Days of reports before tightening is called safe, and the share of own mail that may be unexplained.
SAFE_DAYS, SAFE_SHARE, SAFE_MESSAGES = 14.0, 0.001, 5

Kind = Literal["ok", "own-broken", "ask", "forwarded", "forged"]


class BadReport(ValueError):
    """A report that is not used; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report: an address, how many messages, and how they fared.

    `dkim`, `spf` are pairs (domain, result) as checked by the reporter; `dkim_aligned`, `spf_aligned` its judgement.
    """

    ip: str
    count: int
    header_from: str
    disposition: str
    dkim_aligned: bool
    spf_aligned: bool
    dkim: tuple[tuple[str, str], ...]
    spf: tuple[tuple[str, str], ...]
    overrides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One report: who reports, for which domain and days (seconds since 1970), with which policy."""

    reporter: str
    report_id: str
    domain: str
    begin: float
    end: float
    policy: str
    rows: tuple[Row, ...]


def unpacked(data: bytes) -> list[bytes]:
    """XML documents in a file: plain, gzip or zip (at most ten inside), within bounds.

    Raises
    ------
    BadReport
        ``report-too-large`` or ``report-unreadable``.
    """
    if len(data) > MOST_FILE_BYTES:
        raise BadReport("report-too-large")
    if data[:2] == b"\x1f\x8b":
        try:
            engine = zlib.decompressobj(wbits=31)
            text = engine.decompress(data, MOST_XML_BYTES + 1)
        except zlib.error as e:
            raise BadReport("report-unreadable") from e
        if len(text) > MOST_XML_BYTES:
            raise BadReport("report-too-large")
        return [text]
    if data[:4] == b"PK\x03\x04":
        return _unzipped(data)
    return [data]


def _unzipped(data: bytes) -> list[bytes]:
    out, total = [], 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [i for i in archive.infolist() if not i.is_dir()]
            if len(entries) > 10:
                raise BadReport("report-too-large")
            for entry in entries:
                with archive.open(entry) as stream:
                    text = stream.read(MOST_XML_BYTES + 1 - total)  # what the archive says of its size is not believed
                total += len(text)
                if total > MOST_XML_BYTES:
                    raise BadReport("report-too-large")
                out.append(text)
    # zipfile says NotImplementedError to a compression or version that it does not know, RuntimeError to a password
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, zlib.error, EOFError) as e:
        raise BadReport("report-unreadable") from e
    return out


def read_report(xml: bytes) -> Report:
    """Read one XML report (RFC 7489 appendix C, RFC 9990).

    Raises
    ------
    BadReport
        ``report-unsafe`` with a DTD or entities, ``report-too-large`` over 100,000 rows, ``report-unreadable`` else.
    """
    rows: list[Row] = []
    head: dict[str, str] = {}
    path: list[str] = []
    try:
        for event, element in iterparse(
            io.BytesIO(xml), events=("start", "end"), forbid_dtd=True, forbid_entities=True, forbid_external=True
        ):
            tag = _tag(element)
            if event == "start":
                path.append(tag)
                if len(path) > DEEPEST:
                    raise BadReport("report-unreadable")
                continue
            path.pop()
            if tag == "record":
                rows.append(_row(element))
                element.clear()
                if len(rows) > MOST_ROWS:
                    raise BadReport("report-too-large")
            elif "record" not in path and len(element) == 0:
                head.setdefault(tag, (element.text or "").strip()[:500])
    except DefusedXmlException as e:
        raise BadReport("report-unsafe") from e
    except (ParseError, ValueError, LookupError) as e:
        raise e if isinstance(e, BadReport) else BadReport("report-unreadable") from e
    domain = name_of(head.get("domain", ""))
    if not domain or "org_name" not in head:
        raise BadReport("report-unreadable")
    try:
        begin, end = float(int(head.get("begin", ""))), float(int(head.get("end", "")))
    except ValueError as e:
        raise BadReport("report-unreadable") from e
    return Report(head["org_name"], head.get("report_id", ""), domain, begin, end, head.get("p", ""), tuple(rows))


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _texts(element: Element, *path: str) -> list[str]:
    found = [element]
    for step in path:
        found = [child for one in found for child in one if _tag(child) == step]
    return [(one.text or "").strip()[:500] for one in found]


def _one(element: Element, *path: str) -> str:
    found = _texts(element, *path)
    return found[0] if found else ""


def _row(element: Element) -> Row:
    try:
        ip = str(ipaddress.ip_address(_one(element, "row", "source_ip")))
        count = int(_one(element, "row", "count"))
    except ValueError as e:
        raise BadReport("report-unreadable") from e
    if not 0 <= count <= 10**9:
        raise BadReport("report-unreadable")
    results = {}
    for method in ("dkim", "spf"):
        blocks = [c for part in element if _tag(part) == "auth_results" for c in part if _tag(c) == method]
        results[method] = tuple((name_of(_one(b, "domain")), _one(b, "result").lower()) for b in blocks[:20])
    judged = ("row", "policy_evaluated")
    return Row(
        ip,
        count,
        name_of(_one(element, "identifiers", "header_from")),
        _one(element, *judged, "disposition").lower(),
        _one(element, *judged, "dkim").lower() == "pass",
        _one(element, *judged, "spf").lower() == "pass",
        results["dkim"],
        results["spf"],
        tuple(t.lower() for t in _texts(element, *judged, "reason", "type")),
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Who sends as the domain: a service (by the domain that it signs with) or an address.

    `kind`: ``ok`` proves itself; ``own-broken`` is ours but fails; ``ask`` sends steadily with proofs of another domain,
    so it may be a service of ours; ``forwarded``; ``forged``.
    """

    name: str
    kind: Kind
    messages: int
    days: int
    ips: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What reports say about a domain.

    Attributes
    ----------
    reports : int
        Reports used.
    messages, own, lost, forged : int
        All messages; those that prove themselves or may be ours; ours that enforcing would stop; forged ones it would stop.
    days : float
        Days that reports cover.
    reporters : tuple of str
    sources : tuple of Source
        Most messages first.
    safe : bool
        Whether tightening by one step loses nothing that reports show.
    reasons : tuple of str
        Why it is not safe yet: ``few-days``, ``own-lost``, ``no-mail``.
    """

    domain: str
    reports: int
    messages: int
    own: int
    lost: int
    forwarded: int
    forged: int
    days: float
    reporters: tuple[str, ...]
    sources: tuple[Source, ...]
    safe: bool
    reasons: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Fields for JSON."""
        return asdict(self)


@dataclass
class _Gathered:
    messages: int = 0
    days: set[int] = field(default_factory=set)
    ips: set[str] = field(default_factory=set)
    why: str = ""


def summarise(
    domain: str, reports: Iterable[Report], *, own_ips: Iterable[str] = (), own_services: Iterable[str] = ()
) -> Summary:
    """Sum up reports about a domain and names below it; each report counts once however often it came.

    Parameters
    ----------
    domain : str
    reports : iterable of Report
    own_ips : iterable of str
        Addresses or networks of own servers.
    own_services : iterable of str
        Domains with which own services sign or send.
    """
    domain = name_of(domain)
    networks = [ipaddress.ip_network(n, strict=False) for n in own_ips]
    services = {name_of(s) for s in own_services}
    seen: set[tuple[str, str]] = set()
    groups: dict[tuple[str, Kind], _Gathered] = defaultdict(_Gathered)
    begin, end = float("inf"), float("-inf")
    reporters: list[str] = []
    for report in reports:
        key = (report.reporter, report.report_id)
        if (report.report_id and key in seen) or not _below(report.domain, domain):
            continue
        seen.add(key)
        reporters.append(report.reporter)
        begin, end = min(begin, report.begin), max(end, report.end)
        for row in report.rows:
            name, kind, why = _classified(row, domain, networks, services)
            group = groups[name, kind]
            group.messages += row.count
            group.days.add(int(report.begin // 86_400))
            group.ips.add(row.ip)
            group.why = why
    sources = []
    for (name, kind), g in groups.items():
        if kind == "ask" and len(g.days) < 3:  # seen now and then only: a stranger who signs with a name of his own
            kind, g.why = "forged", "few-days-only"
        sources.append(Source(name, kind, g.messages, len(g.days), tuple(sorted(g.ips))[:50], g.why))
    sources.sort(key=lambda s: (-s.messages, s.name, s.kind))
    total = {
        k: sum(s.messages for s in sources if s.kind == k) for k in ("ok", "own-broken", "ask", "forwarded", "forged")
    }
    own = total["ok"] + total["own-broken"] + total["ask"]
    lost = total["own-broken"] + total["ask"]
    days = max(0.0, (end - begin) / 86_400) if reporters else 0.0
    reasons = []
    if days < SAFE_DAYS - 0.01:
        reasons.append("few-days")
    if own == 0:
        reasons.append("no-mail")
    if lost > max(SAFE_MESSAGES - 1, SAFE_SHARE * own):
        reasons.append("own-lost")
    return Summary(
        domain,
        len(reporters),
        sum(total.values()),
        own,
        lost,
        total["forwarded"],
        total["forged"],
        days,
        tuple(sorted(set(reporters))),
        tuple(sources),
        not reasons,
        tuple(reasons),
    )


def _below(name: str, domain: str) -> bool:
    return name == domain or name.endswith("." + domain)


def _service(name: str) -> str:
    """A name cut to what is registered, so that many servers of one service are one source."""
    labels = name.split(".")
    for n in range(2, len(labels) + 1):
        candidate = ".".join(labels[-n:])
        if not is_suffix(candidate):
            return candidate
    return name


def _classified(
    row: Row, domain: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network], services: set[str]
) -> tuple[str, Kind, str]:
    ours = [r for d, r in row.dkim if _below(d, domain)]
    others = [d for d, r in row.dkim if r == "pass" and not _below(d, domain)]
    sent = [d for d, r in row.spf if r == "pass"]
    address = ipaddress.ip_address(row.ip)
    mine = any(address.version == n.version and address in n for n in networks)
    foreign = [d for d in (*others, *sent) if d and not _below(d, domain)]
    name = _service(foreign[0]) if foreign else row.ip
    if row.dkim_aligned or row.spf_aligned:
        return (name if foreign else domain), "ok", "aligned"
    if mine or name in services or any(_service(s) == name for s in services):
        return name, "own-broken", "known-as-own"
    if any(o in ("forwarded", "mailing_list", "trusted_forwarder") for o in row.overrides):
        return name, "forwarded", "reporter-says-so"
    if any(_below(d, domain) for d in sent):
        return name, "own-broken", "server-of-own-spf"
    if ours:
        return name, "forwarded", "own-signature-broken-on-the-way"
    if foreign:
        return name, "ask", "proved-for-another-domain"
    return name, "forged", "no-proof"
