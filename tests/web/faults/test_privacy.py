"""Of a person who goes through the pages nothing stands in logs, addresses, headers or error pages."""

from __future__ import annotations

import io
import logging
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client

from tests.web.bookings.town import START, Town
from tests.web.faults.journey import Resident

#: A name, a telephone and an address that stand nowhere else, in the forms in which they could leak.
TOLD = {"name": "秘密乃 しるし", "phone": "090-7316-5824", "address": "しるし町 7-3-1"}
MARKS = ("秘密乃", "しるし", "90-7316", "907316", "73165824", "7316-5824")


def found(text: str) -> list[str]:
    plain = unquote(text)
    return [mark for mark in MARKS if mark in plain or mark in text]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Everything that is logged, from DEBUG on, as the service would write it."""
    from daremo.web.gate.logs import JsonLines

    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root, before = logging.getLogger(), logging.getLogger().level
    # SQL at DEBUG is never on in the service (DEBUG is False)
    monkeypatch.setattr(logging.getLogger("django.db.backends"), "level", logging.WARNING)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def walk(town: Town) -> Resident:
    """Book, look up, change, cancel, wait and ask, as a resident and by the API, with some slips."""
    import json

    from daremo.web.apps.api import keys

    first, second, full = town.session(seats=2), town.session(seats=2, hours=96), town.session(seats=1, hours=100)
    someone = Resident()
    someone.book(full.pk, name="見本 一郎", phone="090-0000-5555")
    who = Resident()
    who.ask("get", "/", {"q": TOLD["name"]})
    check = who.to_the_check(first.pk, **TOLD)
    page = who.ask("get", check)
    assert TOLD["name"].split()[0] in page.content.decode()  # the mark does go through
    done = who.ask("post", check)
    assert done.status_code == 302
    who.ask("get", done.headers["Location"])
    from daremo.web.apps.bookings.models import Reservation

    number = Reservation.objects.order_by("-pk")[0].number
    other = Resident()
    other.ask("post", "/mine/", {"number": number, "phone": "090-7316-0000"})
    opened = other.ask("post", "/mine/", {"number": number, "phone": TOLD["phone"]})
    assert opened.status_code == 302
    other.ask("get", opened.headers["Location"])
    booking = Reservation.objects.get(number=number).bookings.get()
    other.ask("get", f"/mine/change/{booking.pk}/")
    other.ask("post", f"/mine/change/{booking.pk}/", {"session": second.pk})
    other.ask("post", f"/mine/cancel/{booking.pk}/")
    other.ask("get", "/mine/calendar.ics")
    path = who.ask("get", f"/wait/{full.pk}/").headers["Location"]
    for _ in range(6):
        path = who.ask("post", path, {"by": "self", "need": "call", **TOLD}).headers.get("Location", "") or path
    path = who.ask("get", "/ask/visit/").headers["Location"]
    for _ in range(8):
        told = {"by": "self", "need": "call", "best_time": "morning", "language": "ja", **TOLD}
        path = who.ask("post", path, told).headers.get("Location", "") or path
    for wrong in ("/nothing/", f"/book/{10**9}/", "/errand/book/x/you/"):
        who.ask("post", wrong, TOLD)
    key = keys.make_key(town.act(), town.city, "試験", ["book"])[1]
    for told in ({"session": second.pk, "once": "a-key-of-mine", **TOLD}, {"name": TOLD["name"]}):
        told.pop("address", None)
        answer = who.client.post(
            "/api/v1/bookings", json.dumps(told), "application/json", headers={"Authorization": f"Bearer {key}"}
        )
        who.answers.append(("/api/v1/bookings", answer))
    who.answers += other.answers
    return who


@pytest.mark.django_db
def test_no_log_line_address_or_header_holds_a_persons_data(tables: None, town: Town, log: io.StringIO) -> None:
    from daremo.web import clock

    with clock.at(START):
        who = walk(town)
    assert len(who.answers) > 25
    wrong = []
    for path, answer in who.answers:
        wrong += [f"asked {path}: {mark}" for mark in found(path)]
        for name, value in answer.headers.items():
            wrong += [f"{path} answered {name}: {mark}" for mark in found(str(value))]
        for name, morsel in answer.cookies.items():
            wrong += [f"{path} cookie {name}: {mark}" for mark in found(morsel.value)]
        assert answer.headers.get("Referrer-Policy") == "same-origin"
        if answer.status_code >= 400:
            wrong += [f"{path} {answer.status_code} page: {mark}" for mark in found(answer.content.decode())]
    written = log.getvalue()
    assert written.count("\n") >= len(who.answers)  # each answer has its line
    wrong += [f"log: {line[:200]}" for line in written.splitlines() if found(line)]
    assert wrong == []


@pytest.mark.django_db
def test_what_a_journal_keeps_holds_no_name_or_telephone(tables: None, town: Town) -> None:
    from daremo.web import clock
    from daremo.web.apps.journal.models import Event

    with clock.at(START):
        walk(town)
    events = list(Event.objects.values_list("data", "reason", "who"))
    assert len(events) > 20
    assert [event for event in events if found(str(event))] == []


@pytest.mark.django_db
def test_a_fault_of_ours_shows_and_logs_nothing_of_what_was_sent(
    tables: None, town: Town, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error whose own words hold a name and a number: the page, the headers and the log keep silent about both."""
    from daremo.web import clock
    from daremo.web.apps.finder import views_book

    with clock.at(START):
        who = Resident()
        check = who.to_the_check(town.session().pk, **TOLD)

        def breaks(*_: Any, **__: Any) -> Any:
            raise ValueError(f"{TOLD['name']} {TOLD['phone']}")

        monkeypatch.setattr(views_book, "finish", breaks)
        answer = who.ask("post", check)
    assert answer.status_code == 500
    assert found(answer.content.decode()) == [] and found(str(answer.headers)) == []
    assert settings.DAREMO_PHONE in answer.content.decode()
    lines = log.getvalue()
    assert '"ValueError"' in lines and found(lines) == []


@pytest.mark.django_db
def test_a_form_sent_without_its_token_shows_nothing_of_what_was_sent(tables: None, log: io.StringIO) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    answer = strict.post("/mine/", {"number": "1234567890", **TOLD})
    assert answer.status_code == 403
    assert found(answer.content.decode()) == [] and found(log.getvalue()) == []
