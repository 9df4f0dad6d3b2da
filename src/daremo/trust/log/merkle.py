"""The Merkle tree of RFC 9162 §2.1 (the same as RFC 6962): hashes, roots, and the two checks of proofs. No storage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

#: Root of a tree without leaves.
EMPTY = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """Hashes of many leaves, without a call for each."""
    return [sha256(b"\x00" + data).digest() for data in leaves]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two neighbours."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to go on and to say the root, at most 64 hashes.

    Attributes
    ----------
    size : int
        Leaves so far.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def copy(self) -> Frontier:
        """The same state, which grows on its own."""
        other = Frontier()
        other.size, other._peaks = self.size, list(self._peaks)
        return other

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        peaks, n = self._peaks, self.size
        while n & 1:
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            n >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Root of the leaves so far."""
        if not self._peaks:
            return EMPTY
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = node_hash(peak, found)
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root over hashes of leaves."""
    edge = Frontier()
    for leaf in leaves:
        edge.add(leaf)
    return edge.root()


def _hashes(*values: bytes) -> bool:
    return all(len(v) == 32 for v in values)


def included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf with this hash is number `index` of the tree (RFC 9162 §2.1.3.2).

    An empty tree includes nothing.
    """
    if not 0 <= index < size or not _hashes(leaf, root, *proof):
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            if not at & 1:
                while at and not at & 1:
                    at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistent(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the first tree is the beginning of the second (RFC 9162 §2.1.4.2).

    A first tree without leaves is refused: it is the beginning of everything, so its proof says nothing.
    """
    if not 0 < size1 <= size2:
        return False
    if size1 == size2:
        return not proof and root1 == root2
    if not proof or not _hashes(root1, root2, *proof):
        return False
    steps = list(proof)
    if size1 & (size1 - 1) == 0:
        steps.insert(0, root1)
    at, last = size1 - 1, size2 - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and old == root1 and new == root2
