"""A journal over a store: append, prove, checkpoint, erase; many writers share a commit; time-stamps never hold it up."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from daremo.trust.keys import Fresh, Signer
from daremo.trust.log import note as notes
from daremo.trust.log.merkle import leaf_hashes
from daremo.trust.log.note import Checkpoint
from daremo.trust.log.record import SALT_BYTES, Event, canonical, commitment, leaf_of
from daremo.trust.log.store import Store
from daremo.trust.log.tiles import consistency_proof, grown, inclusion_proof, range_root

#: Kinds of notes that a store keeps.
CHECKPOINT, STAMP = "checkpoint", "stamp"
#: An authority of RFC 3161: the request in, its answer out; raises where it is absent.
Authority = Callable[[bytes], bytes]


class Journal:
    """Append-only records of one origin.

    Parameters
    ----------
    store : Store
    origin : str
        Name of the journal as checkpoints state it, e.g. ``city.mihon.example/desk``.
    """

    def __init__(self, store: Store, origin: str) -> None:
        self.store, self.origin = store, origin

    def append(self, events: Sequence[Event], at_ms: int, fresh: Fresh) -> range:
        """Record events in one durable commit; the numbers they got.

        Parameters
        ----------
        events : sequence of Event
        at_ms : int, milliseconds since 1970 UTC
        fresh : callable
            Random bytes for salts.

        Raises
        ------
        BadFacts
            Before anything is written.
        """
        leaves: list[bytes] = []
        personal: list[tuple[int, bytes, bytes]] = []
        for n, event in enumerate(events):
            if event.personal is None:
                leaves.append(leaf_of(event, at_ms, None))
            else:
                salt, data = fresh(SALT_BYTES), canonical(dict(event.personal))
                personal.append((n, salt, data))
                leaves.append(leaf_of(event, at_ms, commitment(salt, data)))
        return self.append_leaves(leaves, personal)

    def append_leaves(self, leaves: Sequence[bytes], personal: Sequence[tuple[int, bytes, bytes]] = ()) -> range:
        """Record ready leaves; `personal` holds (place among `leaves`, salt, data)."""
        if not leaves:
            first = self.store.size()
            return range(first, first)
        hashes = leaf_hashes(leaves)
        with self.store.writing():
            first = self.store.size()
            tiles = grown(self.store.tile, first, hashes)
            self.store.put(first, leaves, tiles, [(first + n, salt, data) for n, salt, data in personal])
        return range(first, first + len(leaves))

    def root(self, size: int | None = None) -> bytes:
        """Root over the first `size` records (all of them without it)."""
        return range_root(self.store.tile, 0, self.store.size() if size is None else size)

    def prove(self, number: int, size: int | None = None) -> list[bytes]:
        """Inclusion proof of a record.

        Raises
        ------
        LookupError
        """
        return inclusion_proof(self.store.tile, number, self.store.size() if size is None else size)

    def prove_growth(self, size1: int, size2: int | None = None) -> list[bytes]:
        """Consistency proof from an earlier size.

        Raises
        ------
        LookupError
        """
        return consistency_proof(self.store.tile, size1, self.store.size() if size2 is None else size2)

    def checkpoint(self, signer: Signer) -> str:
        """Sign and keep the state now; the note."""
        size = self.store.size()
        note = notes.signed(Checkpoint(self.origin, size, self.root(size)), signer)
        self.store.keep(CHECKPOINT, size, note)
        return note

    def keep_cosignature(self, note: str, line: notes.Signature) -> str:
        """Keep the checkpoint with a witness's line; the longer note."""
        longer = notes.with_signature(note, line)
        self.store.keep(CHECKPOINT, notes.parse(note)[0].size, longer)
        return longer

    def erase(self, number: int) -> bool:
        """Erase the personal part of a record; its leaf and all proofs stay."""
        return self.store.erase(number)

    def stamp(self, note: str, request: Callable[[bytes], bytes], authority: Authority) -> bytes | None:
        """Have a checkpoint time-stamped; None where the authority is absent (nothing waits for it).

        Parameters
        ----------
        note : str
        request : callable
            Makes a time-stamp request for a message (`timestamp.request`).
        authority : callable
        """
        checkpoint, body, _ = notes.parse(note)
        try:
            token = authority(request(body.encode()))
        except (OSError, ValueError):
            return None
        self.store.keep(STAMP, checkpoint.size, base64.b64encode(token).decode())
        return token

    def unstamped(self) -> int:
        """Records since the last time-stamp; what a page says aloud where an authority is absent."""
        stamps = self.store.kept(STAMP)
        return self.store.size() - (stamps[-1][0] if stamps else 0)


@dataclass(eq=False)
class _Waiting:
    """Leaves of one writer until somebody commits them."""

    leaves: Sequence[bytes]
    personal: Sequence[tuple[int, bytes, bytes]]
    done: range | None = None
    failed: BaseException | None = None


@dataclass
class Group:
    """Many threads, few commits: whoever comes first commits for all that wait; each returns once its records are durable."""

    journal: Journal
    _queue: list[_Waiting] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _commit: threading.Lock = field(default_factory=threading.Lock)

    def append_leaves(self, leaves: Sequence[bytes], personal: Sequence[tuple[int, bytes, bytes]] = ()) -> range:
        """As `Journal.append_leaves`, from any thread.

        Raises
        ------
        Exception
            What the store raised; then none of the group is recorded.
        """
        mine = _Waiting(leaves, personal)
        with self._guard:
            self._queue.append(mine)
        with self._commit:
            if mine.done is None and mine.failed is None:
                self._commit_all()
        if mine.failed is not None:
            raise mine.failed
        assert mine.done is not None
        return mine.done

    def _commit_all(self) -> None:
        with self._guard:
            group, self._queue = self._queue, []
        leaves: list[bytes] = []
        personal: list[tuple[int, bytes, bytes]] = []
        for each in group:
            personal += [(len(leaves) + n, salt, data) for n, salt, data in each.personal]
            leaves += each.leaves
        try:
            at = self.journal.append_leaves(leaves, personal).start
        except Exception as e:
            for each in group:
                each.failed = e
            return
        for each in group:
            each.done = range(at, at + len(each.leaves))
            at += len(each.leaves)
