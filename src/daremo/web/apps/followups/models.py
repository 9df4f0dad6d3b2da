"""Thirty and ninety days later: can you do it alone, are you still doing it, what is missing?"""

from __future__ import annotations

from django.db import models

from daremo.web.apps.journal.models import Row


class FollowUp(Row):
    """A question that is due."""

    class State(models.TextChoices):
        DUE = "due", "これから"
        REACHED = "reached", "つながった"
        UNREACHABLE = "unreachable", "つながらない"
        ANSWERED = "answered", "答えをもらった"
        REFUSED = "refused", "ことわられた"

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="followups")
    visit = models.ForeignKey("visits.Visit", on_delete=models.PROTECT, related_name="followups")
    days = models.PositiveSmallIntegerField(help_text="30 or 90")
    due = models.DateField(db_index=True)
    channel = models.CharField(max_length=8, default="phone")
    state = models.CharField(max_length=12, choices=State, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=12, blank=True, help_text="on the paper or SMS, instead of a name")

    class Meta:
        verbose_name = "その後の質問"
        constraints = [models.UniqueConstraint(fields=["visit", "days"], name="one_question_a_time")]


class Outcome(Row):
    """What the person answered."""

    followup = models.OneToOneField(FollowUp, on_delete=models.CASCADE, related_name="outcome")
    alone = models.PositiveSmallIntegerField(null=True, help_text="0–3, as in a visit")
    still_doing = models.BooleanField(null=True)
    missing = models.CharField(
        max_length=20, blank=True, help_text="nothing, more_help, device, line, trust, service, other"
    )
    answered_at = models.DateTimeField()
    channel = models.CharField(max_length=8)

    class Meta:
        verbose_name = "その後"
