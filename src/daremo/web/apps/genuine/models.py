"""Official messages and who released them, keys, badges; beside them the tables of the log, which is no ordinary table.

A row of the log is only ever added, and is proved by signed checkpoints, so these tables are not journalled.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from daremo.web.apps.journal.models import Row


class Speaker(Row):
    """Who speaks: the city's own sites, telephone numbers and mail domains, against which everything is checked."""

    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=20, blank=True)
    domains = models.JSONField(default=list, blank=True)
    links = models.JSONField(default=list, blank=True)
    numbers = models.JSONField(default=list, blank=True)
    mail_domains = models.JSONField(default=list, blank=True)
    mail_records = models.TextField(blank=True, help_text="DNSの記録：メールの署名の鍵（DKIM）と DMARC")

    class Meta:
        verbose_name = "名のる人"


class Key(Row):
    """A public key of this instance and the days on which it signs; its private half is a file, never in the database."""

    text = models.CharField(max_length=300, unique=True, help_text="name+hash+key (C2SP signed-note)")
    kid = models.CharField(max_length=8, unique=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    revoked_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "公開の鍵"


class Announcement(Row):
    """An official message, word by word: written by one person, released by another, then signed and logged."""

    class Kind(models.TextChoices):
        SMS = "sms", "SMS"
        MAIL = "mail", "メール"
        LETTER = "letter", "手紙"
        SITE = "site", "サイト"
        CALL = "call", "電話"

    class State(models.TextChoices):
        DRAFT = "draft", "書きかけ"
        READY = "ready", "確認待ち"
        RELEASED = "released", "公開中"
        WITHDRAWN = "withdrawn", "取り消し"

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="announcements")
    kind = models.CharField(max_length=6, choices=Kind)
    title = models.CharField(max_length=120)
    text = models.TextField(max_length=20_000)
    department = models.CharField(max_length=80, blank=True)
    audience = models.CharField(max_length=120, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField()
    links = models.JSONField(default=list, blank=True)
    numbers = models.JSONField(default=list, blank=True)
    supersedes = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    written_by = models.ForeignKey("staff.User", on_delete=models.PROTECT, related_name="+")
    released_by = models.ForeignKey("staff.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=10, null=True, blank=True, unique=True)
    kid = models.CharField(max_length=8, blank=True)
    signature = models.CharField(max_length=100, blank=True)
    record = models.BigIntegerField(null=True, blank=True)
    leaf = models.TextField(blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    replaced_by = models.CharField(max_length=10, blank=True)

    class Meta:
        verbose_name = "公式のお知らせ"
        indexes = [models.Index(fields=["organisation", "state"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("written_by")), name="two_persons_release"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "ready"))
                | (Q(released_by__isnull=False) & Q(code__isnull=False) & Q(record__isnull=False)),
                name="released_by_somebody",
            ),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="announced_days_in_order"),
        ]


class Badge(Row):
    """A qualification of a supporter or an attendance, as a credential that holds without us; no name in it."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("document", "token")

    class Kind(models.TextChoices):
        QUALIFICATION = "qualification", "資格"
        ATTENDANCE = "attendance", "受講"

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="badges")
    supporter = models.ForeignKey(
        "places.Supporter", on_delete=models.PROTECT, null=True, blank=True, related_name="badges"
    )
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="badges")
    kind = models.CharField(max_length=14, choices=Kind)
    name = models.CharField(max_length=80)
    number = models.UUIDField(unique=True, default=uuid.uuid4)
    place = models.PositiveIntegerField(unique=True, help_text="place in the status list")
    issued_on = models.DateField()
    until = models.DateField(null=True, blank=True)
    revoked_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    document = models.JSONField(default=dict, blank=True)
    token = models.TextField(blank=True)

    class Meta:
        verbose_name = "バッジ"


class Head(models.Model):
    """The log's state, one row: how many records, and up to which event the journal is in it for certain."""

    size = models.BigIntegerField(default=0)
    mark = models.BigIntegerField(default=0)
    next_mark = models.BigIntegerField(default=0)
    marked_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    version = models.BigIntegerField(default=0, help_text="grows with every change of what a check is made against")

    class Meta:
        verbose_name = "公開の記録の先頭"


class Leaf(models.Model):
    """A record of the log."""

    n = models.BigIntegerField(primary_key=True)
    leaf = models.BinaryField()

    class Meta:
        verbose_name = "公開の記録"


class Tile(models.Model):
    """Hashes of the log's tree."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        verbose_name = "公開の記録の木"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_tile_a_place")]


class Salt(models.Model):
    """What opens the commitment of a record; erasing it leaves every proof as it was."""

    n = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(null=True, unique=True, help_text="event of the journal that it commits to")
    salt = models.BinaryField()
    data = models.BinaryField()

    class Meta:
        verbose_name = "公開の記録の鍵"


class Note(models.Model):
    """A signed checkpoint of the log, or a time-stamp of one."""

    kind = models.CharField(max_length=12)
    size = models.BigIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "公開の記録の署名"
        constraints = [models.UniqueConstraint(fields=["kind", "size", "digest"], name="one_note_once")]
        indexes = [models.Index(fields=["kind", "size"])]


class Slip(models.Model):
    """A number that somebody tells on the telephone: what her check answered, never what she pasted. Kept for a day."""

    number = models.CharField(max_length=6, unique=True)
    verdict = models.CharField(max_length=8)
    asked = models.CharField(max_length=6)
    reasons = models.JSONField(default=list)
    code = models.CharField(max_length=10, blank=True)
    until = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "伝える番号"
