"""What was seen of an organisation's guard, by date."""

from __future__ import annotations

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
