"""The log's tables behind the names that `daremo.trust.log` asks for; one writer at a time, all or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F

from daremo.trust.log.journal import Journal
from daremo.web.apps.genuine.models import Head, Leaf, Note, Salt, Tile

_PAGE = 2_000


def head() -> Head:
    """Return the log's state as it is now."""
    return Head.objects.get_or_create(pk=1)[0]


def changed() -> None:
    """Say that what a check is made against has changed."""
    head()
    Head.objects.filter(pk=1).update(version=F("version") + 1)


class Tables:
    """A `daremo.trust.log.store.Store` on the desk's own database."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; touching the one row of the state first keeps every other writer waiting."""
        head()
        with transaction.atomic():
            Head.objects.filter(pk=1).update(size=F("size"))
            yield

    def size(self) -> int:
        """Records so far."""
        return int(Head.objects.filter(pk=1).values_list("size", flat=True).first() or 0)

    def tile(self, level: int, index: int) -> bytes:
        """Hashes of a tile."""
        found = Tile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
        return bytes(found) if found is not None else b""

    def put(
        self,
        first: int,
        leaves: Sequence[bytes],
        tiles: Mapping[tuple[int, int], bytes],
        personal: Sequence[tuple[int, bytes, bytes]],
    ) -> None:
        """Append records and write tiles."""
        Leaf.objects.bulk_create([Leaf(n=n, leaf=leaf) for n, leaf in enumerate(leaves, first)], batch_size=500)
        for (level, index), hashes in tiles.items():
            Tile.objects.update_or_create(level=level, index=index, defaults={"hashes": hashes})
        Salt.objects.bulk_create(
            [Salt(n=n, salt=salt, data=data, event_id=_event_of(data)) for n, salt, data in personal], batch_size=500
        )
        Head.objects.filter(pk=1).update(size=first + len(leaves))

    def leaves(self, begin: int, end: int) -> Iterator[bytes]:
        """Leaves in order."""
        for at in range(begin, end, _PAGE):
            rows = Leaf.objects.filter(n__gte=at, n__lt=min(at + _PAGE, end)).order_by("n")
            yield from (bytes(leaf) for leaf in rows.values_list("leaf", flat=True))

    def personal(self, number: int) -> tuple[bytes, bytes] | None:
        """Salt and data of a record."""
        found = Salt.objects.filter(pk=number).first()
        return (bytes(found.salt), bytes(found.data)) if found is not None else None

    def erase(self, number: int) -> bool:
        """Take salt and data away for good."""
        return Salt.objects.filter(pk=number).delete()[0] > 0

    def keep(self, kind: str, size: int, text: str) -> None:
        """Keep a note."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        Note.objects.get_or_create(kind=kind, size=size, digest=digest, defaults={"text": text})

    def kept(self, kind: str) -> list[tuple[int, str]]:
        """Notes of a kind, by size."""
        return list(Note.objects.filter(kind=kind).order_by("size", "pk").values_list("size", "text"))


def _event_of(data: bytes) -> int | None:
    told = json.loads(data)
    return int(told["event"]) if "event" in told else None


def log(origin: str) -> Journal:
    """Return the log of this instance under its name."""
    return Journal(Tables(), origin)
