"""Files that the examples of ``daremo trust mail|posture|credential`` take for granted."""

from __future__ import annotations

import json
import time
from pathlib import Path

from daremo.trust.credentials import did, jose, status
from daremo.trust.credentials.badge import Achievement, Issuer, badge
from daremo.trust.credentials.integrity import add_proof
from daremo.trust.credentials.times import stamp
from tests.trust.credentials.made import KEY
from tests.trust.mail.aggregate import FORGED, GOOD, report
from tests.trust.mail.letters import RSA, key_text, letter, signed


def write_examples(home: Path) -> None:
    """Write them into `home`; those that exist are written anew."""
    city = "city.example.jp"
    (home / "letter.eml").write_bytes(signed(letter(), city))
    records = {
        f"k1._domainkey.{city}": {"TXT": [key_text(RSA)]},
        f"_dmarc.{city}": {"TXT": ["v=DMARC1; p=none; rua=mailto:d@city.example.jp"]},
        city: {"TXT": ["v=spf1 mx -all"], "MX": ["10 mx.city.example.jp"]},
    }
    (home / "dns.json").write_text(json.dumps({"records": records}), encoding="utf-8")
    (home / "reports").mkdir(exist_ok=True)
    for day in range(15):
        (home / "reports" / f"{day}.xml").write_bytes(report(day, GOOD, FORGED))
    told = {
        "kind": "skill",
        "name": "スマートフォンで予約ができる",
        "description": "ひとりで窓口の予約を取り、取り消すことができる。",
        "criteria": "講座で3回、ひとりで予約を取った。",
        "issuer_name": "みほん市",
        "issuer_phone": "087-000-0000",
        "list_url": "https://city.example.jp/status/1",
        "person": "高松 花子",
    }
    (home / "badge.json").write_text(json.dumps(told), encoding="utf-8")
    (home / "issuer.pem").write_text(did.private_pem(KEY), encoding="utf-8")
    who = did.did_key(KEY.public_key())
    method, now = did.method_of(KEY.public_key(), who), stamp(time.time() - 60)
    listing = add_proof(status.list_credential(who, told["list_url"], now), KEY, method, now)
    (home / "list.json").write_text(json.dumps(listing), encoding="utf-8")
    document = badge(
        "urn:uuid:00000000-0000-4000-8000-000000000001",
        Issuer(who, "みほん市"),
        Achievement("urn:uuid:00000000-0000-4000-8000-000000000002", "skill", "予約ができる", "d", "c"),
        "urn:uuid:00000000-0000-4000-8000-000000000003",
        now,
        status_list=told["list_url"],
        index=7,
    )
    (home / "badge.jwt").write_text(jose.sign(document, KEY, method) + "\n", encoding="utf-8")
    (home / "trusted.json").write_text(json.dumps({"trusted": [who]}), encoding="utf-8")
