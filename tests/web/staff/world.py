"""Rows for tests of permission: for each organisation one of every table, made from the tables' own descriptions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from django.apps import apps
from django.db import models
from django.test import Client

ROLES = ("supporter", "point", "manager", "city", "auditor")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Side:
    """One organisation with its rows: ``side["bookings.booking"]`` makes the booking and all it rests on, once."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.rows = world, dict[str, Any]()
        self.rows["places.organisation"] = self._make("places.organisation", name=name, state="active")
        self.members: dict[str, Any] = {}
        for role in ROLES:
            user = apps.get_model("staff.user")(username=f"{role}-{name}", last_name=f"見本 {role}")
            user.set_password("a long enough password")
            user.save()
            point = self["places.supportpoint"] if role == "point" else None
            self.members[role] = self._make(
                "staff.membership",
                user=user,
                organisation=self["places.organisation"],
                role=role,
                point=point,
                until=None,
            )
        supporter = self["places.supporter"]
        supporter.user = self.members["supporter"].user
        supporter.home_point = self["places.supportpoint"]
        supporter.save()
        self.rows["staff.user"] = supporter.user
        self.rows["staff.membership"] = self.members["manager"]

    def __getitem__(self, label: str) -> Any:
        if label not in self.rows:
            self.rows[label] = self._make(label)
        return self.rows[label]

    def _make(self, label: str, **told: Any) -> Any:
        model = apps.get_model(label)
        values = SPECIAL.get(label, lambda side: {})(self) | told
        for field in model._meta.concrete_fields:
            if field.name in values or field.primary_key:
                continue
            if isinstance(field, models.ForeignKey):
                values[field.name] = self._behind(model, field)
            elif not field.has_default() and (not field.blank or field.unique) and not (field.null and field.blank):
                values[field.name] = self._value(field)
        row = model(**values)
        row.save()
        return row

    def person(self) -> Any:
        """Another person of this organisation."""
        return self._make("people.person")

    def _behind(self, model: Any, field: Any) -> Any:
        label = field.remote_field.model._meta.label_lower
        if label == model._meta.label_lower or (field.null and label not in WANTED):
            return None
        return self[label]

    def _value(self, field: Any) -> Any:
        now = self.world.now
        if field.choices:
            return field.choices[0][0]
        if isinstance(field, models.DateTimeField):
            return now + timedelta(hours=2 if field.name in ("ends", "until") else 1)
        if isinstance(field, models.DateField):
            return now.date() + timedelta(days=30 if field.name == "until" else 0)
        if isinstance(field, models.TimeField):
            return time(17 if field.name == "end" else 9)
        if isinstance(field, models.BooleanField):
            return False
        if isinstance(field, models.JSONField):
            return {}
        if isinstance(field, (models.IntegerField, models.FloatField)):
            return next(self.world.numbers)
        if isinstance(field, models.BinaryField):
            return b"x"
        return f"x{next(self.world.numbers)}"[-(field.max_length or 20) :]


#: Nullable foreign keys that must be filled, so that rows are tied to their point, session and supporter.
WANTED = {
    "places.organisation", "places.supportpoint", "places.supporter", "people.person", "schedule.session",
    "schedule.opening", "schedule.series", "bookings.reservation", "bookings.booking", "visits.visit",
}  # fmt: skip


def release(side: Side) -> dict[str, Any]:
    """Statistics of nobody, as they are frozen and printed."""
    from daremo.web.apps.figures.services import counts_of, printed_of

    first, last, rule = date(2026, 10, 1), date(2026, 10, 31), {"smallest": 5}
    counts = counts_of([side["places.organisation"].pk], first, last)
    return {"first": first, "last": last, "counts": counts, "rule": rule, "printed": printed_of(counts, rule)}


SPECIAL: dict[str, Any] = {
    "schedule.session": lambda s: {"starts": s.world.now + timedelta(hours=1), "ends": s.world.now + timedelta(hours=2)},
    "schedule.use": lambda s: {"resource": s["places.supporter"].resource},
    "places.resource": lambda s: {"kind": "supporter", "point": None},
    "bookings.booking": lambda s: {"state": "confirmed"},
    "staff.recovery": lambda s: {
        "user": s.members["supporter"].user, "first": s.members["manager"].user, "second": None, "ended_at": None,
        "state": "asked",
    },
    "staff.membership": lambda s: {},
    "visits.visit": lambda s: {"booking": s["bookings.booking"], "ticket": None},
    "people.relation": lambda s: {"helper": s.person()},
    "figures.release": release,
    "journal.event": lambda s: {"organisation_id": s["places.organisation"].pk, "data": {}},
}  # fmt: skip


class World:
    """Two organisations that know nothing of each other."""

    def __init__(self, now: datetime) -> None:
        self.now, self.numbers = now, count(1)
        self.own, self.other = Side(self, "甲"), Side(self, "乙")
        for side in (self.own, self.other):
            side["schedule.use"]  # the supporter leads the session, so that its people are hers

    def fill(self) -> None:
        """Make a row in every table, on both sides."""
        from daremo.web.apps.staff.rows import ways

        for label in ways():
            for side in (self.own, self.other):
                side[label]

    def client(self, role: str, **more: Any) -> Client:
        """A browser in which the role of our own organisation has signed in."""
        browser = Client(**more)
        browser.force_login(self.own.members[role].user, backend=BACKEND)
        return browser
