"""What was seen of an organisation's guard, by date."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class DomainState(Row):
    """How well a mail domain was protected on a day; addresses of strangers who send are not kept."""

    organisation = models.ForeignKey("places.Organisation", on_delete=models.CASCADE, related_name="domain_states")
    domain = models.CharField(max_length=253)
    at = models.DateTimeField()
    policy = models.CharField(max_length=12, blank=True)
    enforced = models.BooleanField(default=False)
    step = models.CharField(max_length=20, default="answers-needed", help_text="つぎの安全な一歩")
    record = models.CharField(max_length=600, blank=True, help_text="そのとき公開する記録")
    data = models.JSONField(default=dict, help_text="見つけたこと、送り元、使わなかった報告")

    class Meta:
        verbose_name = "メールのドメインの守り"
        indexes = [models.Index(fields=["organisation", "domain", "at"])]


class Decision(Row):
    """How sure a service must be of a person, and what it offers: a proposal until a day of decision stands in it."""

    organisation = models.ForeignKey("places.Organisation", on_delete=models.CASCADE, related_name="identity_decisions")
    title = models.CharField(max_length=100)
    at = models.DateTimeField()
    decided = models.DateField(null=True, blank=True)
    asked = models.JSONField(default=dict, help_text="サービスと害、年代ごとの人数")
    told = models.JSONField(default=dict, help_text="決定の記録")

    class Meta:
        verbose_name = "本人確認の決定"
        indexes = [models.Index(fields=["organisation", "at"])]


class Inventory(Row):
    """What an organisation runs, as it was read on a day; the list itself stays out of the journal."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("components", "services")

    organisation = models.ForeignKey("places.Organisation", on_delete=models.CASCADE, related_name="inventories")
    at = models.DateTimeField()
    assets = models.PositiveIntegerField(default=0)
    components = models.JSONField(default=list, help_text="資産と部品")
    services = models.TextField(blank=True, help_text="依存の表（CSV）")

    class Meta:
        verbose_name = "資産の一覧"
        indexes = [models.Index(fields=["organisation", "at"])]


class State(models.TextChoices):
    """What became of a weakness in an asset."""

    OPEN = "open", "手当てを待つ"
    ACCEPTED = "accepted", "受け入れた"
    DONE = "done", "すんだ"


class Duty(Row):
    """A known weakness in one asset, who sees to it, and by when."""

    organisation = models.ForeignKey("places.Organisation", on_delete=models.CASCADE, related_name="duties")
    asset = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    ids = models.JSONField(default=list, help_text="勧告の番号")
    told = models.JSONField(default=dict, help_text="部品、直した版、すること、止まるサービス")
    severity = models.FloatField(default=0)
    exploited = models.BooleanField(default=False)
    exposed = models.BooleanField(default=False)
    possible = models.BooleanField(default=False, help_text="版がわからず、人が見る")
    people = models.FloatField(default=0)
    score = models.FloatField(default=0)
    found = models.DateField()
    seen = models.DateField(help_text="最後に見つかった日")
    due = models.DateField()
    owner = models.ForeignKey("staff.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="duties")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    why = models.CharField(max_length=200, blank=True, help_text="受け入れたわけ")
    closed = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = "弱いところの手当て"
        indexes = [models.Index(fields=["organisation", "state", "due"])]


class Drill(Row):
    """A tabletop exercise that was held, and what came of it; words of those who took part stay out of the journal."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("told",)

    organisation = models.ForeignKey("places.Organisation", on_delete=models.CASCADE, related_name="drills")
    held = models.DateField()
    digest = models.CharField(max_length=64, help_text="演習の指紋")
    told = models.JSONField(default=dict, help_text="ふりかえりの記録")

    class Meta:
        verbose_name = "机上演習"
