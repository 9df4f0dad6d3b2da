"""Imports: previewed before they write, undone when wrong."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class Import(Row):
    """One file that was read: what it would add, change and refuse."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("content",)

    class State(models.TextChoices):
        PREVIEWED = "previewed", "確認待ち"
        APPLIED = "applied", "取りこみずみ"
        UNDONE = "undone", "元にもどした"

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT)
    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    undo = models.JSONField(default=list, help_text="rows as they were before")
    state = models.CharField(max_length=10, choices=State, default=State.PREVIEWED)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "取りこみ"
