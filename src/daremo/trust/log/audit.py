"""Check an export with nothing but the export and the keys that one knows: what was altered is named. No network.

Memory does not grow with the number of records; a million records take a few seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from daremo.kernel.results import Progress, silent
from daremo.trust.keys import PublicKey
from daremo.trust.log.audit_notes import Tail, read_header
from daremo.trust.log.export import personal_line
from daremo.trust.log.merkle import EMPTY, Frontier
from daremo.trust.log.record import canonical, commitment

#: Findings kept; the rest is counted, so that a file of noise does not fill the memory.
MOST_FINDINGS = 1_000
LONGEST_LINE = 10_000_000
_RECORD = re.compile(rb'\{"n":(\d{1,15}),"hash":"([0-9a-f]{64})","leaf":(\{.*\})\}\n', re.S)
_PERSONAL = re.compile(rb'\{"personal":\{"data":\{.*\},"n":(\d{1,15}),"salt":"[0-9a-f]*"\}\}\n', re.S)
#: Ends like a personal part, whatever happened to its beginning.
_SALTED = re.compile(rb'"n":\d{1,15},"salt":"[0-9a-f]{64}"\}\}\n$')
_TAIL = (b'{"checkpoint":', b'{"stamp":', b'{"end":')


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was.

    Attributes
    ----------
    code : str
        E.g. ``record-altered``; words in ``tables/audit_findings.csv``.
    record : int or None
        Number of the record.
    line : int or None
        Line of the file, from 1.
    detail : str
    """

    code: str
    record: int | None = None
    line: int | None = None
    detail: str = ""

    def as_dict(self) -> dict[str, object]:
        """The documented JSON form."""
        return {"code": self.code, "record": self.record, "line": self.line, "detail": self.detail}


