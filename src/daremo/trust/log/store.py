"""What a journal needs of a database, and a store in memory. A desk's own database can stand behind the same names."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Store(Protocol):
    """Records, tiles, personal parts and notes (checkpoints, cosignatures, time-stamps) of one journal."""

    def writing(self) -> AbstractContextManager[None]:
        """One exclusive transaction; what was put is durable when it ends, or none of it where it fails."""
        ...

    def size(self) -> int:
        """Records so far."""
        ...

    def tile(self, level: int, index: int) -> bytes:
        """Hashes of a tile, joined; empty where there is none."""
        ...

    def put(
        self,
        first: int,
        leaves: Sequence[bytes],
        tiles: Mapping[tuple[int, int], bytes],
        personal: Sequence[tuple[int, bytes, bytes]],
    ) -> None:
        """Append records (number, salt, data for the personal ones) and write tiles; only inside `writing`."""
        ...

    def leaves(self, begin: int, end: int) -> Iterator[bytes]:
        """Leaves begin … end−1 in order."""
        ...

    def personal(self, number: int) -> tuple[bytes, bytes] | None:
        """Salt and data of a record; None where there is none (any more)."""
        ...

    def erase(self, number: int) -> bool:
        """Take salt and data away for good; whether there were any."""
        ...

    def keep(self, kind: str, size: int, text: str) -> None:
        """Keep a note about the tree of `size` leaves."""
        ...

    def kept(self, kind: str) -> list[tuple[int, str]]:
        """Notes of a kind with their sizes, in order of size and then of keeping."""
        ...


class Memory:
    """A store for tests and small tools; gone when the process ends."""

    def __init__(self) -> None:
        self._leaves: list[bytes] = []
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._personal: dict[int, tuple[bytes, bytes]] = {}
        self._notes: dict[str, list[tuple[int, str]]] = {}
        self._lock = threading.RLock()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time."""
        with self._lock:
            yield

    def size(self) -> int:
        """Records so far."""
        return len(self._leaves)

    def tile(self, level: int, index: int) -> bytes:
        """Hashes of a tile."""
        return self._tiles.get((level, index), b"")

    def put(
        self,
        first: int,
        leaves: Sequence[bytes],
        tiles: Mapping[tuple[int, int], bytes],
        personal: Sequence[tuple[int, bytes, bytes]],
    ) -> None:
        """Append records."""
        assert first == len(self._leaves)
        self._leaves.extend(leaves)
        self._tiles.update(tiles)
        self._personal.update({n: (salt, data) for n, salt, data in personal})

    def leaves(self, begin: int, end: int) -> Iterator[bytes]:
        """Leaves in order."""
        yield from self._leaves[begin:end]

    def personal(self, number: int) -> tuple[bytes, bytes] | None:
        """Salt and data of a record."""
        return self._personal.get(number)

    def erase(self, number: int) -> bool:
        """Take the personal part away."""
        return self._personal.pop(number, None) is not None

    def keep(self, kind: str, size: int, text: str) -> None:
        """Keep a note."""
        notes = self._notes.setdefault(kind, [])
        if (size, text) not in notes:
            notes.append((size, text))
            notes.sort(key=lambda x: x[0])

    def kept(self, kind: str) -> list[tuple[int, str]]:
        """Notes of a kind."""
        return list(self._notes.get(kind, []))
