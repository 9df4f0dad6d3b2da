"""Tickets of those who walk in, called together with those who have an appointment."""

from __future__ import annotations

from django.db import models

from daremo.web.apps.journal.models import Row


class Ticket(Row):
    """A number at a point on a day."""

    class State(models.TextChoices):
        TAKEN = "taken", "お待ちです"
        CALLED = "called", "お呼びしました"
        SERVING = "serving", "相談中"
        DONE = "done", "終わりました"
        LEFT = "left", "帰られました"

    point = models.ForeignKey("places.SupportPoint", on_delete=models.PROTECT, related_name="tickets")
    day = models.DateField()
    number = models.PositiveSmallIntegerField()
    booking = models.OneToOneField(
        "bookings.Booking", on_delete=models.PROTECT, null=True, blank=True, related_name="ticket"
    )
    person = models.ForeignKey("people.Person", on_delete=models.SET_NULL, null=True, blank=True)
    topic = models.CharField(max_length=40, blank=True)
    needs = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.TAKEN)
    supporter = models.ForeignKey("places.Supporter", on_delete=models.SET_NULL, null=True, blank=True)
    taken_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="order of calling: arrival, or the appointment's time")
    called_at = models.DateTimeField(null=True, blank=True)
    serving_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "整理券"
        constraints = [models.UniqueConstraint(fields=["point", "day", "number"], name="one_ticket_a_number")]
