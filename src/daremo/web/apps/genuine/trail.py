"""Bring the journal into the log: each event as a salted commitment, so that nobody can alter one unseen and none is shown.

The worker does it (`append`); `evidence_of` proves one event, `missing` counts those that wait.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Exists, Max, OuterRef, QuerySet

from daremo.kernel.errors import DaremoError
from daremo.trust.log import note as notes
from daremo.trust.log.merkle import included, leaf_hash
from daremo.trust.log.record import Event as Recorded
from daremo.trust.log.record import commitment
from daremo.web.apps.genuine import keys, ledger, services
from daremo.web.apps.genuine.models import Head, Leaf, Salt
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of

BATCH = 2_000
#: A transaction that was given an event's number earlier may end later; none lasts so long.
LATE = timedelta(minutes=15)
#: Without other cause the log is signed this often.
SIGN_EVERY = timedelta(minutes=30)
_encode = DjangoJSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
_COLUMNS = ("at", "who", "role", "organisation_id", "channel", "kind", "table", "row", "data", "reason", "request")


def _events() -> QuerySet[Any]:
    found: QuerySet[Any] = apps.get_model("journal", "Event")._default_manager.all()
    return found


def digest_of(event: Any) -> str:
    """Return SHA-256 (hexadecimal) of an event's columns in one canonical form, the same before and after the database."""
    told = {name: getattr(event, name) for name in _COLUMNS}
    told["at"] = told["at"].timestamp()
    return hashlib.sha256(_encode(told).encode()).hexdigest()


def append(act: Act, most: int = 20_000) -> int:
    """Bring events that wait into the log, at most so many; return how many.

    Looks back over everything that could have been committed late, so that no event is passed over.
    """
    mark, done = ledger.head().mark, 0
    while done < most:
        some = _append(act, mark, min(BATCH, most - done))
        if not some:
            break
        done += some
    _move_mark(act)
    _sign(act)
    return done


def _append(act: Act, mark: int, most: int) -> int:
    """Record events behind the mark that are not in the log; two workers never record the same."""
    with ledger.Tables().writing():
        known = Salt.objects.filter(event_id=OuterRef("pk"))
        waiting = list(_events().filter(~Exists(known), pk__gt=mark).order_by("pk")[:most])
        ledger.log(keys.origin()).append(
            [Recorded("desk", "event", {}, {"event": e.pk, "sha256": digest_of(e)}) for e in waiting],
            int(act.now.timestamp() * 1000),
            secrets.token_bytes,
        )
    return len(waiting)


def missing() -> int:
    """Return how many events of the journal are not in the log yet."""
    return _events().count() - Salt.objects.filter(event_id__isnull=False).count()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands in the log about one event.

    Attributes
    ----------
    event_id, record : int
    leaf : str
        The record's text.
    salt, data : str
        What opens its commitment: hexadecimal, and canonical JSON with the event's digest.
    size : int
        Records under the signed checkpoint; 0 without one.
    proof : tuple of str
        Inclusion proof (hexadecimal).
    unaltered : bool
        Whether the event is today as it was when it was recorded.
    included : bool
        Whether the signed checkpoint includes the record.
    """

    event_id: int
    record: int
    leaf: str
    salt: str
    data: str
    size: int
    proof: tuple[str, ...]
    unaltered: bool
    included: bool


def evidence_of(event: Any) -> Evidence | None:
    """Return the evidence of one event; None while it is not in the log."""
    salt = Salt.objects.filter(event_id=event.pk).first()
    if salt is None:
        return None
    leaf = bytes(Leaf.objects.get(pk=salt.n).leaf)
    data = bytes(salt.data)
    told = f'"personal":"{commitment(bytes(salt.salt), data).hex()}"'.encode()
    same = f'"sha256":"{digest_of(event)}"'.encode() in data and told in leaf
    note = services.last_checkpoint()
    size, proof, inside = 0, [], False
    if note:
        state = notes.parse(note)[0]
        size = state.size
        if salt.n < size:
            proof = ledger.log(state.origin).prove(salt.n, size)
            inside = included(salt.n, size, leaf_hash(leaf), proof, state.root)
    return Evidence(
        event.pk, salt.n, leaf.decode(), bytes(salt.salt).hex(), data.decode(), size, tuple(p.hex() for p in proof),
        same, inside,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """The journal beside the log: how many events were looked at, and which are not as they were recorded."""

    looked: int
    altered: tuple[int, ...]
    gone: tuple[int, ...]


def compare() -> Compared:
    """Compare every event with its record: altered ones and those that were taken away are named."""
    altered: list[int] = []
    gone: list[int] = []
    looked = 0
    last = -1
    while True:
        page = list(Salt.objects.filter(event_id__gt=last).order_by("event_id")[:BATCH])
        if not page:
            return Compared(looked, tuple(altered), tuple(gone))
        events = _events().in_bulk([s.event_id for s in page])
        leaves = Leaf.objects.in_bulk([s.n for s in page])
        for salt in page:
            looked += 1
            event, data = events.get(salt.event_id), bytes(salt.data)
            told = f'"personal":"{commitment(bytes(salt.salt), data).hex()}"'.encode()
            number = salt.event_id or 0
            if event is None:
                gone.append(number)
            elif f'"sha256":"{digest_of(event)}"'.encode() not in data or told not in bytes(leaves[salt.n].leaf):
                altered.append(number)
        last = page[-1].event_id or 0


def _move_mark(act: Act) -> None:
    """Stop looking back behind what was the last event a while ago: nothing earlier can still come."""
    head = ledger.head()
    if head.marked_at is None or act.now - head.marked_at >= LATE:
        last = Salt.objects.aggregate(last=Max("event_id"))["last"] or 0
        Head.objects.filter(pk=1).update(mark=head.next_mark, next_mark=last, marked_at=act.now)


def _sign(act: Act) -> None:
    """Sign the log where it grew and nobody signed it lately; without a key it only grows, and the page says so."""
    note, head = services.last_checkpoint(), ledger.head()
    if not head.size or (note and notes.parse(note)[0].size == head.size):
        return
    if head.signed_at is not None and act.now - head.signed_at < SIGN_EVERY:
        return
    try:
        ledger.log(keys.origin()).checkpoint(keys.signer(act, day_of(act.now)))
        Head.objects.filter(pk=1).update(signed_at=act.now)
        ledger.changed()
    except DaremoError:
        return
