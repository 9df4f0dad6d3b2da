"""Credentials, mail and signatures beside the public libraries: CPU seconds of one process.

``python benchmarks/trust_credentials.py``. The peers: PyLD (canonical form), openbadgeslib (badges), dkimpy (DKIM, ARC),
http-message-signatures (RFC 9421). SPF has none here: pyspf is not among our parts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dkim as dkimpy
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from openbadgeslib.ob3.ldp import OB3LdpVerifier

from daremo.trust.credentials import jose
from daremo.trust.credentials.badge import issue
from daremo.trust.credentials.canonical import fast, slow
from daremo.trust.credentials.integrity import add_proof, verify_proofs
from daremo.trust.credentials.times import stamp
from daremo.trust.mail import dkim
from daremo.trust.mail.answers import Answers
from daremo.trust.mail.judge import judge
from daremo.trust.mail.message import split
from daremo.trust.signatures import Request, _Message, sign, verify
from tests.trust.credentials.made import CITY, KEY, METHOD, NOW, made
from tests.trust.mail.letters import NOW as MAIL_NOW
from tests.trust.mail.letters import RSA, key_text, letter, signed


def rate(work: Callable[[Any], Any], inputs: list[Any]) -> float:
    """Answers a CPU second: the best of three runs."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        for one in inputs:
            work(one)
        best = min(best, time.process_time() - begun)
    return len(inputs) / best


def told(question: str, ours: float, peer: str = "", theirs: float = 0.0) -> None:
    """One line: our rate, the peer's, the ratio."""
    beside = f"   {peer}: {theirs:>8,.0f} /s   {ours / theirs:5.1f} times" if peer else ""
    print(f"{question:<44}{ours:>9,.0f} /s{beside}")


def credentials() -> None:
    """Canonical form, issue, verify."""
    documents = [made(n) for n in range(100, 2_100)]
    few = documents[:60]
    assert all(fast(d) == slow(d) for d in few)
    told("canonical form of a badge", rate(fast, documents), "PyLD", rate(slow, few))
    at = stamp(NOW)

    def plain(document: dict[str, Any]) -> bytes:
        from hashlib import sha256

        return KEY.sign(sha256(slow({**document, "name": document["name"]})).digest())

    told("issue (eddsa-rdfc-2022)", rate(lambda d: add_proof(d, KEY, METHOD, at), documents), "PyLD", rate(plain, few))
    told("issue in both forms, rules checked", rate(lambda d: issue(d, KEY, METHOD, at), documents))
    told("issue (vc+jwt)", rate(lambda d: jose.sign(d, KEY, METHOD), documents))
    badges = [add_proof(d, KEY, METHOD, at) for d in documents]
    old = [
        add_proof(made(n, until="", index=None) | {"validFrom": "2025-01-01T00:00:00Z"}, KEY, METHOD, at)
        for n in range(100, 140)
    ]
    reader = OB3LdpVerifier.for_issuer_did(CITY)
    told("verify a badge", rate(lambda d: verify_proofs(d, NOW), badges), "openbadgeslib", rate(reader.verify, old))


def mail() -> None:
    """DKIM alone, and the whole judgement."""
    city = "city.example.jp"
    raw = signed(letter(body=b"The class begins at ten.\r\n" * 250), city)
    zone = {f"k1._domainkey.{city}": {"TXT": [key_text(RSA)]}, f"_dmarc.{city}": {"TXT": ["v=DMARC1; p=reject"]}}
    dns = Answers.of(zone)
    text = key_text(RSA).encode()
    assert dkimpy.verify(raw, dnsfunc=lambda name, timeout=5: text)
    ours = rate(lambda m: dkim.verify(split(m), dns, MAIL_NOW), [raw] * 300)
    theirs = rate(lambda m: dkimpy.verify(m, dnsfunc=lambda name, timeout=5: text), [raw] * 100)
    told(f"verify DKIM (RSA-2048, {len(raw) / 1000:.1f} kB)", ours, "dkimpy", theirs)
    told("judge the whole message", rate(lambda m: judge(m, dns, MAIL_NOW), [raw] * 300))


def signatures() -> None:
    """RFC 9421 with a digest of the body."""
    request = Request("POST", "https://api.city.example.jp/v1/x?y=1", {"Content-Type": "application/json"}, b'{"a":1}')
    ready = replace(request, headers=sign(request, KEY, "town", NOW, nonce="n", tag="t"))
    public = {"town": KEY.public_key()}
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={"town": KEY}),
    )

    def plain(_: int) -> None:
        message = _Message(request.method, request.url, dict(request.headers))
        signer.sign(message, key_id="town", nonce="n", tag="t", body=request.body)

    runs = list(range(500))
    ours = rate(lambda _: sign(request, KEY, "town", NOW, nonce="n", tag="t"), runs)
    told("sign a request", ours, "http-message-signatures", rate(plain, runs))
    told("verify a request", rate(lambda _: verify(ready, public.get, NOW + 1), runs))


if __name__ == "__main__":
    credentials()
    mail()
    signatures()
