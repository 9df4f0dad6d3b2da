"""The small town with writer and releaser, who speaks, and a key made for the test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.web.bookings.town import Town, town
from tests.web.staff.conftest import now, world

__all__ = ["now", "office", "town", "world"]

TEXT = "【みほん市】健康診断の受付は12月18日までです。電話 0000-12-2200\nhttps://city.mihon.example/kenkou"


@dataclass
class Office:
    """Who writes and who releases, and the draft that tests start from."""

    town: Town
    writer: Any
    releaser: Any

    def draft(self, **more: Any) -> Any:
        from daremo.web.apps.genuine import services
        from daremo.web.days import day_of

        day = day_of(self.town.act().now)
        told = {
            "kind": "sms", "title": "健康診断のお知らせ", "department": "健康課", "text": TEXT, "valid_from": day,
            "valid_until": day.replace(day=31), **more,
        }  # fmt: skip
        return services.draft(self.town.act(), self.town.city, self.writer.pk, told)

    def released(self, **more: Any) -> Any:
        from daremo.web.apps.genuine import services

        row = services.hand_in(self.town.act(), self.draft(**more))
        return services.release(self.town.act(), row, self.releaser.pk)

    def verdict(self, received: str, hours: float = 0) -> Any:
        from daremo.web.apps.genuine import asking

        return asking.ask(self.town.act(hours), received)


@pytest.fixture
def office(town: Town, settings: Any, tmp_path: Path) -> Office:
    """An office whose key lies in a folder of the test."""
    from daremo.web.apps.genuine import keys, registry, services
    from daremo.web.apps.staff.models import User

    settings.DAREMO_TRUST_KEYS = tmp_path / "trust"
    registry.forget()
    keys.make(town.act(), "daremo.mihon.example", town.act().now.date())
    services.set_speaker(
        town.act(), name="みほん市", phone="0000-12-3456", domains=["city.mihon.example"], numbers=["0000-12-2200"]
    )
    users = [User(username=name, last_name=name) for name in ("書く人", "出す人")]
    for user in users:
        user.save()
    return Office(town, *users)
