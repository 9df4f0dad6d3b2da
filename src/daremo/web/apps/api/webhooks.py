"""Tell other systems of events: signed, numbered, tried until taken, replayed on request; never a person's data."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import secrets
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from django.apps import apps
from django.db import IntegrityError, transaction

from daremo.web.apps.api.models import Delivery, Webhook
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation

KINDS = (
    "session.added",
    "session.cancelled",
    "booking.confirmed",
    "booking.cancelled",
    "booking.attended",
    "booking.noshow",
    "point.added",
    "point.changed",
)
TOLD = {
    "schedule.session": ("offer_id", "point_id", "starts", "ends", "state"),
    "bookings.booking": ("session_id", "state"),
    "places.supportpoint": ("name", "state", "opening_hours"),
}
"""Columns that leave the house: none about a person."""
TRIES = 10
TIMEOUT_S = 10
BATCH = 200

Post = Callable[[str, bytes, dict[str, str]], int]


def add_webhook(act: Act, organisation: Organisation, url: str, kinds: Sequence[str]) -> Webhook:
    """Add an address that is told of events.

    Raises
    ------
    UsageError
        ``bad-webhook``: not https, or no kind that exists.
    """
    parts = urlsplit(url)
    wanted = [k for k in kinds if k in KINDS]
    if parts.scheme != "https" or not parts.hostname or parts.username or not wanted:
        raise refusal("bad-webhook")
    row = Webhook(organisation=organisation, url=url, secret=secrets.token_hex(32), kinds=wanted)
    return journal.save(act, "webhook.added", row)


def stop_webhook(act: Act, row: Webhook) -> Webhook:
    """Tell this address nothing more."""
    return journal.save(act, "webhook.stopped", row, active=False)


def queue_deliveries(act: Act) -> int:
    """Queue a delivery for every new event that a webhook wants, once each; return how many."""
    event = apps.get_model("journal", "Event")
    queued = 0
    for hook in Webhook.objects.filter(active=True):
        last = Delivery.objects.filter(webhook=hook).order_by("-event_id").values_list("event_id", flat=True).first()
        begin = last if last is not None else _born(hook)
        rows = event._default_manager.filter(id__gt=begin, kind__in=hook.kinds, table__in=list(TOLD)).order_by("id")
        for row in rows.values_list("id", "table", "row")[:BATCH]:
            if not _its_own(hook, row[1], row[2]):
                continue
            try:
                with transaction.atomic():
                    journal.save(act, "delivery.queued", Delivery(webhook=hook, event_id=row[0], next_at=act.now))
                queued += 1
            except IntegrityError:
                continue
    return queued


def _born(hook: Webhook) -> int:
    event = apps.get_model("journal", "Event")._default_manager
    first = event.filter(table="api.webhook", row=hook.pk).order_by("id").values_list("id", flat=True).first()
    return int(first or 0)


def _its_own(hook: Webhook, table: str, row: int) -> bool:
    """Whether the row is of the webhook's organisation: nobody is told of others' rows."""
    way = {
        "schedule.session": "offer__organisation",
        "bookings.booking": "session__offer__organisation",
        "places.supportpoint": "organisation",
    }[table]
    return bool(apps.get_model(table)._default_manager.filter(pk=row, **{way: hook.organisation_id}).exists())


def body_of(delivery: Delivery) -> bytes:
    """Return what is sent: event number, kind, moment, table, row and the columns that may leave."""
    event = apps.get_model("journal", "Event")._default_manager.get(pk=delivery.event_id)
    data = {name: event.data[name] for name in TOLD[event.table] if event.data and name in event.data}
    told = {
        "id": event.pk,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "table": event.table,
        "row": event.row,
        "data": data,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return ``t=…,v1=…``: HMAC-SHA-256 over the time and the body, so that an old message is not sent again."""
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def outside(host: str) -> bool:
    """Whether a host's addresses all lie outside this machine and its closed network."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(a).split("%")[0]).is_global for a in found)


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send one message and return the status; redirects are not followed, inner addresses are refused."""
    if not outside(urlsplit(url).hostname or ""):
        return 0
    answer = requests.post(url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
    return int(answer.status_code)


def deliver(act: Act, send: Post = post, limit: int = BATCH) -> dict[str, int]:
    """Send what is due; a message is done with 2xx, else tried again after 1, 2, 4 … minutes, ten times."""
    told = {"done": 0, "again": 0, "given_up": 0}
    due = Delivery.objects.filter(done_at__isnull=True, next_at__lte=act.now, webhook__active=True).select_related(
        "webhook"
    )
    for row in due.order_by("webhook", "event_id")[:limit]:
        body = body_of(row)
        headers = {
            "Content-Type": "application/json",
            "Daremo-Event": str(row.event_id),
            "Daremo-Signature": signature(row.webhook.secret, int(act.now.timestamp()), body),
        }
        try:
            status = send(row.webhook.url, body, headers)
        except (OSError, requests.RequestException):
            status = 0
        tries = row.tries + 1
        if 200 <= status < 300:
            journal.save(act, "delivery.done", row, tries=tries, status=status, done_at=act.now, next_at=None)
            told["done"] += 1
        elif tries >= TRIES:
            journal.save(act, "delivery.given_up", row, tries=tries, status=status, next_at=None)
            told["given_up"] += 1
        else:
            later = act.now + timedelta(minutes=2 ** (tries - 1))
            journal.save(act, "delivery.again", row, tries=tries, status=status, next_at=later)
            told["again"] += 1
    return told


def replay(act: Act, hook: Webhook, first: int) -> int:
    """Send every delivery from an event on once more; return how many."""
    rows = list(Delivery.objects.filter(webhook=hook, event_id__gte=first))
    for row in rows:
        journal.save(act, "delivery.replayed", row, tries=0, done_at=None, next_at=act.now)
    return len(rows)
