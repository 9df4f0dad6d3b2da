"""One event for every change, written with the change or not at all."""

from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Row(models.Model):
    """A row whose changes are journalled: base of every table of the desk that is not the journal itself.

    ``PERSONAL`` names the fields that never enter the journal; erasing them leaves every event as it was.
    """

    PERSONAL: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True


class Event(models.Model):
    """What a row became, by whom, through which channel and why. Rows of this table are only ever added."""

    at = models.DateTimeField(db_index=True)
    who = models.CharField(max_length=40)
    role = models.CharField(max_length=20, blank=True)
    organisation_id = models.BigIntegerField(null=True, blank=True)
    channel = models.CharField(max_length=10)
    kind = models.CharField(max_length=60)
    table = models.CharField(max_length=40)
    row = models.BigIntegerField()
    data = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    reason = models.CharField(max_length=200, blank=True)
    request = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["table", "row"]), models.Index(fields=["kind", "at"])]
