"""SPF against the openspf.org cases of RFC 7208, and the house's own small ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from daremo.trust.mail.answers import Answers, NotAnswered
from daremo.trust.mail.spf import check_host

CASES = Path("/work/shared/data/mail/rfc7208-tests.yml")


class Zone:
    """The suite's zone: SPF entries count as TXT unless a TXT is there, TIMEOUT ends a name."""

    def __init__(self, data: dict[str, list[Any]]) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.silent: set[str] = set()
        for name, entries in data.items():
            low = name.lower()
            own = any(isinstance(e, dict) and "TXT" in e for e in entries)
            for e in entries:
                if e == "TIMEOUT":
                    self.silent.add(low)
                    continue
                for kind, value in e.items():
                    if value == "NONE":
                        continue
                    if isinstance(value, list):
                        text = "".join(value) if kind in ("TXT", "SPF") else " ".join(map(str, value))
                    else:
                        text = str(value)
                    if kind == "SPF" and not own:
                        kind = "TXT"
                    self.records.setdefault((low, kind), []).append(text)

    def __call__(self, name: str, kind: str) -> tuple[str, ...]:
        low = name.lower().rstrip(".")
        for _ in range(9):
            if (low, kind) in self.records:
                return tuple(self.records[low, kind])
            if low in self.silent:
                raise NotAnswered(low)
            if (low, "CNAME") not in self.records:
                return ()
            low = self.records[low, "CNAME"][0].lower().rstrip(".")
        raise NotAnswered("circle")


def _suite() -> list[Any]:
    if not CASES.exists():
        return []
    found = []
    for part in yaml.safe_load_all(CASES.read_text(encoding="utf-8")):
        for name, case in part["tests"].items():
            found.append(pytest.param(part["zonedata"], case, id=name))
    return found


SUITE = _suite()


@pytest.mark.skipif(not SUITE, reason="the SPF cases of /work/shared/data/mail are not on this machine")
@pytest.mark.parametrize(("zone", "case"), SUITE or [({}, {})])
def test_a_case_of_the_openspf_suite_gives_its_result(zone: dict[str, Any], case: dict[str, Any]):
    sender = case["mailfrom"]
    domain = sender.rpartition("@")[2] if sender else case["helo"]
    got = check_host(case["host"], domain, sender or f"postmaster@{domain}", case["helo"], Zone(zone))
    expected = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert got.result in expected, (got, case)
    if "explanation" in case and got.result == "fail":
        assert (got.explanation or "DEFAULT") == case["explanation"]


OWN = Answers.of(
    {
        "city.jp": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a:web.city.jp mx include:bulk.jp -all exp=why.city.jp"], "MX": ["10 mx.city.jp"]},
        "web.city.jp": {"A": ["198.51.100.1"]},
        "mx.city.jp": {"A": ["198.51.100.2"], "AAAA": ["2001:db9::1"]},
        "bulk.jp": {"TXT": ["v=spf1 exists:%{ir}.ok.bulk.jp ~all"]},
        "5.113.0.203.ok.bulk.jp": {"A": ["127.0.0.2"]},
        "why.city.jp": {"TXT": ["%{i} is not a server of %{d}"]},
        "moved.jp": {"TXT": ["v=spf1 redirect=city.jp"]},
        "lost.jp": {"TXT": ["v=spf1 redirect=none.jp"]},
        "slow.jp": {"TXT": "TIMEOUT"},
        "loop.jp": {"TXT": ["v=spf1 include:loop.jp -all"]},
        "bad.jp": {"TXT": ["v=spf1 ip4:1.2.3 -all"]},
        "long.jp": {"TXT": ["v=spf1 a:" + "a" * 700 + ".jp -all"]},
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("ip", "domain", "result", "matched"),
    [
        ("192.0.2.77", "city.jp", "pass", "ip4:192.0.2.0/24"),
        ("::ffff:192.0.2.77", "city.jp", "pass", "ip4:192.0.2.0/24"),
        ("2001:db8::5", "city.jp", "pass", "ip6:2001:db8::/32"),
        ("198.51.100.1", "city.jp", "pass", "a:web.city.jp"),
        ("198.51.100.2", "city.jp", "pass", "mx"),
        ("2001:db9::1", "city.jp", "pass", "mx"),
        ("203.0.113.5", "city.jp", "pass", "include:bulk.jp"),
        ("203.0.113.6", "city.jp", "fail", "-all"),
        ("203.0.113.6", "moved.jp", "fail", "-all"),
        ("203.0.113.6", "lost.jp", "permerror", ""),
        ("203.0.113.6", "slow.jp", "temperror", ""),
        ("203.0.113.6", "loop.jp", "permerror", ""),
        ("203.0.113.6", "bad.jp", "permerror", ""),
        ("203.0.113.6", "long.jp", "permerror", ""),
        ("203.0.113.6", "nothing.jp", "none", ""),
        ("no address", "city.jp", "permerror", ""),
    ],
)
def test_every_mechanism_decides_as_written(ip: str, domain: str, result: str, matched: str):
    got = check_host(ip, domain, f"a@{domain}", "mx.example", OWN)
    assert (got.result, got.matched) == (result, matched), got
    if (ip, domain) == ("203.0.113.6", "city.jp"):
        assert got.explanation == "203.0.113.6 is not a server of city.jp" and got.lookups == 4
