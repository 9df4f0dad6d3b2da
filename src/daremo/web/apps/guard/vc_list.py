"""The status list of the VC API for test suites: one small file, shared by all processes, of no meaning outside tests."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from daremo.trust.credentials.status import LEAST_BITS


def place_for(name: str) -> int | None:
    """Take the next place of the list for a credential's id (none, or met before: a place of its own, without a name).

    None where the list is full.
    """
    with _state() as told:
        place: int = told["next"]
        if place >= LEAST_BITS:
            return None
        told["next"] = place + 1
        if name:
            told["places"][name[:500]] = place
        return place


def set_status(name: str, on: bool) -> bool:
    """Revoke the credential of an id, or take that back; whether there is one."""
    with _state() as told:
        place = told["places"].get(name[:500])
        if place is None:
            return False
        told["revoked"] = sorted({*told["revoked"], place} if on else {*told["revoked"]} - {place})
        return True


def revoked() -> list[int]:
    """Return the places of all that is revoked."""
    with _state() as told:
        found: list[int] = told["revoked"]
        return found


@contextmanager
def _state() -> Iterator[dict[str, Any]]:
    """The file's content, written back where it changed; one at a time."""
    path = Path(settings.DAREMO_DATA) / "vc-test-list.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        told: dict[str, Any] = json.loads(text) if text else {"next": 0, "places": {}, "revoked": []}
        before = json.dumps(told)
        yield told
        after = json.dumps(told)
        if after != before or not text:
            file.truncate(0)
            file.write(after)
