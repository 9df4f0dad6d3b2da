"""Practice data: a city's mail domain on its way to being protected, two services with their proof of identity; every name is one of those kept for examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from daremo.trust.assurance.read import shipped_json
from daremo.trust.exposure.sample import sample_files
from daremo.trust.mail.answers import Answers
from daremo.trust.mail.reports import Report, Row, summarise
from daremo.trust.posture.assess import assess
from daremo.web.apps.guard import duties
from daremo.web.apps.guard import services as guard
from daremo.web.apps.journal.act import Act

DOMAIN, BULK = "city.example.jp", "mail.example.com"
SPF = "v=spf1 mx ip4:192.0.2.0/24 ~all"
GATHER = f"v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}"
#: Days before today, the DMARC record then (none at first), whether reports were at hand.
STEPS = ((75, "", False), (60, GATHER, False), (20, GATHER, True))
DAYS = 15
PEOPLE = {"school": 9_000, "youth": 8_000, "working": 50_000, "65-74": 12_000, "75-84": 9_000, "85+": 4_000}


def practise(act: Act, organisation: Any) -> int:
    """Let a city assess its domain three times and think about two services; return the number of assessments."""
    for days, dmarc, reported in STEPS:
        at = replace(act, now=act.now - timedelta(days=days))
        zone: dict[str, dict[str, object]] = {DOMAIN: {"TXT": [SPF], "MX": [f"10 mx.{DOMAIN}"]}}
        if dmarc:
            zone[f"_dmarc.{DOMAIN}"] = {"TXT": [dmarc]}
        now = at.now.timestamp()
        reports = [_report(now - 86_400 * (day + 1)) for day in range(DAYS)] if reported else None
        summary = summarise(DOMAIN, reports) if reports is not None else None
        guard.keep_domain(at, organisation, assess(DOMAIN, Answers.of(zone), now, reports=summary))
    for service, decided in (("booking", True), ("certificate", False)):
        at = replace(act, now=act.now - timedelta(days=30))
        row = guard.propose(
            at, organisation, {"question": {**shipped_json(service), "people": PEOPLE}, "accept": False}
        )
        if decided:
            guard.decide(at, row)
    at = replace(act, now=act.now - timedelta(days=9))
    told = sample_files()
    duties.take_inventory(at, organisation, _under("assets/", told), told["services.csv"].lstrip("\ufeff"))
    duties.take_advisories(at, organisation, _under("advisories/", told), {"all": sum(PEOPLE.values()), **PEOPLE})
    return len(STEPS)


def _under(folder: str, told: dict[str, str]) -> list[tuple[str, bytes]]:
    return [(name.removeprefix(folder), text.encode()) for name, text in told.items() if name.startswith(folder)]


def _report(begin: float) -> Report:
    rows = (
        Row("192.0.2.1", 210, DOMAIN, "none", True, True, ((DOMAIN, "pass"),), ((DOMAIN, "pass"),), ()),
        Row("198.51.100.7", 36, DOMAIN, "none", False, False, ((BULK, "pass"),), ((BULK, "pass"),), ()),
        Row("203.0.113.99", 64, DOMAIN, "none", False, False, (), (("else.example.net", "fail"),), ()),
        Row("203.0.113.5", 3, DOMAIN, "none", False, False, ((DOMAIN, "fail"),), (), ("mailing_list",)),
    )
    return Report("reporter.example", f"{begin:.0f}", DOMAIN, begin, begin + 86_399, "none", rows)
