"""A town with a key, beside another organisation that the key must never see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from tests.web.bookings.town import START, Town, town

__all__ = ["town"]


@dataclass
class Door:
    """The machine's door as a caller with one key sees it."""

    town: Town
    key: str

    def ask(self, method: str, path: str, told: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """Ask once; ``key`` empty shows none."""
        shown = self.key if key is None else key
        if shown:
            headers["Authorization"] = f"Bearer {shown}"
        body = b"" if told is None else json.dumps(told).encode()
        return Client().generic(method, f"/api/v1{path}", body, "application/json", headers=headers)

    def book(self, session: Any, once: str = "once-0001", **more: Any) -> Any:
        """Book for 見本 花 unless told otherwise."""
        told = {"session": session.pk, "name": "見本 花", "phone": "090-0000-9999", "once": once}
        return self.ask("POST", "/bookings", told | more)


@pytest.fixture
def door(town: Town, tables: None) -> Iterator[Door]:
    """A key for everything of the town's organisation; the clock stands."""
    from daremo.web import clock
    from daremo.web.apps.api import keys

    with clock.at(START):
        yield Door(town, keys.make_key(town.act(), town.city, "試験", list(keys.SCOPES))[1])


def new_organisation(town: Town) -> Any:
    """Another organisation with a place, an offer and a session of three seats."""
    from daremo.web.apps.places.models import Organisation, SupportPoint

    other = Town(None, None, None)
    from daremo.web.apps.journal import services as journal

    other.city = journal.save(town.act(), "organisation.added", Organisation(name="べつの市", kind="city"))
    other.point = journal.save(town.act(), "point.added", SupportPoint(organisation=other.city, name="べつの館"))
    other.offer = other.new_offer()
    other.session(seats=3)
    return other
