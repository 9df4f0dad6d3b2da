"""What was done, for how long, how far the person did it alone, and what comes next."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from daremo.web.apps.journal.models import Row


class Alone(models.IntegerChoices):
    """How far a person can do it alone."""

    NOT_YET = 0, "まだできない"
    TOGETHER = 1, "いっしょならできる"
    PROMPTED = 2, "声かけだけでできる"
    ALONE = 3, "ひとりでできる"


class Goal(Row):
    """What a person wants to do in her life, not on her phone."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("words",)

    class State(models.TextChoices):
        OPEN = "open", "とりくみ中"
        MET = "met", "できた"
        DROPPED = "dropped", "やめた"

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="goals")
    topic = models.CharField(max_length=40)
    words = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    since = models.DateField()
    met_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = "目あて"


class Visit(Row):
    """One piece of help given. A correction is a new row that supersedes the old; nothing is overwritten.

    A visit to a group holds counts by life stage (:class:`Band`), never invented persons.
    """

    PERSONAL: ClassVar[tuple[str, ...]] = ("note",)

    class Mode(models.TextChoices):
        POINT = "point", "窓口"
        HOME = "home", "訪問"
        PHONE = "phone", "電話"
        GROUP = "group", "教室"
        STREET = "street", "出張"

    class State(models.TextChoices):
        DRAFT = "draft", "下書き"
        CLOSED = "closed", "記録ずみ"
        SUPERSEDED = "superseded", "訂正された"

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="visits")
    point = models.ForeignKey(
        "places.SupportPoint", on_delete=models.PROTECT, null=True, blank=True, related_name="visits"
    )
    session = models.ForeignKey(
        "schedule.Session", on_delete=models.PROTECT, null=True, blank=True, related_name="visits"
    )
    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, null=True, blank=True, related_name="visits"
    )
    ticket = models.ForeignKey("queue.Ticket", on_delete=models.PROTECT, null=True, blank=True, related_name="visits")
    supporter = models.ForeignKey("places.Supporter", on_delete=models.PROTECT, null=True, related_name="visits")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="visits")
    area = models.ForeignKey("places.Area", on_delete=models.SET_NULL, null=True, blank=True)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.POINT)
    started = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    topics = models.JSONField(default=list)
    device = models.CharField(max_length=20, blank=True)
    alone_before = models.PositiveSmallIntegerField(choices=Alone, null=True, blank=True)
    alone_after = models.PositiveSmallIntegerField(choices=Alone, null=True, blank=True)
    next_step = models.CharField(max_length=20, blank=True)
    goal = models.ForeignKey(Goal, on_delete=models.SET_NULL, null=True, blank=True)
    headcount = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.CLOSED)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    note = models.CharField(max_length=400, blank=True)
    once = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        verbose_name = "訪問の記録"
        indexes = [models.Index(fields=["organisation", "started"])]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], condition=Q(state="closed", booking__isnull=False), name="one_visit_a_booking"
            ),
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state="closed", ticket__isnull=False), name="one_visit_a_ticket"
            ),
        ]


class Band(Row):
    """How many of a group were of a life stage."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="bands")
    life_stage = models.CharField(max_length=8)
    people = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = "人数の内わけ"
        constraints = [models.UniqueConstraint(fields=["visit", "life_stage"], name="one_band_a_stage")]


class Orientation(Row):
    """A person was shown to another service; the result comes back here."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="orientations")
    to = models.CharField(max_length=80)
    result = models.CharField(max_length=20, blank=True, help_text="came, not_yet, not_needed")

    class Meta:
        verbose_name = "ほかの窓口への案内"


class Incident(Row):
    """A scam, a false message or another harm that a person told of."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("words",)

    class State(models.TextChoices):
        REPORTED = "reported", "受付"
        CHECKED = "checked", "確認ずみ"
        ALERTED = "alerted", "注意を出した"
        CLOSED = "closed", "終わり"

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT)
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents")
    area = models.ForeignKey("places.Area", on_delete=models.SET_NULL, null=True, blank=True)
    kind = models.CharField(max_length=30, help_text="sms, mail, call, site, shop, other")
    pretends = models.CharField(max_length=60, blank=True, help_text="who the sender pretends to be")
    loss_yen = models.PositiveIntegerField(null=True, blank=True)
    words = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.REPORTED)

    class Meta:
        verbose_name = "あやしい連絡"
