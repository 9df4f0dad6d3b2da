"""A person lets an organisation act for her in named procedures, until a date."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class Mandate(Row):
    """Who lets whom act, proven how, until when."""

    class Evidence(models.TextChoices):
        PERSON = "in_person", "本人が窓口で"
        PAPER = "paper", "紙の委任状"
        CALL = "witnessed_call", "立会いのある電話"

    class State(models.TextChoices):
        PROPOSED = "proposed", "確認待ち"
        ACTIVE = "active", "有効"
        EXPIRED = "expired", "期限切れ"
        REVOKED = "revoked", "取り消し"

    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="mandates")
    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="mandates")
    evidence = models.CharField(max_length=16, choices=Evidence)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    witness = models.ForeignKey("staff.User", on_delete=models.PROTECT, null=True, blank=True)
    text_version = models.CharField(max_length=20)
    since = models.DateField()
    until = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "委任"


class MandateScope(Row):
    """One procedure; each can be revoked alone."""

    mandate = models.ForeignKey(Mandate, on_delete=models.CASCADE, related_name="scopes")
    procedure = models.CharField(max_length=60)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "委任の手続き"
        constraints = [models.UniqueConstraint(fields=["mandate", "procedure"], name="one_scope_a_procedure")]


class MandateUse(Row):
    """One use; chained by hashes so that none can be taken out unseen."""

    PERSONAL: ClassVar[tuple[str, ...]] = ()

    scope = models.ForeignKey(MandateScope, on_delete=models.PROTECT, related_name="uses")
    user = models.ForeignKey("staff.User", on_delete=models.PROTECT)
    visit = models.ForeignKey("visits.Visit", on_delete=models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    ordinal = models.PositiveIntegerField()
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "委任を使った記録"
        constraints = [models.UniqueConstraint(fields=["scope", "ordinal"], name="one_use_an_ordinal")]
