"""A round of questions to an organisation, and replies without names.

A reply says nothing about who gave it: no account, no name, no moment, only the day; its answers are kept out of the
journal. What one person answered is shown to nobody but her, at the end of her own reply.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class Kind(models.TextChoices):
    """What a round is about."""

    DX = "dx", "デジタル活用の成熟度"
    TELEWORK = "telework", "つづくテレワーク"
    SECURITY = "security", "セキュリティの基本"
    STAFF = "staff", "働く人のデジタル力"


class Round(Row):
    """A time in which the people of an organisation answer one diagnosis; the token opens it without an account."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("token",)

    organisation = models.ForeignKey("places.Organisation", on_delete=models.CASCADE, related_name="rounds")
    kind = models.CharField(max_length=10, choices=Kind)
    token = models.CharField(max_length=40, unique=True)
    opened = models.DateField()
    closed = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = "診断の回"
        indexes = [models.Index(fields=["organisation", "kind"])]


class Reply(Row):
    """The answers of one person, nobody in particular."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("answers",)

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="replies")
    on = models.DateField()
    answers = models.JSONField(default=dict, help_text="問題と選んだ番号")
    once = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        verbose_name = "診断の答え"
