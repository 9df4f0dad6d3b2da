"""Tell other systems of events: signed, numbered, tried until taken, replayed on request; never a person's data."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import secrets
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from daremo.kernel.errors import Conflict, DaremoError
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
OWNER = {
    "schedule.session": "offer__organisation",
    "bookings.booking": "session__offer__organisation",
    "places.supportpoint": "organisation",
}
"""Whose a row is: nobody is told of others' rows."""
LOOK_BACK = timedelta(days=7)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
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
    """Queue a delivery for every new event that a webhook wants, once each; return how many.

    Events are looked for by what is not queued yet, not by a last number: of two transactions the one with the
    smaller number may end later.
    """
    queued = 0
    for hook in Webhook.objects.filter(active=True).order_by("id"):
        for event in _wanted(hook, act).values_list("id", flat=True)[:BATCH]:
            try:
                with transaction.atomic():
                    journal.save(act, "delivery.queued", Delivery(webhook=hook, event_id=event, next_at=act.now))
                queued += 1
            except IntegrityError:
                continue
    return queued


def _wanted(hook: Webhook, act: Act) -> QuerySet[Any]:
    """Return the events of the webhook's own organisation that it wants and that are not queued, oldest first."""
    own = Q()
    for table, way in OWNER.items():
        mine = apps.get_model(table)._default_manager.filter(**{way: hook.organisation_id})
        own |= Q(table=table, row__in=mine.values("pk"))
    queued = Delivery.objects.filter(webhook=hook, event_id=OuterRef("pk"))
    events = apps.get_model("journal", "Event")._default_manager.filter(
        own, kind__in=hook.kinds, at__gt=act.now - LOOK_BACK, id__gt=_born(hook)
    )
    return events.filter(~Exists(queued)).order_by("id")


def _born(hook: Webhook) -> int:
    event = apps.get_model("journal", "Event")._default_manager
    first = event.filter(table="api.webhook", row=hook.pk).order_by("id").values_list("id", flat=True).first()
    return int(first or 0)


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


def outside(address: str) -> bool:
    """Whether an IP address lies outside this machine and every closed network, also where it wraps another one."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def address_of(host: str, port: int) -> str:
    """Return the address of a host to connect to.

    Raises
    ------
    UsageError
        ``inner-address``: one of its addresses lies inside.
    OSError
        The name is not known.
    """
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(outside(address) for address in found):
        raise refusal("inner-address")
    return found[0]


class _Pinned(http.client.HTTPSConnection):
    """Speaks to the address that was checked: the name is not asked a second time, whatever it says by then."""

    def __init__(self, host: str, port: int, address: str) -> None:
        context = ssl.create_default_context()
        super().__init__(host, port, timeout=TIMEOUT_S, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        """Connect to the address; the certificate must be the name's."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send one message and return the status; redirects are not followed, inner addresses get nothing and status 0."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        line = _Pinned(host, port, address_of(host, port))
    except DaremoError:
        return 0
    try:
        line.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        return line.getresponse().status
    finally:
        line.close()


def deliver(act: Act, send: Post = post, limit: int = BATCH) -> dict[str, int]:
    """Send what is due, each webhook's events in their order; return how many were taken, wait, and were given up.

    A message is done with 2xx, else tried again after 1, 2, 4 … minutes, ten times; until then later ones of the same
    webhook wait. It is taken before it is sent, so that two workers do not send it at once; a worker that dies has it
    sent again, with the same event number.
    """
    told = {"done": 0, "again": 0, "given_up": 0}
    open_rows = Delivery.objects.filter(done_at__isnull=True, next_at__isnull=False, webhook__active=True)
    before = open_rows.filter(webhook=OuterRef("webhook"), event_id__lt=OuterRef("event_id"), next_at__gt=act.now)
    due = open_rows.filter(~Exists(before), next_at__lte=act.now).select_related("webhook")
    waits: set[int] = set()
    for row in due.order_by("webhook", "event_id")[:limit]:
        if row.webhook_id in waits:
            continue
        later = act.now + timedelta(minutes=2**row.tries)
        try:
            open_as_read = {"tries": row.tries, "done_at": None, "next_at": row.next_at}
            journal.move(act, "delivery.taken", row, open_as_read, tries=row.tries + 1, next_at=later)
        except Conflict:
            waits.add(row.webhook_id)
            continue
        end = _sent(act, row, send)
        told[end] += 1
        if end == "again":
            waits.add(row.webhook_id)
    return told


def _sent(act: Act, row: Delivery, send: Post) -> str:
    body = body_of(row)
    headers = {
        "Content-Type": "application/json",
        "Daremo-Event": str(row.event_id),
        "Daremo-Signature": signature(row.webhook.secret, int(act.now.timestamp()), body),
    }
    try:
        status = send(row.webhook.url, body, headers)
    except (OSError, http.client.HTTPException, ValueError):
        status = 0
    if 200 <= status < 300:
        journal.save(act, "delivery.done", row, status=status, done_at=act.now, next_at=None)
        return "done"
    if row.tries >= TRIES:
        journal.save(act, "delivery.given_up", row, status=status, next_at=None)
        return "given_up"
    journal.save(act, "delivery.again", row, status=status)
    return "again"


def replay(act: Act, hook: Webhook, first: int) -> int:
    """Send every delivery from an event on once more; return how many."""
    rows = list(Delivery.objects.filter(webhook=hook, event_id__gte=first))
    for row in rows:
        journal.save(act, "delivery.replayed", row, tries=0, done_at=None, next_at=act.now)
    return len(rows)
