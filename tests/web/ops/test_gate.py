"""Every request is numbered, bounded, limited and logged without a word about people."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from daremo.web import clock, urls
from daremo.web.gate import limits, watch
from daremo.web.gate.account import address_of
from daremo.web.gate.logs import JsonLines
from daremo.web.gate.models import Beat, Hit
from daremo.web.problems import conflict

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 1, 0, 5, tzinfo=UTC)
NAME, PHONE = "見本 花子", "090-0000-1234"


def breaks(request: HttpRequest, phone: str) -> HttpResponse:
    """A view that fails with what was sent in its words, as a database would."""
    logging.getLogger("somebody.else").error("could not save " + phone)
    logging.getLogger("somebody.else").error("could not save %s", phone)
    raise DatabaseError(f"Key (phone)=({phone}) of {request.POST.get('name')} already exists")


def clashes(request: HttpRequest) -> HttpResponse:
    """A view that meets a conflict."""
    raise conflict("seat-gone")


class Urls:
    """The desk's addresses and two that fail."""

    urlpatterns = [
        path("breaks/<str:phone>/", breaks, name="breaks"),
        path("clashes/", clashes, name="clashes"),
        path("api/clashes/", clashes, name="api-test:clashes"),
        *urls.urlpatterns,
    ]
    handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.fixture
