"""What is to be told to whom, when and how; whatever cannot be sent becomes a call."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from daremo.web.apps.journal.models import Row


class Letter(Row):
    """A text for one occasion, channel and language; older versions stay."""

    organisation = models.ForeignKey(
        "places.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="letters"
    )
    occasion = models.CharField(
        max_length=30, help_text="booked, reminder, changed, cancelled, waiting_offer, followup, mandate …"
    )
    channel = models.CharField(max_length=8)
    language = models.CharField(max_length=8, default="ja")
    subject = models.CharField(max_length=120, blank=True)
    body = models.TextField()
    version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = "文例"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "occasion", "channel", "language", "version"],
                condition=Q(organisation__isnull=False),
                name="one_letter_a_version",
            ),
            models.UniqueConstraint(
                fields=["occasion", "channel", "language", "version"],
                condition=Q(organisation__isnull=True),
                name="one_common_letter_a_version",
            ),
        ]


class Notice(Row):
    """One message to one person."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("told",)

    class State(models.TextChoices):
        QUEUED = "queued", "これから"
        SENT = "sent", "送った"
        FAILED = "failed", "届かない"
        CALL = "call", "電話をかける"
        DONE = "done", "伝えた"
        DROPPED = "dropped", "不要になった"

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="notices")
    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT)
    reservation = models.ForeignKey("bookings.Reservation", on_delete=models.SET_NULL, null=True, blank=True)
    booking = models.ForeignKey("bookings.Booking", on_delete=models.SET_NULL, null=True, blank=True)
    occasion = models.CharField(max_length=30)
    channel = models.CharField(max_length=8)
    due = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    told = models.TextField(blank=True, help_text="the words as sent")
    once = models.CharField(max_length=80, unique=True, help_text="occasion and row: told once")

    class Meta:
        verbose_name = "お知らせ"