@dataclass(slots=True)
class Audit:
    """What the check found.

    Attributes
    ----------
    origin : str
    size : int
        Records that the export claims.
    root : str
        Root over the records as they are in the file, hexadecimal; empty where some are missing.
    findings : list of Finding
        Empty where nothing was altered.
    found : int
        How many findings there were, those not kept included.
    key : str
        The key that signed the last checkpoint.
    key_known : bool
        Whether that key was among those the caller already knew. Without it an export agrees only with itself.
    witnesses : dict
        Witnesses known to the caller that cosigned the last checkpoint: time in seconds since 1970 UTC.
    stamps : list
        Time-stamps: size, whether it holds (None where no authority is known), time.
    personal : int
        Personal parts that fit their commitments.
    forks : list of Fork
        Proofs that the journal's key signed another history.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    key: str = ""
    key_known: bool = False
    witnesses: dict[str, int] = field(default_factory=dict)
    stamps: list[dict[str, Any]] = field(default_factory=list)
    personal: int = 0
    checkpoints: int = 0
    forks: list[Any] = field(default_factory=list)

    @property
    def unaltered(self) -> bool:
        """Whether nothing was found."""
        return not self.found

    def add(self, code: str, record: int | None = None, line: int | None = None, detail: str = "") -> None:
        """Note a finding."""
        self.found += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(code, record, line, detail))

    def as_dict(self) -> dict[str, object]:
        """The documented JSON form."""
        return {
            "unaltered": self.unaltered, "origin": self.origin, "size": self.size, "root": self.root, "key": self.key,
            "key_known": self.key_known, "witnesses": self.witnesses, "checkpoints": self.checkpoints,
            "stamps": self.stamps, "personal": self.personal, "found": self.found,
            "findings": [f.as_dict() for f in self.findings],
            "forks": [
                {"first": f.first, "second": f.second, "prefix_root": f.prefix_root.hex(), "proof": [h.hex() for h in f.proof]}
                for f in self.forks
            ],
        }  # fmt: skip


class Records:
    """The records part as it streams by: hashes of what is there, and of what each line says of itself.

    Attributes
    ----------
    next : int
        Number that comes next.
    content, stated : Frontier or None
        Tree over what is there (None once a line could not be read); tree over what lines say, kept from the first
        difference on.
    doubtful : list of (int, int)
        Records, with their lines, that differ from the hash in their line.
    last : (int, bytes)
        The record read last, and its leaf.
    """

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self.content: Frontier | None = Frontier()
        self.stated: Frontier | None = None
        self.next = 0
        self.doubtful: list[tuple[int, int]] = []
        self.last = (-1, b"")

    def take(self, line: bytes, number: int, following: bytes) -> None:
        """Read the next line; `following` helps to tell a damaged number from a missing record."""
        n = self.next
        head = b'{"n":%d,"hash":"' % n
        end = len(head) + 64
        if line.startswith(head) and line[end : end + 9] == b'","leaf":' and line.endswith(b"}}\n"):
            self._add(line[end + 9 : -2], line[len(head) : end], n, number)
        else:
            self._odd(line, number, following)

    def _add(self, leaf: bytes, says: bytes, n: int, number: int) -> None:
        # the hash of a leaf, as `merkle.leaf_hash`, without another call
        found = sha256(b"\x00" + leaf).digest()
        if found.hex().encode() != says:
            if self.stated is None and self.content is not None:
                self.stated = self.content.copy()
            if len(self.doubtful) < MOST_FINDINGS:
                self.doubtful.append((n, number))
            else:
                self.audit.found += 1
        if self.stated is not None:
            try:
                self.stated.add(bytes.fromhex(says.decode("ascii")))
            except ValueError:
                self.stated.add(found)
        if self.content is not None:
            self.content.add(found)
        self.next, self.last = n + 1, (n, leaf)

    def _odd(self, line: bytes, number: int, following: bytes) -> None:
        """A line that is not the next record: damaged, out of order, or others are missing before it."""
        n, whole, then = self.next, _RECORD.fullmatch(line), _number_after(following)
        says = int(whole[1]) if whole else -1
        if whole and says > n and (then == says + 1 or (then < 0 and says < self.audit.size)):
            for missing in range(n, min(says, n + MOST_FINDINGS)):
                self.audit.add("record-missing", missing, number)
            self.audit.found += max(says - n - MOST_FINDINGS, 0)
            self.content = self.stated = None
            self.next = says
            self._add(whole[3], whole[2], says, number)
        elif whole and says < n and then == n:
            self.audit.add("record-extra", says, number)
        elif whole:
            self.audit.add("record-altered", n, number, "number")
            self._add(whole[3], whole[2], n, number)
        else:
            self.audit.add("record-altered", n, number, "form")
            self.content = self.stated = None
            self.next, self.last = n + 1, (n, b"")

    def personal(self, line: bytes, number: int) -> None:
        """Check a personal part against the commitment in the record before it."""
        n, leaf = self.last
        try:
            told = json.loads(line)["personal"]
            salt, data = bytes.fromhex(told["salt"]), canonical(told["data"])
            same = personal_line(n, salt, data) == line
            bound = json.loads(leaf).get("personal") == commitment(salt, data).hex()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            same = bound = False
        if same and bound:
            self.audit.personal += 1
        else:
            self.audit.add("personal-altered", n, number)

    def settle(self, root: bytes) -> None:
        """Say what the doubtful records are, once the signed root is known."""
        mine = self.content.root() if self.content is not None else b""
        theirs = self.stated.root() if self.stated is not None else b""
        for n, number in self.doubtful:
            if mine == root:
                self.audit.add("hash-altered", n, number)
            else:
                self.audit.add("record-altered", n, number, "content" if theirs == root else "content or hash")
        self.audit.root = mine.hex()


def _number_after(line: bytes) -> int:
    """Number of the record that follows the one before this line; −1 where the line tells none."""
    found = _RECORD.fullmatch(line)
    if found:
        return int(found[1])
    found = _PERSONAL.fullmatch(line)
    return int(found[1]) + 1 if found else -1


def audit(
    lines: Iterable[bytes],
    known: Sequence[PublicKey] = (),
    *,
    earlier: Sequence[str] = (),
    least_witnesses: int = 0,
    authorities: Sequence[bytes] = (),
    progress: Progress = silent,
) -> Audit:
    """Check the lines of an export.

    Parameters
    ----------
    lines : iterable of bytes
        With their line ends, e.g. a file opened in binary.
    known : sequence of PublicKey
        Keys of journal and witnesses that the caller knows from elsewhere.
    earlier : sequence of str
        Checkpoints (signed notes) that the caller saw before: the export must go on from them.
    least_witnesses : int
        Known witnesses that must have cosigned the last checkpoint.
    authorities : sequence of bytes
        Root certificates (PEM) of time-stamp authorities.
    """
    result = Audit()
    feed = _looking_ahead(lines)
    first = next(feed, (0, b"", b""))
    header = read_header(result, first[1])
    if header is None:
        return result
    result.origin, result.size = header.origin, header.size
    tail = Tail(result, header, known, earlier, least_witnesses, authorities)
    tail.seen(1, first[1])
    records = Records(result)
    roots: dict[int, bytes] = {0: EMPTY}
    wanted = tail.sizes_wanted()
    for number, line, following in feed:
        if line.startswith(b'{"n":') and not tail.begun:
            records.take(line, number, following)
            if records.next in wanted and records.content is not None:
                roots[records.next] = records.content.root()
            if records.next % 50_000 == 0:
                progress(min(records.next / max(header.size, 1), 1.0), header.origin)
        elif not tail.begun and (line.startswith(b'{"personal":') or _SALTED.search(line)):
            records.personal(line, number)
        elif tail.begun or line.startswith(_TAIL) or records.next >= header.size:
            tail.take(line, number)
        else:
            # the beginning of a record's line is damaged
            records.take(line, number, following)
    tail.finish(records, roots)
    return result


def _looking_ahead(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, line and the line after it."""
    before, number = b"", 0
    for line in lines:
        if number:
            yield number, before, line
        before, number = line[:LONGEST_LINE], number + 1
    if number:
        yield number, before, b""
