"""Checkpoints as signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature): readable text, signatures below it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from daremo.trust.keys import COSIGNATURE, ED25519, PublicKey, Signer

_MOST_BYTES = 100_000
_SIGNATURE = re.compile("— ([^ +]+) ([A-Za-z0-9+/]+={0,2})")


class BadNote(ValueError):
    """Text that is no signed note, or no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which journal, how many records, and the root over them.

    Attributes
    ----------
    origin : str
        Name of the journal.
    size : int
    root : bytes
        32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """A line below a note: who, which key, the bytes."""

    name: str
    short: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """As it is written."""
        return f"— {self.name} {base64.b64encode(self.short + self.signature).decode()}\n"


def signed(checkpoint: Checkpoint, signer: Signer) -> str:
    """A checkpoint signed by the journal's own key."""
    own = Signature(signer.name, signer.public.short, signer.sign(checkpoint.body.encode()))
    return f"{checkpoint.body}\n{own.line}"


def cosignature(body: str, signer: Signer, at_s: int) -> Signature:
    """A witness's line: it saw this checkpoint at this time, and nothing that contradicts it.

    Parameters
    ----------
    body : str
        `Checkpoint.body`.
    signer : Signer
        Of the kind `COSIGNATURE`.
    at_s : int, seconds since 1970 UTC
    """
    message = f"cosignature/v1\ntime {at_s}\n{body}".encode()
    return Signature(signer.name, signer.public.short, at_s.to_bytes(8, "big") + signer.sign(message))


def parse(note: str) -> tuple[Checkpoint, str, tuple[Signature, ...]]:
    """Checkpoint, signed text and signatures of a note; nothing is checked but its form.

    Raises
    ------
    BadNote
    """
    body, middle, below = note.rpartition("\n\n")
    lines = body.split("\n")
    if len(note) > _MOST_BYTES or not middle or not below.endswith("\n") or len(lines) < 3 or not lines[0]:
        raise BadNote("not a signed note")
    if not re.fullmatch(r"0|[1-9]\d{0,15}", lines[1]):
        raise BadNote("the second line is no number of records")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError) as e:
        raise BadNote("the third line is no root") from e
    if len(root) != 32 or base64.b64encode(root).decode() != lines[2]:
        raise BadNote("the third line is no root")
    signatures = []
    for line in below[:-1].split("\n"):
        found = _SIGNATURE.fullmatch(line)
        try:
            data = base64.b64decode(found[2], validate=True) if found else b""
        except binascii.Error as e:
            raise BadNote("a signature is no base64") from e
        if not found or len(data) < 5 or base64.b64encode(data).decode() != found[2]:
            raise BadNote("a line below the note is no signature")
        signatures.append(Signature(found[1], data[:4], data[4:]))
    return Checkpoint(lines[0], int(lines[1]), root), body + "\n", tuple(signatures)


def with_signature(note: str, signature: Signature) -> str:
    """The note with one more line; the same line is not added twice."""
    return note if signature.line in note else note + signature.line


def signed_by(note: str, key: PublicKey) -> bool:
    """Whether this journal key signed the note.

    Raises
    ------
    BadNote
    """
    _, body, signatures = parse(note)
    return key.kind == ED25519 and any(
        s.name == key.name and s.short == key.short and key.holds(s.signature, body.encode()) for s in signatures
    )


def witnessed_by(note: str, keys: Iterable[PublicKey]) -> dict[str, int]:
    """Names of the witnesses that cosigned the note, with the time of each in seconds since 1970 UTC.

    Raises
    ------
    BadNote
    """
    _, body, signatures = parse(note)
    found: dict[str, int] = {}
    for key in keys:
        for s in signatures:
            if key.kind != COSIGNATURE or s.name != key.name or s.short != key.short or len(s.signature) != 72:
                continue
            at_s = int.from_bytes(s.signature[:8], "big")
            if key.holds(s.signature[8:], f"cosignature/v1\ntime {at_s}\n{body}".encode()):
                found[key.name] = at_s
    return found
