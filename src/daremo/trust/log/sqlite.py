"""A store in one SQLite file: write-ahead log, every commit on the disk before it is answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS record (n INTEGER PRIMARY KEY, leaf BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS personal (n INTEGER PRIMARY KEY, salt BLOB NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tile (level INTEGER, idx INTEGER, hashes BLOB NOT NULL, PRIMARY KEY (level, idx));
CREATE TABLE IF NOT EXISTS note (kind TEXT, size INTEGER, text TEXT, UNIQUE (kind, size, text));
"""
_PAGE = 4_000


class SQLite:
    """A `Store` on a SQLite file; several processes may write, one after the other.

    Parameters
    ----------
    path : Path
        Made where it does not exist.
    wait_s : float
        Seconds to wait for another writer.
    """

    def __init__(self, path: Path, *, wait_s: float = 30.0) -> None:
        self._db = sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        # what is erased is overwritten, not only unlinked
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that no other process can enter."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def size(self) -> int:
        """Records so far."""
        found = self._db.execute("SELECT max(n) FROM record").fetchone()[0]
        return 0 if found is None else int(found) + 1

    def tile(self, level: int, index: int) -> bytes:
        """Hashes of a tile."""
        found = self._db.execute("SELECT hashes FROM tile WHERE level=? AND idx=?", (level, index)).fetchone()
        return bytes(found[0]) if found else b""

    def put(
        self,
        first: int,
        leaves: Sequence[bytes],
        tiles: Mapping[tuple[int, int], bytes],
        personal: Sequence[tuple[int, bytes, bytes]],
    ) -> None:
        """Append records and write tiles."""
        self._db.executemany("INSERT INTO record VALUES (?, ?)", enumerate(leaves, first))
        self._db.executemany("INSERT OR REPLACE INTO tile VALUES (?, ?, ?)", [(*k, v) for k, v in tiles.items()])
        if personal:
            self._db.executemany("INSERT INTO personal VALUES (?, ?, ?)", personal)

    def leaves(self, begin: int, end: int) -> Iterator[bytes]:
        """Leaves in order, a page at a time, so that a long export holds no lock."""
        for at in range(begin, end, _PAGE):
            page = self._db.execute(
                "SELECT leaf FROM record WHERE n >= ? AND n < ? ORDER BY n", (at, min(at + _PAGE, end))
            ).fetchall()
            yield from (bytes(row[0]) for row in page)

    def personal(self, number: int) -> tuple[bytes, bytes] | None:
        """Salt and data of a record."""
        found = self._db.execute("SELECT salt, data FROM personal WHERE n=?", (number,)).fetchone()
        return (bytes(found[0]), bytes(found[1])) if found else None

    def erase(self, number: int) -> bool:
        """Overwrite the personal part, also in the write-ahead log."""
        gone = self._db.execute("DELETE FROM personal WHERE n=?", (number,)).rowcount > 0
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def keep(self, kind: str, size: int, text: str) -> None:
        """Keep a note."""
        self._db.execute("INSERT OR IGNORE INTO note VALUES (?, ?, ?)", (kind, size, text))

    def kept(self, kind: str) -> list[tuple[int, str]]:
        """Notes of a kind."""
        rows = self._db.execute("SELECT size, text FROM note WHERE kind=? ORDER BY size, rowid", (kind,))
        return [(int(size), str(text)) for size, text in rows]
