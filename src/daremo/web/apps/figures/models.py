"""Published statistics, frozen: recomputed at any time from what they froze."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from daremo.web.apps.journal.models import Row


class Release(Row):
    """One publication: the counts as they were, the rule of suppression, and what was printed."""

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, null=True, blank=True)
    kind = models.CharField(max_length=30)
    first = models.DateField()
    last = models.DateField()
    made_at = models.DateTimeField()
    until_event = models.BigIntegerField(help_text="last journal event that it counts")
    counts = models.JSONField(encoder=DjangoJSONEncoder)
    rule = models.JSONField()
    printed = models.JSONField(encoder=DjangoJSONEncoder)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "公表した統計"


class Result(Row):
    """A gap or a plan that was computed elsewhere and loaded: what the officer's home tells of seeing and planning."""

    kind = models.CharField(max_length=8, help_text="gap or plan")
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    data = models.JSONField()

    class Meta:
        verbose_name = "計算の結果"
