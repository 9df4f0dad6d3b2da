"""ARC against the ValiMail cases, and the house's own small ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from daremo.trust.mail import arc
from daremo.trust.mail.answers import Answers
from daremo.trust.mail.message import BadMessage, split

CASES = Path("/work/shared/data/mail/arc-draft-validation-tests.yml")
NOW = 1_600_000_000.0


def _suite() -> list[Any]:
    if not CASES.exists():
        return []
    found = []
    for part in yaml.safe_load_all(CASES.read_text(encoding="utf-8")):
        zone = {name: {"TXT": [text]} for name, text in (part["txt-records"] or {}).items()}
        for name, case in part["tests"].items():
            found.append(pytest.param(zone, case, id=name))
    return found


SUITE = _suite()


@pytest.mark.skipif(not SUITE, reason="the ARC cases of /work/shared/data/mail are not on this machine")
@pytest.mark.parametrize(("zone", "case"), SUITE or [({}, {})])
def test_a_case_of_the_arc_suite_gives_its_result(zone: dict[str, Any], case: dict[str, Any]):
    try:
        got = arc.verify(split(case["message"].encode()), Answers.of(zone), NOW)
    except BadMessage:
        got = arc.Arc("none")
    if not case["cv"]:  # a chain whose own seal says that it had failed before
        assert (got.result, got.reason) == ("fail", "failure-reported")
    else:
        assert got.result == case["cv"].lower(), case.get("description")
