"""Persons without a name, their contact apart and erasable, who stands for whom, and who looked."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class LifeStage(models.TextChoices):
    """The life stages of the region (`daremo.region`)."""

    SCHOOL = "school", "小中学生"
    YOUTH = "youth", "若者"
    WORKING = "working", "働く世代"
    S65 = "65_74", "65〜74歳"
    S75 = "75_84", "75〜84歳"
    S85 = "85_over", "85歳以上"
    UNKNOWN = "unknown", "不明"


class Person(Row):
    """Somebody who is helped, as statistics know her: no name, no day of birth, no address."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="people")
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    life_stage = models.CharField(max_length=8, choices=LifeStage, default=LifeStage.UNKNOWN)
    area = models.ForeignKey("places.Area", on_delete=models.SET_NULL, null=True, blank=True, related_name="residents")
    needs = models.JSONField(
        default=list, blank=True, help_text="slow, loud, large_print, sign, interpreter, step_free …"
    )
    language = models.CharField(max_length=8, default="ja")
    device = models.CharField(max_length=20, blank=True)
    first_seen = models.DateField()
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")

    class Meta:
        verbose_name = "利用者"


class Contact(Row):
    """Name and ways to reach a person. Erasing this row changes no statistic."""

    PERSONAL: ClassVar[tuple[str, ...]] = (
        "name",
        "kana",
        "phone",
        "phone_last4",
        "phone_key",
        "match_key",
        "email",
        "postcode",
        "address",
        "note",
    )

    class Prefers(models.TextChoices):
        PHONE = "phone", "電話"
        SMS = "sms", "SMS"
        EMAIL = "email", "メール"
        LETTER = "letter", "手紙"
        NONE = "none", "なし"

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="contact")
    name = models.CharField(max_length=60, blank=True)
    kana = models.CharField(max_length=80, blank=True, db_index=True)
    phone = models.CharField(max_length=20, blank=True, help_text="as told, for reading aloud")
    phone_key = models.CharField(max_length=16, blank=True, db_index=True, help_text="digits only")
    match_key = models.CharField(
        max_length=64,
        null=True,
        blank=True,
        unique=True,
        help_text="digest of organisation, name and number: sent twice, one person",
    )
    phone_last4 = models.CharField(max_length=4, blank=True, db_index=True)
    email = models.EmailField(blank=True)
    postcode = models.CharField(max_length=8, blank=True)
    address = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=400, blank=True)
    prefers = models.CharField(max_length=8, choices=Prefers, default=Prefers.PHONE)
    keep_until = models.DateField(help_text="erased by itself after this day")

    class Meta:
        verbose_name = "連絡先"


class Relation(Row):
    """Somebody who books or speaks for a person: family, guardian, welfare officer."""

    class Kind(models.TextChoices):
        FAMILY = "family", "家族"
        GUARDIAN = "guardian", "後見人・保護者"
        CARER = "carer", "支援者・ケアマネ"
        NEIGHBOUR = "neighbour", "近所・民生委員"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="helped_by")
    helper = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="helps")
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        verbose_name = "関係"


class Consent(Row):
    """What a person agreed to, how it was asked, in which version of the words, until when."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=40)
    text_version = models.CharField(max_length=20)
    channel = models.CharField(max_length=10)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    given_at = models.DateTimeField()
    until = models.DateField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "同意"


class AccessEntry(models.Model):
    """Who looked at or changed a person's data, when, on which page and why; printable for the person."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="accesses")
    user = models.ForeignKey("staff.User", on_delete=models.SET_NULL, null=True)
    organisation = models.ForeignKey("places.Organisation", on_delete=models.SET_NULL, null=True)
    at = models.DateTimeField()
    page = models.CharField(max_length=80)
    what = models.CharField(max_length=20, default="seen")
    why = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = "閲覧の記録"
        indexes = [models.Index(fields=["person", "at"])]
