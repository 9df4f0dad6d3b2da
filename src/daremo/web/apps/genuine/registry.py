"""What checks are made against, built from the database and kept in the process until something changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from daremo.trust.log import note as notes
from daremo.trust.notices.letters import text_of
from daremo.trust.notices.lookup import Buckets
from daremo.trust.notices.model import Entry
from daremo.trust.notices.registry import Registry, write_snapshot
from daremo.trust.notices.sketch import LENGTH, sketch
from daremo.web.apps.genuine import keys, ledger, services
from daremo.web.apps.genuine.models import Announcement
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of

#: Days for which a downloaded snapshot may be used.
SNAPSHOT_DAYS = 31


@dataclass
class _Kept:
    version: int = -1
    registry: Registry | None = None
    buckets: Buckets | None = None
    snapshot: tuple[date, bytes] | None = None


_guard = threading.Lock()
_kept = _Kept()
_sketches: dict[str, object] = {}


def registry() -> Registry:
    """Return all released messages with keys and the log's last checkpoint."""
    return _current().registry  # type: ignore[return-value]


def buckets() -> Buckets:
    """Return the messages by the digests under which they can be asked for."""
    kept = _current()
    if kept.buckets is None:
        assert kept.registry is not None
        kept.buckets = Buckets(kept.registry)
    return kept.buckets


def snapshot(act: Act) -> bytes:
    """Return the signed snapshot of today, with which everything can be checked offline.

    Raises
    ------
    UsageError
        ``no-key``, ``no-key-file``.
    """
    kept, today = _current(), day_of(act.now)
    if kept.snapshot is None or kept.snapshot[0] != today:
        signer = keys.signer(act, today)
        # practice may have made its key just now
        kept = _current()
        assert kept.registry is not None
        until = (today + timedelta(days=SNAPSHOT_DAYS)).isoformat()
        kept.snapshot = (today, write_snapshot(kept.registry, signer, today.isoformat(), until))
    return kept.snapshot[1]


def forget() -> None:
    """Read everything anew at the next check (tests that change the database by hand)."""
    global _kept
    with _guard:
        _kept = _Kept()


def _current() -> _Kept:
    global _kept
    version = ledger.head().version
    with _guard:
        if _kept.version != version or _kept.registry is None:
            _kept = _Kept(version, _built())
        return _kept


def _built() -> Registry:
    rows = Announcement.objects.filter(state__in=("released", "withdrawn")).order_by("record")
    entries = [services.entry_of(row) for row in rows]
    note = services.last_checkpoint()
    size = notes.parse(note)[0].size if note else 0
    log = ledger.log(keys.origin())
    sketches = []
    for entry in entries:
        digest = entry.digest.hex()
        if digest not in _sketches:
            _sketches[digest] = sketch(text_of(entry.notice.text).keys)
        sketches.append(_sketches[digest])

    def read(i: int) -> tuple[Entry, list[bytes]]:
        entry = entries[i]
        return entry, log.prove(entry.index, size) if 0 <= entry.index < size else []

    return Registry(
        services.issuer(), tuple(keys.issuer_keys()), [e.code for e in entries], [e.digest.hex() for e in entries],
        np.array(sketches, np.uint32).reshape(len(entries), LENGTH), read, note,
    )  # fmt: skip
