"""Messages for tests, signed with keys made here."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from daremo.trust.mail import canonical

RSA = rsa.generate_private_key(65537, 2048)
SMALL = rsa.generate_private_key(65537, 1024)
ED = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = 1_790_000_000.0
BODY = b"Hello,\r\nthe class begins at ten.  \r\n\r\n"


def key_text(key: rsa.RSAPrivateKey | Ed25519PrivateKey) -> str:
    if isinstance(key, Ed25519PrivateKey):
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return "v=DKIM1; k=ed25519; p=" + base64.b64encode(raw).decode()
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()


def letter(sender: bytes = b"City <info@city.example.jp>", *more: bytes, body: bytes = BODY) -> bytes:
    head = [
        b"From: " + sender,
        b"To: a@people.example",
        b"Subject: Smartphone  class",
        b"Date: Mon, 1 Jun 2026 10:00:00 +0900",
        *more,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def signed(
    raw: bytes,
    domain: str,
    key: rsa.RSAPrivateKey | Ed25519PrivateKey = RSA,
    *,
    names: str = "from:to:subject:date:from",
    form: str = "relaxed/relaxed",
    extra: str = "",
    length: int | None = None,
) -> bytes:
    """The message with a DKIM signature on top, by code that shares only the canonical forms with what is tested."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = []
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        fields.append((name, value + b"\r\n"))
    of_head, of_body = form.split("/")
    text = canonical.body(body, of_body)
    if length is not None:
        text = text[:length]
        extra += f" l={length};"
    method = "ed25519-sha256" if isinstance(key, Ed25519PrivateKey) else "rsa-sha256"
    digest = base64.b64encode(hashlib.sha256(text).digest()).decode()
    value = f" v=1; a={method}; c={form}; d={domain}; s=k1;{extra} h={names}; bh={digest}; b=".encode()
    data = b"".join(
        canonical.field(n, v, of_head)
        for n, v in canonical.chosen(tuple(fields), [n.encode() for n in names.split(":")])
    )
    data += canonical.field(b"DKIM-Signature", value, of_head).removesuffix(b"\r\n")
    if isinstance(key, Ed25519PrivateKey):
        made = key.sign(hashlib.sha256(data).digest())
    else:
        made = key.sign(data, padding.PKCS1v15(), SHA256())
    return b"DKIM-Signature:" + value + base64.b64encode(made) + b"\r\n" + raw
