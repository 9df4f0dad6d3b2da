"""Badges: a supporter's qualification or an attendance as a credential with a paper copy; verified, revoked."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.apps import apps

from daremo.trust.credentials import badge as made
from daremo.trust.credentials import status
from daremo.trust.credentials.integrity import add_proof
from daremo.trust.credentials.times import stamp
from daremo.trust.credentials.verify import Verified
from daremo.trust.credentials.verify import verify as judged
from daremo.web.apps.genuine import keys, services
from daremo.web.apps.genuine.models import Badge
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of
from daremo.web.problems import refusal
from daremo.web.retention import kept

#: Attendances that earn a badge.
LEAST_TIMES = 1
#: A badge whose time is over or that was revoked is erased after this; that it was given stays.


def list_address() -> str:
    """Return the address of the status list as badges name it."""
    return f"https://{keys.origin()}/genuine/status/"


def looks_like_one(text: str) -> bool:
    """Whether a text is a badge's token or JSON, not a message."""
    plain = text.strip()
    return (plain.startswith("eyJ") and plain.count(".") == 2) or (
        plain.startswith("{") and "credentialSubject" in plain
    )


def qualify(act: Act, supporter: Any, name: str, until: date | None, role: str = "") -> Badge:
    """Issue a supporter's qualification.

    Raises
    ------
    UsageError
        ``no-key``, ``no-key-file``, ``badge-ended`` where `until` is over.
    """
    return _issue(
        act, Badge(organisation=supporter.organisation, supporter=supporter, kind="qualification", name=name, until=until),
        holder=supporter.name, role=role or name,
        said=("支援者としての資格です。", "自治体または団体が、研修と確認をしました。"),
    )  # fmt: skip


def attended(person: Any) -> list[dict[str, Any]]:
    """Return what a person attended, by offer: title, first and last day, times."""
    rows = (
        apps.get_model("bookings", "Booking")
        ._default_manager.filter(person=person, state="attended", session__offer__kind="course")
        .select_related("session__offer")
        .order_by("session__starts")
    )
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        day = day_of(row.session.starts)
        one = found.setdefault(
            row.session.offer_id,
            {"offer": row.session.offer_id, "title": row.session.offer.title, "first": day, "times": 0},
        )
        one["last"], one["times"] = day, one["times"] + 1
    return [one for one in found.values() if one["times"] >= LEAST_TIMES]


def attest(act: Act, person: Any, offer_id: int, holder: str) -> Badge:
    """Issue an attendance: what the bookings say, nothing else.

    Parameters
    ----------
    holder : str
        The person's name; only its salted digest enters the badge.

    Raises
    ------
    UsageError
        ``not-attended``, ``no-key``, ``no-key-file``.
    """
    told = next((one for one in attended(person) if one["offer"] == offer_id), None)
    if told is None:
        raise refusal("not-attended")
    return _issue(
        act, Badge(organisation=person.organisation, person=person, kind="attendance", name=told["title"][:80]),
        holder=holder, start=told["first"].isoformat(), end=told["last"].isoformat(),
        said=(f"{told['title']}に{told['times']}回参加しました。", "会場で、参加を確かめました。"),
    )  # fmt: skip


def revoke(act: Act, row: Badge, reason: str) -> Badge:
    """Revoke a badge; the status list tells everybody from now on.

    Raises
    ------
    Conflict
        It was revoked already.
    """
    return journal.move(
        act, "badge.revoked", row, {"revoked_on__isnull": True}, revoked_on=day_of(act.now), reason=reason[:60]
    )


def status_list(act: Act) -> dict[str, Any]:
    """Return the signed list of revoked badges.

    Raises
    ------
    UsageError
        ``no-key``, ``no-key-file``.
    """
    key, who, method = keys.badge_key(act, day_of(act.now))
    places = Badge.objects.filter(revoked_on__isnull=False).values_list("place", flat=True)
    bits = status.with_bits(bytes(status.LEAST_BITS // 8), places)
    at = stamp(act.now.timestamp())
    until = stamp((act.now + timedelta(days=1)).timestamp())
    return add_proof(status.list_credential(who, list_address(), at, bits, until=until), key, method, at)


def verify(act: Act, given: str | Mapping[str, Any], name: str = "") -> Verified:
    """Verify a badge that somebody shows, against our own keys and list."""
    who = keys.did_of(keys.origin())
    lists: dict[str, Mapping[str, Any]] = {}
    if keys.issuer_keys():
        lists[list_address()] = status_list(act)
    return judged(
        given, act.now.timestamp(), documents={who: keys.did_document()}, lists=lists, trusted=(who,), name=name
    )


def keep_time(act: Act, today: date) -> int:
    """Erase badges whose time of keeping is over; that one was given and when stays."""
    done = 0
    for row in Badge.objects.exclude(token=""):
        end = row.revoked_on or row.until
        if end is not None and end + kept("badge") < today:
            journal.save(act, "badge.erased", row, document={}, token="")
            done += 1
    return done


def _issue(
    act: Act, row: Badge, *, holder: str, said: tuple[str, str], role: str = "", start: str = "", end: str = ""
) -> Badge:
    today = day_of(act.now)
    if row.until is not None and row.until < today:
        raise refusal("badge-ended")
    key, who, method = keys.badge_key(act, today)
    city = services.speaker()
    at = stamp(act.now.timestamp())
    row.issued_on, row.number = today, uuid.uuid4()
    row.place = _free_place()
    kind_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{who} {row.kind} {row.name}")
    document = made.badge(
        f"urn:uuid:{row.number}",
        made.Issuer(who, city.name, city.phone),
        made.Achievement(f"urn:uuid:{kind_id}", row.kind, row.name, *said),  # type: ignore[arg-type]
        f"urn:uuid:{uuid.uuid4()}",
        at,
        until=f"{row.until.isoformat()}T23:59:59+09:00" if row.until else "",
        name=holder,
        salt=secrets.token_urlsafe(12),
        status_list=list_address(),
        index=row.place,
        start=start,
        end=end,
        role=role,
    )
    issued = made.issue(document, key, method, at)
    row.document, row.token = issued.document, issued.token
    return journal.save(act, "badge.issued", row)


def _free_place() -> int:
    """A place in the list drawn by chance, so that it tells nothing about when a badge was given."""
    for _ in range(200):
        place = secrets.randbelow(status.LEAST_BITS)
        if not Badge.objects.filter(place=place).exists():
            return place
    raise refusal("list-full")
