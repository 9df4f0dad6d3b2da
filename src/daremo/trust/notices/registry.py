"""What a check is made against: the issuer, its keys, and all its notices; in memory, or read from a signed snapshot.

A snapshot is one file of lines: a header, the signature over it, then an entry a line. The header holds the digest of all
entries, so one signature covers the file, and entries are read only when a check needs them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from daremo.trust.keys import BadKey, PublicKey, Signer
from daremo.trust.log import note as notes
from daremo.trust.log.merkle import included, leaf_hash
from daremo.trust.log.record import canonical
from daremo.trust.notices.letters import Text, text_of
from daremo.trust.notices.lookalike import Imitations
from daremo.trust.notices.model import BadNotice, Entry, Issuer, issuer_of
from daremo.trust.notices.register import as_sent
from daremo.trust.notices.sketch import LENGTH, U32, sketch

FORMAT = "daremo-notices-1"
_SIGNED = b"daremo-snapshot-1\n"
MOST_BYTES = 500_000_000


class BadSnapshot(ValueError):
    """A file that is no snapshot, or one whose signature does not hold."""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A key of the issuer and the days on which it signs.

    Attributes
    ----------
    key : PublicKey
    since, until : str
        Dates, both included; `until` "" while it is in use.
    revoked : bool
        Whether it fell into other hands: nothing that it signed counts any more.
    endorsed : str
        Signature (base64) of the key before it, so that who knows that one need not be told anew; "" for the first.
    """

    key: PublicKey
    since: str
    until: str = ""
    revoked: bool = False
    endorsed: str = ""

    def signs_on(self, day: str) -> bool:
        """Whether it signs on this date."""
        return not self.revoked and self.since <= day and (not self.until or day <= self.until)

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {
            "key": str(self.key), "since": self.since, "until": self.until, "revoked": self.revoked,
            "endorsed": self.endorsed,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> IssuerKey:
        """Read the documented JSON form; raises KeyError, TypeError or BadKey where it is another."""
        key = PublicKey.parse(told["key"])
        return cls(key, str(told["since"]), str(told["until"]), bool(told["revoked"]), str(told["endorsed"]))


def endorse(old: Signer, key: PublicKey, since: str) -> str:
    """The signature with which a key hands on to the next one."""
    return base64.b64encode(old.sign(_handed(key, since))).decode()


def _handed(key: PublicKey, since: str) -> bytes:
    return f"daremo-key-1\n{since}\n{key}\n".encode()


def entitled(known: Sequence[PublicKey], keys: Sequence[IssuerKey]) -> list[PublicKey]:
    """Keys that the caller knows, and those to which they handed on, one after the other."""
    found = [k.key for k in keys if k.key in known]
    for k in keys:
        try:
            signature = base64.b64decode(k.endorsed, validate=True)
        except (binascii.Error, ValueError):
            continue
        if k.key not in found and any(old.holds(signature, _handed(k.key, k.since)) for old in found):
            found.append(k.key)
    return found


@dataclass
class Registry:
    """Notices of one issuer.

    Attributes
    ----------
    issuer : Issuer
    keys : tuple of IssuerKey
    codes, digests : list of str
        Of each notice; digests in hexadecimal.
    sketches : ndarray of uint32, shape (notices, LENGTH)
    read : callable
        ``read(i)`` gives entry i and its inclusion proof.
    checkpoint : str
        Signed note of the journal, or "".
    made, until : str
        Dates from and to which the registry is to be used.
    """

    issuer: Issuer
    keys: tuple[IssuerKey, ...]
    codes: list[str]
    digests: list[str]
    sketches: U32
    read: Callable[[int], tuple[Entry, list[bytes]]]
    checkpoint: str = ""
    made: str = ""
    until: str = ""
    _texts: dict[int, tuple[Text, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, issuer: Issuer, keys: Sequence[IssuerKey], entries: Sequence[Entry],
        proofs: Callable[[int], list[bytes]] = lambda i: [], *, checkpoint: str = "", made: str = "", until: str = "",
    ) -> Registry:  # fmt: skip
        """A registry from entries in memory; `proofs(i)` gives the inclusion proof of entry i."""
        rows = [sketch(text_of(e.notice.text).keys) for e in entries]
        return cls(
            issuer, tuple(keys), [e.code for e in entries], [e.digest.hex() for e in entries],
            np.array(rows, np.uint32).reshape(len(rows), LENGTH), lambda i: (entries[i], proofs(i)), checkpoint, made, until,
        )  # fmt: skip

    @cached_property
    def by_code(self) -> dict[str, int]:
        """Row of each code."""
        return {code: i for i, code in enumerate(self.codes)}

    @cached_property
    def by_digest(self) -> dict[str, int]:
        """Row of each digest."""
        return {digest: i for i, digest in enumerate(self.digests)}

    @cached_property
    def imitations(self) -> Imitations:
        """Looks for imitations of the issuer's domains."""
        return Imitations([*self.issuer.domains, *self.issuer.mail_domains])

    @property
    def public_keys(self) -> list[PublicKey]:
        """Keys that were not revoked."""
        return [k.key for k in self.keys if not k.revoked]

    def texts(self, i: int, entry: Entry) -> tuple[Text, ...]:
        """The text of a notice by its keys: as it is, with its title, and both with the code as it goes out."""
        if i not in self._texts:
            if len(self._texts) > 512:
                self._texts.clear()
            title = entry.notice.title
            forms = (entry.notice.text, as_sent(entry), f"{title}\n{entry.notice.text}", f"{title}\n{as_sent(entry)}")
            self._texts[i] = tuple(map(text_of, forms))
        return self._texts[i]

    def vouched(self, entry: Entry) -> PublicKey | None:
        """The issuer's key that signed an entry, where it was entitled to on the notice's first day."""
        for k in self.keys:
            if k.key.kid == entry.kid and k.signs_on(entry.notice.valid_from) and entry.signed_by(k.key):
                return k.key
        return None

    def logged(self, entry: Entry, proof: Sequence[bytes]) -> bool | None:
        """Whether the journal's signed checkpoint includes the notice; None where it was not logged."""
        if entry.index < 0 or not self.checkpoint:
            return None
        try:
            state, _, _ = notes.parse(self.checkpoint)
            signed = any(notes.signed_by(self.checkpoint, k) for k in self.public_keys)
        except notes.BadNote:
            return False
        leaf = entry.leaf.encode()
        told = f'"notice":"{entry.digest.hex()}"'.encode()
        return signed and told in leaf and included(entry.index, state.size, leaf_hash(leaf), proof, state.root)


def write_snapshot(registry: Registry, signer: Signer, made: str, until: str) -> bytes:
    """The registry as one signed file.

    Parameters
    ----------
    made, until : str
        Dates (YYYY-MM-DD) from and to which it is to be used.
    """
    lines = []
    for i in range(len(registry.codes)):
        entry, proof = registry.read(i)
        told = entry.as_dict() | {"proof": base64.b64encode(b"".join(proof)).decode()}
        lines.append(json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    body = b"".join(lines)
    header = {
        "format": FORMAT,
        "issuer": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(registry.issuer).items()},
        "keys": [k.as_dict() for k in registry.keys],
        "made": made, "until": until, "checkpoint": registry.checkpoint, "codes": registry.codes,
        "digests": base64.b64encode(bytes.fromhex("".join(registry.digests))).decode(),
        "sketches": base64.b64encode(registry.sketches.astype("<u4").tobytes()).decode(),
        "body": hashlib.sha256(body).hexdigest(),
    }  # fmt: skip
    head = canonical(header)
    signature = {"kid": signer.public.kid, "signature": base64.b64encode(signer.sign(_SIGNED + head)).decode()}
    return head + b"\n" + canonical(signature) + b"\n" + body


def read_snapshot(data: bytes, known: Sequence[PublicKey] = ()) -> Registry:
    """Read a snapshot and check its signature.

    Parameters
    ----------
    data : bytes
    known : sequence of PublicKey
        Keys of the issuer known from elsewhere; without them the file vouches for itself only, as one installed by a
        trusted hand.

    Raises
    ------
    BadSnapshot
    """
    if len(data) > MOST_BYTES:
        raise BadSnapshot("too large")
    head, _, rest = data.partition(b"\n")
    line, _, body = rest.partition(b"\n")
    try:
        told: dict[str, Any] = json.loads(head)
        if told["format"] != FORMAT:
            raise BadSnapshot("not a snapshot of notices")
        keys = tuple(IssuerKey.from_dict(k) for k in told["keys"])
        sealed = json.loads(line)
        signature = base64.b64decode(sealed["signature"], validate=True)
        gone = {k.key for k in keys if k.revoked}
        able = [key for key in (entitled(known, keys) if known else [k.key for k in keys]) if key not in gone]
        if not any(k.kid == sealed["kid"] and k.holds(signature, _SIGNED + head) for k in able):
            raise BadSnapshot("the signature is not of a known key" if known else "the signature does not hold")
        if hashlib.sha256(body).hexdigest() != told["body"]:
            raise BadSnapshot("entries were altered")
        n = len(told["codes"])
        digests = base64.b64decode(told["digests"], validate=True)
        sketches = np.frombuffer(base64.b64decode(told["sketches"], validate=True), "<u4").reshape(n, LENGTH)
        entries = body.split(b"\n")[:-1]
        if len(digests) != 32 * n or len(entries) != n:
            raise BadSnapshot("header and entries do not fit")
        issuer = issuer_of(told["issuer"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error, BadKey, BadNotice) as e:
        if isinstance(e, BadSnapshot):
            raise
        raise BadSnapshot("not a snapshot of notices") from e

    def read(i: int) -> tuple[Entry, list[bytes]]:
        each = json.loads(entries[i])
        proof = base64.b64decode(each["proof"])
        return Entry.from_dict(each), [proof[k : k + 32] for k in range(0, len(proof), 32)]

    return Registry(
        issuer, keys, [str(c) for c in told["codes"]], [digests[32 * i : 32 * i + 32].hex() for i in range(n)], sketches,
        read, str(told["checkpoint"]), str(told["made"]), str(told["until"]),
    )  # fmt: skip
