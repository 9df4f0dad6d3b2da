"""Journals that tests share: fixed keys, fixed bytes instead of chance."""

from __future__ import annotations

import hashlib

from daremo.trust.keys import COSIGNATURE, Fresh, Signer, new_signer
from daremo.trust.log.export import export
from daremo.trust.log.journal import Journal
from daremo.trust.log.record import Event
from daremo.trust.log.store import Memory

AT_MS = 1_795_000_000_000


def bytes_of(seed: str) -> Fresh:
    """Bytes that look random and are the same each time."""
    count = 0

    def fresh(n: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{seed}/{count}".encode()).digest(n)

    return fresh


KEY: Signer = new_signer("city.mihon.example/desk", bytes_of("journal"))
WITNESS: Signer = new_signer("town.tonari.example", bytes_of("witness"), COSIGNATURE)


def filled(n: int, *, personal: bool = True, every: int = 0, origin: str = KEY.name) -> Journal:
    """A journal of n visits; with checkpoints at every so many records and at the end."""
    journal, fresh = Journal(Memory(), origin), bytes_of("salt")
    for k in range(n):
        who = {"name": f"見本 花子{k}", "phone": "0000-12-3456"} if personal and k % 2 == 0 else None
        journal.append([Event("desk", "visit-kept", {"desk": "市役所", "visit": k}, who)], AT_MS + k, fresh)
        if every and (k + 1) % every == 0:
            journal.checkpoint(KEY)
    journal.checkpoint(KEY)
    return journal


def exported(journal: Journal, *, personal: bool = True) -> list[bytes]:
    """Lines of its export."""
    return list(export(journal, [KEY.public], personal=personal))
