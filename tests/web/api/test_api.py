"""The machine's door: complete pages, ETags, keys, one booking a key, refusals that a program can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.web.api.conftest import Door, new_organisation
from tests.web.bookings.town import START


def problem(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = json.loads(answer.content)
    assert told["code"] == code and told["status"] == status and told["title"] and told["detail"]
    assert told["type"] == f"urn:daremo:problem:{code}" and told["request"]


def test_every_published_place_comes_exactly_once_while_places_are_added(door: Door) -> None:
    from daremo.web.apps.places.models import SupportPoint

    city = door.town.city
    SupportPoint.objects.bulk_create(
        SupportPoint(organisation=city, name=f"館{n}", state="draft" if n % 50 == 0 else "published")
        for n in range(350)
    )
    there = set(SupportPoint.objects.filter(state="published").values_list("pk", flat=True))
    seen: list[int] = []
    cursor = ""
    for page in range(10):
        told = door.ask("GET", f"/places?cursor={cursor}" if cursor else "/places", key="").json()
        seen += [row["id"] for row in told["items"]]
        SupportPoint.objects.create(organisation=city, name=f"あとから{page}")
        if told["next"] is None:
            break
        cursor = told["next"]
    assert len(seen) == len(set(seen)) and there <= set(seen) and seen == sorted(seen)


@pytest.mark.parametrize(
    "cursor", ["x", "LTE", "MA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "x" * 31, "1", "%00", "MTA=", "あ"]
)
def test_a_cursor_that_was_never_given_out_is_refused(door: Door, cursor: str) -> None:
    answer = door.ask("GET", f"/places?cursor={cursor}")
    problem(answer, 422, "bad-request" if len(cursor) > 30 else "bad-cursor")


@pytest.mark.parametrize("path", ["/places", "/times"])
def test_what_the_caller_has_already_is_not_sent_again(door: Door, path: str) -> None:
    session = door.town.session(seats=2)
    first = door.ask("GET", path, key="")
    assert first.status_code == 200 and first.json()["items"]
    tag = first.headers["ETag"]
    for told in (tag, f'W/{tag}, "other"', f'"other", {tag}'):
        again = door.ask("GET", path, key="", **{"If-None-Match": told})
        assert again.status_code == 304 and again.content == b"" and again.headers["ETag"] == tag
    assert door.book(session).status_code == 201
    door.town.point.name = "新しい名前"
    door.town.point.save()
    changed = door.ask("GET", path, key="", **{"If-None-Match": tag})
    assert changed.status_code == 200 and changed.headers["ETag"] != tag


def test_a_booking_sent_twice_is_made_once_with_and_without_a_telephone(door: Door) -> None:
    from daremo.web.apps.bookings.models import Booking
    from daremo.web.apps.people.models import Person

    session = door.town.session(seats=3)
    for phone, once in (("090-0000-9999", "with-a-phone"), ("", "without-one")):
        answers = [door.book(session, once, phone=phone) for _ in range(3)]
        assert [a.status_code for a in answers] == [201] * 3
        assert len({a.content for a in answers}) == 1
    assert Booking.objects.count() == 2 and Person.objects.count() == 2


def test_a_key_of_a_form_used_for_another_session_is_a_conflict(door: Door) -> None:
    first, second = door.town.session(), door.town.session(hours=96)
    assert door.book(first).status_code == 201
    problem(door.book(second), 409, "form-used")


def test_of_somebody_who_gets_no_seat_nothing_is_kept(door: Door) -> None:
    from daremo.web.apps.people.models import Contact, Person

    session = door.town.session(seats=1)
    assert door.book(session).status_code == 201
    before = Person.objects.count(), Contact.objects.count()
    problem(door.book(session, "another-once", name="見本 太郎", phone="090-0000-1111"), 409, "seat-gone")
    problem(door.book(session, "a-third-once", name="見本 次郎", phone=""), 409, "seat-gone")
    assert (Person.objects.count(), Contact.objects.count()) == before


def test_a_booking_is_seen_and_cancelled_and_says_so_when_sent_again(door: Door) -> None:
    session = door.town.session()
    number = door.book(session).json()["number"]
    dashed = f"{number[:3]}-{number[3:7]}-{number[7:]}"
    assert door.ask("GET", f"/bookings/{dashed}").json() == {
        "number": number, "sessions": [session.pk], "state": "confirmed",
    }  # fmt: skip
    for _ in range(2):
        assert door.ask("DELETE", f"/bookings/{number}").json()["state"] == "cancelled"
    assert door.book(session).json()["state"] == "cancelled"
    assert door.book(session, "another-once").status_code == 201


def test_nothing_of_another_organisation_is_there(door: Door) -> None:
    from daremo.web.apps.api import keys

    other = new_organisation(door.town)
    problem(door.book(other.sessions[0]), 404, "no-session")
    theirs = Door(other, keys.make_key(other.act(), other.city, "試験", ["book"])[1])
    number = theirs.book(other.sessions[0]).json()["number"]
    for method in ("GET", "DELETE"):
        problem(door.ask(method, f"/bookings/{number}"), 404, "not-found-number")
    assert theirs.ask("GET", f"/bookings/{number}").json()["state"] == "confirmed"


def test_a_key_opens_what_its_scopes_say_and_nothing_once_it_is_over(door: Door) -> None:
    from daremo.web.apps.api import keys

    act, session = door.town.act(), door.town.session()
    problem(door.ask("GET", "/figures", key=""), 401, "no-key")
    assert door.ask("GET", "/figures", key="").headers["WWW-Authenticate"] == "Bearer"
    for wrong in ("daremo_", "daremo_" + "x" * 43, "basic", door.key[:-1]):
        problem(door.ask("GET", "/figures", key=wrong), 401, "no-key")
    row, narrow = keys.make_key(act, door.town.city, "読むだけ", ["read"])
    problem(door.ask("GET", "/figures", key=narrow), 403, "key-may-not")
    problem(door.ask("POST", "/bookings", {"session": session.pk}, key=narrow), 403, "key-may-not")
    _row, old = keys.make_key(act, door.town.city, "きのうまで", ["figures"], until=START.date().replace(day=1))
    assert door.ask("GET", "/figures", key=old).status_code == 200
    row, mine = keys.make_key(act, door.town.city, "とめる", ["figures"])
    assert door.ask("GET", "/figures", key=mine).json() == []
    keys.revoke_key(act, row)
    problem(door.ask("GET", "/figures", key=mine), 401, "no-key")
    assert mine not in json.dumps(list(type(row).objects.values("sha256", "label")))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "no-such-address"),
        ("POST", "/places", 405, "no-such-method"),
        ("PATCH", "/bookings/1", 405, "no-such-method"),
        ("GET", "/times?limit=0", 422, "bad-request"),
        ("GET", "/times?lat=35", 422, "bad-request"),
        ("GET", "/times?place=x", 422, "bad-request"),
        ("GET", "/bookings/0000000000", 404, "not-found-number"),
        ("POST", "/bookings", 422, "bad-request"),
    ],
)  # fmt: skip
def test_every_refusal_is_problem_details(door: Door, method: str, path: str, status: int, code: str) -> None:
    answer = door.ask(method, path)
    problem(answer, status, code)
    if status == 405:
        assert answer.headers["Allow"]


def test_a_body_that_is_no_json_and_a_fault_of_ours_are_problem_details_too(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daremo.web.apps.api import root

    head = {"Authorization": f"Bearer {door.key}"}
    answer = Client().post("/api/v1/bookings", b"{", content_type="application/json", headers=head)
    problem(answer, answer.status_code, "bad-request")
    assert answer.status_code in (400, 422)
    monkeypatch.setattr(root.looking, "public_session", lambda row: 1 / 0)
    answer = Client(raise_request_exception=False).post(
        "/api/v1/bookings", json.dumps({"session": 1, "name": "見本 秘密", "once": "12345678"}), "application/json", headers=head
    )  # fmt: skip
    problem(answer, 500, "broken")
    assert "秘密" not in answer.content.decode()


def test_the_description_explains_every_operation_parameter_field_and_answer() -> None:
    from daremo.web.apps.api.root import api

    told = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    missing = []
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            missing += [where] if not (operation.get("summary") and operation.get("description")) else []
            for parameter in operation["parameters"]:
                if not (parameter.get("description") or parameter["schema"].get("description")):
                    missing.append(f"{where} {parameter['name']}")
            for status, answer in operation["responses"].items():
                if not answer.get("description") or (status not in ("304",) and "content" not in answer):
                    missing.append(f"{where} {status}")
                if int(status) >= 400 and list(answer["content"]) != ["application/problem+json"]:
                    missing.append(f"{where} {status} is no problem")
            if operation.get("security") and not {"401", "403"} <= set(operation["responses"]):
                missing.append(f"{where} says nothing of keys")
    for name, schema in told["components"]["schemas"].items():
        missing += [name] if not schema.get("description") else []
        missing += [f"{name}.{key}" for key, field in schema["properties"].items() if not field.get("description")]
    assert missing == []
