"""Ed25519 keys with a name: those of an issuer, of a journal, of a witness. Randomness comes from the caller.

A public key is written as a *verifier key* ``name+hash+key`` (C2SP signed-note), which can be printed and read aloud.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

#: ``fresh(n)`` gives n random bytes, e.g. ``secrets.token_bytes``.
Fresh = Callable[[int], bytes]
#: Signature types of C2SP signed-note.
ED25519, COSIGNATURE = 0x01, 0x04
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class BadKey(ValueError):
    """Text or bytes that are no key of this kind."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A named Ed25519 public key.

    Attributes
    ----------
    name : str
        Whose it is; without spaces and ``+``.
    raw : bytes
        32 bytes.
    kind : int
        `ED25519` for issuers and journals, `COSIGNATURE` for witnesses.
    """

    name: str
    raw: bytes
    kind: int = ED25519

    @property
    def short(self) -> bytes:
        """The first 4 bytes of the digest that names the key in signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    @property
    def kid(self) -> str:
        """`short` in hexadecimal."""
        return self.short.hex()

    def __str__(self) -> str:
        return f"{self.name}+{self.kid}+{base64.b64encode(bytes([self.kind]) + self.raw).decode()}"

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether the key's owner signed `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Read a verifier key.

        Raises
        ------
        BadKey
            Where it is not ``name+hash+key``, or the hash does not fit the key.
        """
        parts = text.strip().split("+", 2)
        try:
            data = base64.b64decode(parts[2], validate=True)
        except (IndexError, binascii.Error, ValueError) as e:
            raise BadKey("expected name+hash+key") from e
        if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
            raise BadKey("not an Ed25519 key")
        key = cls(checked_name(parts[0]), data[1:], data[0])
        if key.kid != parts[1]:
            raise BadKey("the hash does not fit the key")
        return key


@dataclass(frozen=True, slots=True)
class Signer:
    """A named Ed25519 private key; `repr` never shows it."""

    name: str
    _private: Ed25519PrivateKey
    kind: int = ED25519

    @property
    def public(self) -> PublicKey:
        """The key that others check with."""
        return PublicKey(self.name, self._private.public_key().public_bytes(*_RAW), self.kind)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"Signer({self.public})"

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """PKCS #8 in PEM, encrypted where a passphrase is given; the name stands in front as a remark."""
        lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase:
            lock = serialization.BestAvailableEncryption(passphrase)
        pem = self._private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
        return f"# daremo-key {self.kind} {self.name}\n".encode() + pem

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None = None) -> Signer:
        """Read what `to_pem` wrote.

        Raises
        ------
        BadKey
            Where it is no such file, or the passphrase is wrong.
        """
        head, _, pem = data.partition(b"\n")
        words = head.decode("utf-8", "replace").split(" ", 3)
        if len(words) != 4 or words[:2] != ["#", "daremo-key"] or words[2] not in ("1", "4"):
            raise BadKey("not a key file of daremo")
        try:
            private = serialization.load_pem_private_key(pem, passphrase or None)
        except (ValueError, TypeError) as e:
            raise BadKey("damaged, or the passphrase is wrong") from e
        if not isinstance(private, Ed25519PrivateKey):
            raise BadKey("not an Ed25519 key")
        return cls(checked_name(words[3]), private, int(words[2]))


def new_signer(name: str, fresh: Fresh, kind: int = ED25519) -> Signer:
    """A new key for `name`.

    Raises
    ------
    BadKey
        Where the name holds spaces or ``+``.
    """
    return Signer(checked_name(name), Ed25519PrivateKey.from_private_bytes(fresh(32)), kind)


def checked_name(name: str) -> str:
    """The name, where signatures can carry it.

    Raises
    ------
    BadKey
    """
    if not name or "+" in name or any(c.isspace() or not c.isprintable() for c in name):
        raise BadKey("a key's name has no spaces and no +")
    return name
