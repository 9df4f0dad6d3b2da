"""Where the hashes of the tree are kept: tiles of 256 neighbours on every eighth level, and proofs read from them.

A tile ``(level, index)`` holds the hashes of nodes ``256·index …`` at height ``8·level``; the last one of a level may be
short. A proof in a tree of 10⁸ leaves reads a handful of tiles. Layout: C2SP tlog-tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from daremo.trust.log.merkle import EMPTY, node_hash

WIDTH, HEIGHT, HASH = 256, 8, 32
#: ``tile(level, index)``: the hashes joined; empty where there is none.
Tile = Callable[[int, int], bytes]
Tiles = dict[tuple[int, int], bytes]


def grown(tile: Tile, size: int, leaves: Sequence[bytes]) -> Tiles:
    """Tiles that are new or longer once the hashes `leaves` are appended to a tree of `size` leaves."""
    out: Tiles = {}
    level, first, new = 0, size, list(leaves)
    while new:
        index, short = divmod(first, WIDTH)
        held = b"".join([tile(level, index)[: short * HASH], *new] if short else new)
        above: list[bytes] = []
        for at in range(0, len(held), WIDTH * HASH):
            piece = held[at : at + WIDTH * HASH]
            out[level, index] = piece
            if len(piece) == WIDTH * HASH:
                above.append(_top(piece))
            index += 1
        level, first, new = level + 1, first // WIDTH, above
    return out


def _top(hashes: bytes) -> bytes:
    """Root of a power of two of joined hashes."""
    while len(hashes) > HASH:
        hashes = b"".join(
            [sha256(b"\x01" + hashes[k : k + 2 * HASH]).digest() for k in range(0, len(hashes), 2 * HASH)]
        )
    return hashes


def node(tile: Tile, height: int, index: int) -> bytes:
    """Hash of a full subtree of 2^height leaves."""
    level, rest = divmod(height, HEIGHT)
    first = index << rest
    at, offset = divmod(first, WIDTH)
    held = tile(level, at)[offset * HASH : (offset + (1 << rest)) * HASH]
    if len(held) != HASH << rest:
        raise LookupError(f"the tree holds no node {height}/{index}")
    return _top(held)


def range_root(tile: Tile, begin: int, end: int) -> bytes:
    """Root over the leaves begin … end−1, where `begin` is a multiple of the power of two that covers them."""
    found = b""
    while end > begin:
        # the smallest full subtree at the right end
        height = (end - begin & begin - end).bit_length() - 1
        here = node(tile, height, (end >> height) - 1)
        found = node_hash(here, found) if found else here
        end -= 1 << height
    return found or EMPTY


def _split(n: int) -> int:
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def inclusion_proof(tile: Tile, index: int, size: int) -> list[bytes]:
    """Hashes that show leaf `index` in the tree of the first `size` leaves, from the leaf upwards.

    Raises
    ------
    LookupError
        Where the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise LookupError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(range_root(tile, middle, end))
            end = middle
        else:
            path.append(range_root(tile, begin, middle))
            begin = middle
    return path[::-1]


def consistency_proof(tile: Tile, size1: int, size2: int) -> list[bytes]:
    """Hashes that show the tree of `size1` leaves as the beginning of that of `size2`.

    Raises
    ------
    LookupError
        Where size1 is 0 or larger than size2.
    """
    if not 0 < size1 <= size2:
        raise LookupError(f"no proof from {size1} to {size2}")
    path: list[bytes] = []
    begin, end, whole = 0, size2, True
    while size1 != end:
        middle = begin + _split(end - begin)
        if size1 <= middle:
            path.append(range_root(tile, middle, end))
            end = middle
        else:
            path.append(range_root(tile, begin, middle))
            begin, whole = middle, False
    if not whole:
        path.append(range_root(tile, begin, end))
    return path[::-1]
