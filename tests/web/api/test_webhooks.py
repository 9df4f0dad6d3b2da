"""What other systems are told: signed, in order, until taken, never of others' rows, of people or to inner addresses."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from datetime import timedelta
from typing import Any

import pytest

from daremo.kernel.errors import DaremoError
from daremo.web.apps.api import webhooks
from daremo.web.apps.api.models import Delivery, Webhook
from daremo.web.apps.bookings import services as bookings
from tests.web.api.conftest import Door, new_organisation
from tests.web.bookings.town import START, Town

MARK = "見本 秘密花子"


class Receiver:
    """Takes messages, or answers with the statuses it is given first."""

    def __init__(self, *answers: int) -> None:
        self.answers, self.got = list(answers), list[tuple[str, dict[str, Any], dict[str, str], bytes]]()

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        status = self.answers.pop(0) if self.answers else 204
        if status == 0:
            raise OSError("nobody there")
        self.got.append((url, json.loads(body), headers, body))
        return status

    @property
    def events(self) -> list[int]:
        return [told["id"] for _url, told, _headers, _body in self.got]


def hook(town: Town, *kinds: str) -> Webhook:
    return webhooks.add_webhook(
        town.act(), town.city, "https://hook.example/x?y=1", kinds or ("booking.confirmed", "booking.cancelled")
    )


def booked(town: Town, times: int = 1) -> list[Any]:
    session = town.session(seats=times)
    return [bookings.book(town.act(), [session], town.person(MARK)).bookings.get() for _ in range(times)]


def test_an_event_is_told_once_signed_and_without_a_persons_data(town: Town) -> None:
    row = hook(town)
    booking = booked(town)[0]
    assert [webhooks.queue_deliveries(town.act()) for _ in range(3)] == [1, 0, 0]
    taker = Receiver()
    for _ in range(2):
        webhooks.deliver(town.act(), taker)
    ((url, told, headers, body),) = taker.got
    assert url == row.url and told["kind"] == "booking.confirmed" and told["row"] == booking.pk
    assert set(told["data"]) <= {"session_id", "state"} and set(told) == {"id", "kind", "at", "table", "row", "data"}
    text = body.decode()
    assert "秘密" not in text and "090" not in text and booking.reservation.number not in text
    moment, mac = (part.partition("=")[2] for part in headers["Daremo-Signature"].split(","))
    assert int(moment) == int(START.timestamp()) and headers["Daremo-Event"] == str(told["id"])
    right = hmac.new(row.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(mac, right)


def test_events_come_in_their_order_and_wait_while_an_earlier_one_is_not_taken(town: Town) -> None:
    hook(town)
    booked(town, 3)
    webhooks.queue_deliveries(town.act())
    taker = Receiver(500)
    assert webhooks.deliver(town.act(), taker) == {"done": 0, "again": 1, "given_up": 0}
    assert webhooks.deliver(town.act(), taker) == {"done": 0, "again": 0, "given_up": 0}
    assert webhooks.deliver(town.act(1), taker) == {"done": 3, "again": 0, "given_up": 0}
    assert taker.events[0] == taker.events[1] and taker.events[1:] == sorted(set(taker.events))


def test_a_message_nobody_takes_is_tried_ten_times_ever_more_rarely_and_then_given_up(town: Town) -> None:
    hook(town)
    booked(town, 2)
    webhooks.queue_deliveries(town.act())
    taker = Receiver(*([0, 500, 301, 404] * 3)[:10])
    now, waits = START, []
    for _ in range(10):
        act = town.act((now - START).total_seconds() / 3600)
        webhooks.deliver(act, taker)
        row = Delivery.objects.order_by("event_id")[0]
        waits.append(round((row.next_at - now).total_seconds() / 60) if row.next_at else None)
        # a second before its time it is not sent
        before = row.tries
        if row.next_at:
            webhooks.deliver(town.act((row.next_at - START).total_seconds() / 3600 - 0.001), Receiver())
            row.refresh_from_db()
            assert row.tries == before
            now = row.next_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, None]
    assert row.tries == 10 and row.done_at is None
    # the next one is no longer held up
    assert Delivery.objects.order_by("event_id")[1].done_at is not None


def test_nobody_is_told_of_rows_of_another_organisation_however_many_there_are(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "BATCH", 2)
    other = new_organisation(town)
    mine, theirs = hook(town, "booking.confirmed", "session.added"), hook(other, "booking.confirmed", "session.added")
    foreign = [other.session(seats=1) for _ in range(5)]
    booked(town)
    while webhooks.queue_deliveries(town.act()):
        pass
    taker = Receiver()
    while sum(webhooks.deliver(town.act(), taker).values()):
        pass
    told = Delivery.objects.values_list("webhook", "event_id")
    by_hook = {key: [event for hook_id, event in told if hook_id == key.pk] for key in (mine, theirs)}
    assert len(by_hook[mine]) == 2 and len(by_hook[theirs]) == len(foreign)
    assert not set(by_hook[mine]) & set(by_hook[theirs])


def test_an_event_whose_transaction_ended_later_is_not_passed_over(town: Town) -> None:
    from daremo.web.apps.journal.models import Event

    hook(town)
    booked(town, 2)
    first, second = Event.objects.filter(kind="booking.confirmed").order_by("id")
    late = {f.attname: getattr(first, f.attname) for f in Event._meta.concrete_fields}
    first.delete()  # not to be seen yet
    assert webhooks.queue_deliveries(town.act()) == 1
    Event(**late).save(force_insert=True)
    assert webhooks.queue_deliveries(town.act()) == 1
    assert set(Delivery.objects.values_list("event_id", flat=True)) == {late["id"], second.pk}


def test_a_stopped_webhook_is_told_nothing_and_a_replay_sends_again_in_order(town: Town) -> None:
    row = hook(town)
    booked(town, 3)
    webhooks.queue_deliveries(town.act())
    taker = Receiver()
    webhooks.deliver(town.act(), taker)
    first = taker.events[1]
    assert webhooks.replay(town.act(1), row, first) == 2
    webhooks.deliver(town.act(1), taker)
    assert taker.events == [*taker.events[:3], *taker.events[1:3]]
    webhooks.stop_webhook(town.act(), row)
    booked(town)
    assert webhooks.queue_deliveries(town.act()) == 0
    assert webhooks.replay(town.act(2), row, 0) == 3 and not sum(webhooks.deliver(town.act(2), taker).values())


def test_a_worker_that_dies_while_sending_has_it_sent_again_with_the_same_number(town: Town) -> None:
    hook(town)
    booked(town)
    webhooks.queue_deliveries(town.act())
    taker = Receiver()

    def dies(url: str, body: bytes, headers: dict[str, str]) -> int:
        taker(url, body, headers)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        webhooks.deliver(town.act(), dies)
    assert webhooks.deliver(town.act(), taker) == {"done": 0, "again": 0, "given_up": 0}
    assert webhooks.deliver(town.act(0.1), taker)["done"] == 1
    assert len(taker.events) == 2 and len(set(taker.events)) == 1


@pytest.mark.parametrize("url", ["http://a.example/", "https://", "https://u:p@a.example/", "ftp://a.example/", "x"])
def test_only_https_without_a_name_in_it_is_taken(town: Town, url: str) -> None:
    with pytest.raises(DaremoError):
        webhooks.add_webhook(town.act(), town.city, url, ["booking.confirmed"])


INNER = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_known_in_every_disguise(address: str) -> None:
    assert not webhooks.outside(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_outer_addresses_are_outer(address: str) -> None:
    assert webhooks.outside(address)


def resolves(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names resolve to these addresses, one list after the other; return what is connected to."""
    left, reached = list(answers), list[str]()

    def looked_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def connected(to: tuple[str, int], *_: Any, **__: Any) -> Any:
        reached.append(to[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(webhooks.socket, "create_connection", connected)
    return reached


def test_a_name_that_means_an_inner_address_is_never_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for answers in (["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], []):
        reached = resolves(monkeypatch, answers)
        assert webhooks.post("https://hook.example/", b"{}", {}) == 0
        assert reached == []


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with an outer address first and with an inner one afterwards reaches the outer one only."""
    reached = resolves(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(OSError):
        webhooks.post("https://hook.example/", b"{}", {})
    assert reached == ["8.8.8.8"]


def test_a_redirect_is_not_followed_and_the_certificate_is_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = socket.socketpair()
    names: list[str] = []

    def plain(self: Any, sock: Any, server_hostname: str) -> Any:
        names.append(server_hostname)
        return sock

    heard: list[bytes] = []

    def answer() -> None:
        heard.append(far.recv(4096))
        far.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("8.8.8.8", 443))])
    monkeypatch.setattr(webhooks.socket, "create_connection", lambda *_, **__: near)
    monkeypatch.setattr(webhooks.ssl.SSLContext, "wrap_socket", plain)
    thread = threading.Thread(target=answer)
    thread.start()
    assert webhooks.post("https://hook.example/x?y=1", b"{}", {"A": "b"}) == 302
    thread.join()
    far.close()
    assert names == ["hook.example"] and heard[0].startswith(b"POST /x?y=1 HTTP/1.1\r\nHost: hook.example\r\n")


def test_the_worker_queues_and_sends(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from daremo.web import jobs

    taker = Receiver()
    monkeypatch.setattr(webhooks.deliver, "__defaults__", (taker, 200))
    hook(door.town)
    booked(door.town)
    jobs.WORK["deliver"](door.town.act())
    assert len(taker.got) == 1
    assert timedelta(minutes=jobs.jobs()["deliver"].every_min) == timedelta(minutes=1)
