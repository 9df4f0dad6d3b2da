"""SPF against the openspf.org cases of RFC 7208, and the house's own small ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from daremo.trust.mail.answers import NotAnswered
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
