"""Keys of this instance: public halves and their days in the database, private halves as files of ``DAREMO_TRUST_KEYS``.

The ceremony (``python -m django genuine_keys``, see ``ceremony.md``) makes, rotates and revokes them. Practice mode makes
its own key when the first one is needed; development and production never do.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import transaction

from daremo.trust.credentials import did
from daremo.trust.keys import BadKey, PublicKey, Signer, new_signer
from daremo.trust.notices.registry import IssuerKey
from daremo.web.apps.genuine import ledger
from daremo.web.apps.genuine.models import Key
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.problems import refusal

PRACTICE_NAME = "daremo.mihon.example"
#: Days on which the old key still signs beside the new one, where the ceremony says nothing else.
OVERLAP_DAYS = 30


def folder() -> Path:
    """Return where private keys lie."""
    return Path(settings.DAREMO_TRUST_KEYS)


def issuer_keys() -> list[IssuerKey]:
    """Return all keys with their days, oldest first."""
    return [
        IssuerKey(
            PublicKey.parse(row.text),
            row.since.isoformat(),
            row.until.isoformat() if row.until else "",
            row.revoked_on is not None,
        )
        for row in Key.objects.order_by("since", "pk")
    ]


def origin() -> str:
    """Return the name of this instance as its keys and its log state it: that of the first key."""
    first = Key.objects.order_by("since", "pk").first()
    return PublicKey.parse(first.text).name if first is not None else ""


def make(act: Act, name: str, since: date) -> Key:
    """Make the first key.

    Raises
    ------
    UsageError
        ``key-exists`` where there is one that was not revoked, ``bad-key-name``.
    """
    if Key.objects.filter(revoked_on__isnull=True).exists():
        raise refusal("key-exists")
    if origin() not in ("", name):
        # the log goes on under its name, also after its keys were lost to others
        raise refusal("bad-key-name", origin())
    return _made(act, name, since)


def rotate(act: Act, since: date, overlap_days: int = OVERLAP_DAYS) -> Key:
    """Make the next key; the one in use signs on for some days, so that nothing on its way out becomes unsigned.

    What the old key signed holds as long as before.

    Raises
    ------
    UsageError
        ``no-key`` where there is none to follow.
    """
    old = Key.objects.filter(revoked_on__isnull=True, until__isnull=True).order_by("-since", "-pk").first()
    if old is None:
        raise refusal("no-key")
    with transaction.atomic():
        made = _made(act, PublicKey.parse(old.text).name, since)
        journal.save(act, "key.ended", old, until=max(since + timedelta(days=overlap_days), old.since))
    return made


def revoke(act: Act, kid: str, day: date, reason: str) -> Key:
    """Say that a key fell into other hands: nothing that it signed counts any more.

    Raises
    ------
    UsageError
        ``no-key``.
    """
    row = Key.objects.filter(kid=kid, revoked_on__isnull=True).first()
    if row is None:
        raise refusal("no-key", kid)
    with transaction.atomic():
        journal.save(act, "key.revoked", row, revoked_on=day, reason=reason[:200])
        ledger.changed()
    return row


def signer(act: Act, day: date) -> Signer:
    """Return the private key that signs what begins on this day.

    Raises
    ------
    UsageError
        ``no-key`` where none is entitled on that day, ``no-key-file`` where its file is not here or the passphrase is wrong.
    """
    if settings.DAREMO_MODE == "practice" and not Key.objects.exists():
        make(act, PRACTICE_NAME, day - timedelta(days=400))
    entitled = [k for k in issuer_keys() if k.signs_on(day.isoformat())]
    if not entitled:
        raise refusal("no-key")
    return _read(entitled[-1].key)


def badge_key(act: Act, day: date) -> tuple[Ed25519PrivateKey, str, str]:
    """Return the private key for badges, the issuer's DID and the name of the key in its document."""
    one = signer(act, day)
    private = load_pem_private_key(one.to_pem().partition(b"\n")[2], None)
    assert isinstance(private, Ed25519PrivateKey)
    who = did_of(one.name)
    return private, who, did.method_of(private.public_key(), who)


def did_of(name: str) -> str:
    """Return the DID of the instance: did:web of the host under which it is reached."""
    return f"did:web:{name.replace(':', '%3A')}"


def did_document() -> Mapping[str, Any]:
    """Return the DID document: all keys that were not revoked, so that badges of an earlier key stay valid."""
    known = [Ed25519PublicKey.from_public_bytes(k.key.raw) for k in issuer_keys() if not k.revoked]
    return did.document(did_of(origin()), known)


def _made(act: Act, name: str, since: date) -> Key:
    try:
        made = new_signer(name, secrets.token_bytes)
    except BadKey as e:
        raise refusal("bad-key-name", name) from e
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder() / f"{made.public.kid}.pem"
    # the file before the row: a row without its file could sign nothing
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(made.to_pem(_passphrase()))
    with transaction.atomic():
        row = journal.save(act, "key.made", Key(text=str(made.public), kid=made.public.kid, since=since))
        ledger.changed()
    return row


def _read(key: PublicKey) -> Signer:
    try:
        found = Signer.from_pem((folder() / f"{key.kid}.pem").read_bytes(), _passphrase())
    except (OSError, BadKey) as e:
        raise refusal("no-key-file", key.kid) from e
    if found.public != key:
        raise refusal("no-key-file", key.kid)
    return found


def _passphrase() -> bytes | None:
    words = settings.DAREMO_TRUST_PASSPHRASE
    return words.encode() if words else None
