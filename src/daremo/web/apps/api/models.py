"""Keys of machines, and where to tell them what happened."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class ApiKey(Row):
    """A machine's key: only its hash is kept."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("sha256",)

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="api_keys")
    label = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    until = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "APIの鍵"


class Webhook(Row):
    """An address that is told of events, signed."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("secret",)

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="webhooks")
    url = models.URLField(max_length=400)
    secret = models.CharField(max_length=64)
    kinds = models.JSONField(default=list)
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "Webhook"


class Delivery(Row):
    """One event told to one webhook, tried until it is taken."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.BigIntegerField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "Webhookの送信"
        constraints = [models.UniqueConstraint(fields=["webhook", "event_id"], name="told_once")]
