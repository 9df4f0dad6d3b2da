"""The lines of an export around its records: header, checkpoints, time-stamps, and the digests at the end."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daremo.trust import timestamp
from daremo.trust.keys import COSIGNATURE, ED25519, BadKey, PublicKey
from daremo.trust.log import note as notes
from daremo.trust.log.export import FORMAT, MOST_NOTES, end_line
from daremo.trust.log.note import BadNote, Checkpoint
from daremo.trust.log.record import BadFacts, canonical

if TYPE_CHECKING:
    from daremo.trust.log.audit import Audit, Records


@dataclass(frozen=True, slots=True)
class Header:
    """The first line."""

    origin: str
    size: int
    sizes: tuple[int, ...]
    keys: tuple[PublicKey, ...]


def read_header(audit: Audit, line: bytes) -> Header | None:
    """The first line; None, with a finding, where it is none."""
    try:
        told = json.loads(line)
        if told["format"] != FORMAT or not isinstance(told["origin"], str):
            raise ValueError
        sizes = tuple(int(n) for n in told["sizes"][:MOST_NOTES])
        return Header(told["origin"], int(told["size"]), sizes, tuple(PublicKey.parse(k) for k in told["keys"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadKey):
        audit.add("header-damaged", line=1)
        return None


class Tail:
    """Takes the lines after the records, and judges them once all are there."""

    def __init__(
        self, audit: Audit, header: Header, known: Sequence[PublicKey], earlier: Sequence[str], least_witnesses: int,
        authorities: Sequence[bytes],
    ) -> None:  # fmt: skip
        self.audit, self.header, self.known = audit, header, known
        self.earlier = [(note, *_parsed(note)) for note in earlier]
        self.least_witnesses, self.authorities = least_witnesses, authorities
        self.begun = False
        self._digests: list[tuple[int, str]] = []
        self._notes: list[tuple[int, str]] = []
        self._stamps: list[tuple[int, int, str]] = []
        self._end: tuple[int, list[str]] | None = None

    def sizes_wanted(self) -> frozenset[int]:
        """Sizes at which the root is compared."""
        seen = [c.size for _, c, _ in self.earlier if c is not None]
        return frozenset([*self.header.sizes, self.header.size, *seen])

    def seen(self, number: int, line: bytes) -> None:
        """Note the digest of a line."""
        if len(self._digests) <= MOST_NOTES * 2:
            self._digests.append((number, hashlib.sha256(line.removesuffix(b"\n")).hexdigest()))

    def take(self, line: bytes, number: int) -> None:
        """Read one line."""
        self.begun = True
        try:
            told: dict[str, Any] = json.loads(line)
            if canonical(told) + b"\n" != line or len(told) != 1:
                raise ValueError
            if self._end is not None:
                raise ValueError
            if "end" in told:
                lines = [str(x) for x in told["end"]["lines"]]
                if end_line(lines) != line:
                    raise ValueError
                self._end = (number, lines)
                return
            if "checkpoint" in told:
                self._notes.append((number, str(told["checkpoint"])))
            elif "stamp" in told:
                self._stamps.append((number, int(told["stamp"]["size"]), str(told["stamp"]["token"])))
            else:
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadFacts):
            self.audit.add("line-altered", line=number)
            self._digests.append((number, ""))
            return
        self.seen(number, line)

    def finish(self, records: Records, roots: dict[int, bytes]) -> None:
        """Judge."""
        self._judge_digests()
        checkpoints = self._checkpoints()
        last = max((c for c, _ in checkpoints), key=lambda c: c.size, default=None)
        if last is None:
            self.audit.add("no-checkpoint")
            records.settle(b"")
            self._missing(records, self.header.size)
            return
        records.settle(last.root)
        self._missing(records, last.size)
        if records.next > last.size:
            self.audit.add("record-extra", last.size)
        self._judge_roots(sorted({(c.size, c.root) for c, _ in checkpoints}), roots, records)
        self._judge_witnesses([note for c, note in checkpoints if c == last])
        self._judge_earlier(last, roots)
        self._judge_stamps({c.size: c for c, _ in checkpoints})

    def _missing(self, records: Records, size: int) -> None:
        from daremo.trust.log.audit import MOST_FINDINGS

        for n in range(records.next, min(size, records.next + MOST_FINDINGS)):
            self.audit.add("record-missing", n)
        self.audit.found += max(size - records.next - MOST_FINDINGS, 0)

    def _judge_digests(self) -> None:
        if self._end is None:
            self.audit.add("end-missing")
            return
        number, lines = self._end
        for at, (line, mine) in enumerate(self._digests):
            if at >= len(lines):
                self.audit.add("line-extra", line=line)
            elif mine and mine != lines[at]:
                self.audit.add("line-altered", line=line)
        if len(lines) > len(self._digests):
            self.audit.add("line-missing", line=number, detail=str(len(lines) - len(self._digests)))

    def _keys(self) -> list[PublicKey]:
        """Journal keys: those that the caller knows, or else those of the file."""
        known = [k for k in self.known if k.kind == ED25519]
        return known or [k for k in self.header.keys if k.kind == ED25519]

    def _checkpoints(self) -> list[tuple[Checkpoint, str]]:
        """Checkpoints that bear the signature of a journal key."""
        found = []
        for number, note in self._notes:
            checkpoint, _ = _parsed(note)
            signer = next((k for k in self._keys() if checkpoint and notes.signed_by(note, k)), None)
            if checkpoint is None or checkpoint.origin != self.header.origin:
                self.audit.add("checkpoint-altered", line=number)
            elif signer is None:
                known = any(k.kind == ED25519 for k in self.known)
                own = any(notes.signed_by(note, k) for k in self.header.keys)
                self.audit.add("key-unknown" if known and own else "checkpoint-altered", line=number)
            else:
                found.append((checkpoint, note))
                self.audit.key, self.audit.key_known = str(signer), signer in self.known
        self.audit.checkpoints = len(found)
        return found

    def _judge_roots(self, states: list[tuple[int, bytes]], roots: dict[int, bytes], records: Records) -> None:
        """A root that differs although each line agrees with itself: somebody wrote line and hash anew."""
        before = 0
        for size, root in states:
            have = roots.get(size)
            if have is not None and have != root:
                if not records.doubtful:
                    self.audit.add("root-differs", detail=f"{before}..{size - 1}")
                return
            before = size

    def _judge_witnesses(self, texts: list[str]) -> None:
        watching = [k for k in self.known if k.kind == COSIGNATURE]
        for note in texts:
            self.audit.witnesses |= notes.witnessed_by(note, watching)
        if len(self.audit.witnesses) < self.least_witnesses:
            self.audit.add("too-few-witnesses", detail=f"{len(self.audit.witnesses)} < {self.least_witnesses}")

    def _judge_earlier(self, last: Checkpoint, roots: dict[int, bytes]) -> None:
        for note, checkpoint, _ in self.earlier:
            if checkpoint is None or not any(notes.signed_by(note, k) for k in self._keys()):
                self.audit.add("earlier-not-signed")
            elif checkpoint.origin != last.origin:
                self.audit.add("earlier-of-another", detail=checkpoint.origin)
            elif checkpoint.size > last.size:
                self.audit.add("older-than-seen", last.size, detail=f"{last.size} < {checkpoint.size}")
            elif checkpoint.size in roots and roots[checkpoint.size] != checkpoint.root:
                self.audit.add("forked", detail=str(checkpoint.size))

    def _judge_stamps(self, by_size: dict[int, Checkpoint]) -> None:
        for number, size, token in self._stamps:
            checkpoint = by_size.get(size)
            if checkpoint is None:
                self.audit.add("stamp-altered", line=number)
                continue
            told: dict[str, Any] = {"size": size, "holds": None, "at": "", "authority": "", "test": False}
            try:
                found = timestamp.read(base64.b64decode(token, validate=True))
                told |= {"at": found.at, "authority": found.authority, "test": found.is_test}
                if not timestamp.concerns(found, checkpoint.body.encode()):
                    raise timestamp.BadStamp("over another checkpoint")
                if self.authorities:
                    timestamp.verify(found.response, checkpoint.body.encode(), self.authorities)
                    told["holds"] = True
            except (ValueError, timestamp.BadStamp):
                told["holds"] = False
                self.audit.add("stamp-altered", line=number)
            self.audit.stamps.append(told)


def _parsed(note: str) -> tuple[Checkpoint | None, str]:
    try:
        checkpoint, body, _ = notes.parse(note)
    except BadNote:
        return None, ""
    return checkpoint, body
