"""Neighbours who watch a journal: they cosign a checkpoint only when it goes on from the last one they saw.

Where it does not, the two signed checkpoints are the proof of a fork, which anybody can check without either journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daremo.kernel.errors import Conflict, TrustError
from daremo.trust.keys import PublicKey, Signer
from daremo.trust.log.merkle import consistent
from daremo.trust.log.note import BadNote, Checkpoint, Signature, cosignature, parse, signed_by
from daremo.trust.problems import words


@dataclass(frozen=True, slots=True)
class Fork:
    """Two checkpoints of one journal that cannot both be true.

    Attributes
    ----------
    first, second : str
        The signed notes; the first is not larger.
    prefix_root : bytes
        Root over the first records as the second journal has them.
    proof : tuple of bytes
        Consistency proof from `prefix_root` to the second root; empty for equal sizes.
    """

    first: str
    second: str
    prefix_root: bytes
    proof: tuple[bytes, ...]


def proves_fork(fork: Fork, key: PublicKey) -> bool:
    """Whether the holder of `key` signed two histories.

    True only where both notes bear the key's signature, the second tree provably begins with `prefix_root`, and the first
    note states another root for the same number of records.
    """
    try:
        if not signed_by(fork.first, key) or not signed_by(fork.second, key):
            return False
        (one, _, _), (two, _, _) = parse(fork.first), parse(fork.second)
    except BadNote:
        return False
    if one.origin != two.origin or one.root == fork.prefix_root:
        return False
    return consistent(one.size, two.size, fork.prefix_root, two.root, fork.proof)


class Witness:
    """Remembers the last checkpoint of each journal that it watches.

    Parameters
    ----------
    signer : Signer
        Of the kind `COSIGNATURE`.
    seen : dict
        Last signed note by origin; the caller keeps it between runs.
    """

    def __init__(self, signer: Signer, seen: dict[str, str]) -> None:
        self._signer, self.seen = signer, seen

    def cosign(
        self, note: str, key: PublicKey, proof: Sequence[bytes], at_s: int, *, prefix_root: bytes | None = None
    ) -> Signature:
        """Cosign a checkpoint that goes on from the last one.

        Parameters
        ----------
        note : str
        key : PublicKey
            The journal's key, known beforehand.
        proof : sequence of bytes
            Consistency proof from the last size that this witness saw; empty at first sight or at the same size.
        at_s : int, seconds since 1970 UTC
        prefix_root : bytes or None
            What the journal says was the root at the last size, where it differs from what was seen.

        Raises
        ------
        TrustError
            ``journal-not-signed`` where the note is not the journal's; ``journal-fork`` where it contradicts the last one
            and the fork is proved (`ForkSeen.fork`).
        Conflict
            ``journal-behind`` where the note is older, or the proof is missing or wrong.
        """
        try:
            now, body, _ = parse(note)
            ours = signed_by(note, key)
        except BadNote as e:
            raise TrustError("journal-not-signed", *words("journal-not-signed"), str(e)) from e
        if not ours:
            raise TrustError("journal-not-signed", *words("journal-not-signed"), now.origin)
        last = self.seen.get(now.origin)
        if last is not None:
            self._compare(parse(last)[0], last, now, note, key, proof, prefix_root)
        self.seen[now.origin] = note
        return cosignature(body, self._signer, at_s)

    def _compare(
        self, before: Checkpoint, last: str, now: Checkpoint, note: str, key: PublicKey, proof: Sequence[bytes],
        prefix_root: bytes | None,
    ) -> None:  # fmt: skip
        if before.size == 0 and now.size > 0:
            return
        if now.size == before.size == 0:
            return
        if consistent(before.size, now.size, before.root, now.root, proof):
            return
        if now.size < before.size:
            fork = Fork(note, last, prefix_root or b"", tuple(proof))
        else:
            fork = Fork(last, note, now.root if now.size == before.size else prefix_root or b"", tuple(proof))
        if proves_fork(fork, key):
            raise ForkSeen(fork, now.origin)
        raise Conflict("journal-behind", *words("journal-behind"), now.origin)


class ForkSeen(TrustError):
    """A journal showed two histories; `fork` proves it to anybody."""

    def __init__(self, fork: Fork, origin: str) -> None:
        super().__init__("journal-fork", *words("journal-fork"), origin)
        self.fork = fork
