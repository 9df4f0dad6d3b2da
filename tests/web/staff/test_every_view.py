"""Every view of the project, every role, own rows and rows of others: the answer is as the tables say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls.converters import IntConverter

from tests.web.staff.routes import NUMBERS, Route, listed, public, routes, staff_routes
from tests.web.staff.world import ROLES, World

#: What a form must hold so that its view finds what it asks for.
SENT: dict[str, Any] = {
    "staff:role": lambda member: {"membership": member.pk},
    "figures:new-release": lambda member: {"month": "2026-10"},
}
REFUSED = (401, 403, 404, 405)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the view changes is as before afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, method: str, address: str, **more: Any) -> Any:
    """Ask once, leaving rows and the browser's cookies as they were."""
    cookies = client.cookies.output()
    kept = {name: morsel.value for name, morsel in client.cookies.items()}
    with undone():
        answer = client.generic(method, address, more.pop("data", b""), "application/x-www-form-urlencoded", **more)
    if client.cookies.output() != cookies:
        client.cookies.clear()
        for name, value in kept.items():
            client.cookies[name] = value
    return answer


def seen(world: World, route: Route, role: str, method: str, side: Any) -> tuple[bool, bool]:
    """Whether the role may at all, and whether the rows that the address names are among those it sees."""
    from daremo.web.apps.staff.permissions import scope_of
    from daremo.web.apps.staff.rows import within

    member, scope = world.own.members[role], scope_of(route.access.asked(method), role)
    rows = all(
        within(
            apps.get_model(label)._default_manager.all(),
            scope,
            organisation=member.organisation_id,
            point=member.point_id,
            user=member.user_id,
        )
        .filter(pk=side[label].pk)
        .exists()
        for label in route.of.values()
    )
    return scope != "none", rows


def test_every_view_declares_its_permission_or_is_listed_as_public() -> None:
    wrong = []
    for route in routes():
        if route.operations:
            continue
        who = listed(route.name)
        if route.access is None and who is None:
            wrong.append(f"{route.name} ({route.pattern}) declares nothing and is not in tables/public.csv")
        elif route.access is not None and route.access.public and who is None:
            wrong.append(f"{route.name} says it is public but is not in tables/public.csv")
        elif route.access is not None and not route.access.public and who is not None:
            wrong.append(f"{route.name} asks for a permission but is in tables/public.csv")
    assert wrong == []


def test_the_table_of_public_views_lists_no_view_that_does_not_exist() -> None:
    names = [name for route in routes() for name in route.names]
    ghosts = [p for p in public() if not p.endswith("*") and p not in names]
    assert ghosts == []


def test_every_number_in_an_address_says_whose_row_it_is() -> None:
    wrong = [
        f"{route.name}: {argument}"
        for route in staff_routes()
        for argument, converter in route.arguments.items()
        if isinstance(converter, IntConverter) and argument not in route.of and argument not in NUMBERS
    ]
    assert wrong == []


def test_every_row_in_an_address_is_of_a_table_whose_owner_is_known() -> None:
    from daremo.web.apps.staff.rows import ways

    wrong = [
        f"{route.name}: {argument} of {label}"
        for route in staff_routes()
        for argument, label in route.of.items()
        if label not in ways() or argument not in route.arguments
    ]
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_exactly_what_the_table_of_permissions_says(world: World, role: str) -> None:
    client, wrong = world.client(role), []
    client.raise_request_exception = False
    for route in staff_routes():
        for side, whose in ((world.own, "own"), (world.other, "other")):
            if whose == "other" and not route.of:
                continue
            address = route.address(side)
            for method in ("GET", "POST"):
                if method not in route.access.methods:
                    continue
                sent = SENT.get(route.name, lambda member: {})(world.own.members[role])
                answer = ask(client, method, address, data=urlencode(sent).encode())
                status, may_and_rows = answer.status_code, seen(world, route, role, method, side)
                expected = "403" if not may_and_rows[0] else "open" if may_and_rows[1] else "404"
                # past the gate a view may still not know a word of its address; that is not about rows
                passed = status == 404 and hasattr(answer.wsgi_request, "rows")
                got = "open" if passed or (status not in REFUSED and status < 500) else str(status)
                if got != expected:
                    wrong.append(f"{method} {route.name} as {role} on {whose} rows: {status}, expected {expected}")
    assert wrong == []


@pytest.mark.parametrize("role", ["supporter", "point", "manager"])
def test_no_address_with_a_row_of_another_organisation_answers(world: World, role: str) -> None:
    client, wrong = world.client(role), []
    client.raise_request_exception = False
    for route in staff_routes():
        labels = set(route.of.values())
        if not labels or labels == {"places.area"}:
            continue
        for method in ("GET", "POST"):
            if method in route.access.methods:
                status = ask(client, method, route.address(world.other)).status_code
                if status not in (403, 404):
                    wrong.append(f"{method} {route.name} as {role}: {status}")
    assert wrong == []


