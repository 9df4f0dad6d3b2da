"""A journal as one file for an auditor: JSON Lines that a person can read and every bit of which is covered.

::

    {"format":"daremo-journal-1","keys":["city…+key"],"origin":"…","size":2,"sizes":[2]}
    {"n":0,"hash":"<hash of the leaf>","leaf":{…}}
    {"personal":{"data":{…},"n":0,"salt":"…"}}          only where asked for, and not erased
    {"n":1,"hash":"…","leaf":{…}}
    {"checkpoint":"<signed note>"}                       one or more, by size
    {"stamp":{"size":2,"token":"<RFC 3161 token>"}}
    {"end":{"lines":["<digest of the header>","<of the next line that is no record>",…],"self":"<digest of lines>"}}

Lines are in canonical JSON but for the order ``n, hash, leaf``. The hash names an altered record exactly; digests in the
last line name an altered line that is no record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from daremo.kernel.results import Progress, silent
from daremo.trust.keys import PublicKey
from daremo.trust.log import note as notes
from daremo.trust.log.journal import CHECKPOINT, STAMP, Journal
from daremo.trust.log.merkle import leaf_hash
from daremo.trust.log.record import canonical

FORMAT = "daremo-journal-1"
#: Lines other than records that an export may have (checkpoints, time-stamps), so that a reader stays within memory.
MOST_NOTES = 100_000


class NoCheckpoint(LookupError):
    """A journal without a checkpoint has nothing that vouches for its export."""


def export(
    journal: Journal, keys: Sequence[PublicKey], *, personal: bool = False, progress: Progress = silent
) -> Iterator[bytes]:
    """Lines of an export up to the last checkpoint.

    Parameters
    ----------
    journal : Journal
    keys : sequence of PublicKey
        Keys that signed its checkpoints, and those of witnesses.
    personal : bool
        Whether personal parts that were not erased go along.

    Raises
    ------
    NoCheckpoint
    """
    store = journal.store
    checkpoints = store.kept(CHECKPOINT)
    if not checkpoints:
        raise NoCheckpoint(journal.origin)
    size = checkpoints[-1][0]
    sizes = sorted({at for at, _ in checkpoints})
    head = {"format": FORMAT, "keys": [str(k) for k in keys], "origin": journal.origin, "size": size, "sizes": sizes}
    line = canonical(head)
    digests = [hashlib.sha256(line).hexdigest()]
    yield line + b"\n"
    for n, leaf in enumerate(store.leaves(0, size)):
        yield record_line(n, leaf)
        held = store.personal(n) if personal else None
        if held is not None:
            yield personal_line(n, *held)
        if n % 50_000 == 0:
            progress(n / max(size, 1), journal.origin)
    for line in _note_lines(checkpoints, store.kept(STAMP), size):
        digests.append(hashlib.sha256(line).hexdigest())
        yield line + b"\n"
    yield end_line(digests)


def record_line(n: int, leaf: bytes) -> bytes:
    """The line of a record."""
    return b'{"n":%d,"hash":"%s","leaf":%s}\n' % (n, leaf_hash(leaf).hex().encode(), leaf)


def personal_line(n: int, salt: bytes, data: bytes) -> bytes:
    """The line of a personal part; `data` is canonical JSON."""
    return b'{"personal":{"data":%s,"n":%d,"salt":"%s"}}\n' % (data, n, salt.hex().encode())


def end_line(digests: list[str]) -> bytes:
    """The last line: digests of the lines that are neither records nor personal, and one of itself."""
    own = hashlib.sha256(canonical(digests)).hexdigest()
    return canonical({"end": {"lines": digests, "self": own}}) + b"\n"


def _note_lines(
    checkpoints: Iterable[tuple[int, str]], stamps: Iterable[tuple[int, str]], size: int
) -> Iterator[bytes]:
    # of several notes on one size the longest has most witnesses, and its body is the same
    best: dict[tuple[int, str], str] = {}
    for at, note in checkpoints:
        key = (at, notes.parse(note)[1])
        if len(note) > len(best.get(key, "")):
            best[key] = note
    for note in list(best.values())[-MOST_NOTES:]:
        yield canonical({"checkpoint": note})
    for at, token in stamps:
        if at <= size:
            yield canonical({"stamp": {"size": at, "token": token}})