def logged():
    """Everything that is logged, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, ours = logging.getLogger(), logging.getLogger("daremo.request")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)
    ours.setLevel(logging.NOTSET)


@override_settings(ROOT_URLCONF=Urls)
def test_neither_log_nor_error_page_repeats_what_was_sent(logged):
    client = Client(raise_request_exception=False)
    answer = client.post(f"/breaks/{PHONE}/?q={NAME}", {"name": NAME})
    lines = logged()
    assert answer.status_code == 500
    whole = json.dumps(lines, ensure_ascii=False)
    for secret in (NAME, PHONE, "花子", "1234"):
        assert secret not in whole
    # the language switch leads back to the page's own address, which the person has before her; nothing else is repeated
    assert NAME not in answer.content.decode() and "Key (phone)" not in answer.content.decode()
    done = next(line for line in lines if line["logger"] == "daremo.request")
    assert (done["route"], done["method"], done["status"]) == ("/breaks/<str:phone>/", "POST", 500)
    failed = next(line for line in lines if line.get("error"))
    assert failed["error"] == "DatabaseError" and any("breaks" in step for step in failed["where"])
    assert failed["request"] == done["request"] == answer["X-Request-ID"]


def test_an_address_that_leads_nowhere_is_logged_without_its_path(logged):
    Client().get(f"/nowhere/{PHONE}/")
    assert PHONE not in json.dumps(logged()) and any(line.get("route") == "no such page" for line in logged())


@override_settings(ROOT_URLCONF=Urls)
def test_a_conflict_is_a_page_with_the_phone_number_for_people_and_problem_details_for_programs(settings):
    page = Client().get("/clashes/")
    assert page.status_code == 409 and settings.DAREMO_PHONE in page.content.decode()
    told = Client().get("/api/clashes/")
    assert told.status_code == 409 and told["Content-Type"] == "application/problem+json"
    assert json.loads(told.content)["code"] == "seat-gone"


def test_every_page_carries_the_headers_of_safety():
    answer = Client().get("/ui/")
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer["Referrer-Policy"] == "same-origin"  # no-referrer would break every form: see settings.py
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["X-Frame-Options"] == "DENY"
    assert "geolocation=(self)" in answer["Permissions-Policy"] and "camera=()" in answer["Permissions-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_a_request_over_ten_megabytes_is_refused_before_it_is_read(settings):
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("was read")

    request = {"CONTENT_LENGTH": "10000001", "wsgi.input": Unread()}
    answer = Client().post("/mine/", **request)
    assert answer.status_code == 413 and settings.DAREMO_PHONE in answer.content.decode()
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 10_000_000


@pytest.mark.parametrize("length", ["-1", "1e9", "９"])
def test_a_length_that_is_no_number_is_refused(length: str):
    assert Client().post("/mine/", CONTENT_LENGTH=length).status_code == 413


def test_booking_numbers_cannot_be_guessed_quickly_and_the_page_says_when_to_come_back():
    limit = next(one for one in limits.limits() if one.limit == "booking-number")
    with clock.at(NOW):
        for _ in range(limit.count):
            assert Client().post("/mine/", REMOTE_ADDR="192.0.2.1").status_code != 429
        refused = Client().post("/mine/", REMOTE_ADDR="192.0.2.1")
        assert refused.status_code == 429 and 1 <= int(refused["Retry-After"]) <= limit.seconds
        assert Client().post("/mine/", REMOTE_ADDR="192.0.2.2").status_code != 429
    with clock.at(NOW + timedelta(seconds=limit.seconds)):
        assert Client().post("/mine/", REMOTE_ADDR="192.0.2.1").status_code != 429


def test_no_address_is_stored_by_the_limits():
    with clock.at(NOW):
        Client().post("/mine/", REMOTE_ADDR="192.0.2.77")
    assert Hit.objects.exists() and not Hit.objects.filter(bucket__contains="192").exists()


def test_a_limit_that_cannot_be_counted_stops_nobody(monkeypatch):
    def broken(*_: Any) -> int:
        raise DatabaseError("full")

    monkeypatch.setattr(limits, "count", broken)
    assert Client().post("/mine/").status_code != 429


def test_a_class_of_twenty_behind_one_address_answers_at_once():
    with clock.at(NOW):
        for _ in range(20):
            client = Client()
            assert {client.post("/check/task/").status_code for _ in range(12)} == {302}
    row = next(one for one in limits.limits() if one.limit == "skill-check")
    # twenty people press up to thirty times a minute; what writes rows stays under the limit of all pages
    assert row.count >= 20 * 30 * 60 / row.seconds
    for view in ("skills:task", "skills:about", "skills:back"):
        assert [one.limit for one in limits.limits_of("POST", view)] == ["staff", "skill-check"]
    for view in ("skills:result", "skills:share", "skills:enter"):
        assert [one.limit for one in limits.limits_of("POST", view)] == ["public", "staff"]


def test_the_room_of_a_class_ends_too(monkeypatch):
    row = next(one for one in limits.limits() if one.limit == "skill-check")
    monkeypatch.setattr(limits, "count", lambda limit, who, now: row.count + 1)
    refused = Client().post("/check/task/")
    assert refused.status_code == 429


def test_the_table_of_limits_counts_everybody_who_sends_something():
    for one in limits.limits():
        assert one.count > 0 and one.seconds > 0 and one.ja and one.en
        assert one.per in ("address", "anyone", "person", "key", "keyless")
    whole = {one.per for one in limits.limits() if one.method == "POST" and one.view == "*"}
    assert whole == {"address", "person"}


@pytest.mark.parametrize(
    ("proxies", "told", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
    ],
)
def test_an_address_is_believed_only_from_our_own_proxies(proxies: int, told: str, expected: str, settings):
    settings.DAREMO_PROXIES = proxies
    assert address_of(RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=told)) == expected


def test_a_number_from_outside_is_taken_over_only_behind_a_proxy(settings):
    assert Client().get("/healthz", HTTP_X_REQUEST_ID="from-outside-1")["X-Request-ID"] != "from-outside-1"
    settings.DAREMO_PROXIES = 1
    assert Client().get("/healthz", HTTP_X_REQUEST_ID="from-outside-1")["X-Request-ID"] == "from-outside-1"
    assert Client().get("/healthz", HTTP_X_REQUEST_ID="no good\n{}")["X-Request-ID"] != "no good\n{}"


def test_health_is_told_under_any_host_name():
    assert json.loads(Client().get("/healthz", HTTP_HOST="10.0.0.7").content) == {"status": "ok"}
    assert Client().get("/", HTTP_HOST="10.0.0.7").status_code == 400


def test_ready_needs_database_migrations_and_a_worker(monkeypatch):
    with clock.at(NOW):
        Beat.objects.all().delete()
        told = Client().get("/readyz")
        assert told.status_code == 503
        assert json.loads(told.content) == {
            "status": "not ready",
            "database": True,
            "migrations": True,
            "worker": False,
        }
        Beat.objects.create(name="worker", at=NOW - watch.WORKER_SILENT)
        assert Client().get("/readyz").status_code == 200
        Beat.objects.update(at=NOW - watch.WORKER_SILENT - timedelta(seconds=1))
        assert Client().get("/readyz").status_code == 503
        Beat.objects.update(at=NOW)
        monkeypatch.setattr(watch, "unmigrated", lambda: 1)
        assert json.loads(Client().get("/readyz").content)["migrations"] is False


def test_figures_are_for_this_machine_or_for_whoever_has_the_token(settings):
    assert Client().get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 403
    assert Client().get("/metrics", HTTP_X_FORWARDED_FOR="192.0.2.1").status_code == 403
    settings.DAREMO_METRICS_TOKEN = "a-token-of-twenty-letters"
    assert Client().get("/metrics").status_code == 403
    told = Client().get("/metrics", REMOTE_ADDR="192.0.2.1", HTTP_AUTHORIZATION="Bearer a-token-of-twenty-letters")
    assert told.status_code == 200 and b"daremo_waiting" in told.content


@override_settings(ROOT_URLCONF=Urls)
def test_figures_count_routes_not_paths():
    Client(raise_request_exception=False).post(f"/breaks/{PHONE}/")
    told = Client().get("/metrics").content.decode()
    assert 'route="/breaks/<str:phone>/"' in told and PHONE not in told
