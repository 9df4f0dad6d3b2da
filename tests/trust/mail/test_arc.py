"""ARC against the ValiMail cases, and the house's own small ones."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from daremo.trust.mail import arc, canonical
from daremo.trust.mail.answers import Answers
from daremo.trust.mail.judge import judge
from daremo.trust.mail.message import BadMessage, split
from tests.trust.mail.letters import RSA, key_text, letter

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


def _field(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode(), f" {value}\r\n".encode()


def _sealed(raw: bytes, number: int, results: str, *, cv: str = "", key=RSA) -> bytes:
    """The message with one more ARC set on top, as a forwarder fwd<number>.example makes it."""
    message = split(raw)
    domain = f"fwd{number}.example"
    digest = base64.b64encode(hashlib.sha256(canonical.body(message.body, "relaxed")).digest()).decode()
    aar = _field("ARC-Authentication-Results", f"i={number}; {domain}; {results}")
    ams_text = f"i={number}; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=k1; h=from:to:subject; bh={digest}; b="

    def made(data: bytes) -> str:
        return base64.b64encode(key.sign(data, padding.PKCS1v15(), SHA256())).decode()

    covered = canonical.chosen(message.fields, [b"from", b"to", b"subject", b"from"])
    data = b"".join(canonical.field(n, v, "relaxed") for n, v in covered)
    data += canonical.field(*_field("ARC-Message-Signature", ams_text), "relaxed").removesuffix(b"\r\n")
    ams = _field("ARC-Message-Signature", ams_text + made(data))
    seal_text = f"i={number}; a=rsa-sha256; d={domain}; s=k1; cv={cv or ('none' if number == 1 else 'pass')}; b="
    sets = [f for f in message.fields if f[0].lower().startswith(b"arc-")]
    before = [f for i in range(len(sets), 0, -3) for f in (sets[i - 1], sets[i - 2], sets[i - 3])]
    chain = b"".join(canonical.field(n, v, "relaxed") for n, v in [*before, aar, ams])
    chain += canonical.field(*_field("ARC-Seal", seal_text), "relaxed").removesuffix(b"\r\n")
    seal = _field("ARC-Seal", seal_text + made(chain))
    return b"".join(n + b":" + v for n, v in (seal, ams, aar)) + raw


ZONE = {f"k1._domainkey.fwd{n}.example": {"TXT": [key_text(RSA)]} for n in (1, 2, 3)}
ZONE["_dmarc.city.example.jp"] = {"TXT": ["v=DMARC1; p=reject"]}
DNS = Answers.of(ZONE)
GENUINE = "dmarc=pass header.from=city.example.jp"


def test_a_chain_of_three_forwarders_holds_until_anything_in_it_changes():
    raw = letter()
    for number in (1, 2, 3):
        raw = _sealed(raw, number, GENUINE)
        assert arc.verify(split(raw), DNS, NOW).result == "pass", number
    assert [h.sealer for h in arc.verify(split(raw), DNS, NOW).hops] == [f"fwd{n}.example" for n in (1, 2, 3)]
    for old, new in (
        (b"at ten", b"at one"),
        (b"dmarc=pass", b"dmarc=fail"),
        (b"cv=none", b"cv=pass"),
        (b"i=2", b"i=4"),
    ):
        assert arc.verify(split(raw.replace(old, new, 1)), DNS, NOW).result == "fail", old
    assert arc.verify(split(raw), Answers.none(), NOW).result == "unknown"
    assert arc.verify(split(_sealed(letter(), 1, GENUINE, cv="fail")), DNS, NOW).reason == "failure-reported"


def test_a_forwarder_proves_the_sender_only_if_every_one_is_trusted_and_the_first_found_it_genuine():
    raw = _sealed(_sealed(letter(), 1, GENUINE), 2, "dmarc=fail header.from=city.example.jp")
    both = ["fwd1.example", "fwd2.example"]
    assert judge(raw, DNS, NOW).verdict == "refused"
    assert judge(raw, DNS, NOW, trusted_sealers=["fwd2.example"]).verdict == "refused"
    judged = judge(raw, DNS, NOW, trusted_sealers=both)
    assert judged.verdict == "proved" and "handed-on" in judged.reasons
    other = _sealed(letter(), 1, "dmarc=pass header.from=evil.example")
    assert judge(other, DNS, NOW, trusted_sealers=both).verdict == "refused"
    lied = _sealed(letter(), 1, "dmarc=fail (dmarc=pass header.from=city.example.jp) header.from=city.example.jp")
    assert judge(lied, DNS, NOW, trusted_sealers=both).verdict == "refused"
