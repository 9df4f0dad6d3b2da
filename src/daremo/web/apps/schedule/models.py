"""Offer → Opening → Session → Seat, and Use: who and what is where, when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from daremo.web.apps.journal.models import Row


class Offer(Row):
    """What is offered: a consultation, a course, a home visit, a telephone call."""

    class Kind(models.TextChoices):
        CONSULTATION = "consultation", "個別相談"
        COURSE = "course", "教室"
        VISIT = "visit", "訪問"
        PHONE = "phone", "電話相談"

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="offers")
    title = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind)
    topics = models.JSONField(default=list, blank=True)
    level = models.PositiveSmallIntegerField(default=0, help_text="0 = はじめて")
    minutes = models.PositiveSmallIntegerField(default=60)
    capacity = models.PositiveSmallIntegerField(default=1)
    helpers = models.PositiveSmallIntegerField(default=1, help_text="支援者の数")
    book_channels = models.JSONField(default=list, blank=True, help_text="web, phone, counter, api; empty = all")
    notice_hours = models.PositiveSmallIntegerField(default=0, help_text="何時間前まで予約できるか")
    ahead_days = models.PositiveSmallIntegerField(default=60)
    price_yen = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=8, default="ja")
    public = models.BooleanField(default=True)
    retention_days = models.PositiveIntegerField(default=730)
    action = models.CharField(max_length=60, blank=True, help_text="action of the plan that this delivers")

    class Meta:
        verbose_name = "メニュー"

    def __str__(self) -> str:
        return self.title


class Opening(Row):
    """When an offer is given at a point: a rule that repeats, with exceptions."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="openings")
    point = models.ForeignKey("places.SupportPoint", on_delete=models.PROTECT, related_name="openings")
    room = models.ForeignKey("places.Resource", on_delete=models.PROTECT, null=True, blank=True)
    rrule = models.CharField(max_length=200, help_text="RFC 5545, e.g. FREQ=WEEKLY;BYDAY=TU")
    first = models.DateField()
    last = models.DateField(null=True, blank=True)
    start = models.TimeField()
    end = models.TimeField()
    capacity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="else the offer's")
    skip_holidays = models.BooleanField(default=True)
    made_until = models.DateField(null=True, blank=True, help_text="sessions exist up to this day")
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "開く時間"


class OpeningException(Row):
    """A day on which an opening differs: closed, or open at another time."""

    opening = models.ForeignKey(Opening, on_delete=models.CASCADE, related_name="exceptions")
    day = models.DateField()
    closed = models.BooleanField(default=True)
    start = models.TimeField(null=True, blank=True)
    end = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = "例外の日"
        constraints = [
            models.UniqueConstraint(
                fields=["opening", "day"], condition=Q(start__isnull=True), name="one_closed_day_an_opening"
            ),
            models.UniqueConstraint(
                fields=["opening", "day", "start"], condition=Q(start__isnull=False), name="one_exception_a_time"
            ),
        ]


class Series(Row):
    """A course of several sessions, enrolled in once."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="series")
    point = models.ForeignKey("places.SupportPoint", on_delete=models.PROTECT)
    title = models.CharField(max_length=80)

    class Meta:
        verbose_name = "連続講座"


class Session(Row):
    """One dated occurrence. Its capacity is the number of its seats that are not withdrawn."""

    class State(models.TextChoices):
        PLANNED = "planned", "準備中"
        OPEN = "open", "受付中"
        RUNNING = "running", "開催中"
        DONE = "done", "終了"
        CANCELLED = "cancelled", "中止"

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="sessions")
    point = models.ForeignKey("places.SupportPoint", on_delete=models.PROTECT, related_name="sessions")
    opening = models.ForeignKey(Opening, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    ordinal = models.PositiveSmallIntegerField(default=1, help_text="place in its series")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    cancel_reason = models.CharField(max_length=80, blank=True)
    source_id = models.CharField(max_length=200, null=True, blank=True, help_text="number in the file it came from")
    extra = models.JSONField(null=True, blank=True, help_text="the row of the file it came from, as written")

    class Meta:
        verbose_name = "回"
        indexes = [models.Index(fields=["point", "starts"]), models.Index(fields=["starts", "state"])]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="session_ends_after_start"),
            models.UniqueConstraint(
                fields=["opening", "starts"],
                condition=Q(opening__isnull=False) & ~Q(state="cancelled"),
                name="one_session_a_start",
            ),
        ]


class Seat(Row):
    """One place for one person in a session; a booking takes a seat, and a seat takes one active booking."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="seats")
    number = models.PositiveSmallIntegerField()
    withdrawn = models.BooleanField(default=False)

    class Meta:
        verbose_name = "席"
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="one_seat_a_number")]


class Use(Row):
    """A resource is taken from a time to a time. Two active uses of one resource never overlap (database rule).

    PostgreSQL holds it by an exclusion constraint, SQLite by triggers (``schedule/overlap.py``).
    """

    resource = models.ForeignKey("places.Resource", on_delete=models.PROTECT, related_name="uses")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, blank=True, related_name="uses")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    active = models.BooleanField(default=True)
    part = models.CharField(max_length=12, default="lead", help_text="lead, assistant, room, interpreter")

    class Meta:
        verbose_name = "割り当て"
        indexes = [models.Index(fields=["resource", "starts"])]
        constraints = [models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="use_ends_after_start")]