def test_nobody_signed_in_is_sent_to_sign_in_and_back(world: World) -> None:
    client, wrong = Client(), []
    for route in staff_routes():
        for method in ("GET", "POST"):
            if method not in route.access.methods:
                continue
            answer = ask(client, method, route.address(world.own))
            if answer.status_code != 302 or not answer["Location"].startswith("/staff/account/login/?next="):
                wrong.append(f"{method} {route.name}: {answer.status_code}")
    assert wrong == []


def test_an_account_without_a_role_opens_nothing(world: World) -> None:
    user = world.own.members["manager"].user
    apps.get_model("staff.membership").objects.filter(user=user).update(until=world.now.date().replace(year=2020))
    client = world.client("manager")
    wrong = [
        r.name for r in staff_routes() if ask(client, r.access.methods[0], r.address(world.own)).status_code != 403
    ]
    assert wrong == []


def test_methods_that_a_view_does_not_name_are_refused(world: World) -> None:
    client, wrong = world.client("city"), []
    for route in staff_routes():
        address = route.address(world.own)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if method not in route.access.methods and ask(client, method, address).status_code != 405:
                wrong.append(f"{method} {route.name}")
    assert wrong == []


def test_a_form_without_its_token_is_refused_by_every_view(world: World) -> None:
    strict, wrong = world.client("city", enforce_csrf_checks=True), []
    for route in staff_routes():
        if "POST" in route.access.methods and ask(strict, "POST", route.address(world.own)).status_code != 403:
            wrong.append(route.name)
    exempt = [r.name for r in routes() if getattr(r.view, "csrf_exempt", False) and not r.operations]
    assert wrong == []
    # a neighbour's machine sends its cosignature: only what its key signed is kept, and no session counts
    assert exempt == ["genuine:cosign"]


def test_no_page_of_staff_is_kept_by_a_cache(world: World) -> None:
    client = world.client("city")
    wrong = [
        route.name
        for route in staff_routes()
        if "GET" in route.access.methods
        and "no-store" not in ask(client, "GET", route.address(world.own)).get("Cache-Control", "")
    ]
    assert wrong == []


def test_every_page_with_a_person_in_its_address_leaves_a_line_for_her(world: World) -> None:
    from daremo.web.apps.people.models import AccessEntry

    client, wrong = world.client("city"), []
    client.raise_request_exception = False
    for route in staff_routes():
        if "people.person" not in route.of.values() or "GET" not in route.access.methods or route.access.step_up:
            continue
        person = world.own["people.person"]
        with undone():
            before = AccessEntry.objects.filter(person=person).count()
            answer = client.get(route.address(world.own))
            if answer.status_code == 200 and AccessEntry.objects.filter(person=person).count() == before:
                wrong.append(route.name)
    assert wrong == []


def test_every_operation_of_the_api_asks_for_a_key_or_is_listed_as_public() -> None:
    wrong = []
    for route in routes():
        for operation in route.operations:
            name = f"api:{operation.view_func.__name__}"
            if not operation.auth_callbacks and listed(name) is None:
                wrong.append(f"{name} ({route.pattern}) asks for no key and is not in tables/public.csv")
            if operation.auth_callbacks and listed(name) is not None:
                wrong.append(f"{name} asks for a key but is in tables/public.csv")
    assert wrong == []


def test_an_operation_of_the_api_that_asks_for_a_key_answers_nobody_without_one(world: World) -> None:
    client, wrong = Client(), []
    for route in routes():
        for operation in route.operations:
            if not operation.auth_callbacks:
                continue
            address = "/" + route.pattern
            for argument, converter in route.arguments.items():
                kind = type(converter).__name__.removesuffix("Converter").lower() if converter else ""
                filled = "1" if kind == "int" else "00000000-0000-4000-8000-000000000000" if kind == "uuid" else "x"
                address = address.replace(f"<{kind}:{argument}>", filled).replace(f"<{argument}>", filled)
            for method in operation.methods:
                if ask(client, method, address).status_code not in (401, 403):
                    wrong.append(f"{method} {route.pattern}")
    assert wrong == []


def test_a_key_reaches_no_booking_of_another_organisation(world: World) -> None:
    from daremo.web.apps.api import keys
    from daremo.web.apps.journal.act import of_the_system

    _row, key = keys.make_key(of_the_system(world.now), world.own["places.organisation"], "試験", list(keys.SCOPES))
    client, told = Client(headers={"Authorization": f"Bearer {key}"}), {}
    for side in (world.own, world.other):
        reservation = side["bookings.reservation"]
        reservation.number = f"{reservation.pk:010}"
        reservation.save()
        for route in routes():
            for operation in route.operations:
                if "{number}" not in operation.path and "number" not in route.arguments:
                    continue
                address = "/" + route.pattern.replace("<number>", reservation.number)
                for method in operation.methods:
                    told[(method, side is world.own)] = ask(client, method, address).status_code
    assert told == {("GET", True): 200, ("GET", False): 404, ("DELETE", True): 200, ("DELETE", False): 404}
