"""Reservations, bookings, the waiting order, and requests that have no session yet."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from daremo.web.apps.journal.models import Row


class Reservation(Row):
    """One conversation that ended in a number: a session, a whole series, or seats for two."""

    class By(models.TextChoices):
        SELF = "self", "本人"
        FAMILY = "family", "家族"
        CARER = "carer", "支援者"
        STAFF = "staff", "職員"

    number = models.CharField(max_length=10, unique=True, help_text="ten digits, the last one checks")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="reservations")
    helper = models.ForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="made_for_others"
    )
    by = models.CharField(max_length=8, choices=By, default=By.SELF)
    channel = models.CharField(max_length=10)
    topic = models.CharField(max_length=40, blank=True)
    needs = models.JSONField(default=list, blank=True)
    remind_by = models.CharField(max_length=8, default="phone")
    consent_read_back = models.BooleanField(default=False)
    once = models.CharField(
        max_length=64, null=True, blank=True, unique=True, help_text="the form's own key: sent twice, booked once"
    )
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = "申しこみ"


class Booking(Row):
    """A seat for a person. While it is active, nobody else can have the seat (database rule)."""

    class State(models.TextChoices):
        HELD = "held", "取り置き"
        CONFIRMED = "confirmed", "予約ずみ"
        ARRIVED = "arrived", "来ました"
        ATTENDED = "attended", "済み"
        NOSHOW = "noshow", "来ませんでした"
        CANCELLED = "cancelled", "取りやめ"
        EXPIRED = "expired", "期限切れ"

    ACTIVE: ClassVar[tuple[str, ...]] = ("held", "confirmed", "arrived", "attended", "noshow")

    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    session = models.ForeignKey("schedule.Session", on_delete=models.PROTECT, related_name="bookings")
    seat = models.ForeignKey("schedule.Seat", on_delete=models.PROTECT, related_name="bookings")
    person = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    state = models.CharField(max_length=10, choices=State, default=State.CONFIRMED)
    held_until = models.DateTimeField(null=True, blank=True)
    held_by = models.CharField(max_length=64, blank=True, help_text="who holds it: a waiting entry or a staff seat")
    cancelled_by = models.CharField(max_length=8, blank=True, help_text="person or service")
    changed_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "予約"
        indexes = [models.Index(fields=["session", "state"]), models.Index(fields=["state", "held_until"])]
        constraints = [
            models.UniqueConstraint(
                fields=["seat"],
                condition=Q(state__in=("held", "confirmed", "arrived", "attended", "noshow")),
                name="one_booking_a_seat",
            ),
            models.UniqueConstraint(
                fields=["session", "person"],
                condition=Q(state__in=("held", "confirmed", "arrived", "attended", "noshow"), person__isnull=False),
                name="one_seat_a_person",
            ),
            models.CheckConstraint(condition=~Q(state="held") | Q(held_until__isnull=False), name="held_until_when"),
        ]


class WaitEntry(Row):
    """Somebody waits for a seat, or for one in every session of a course. An offer holds real seats until it expires."""

    class State(models.TextChoices):
        WAITING = "waiting", "待っています"
        OFFERED = "offered", "ご案内中"
        BOOKED = "booked", "予約ずみ"
        DECLINED = "declined", "辞退"
        EXPIRED = "expired", "期限切れ"
        LEFT = "left", "取りさげ"

    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="waits")
    session = models.ForeignKey(
        "schedule.Session", on_delete=models.PROTECT, null=True, blank=True, related_name="waits"
    )
    series = models.ForeignKey(
        "schedule.Series",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="waits",
        help_text="a course is waited for as a whole: a seat in every session that is still to come",
    )
    offer = models.ForeignKey("schedule.Offer", on_delete=models.PROTECT, null=True, blank=True)
    point = models.ForeignKey("places.SupportPoint", on_delete=models.PROTECT, null=True, blank=True)
    need_class = models.PositiveSmallIntegerField(
        default=0, help_text="higher is served first when the published rule says so"
    )
    seats = models.PositiveSmallIntegerField(default=1, help_text="a party sits together or not at all")
    since = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, null=True, blank=True, related_name="wait")
    offer_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "空き待ち"
        indexes = [
            models.Index(fields=["session", "state", "since"]),
            models.Index(fields=["offer", "state", "since"]),
            models.Index(fields=["series", "state", "since"]),
            models.Index(fields=["state", "offer_until"]),
        ]


class WaitPolicy(Row):
    """The published rule of who is asked first, and how long an offer holds."""

    class Order(models.TextChoices):
        FIRST_COME = "first_come", "申しこみ順"
        NEED = "need", "必要度の順、同じなら申しこみ順"

    organisation = models.OneToOneField("places.Organisation", on_delete=models.PROTECT, related_name="wait_policy")
    order = models.CharField(max_length=12, choices=Order, default=Order.FIRST_COME)
    hold_hours = models.PositiveSmallIntegerField(default=24)
    small_first = models.BooleanField(
        default=False, help_text="ask a smaller party first while the seats do not suffice for the next one"
    )
    published_on = models.DateField()

    class Meta:
        verbose_name = "空き待ちの決まり"


class HelpRequest(Row):
    """A wish without a session yet: come home, call back, an interpreter."""

    class Kind(models.TextChoices):
        VISIT = "visit", "家に来てほしい"
        CALL = "call", "電話をかけてほしい"
        INTERPRETER = "interpreter", "通訳・手話"

    class State(models.TextChoices):
        NEW = "new", "受付"
        PLANNED = "planned", "日を決めた"
        DONE = "done", "済み"
        WITHDRAWN = "withdrawn", "取りさげ"

    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, related_name="request")
    kind = models.CharField(max_length=12, choices=Kind)
    language = models.CharField(max_length=8, blank=True)
    best_time = models.CharField(max_length=20, blank=True, help_text="morning, afternoon, any")
    due = models.DateTimeField(null=True, blank=True)
    session = models.ForeignKey("schedule.Session", on_delete=models.SET_NULL, null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "希望"


class Miss(models.Model):
    """One failed look-up of a booking: a keyed digest of who asked, and of the number. Kept for a day."""

    key = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "番号のまちがい"
        indexes = [models.Index(fields=["key", "at"])]
