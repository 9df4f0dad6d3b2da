"""The proof of a fork from an export and a checkpoint that contradicts it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from daremo.trust.log.merkle import leaf_hash
from daremo.trust.log.note import parse
from daremo.trust.log.tiles import Tiles, consistency_proof, grown, range_root
from daremo.trust.log.witness import Fork

_BATCH = 65_536


def fork_of(lines: Iterable[bytes], earlier: str) -> Fork | None:
    """Two signed notes that cannot both be true, with the proof; None where the export goes on from the earlier note.

    Parameters
    ----------
    lines : iterable of bytes
        An export that `audit` found to agree with its last checkpoint.
    earlier : str
        A signed note of the same journal, seen before.
    """
    before, _, _ = parse(earlier)
    tiles: Tiles = {}
    waiting: list[bytes] = []
    size, last = 0, ""

    def flush() -> None:
        nonlocal size
        tiles.update(grown(lambda level, index: tiles.get((level, index), b""), size, waiting))
        size += len(waiting)
        waiting.clear()

    for line in lines:
        if line.startswith(b'{"n":'):
            waiting.append(leaf_hash(line[line.index(b'"leaf":') + 7 : -2]))
            if len(waiting) == _BATCH:
                flush()
        elif line.startswith(b'{"checkpoint":'):
            last = str(json.loads(line)["checkpoint"])
    flush()
    if not last or not 0 < before.size <= size or parse(last)[0].size != size:
        return None

    def tile(level: int, index: int) -> bytes:
        return tiles.get((level, index), b"")

    prefix = range_root(tile, 0, before.size)
    if prefix == before.root:
        return None
    return Fork(earlier, last, prefix, tuple(consistency_proof(tile, before.size, size)))
