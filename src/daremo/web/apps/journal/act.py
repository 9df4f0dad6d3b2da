"""Who does something, for whom and when: the first argument of every service that changes a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Channel = Literal["web", "phone", "counter", "paper", "visit", "api", "system"]


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what stands beside every change in the journal.

    ``who`` names an account (``user:12``), a resident without one (``resident``) or a job (``system``), never a
    person by name. ``now`` is aware. ``reason`` is a short code or staff's own words about the service,
    never about a person.
    """

    who: str
    now: datetime
    channel: Channel = "web"
    role: str = ""
    organisation: int | None = None
    reason: str = ""
    request: str = ""

    def because(self, reason: str) -> Act:
        """Return the same act with a reason."""
        return replace(self, reason=reason)


def of_the_system(now: datetime, reason: str = "") -> Act:
    """Return an act of a background job."""
    return Act("system", now, channel="system", role="system", reason=reason)


def of_a_resident(now: datetime, channel: Channel = "web") -> Act:
    """Return an act of somebody without an account."""
    return Act("resident", now, channel=channel, role="resident")
