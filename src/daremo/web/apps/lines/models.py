"""Answers of `daremo network` that were loaded, who looked at what breaks, and counts of what residents say.

What an answer says stands in no event of the journal: which links break together is critical infrastructure, and the
journal is read by more people than may see that. A word of a resident is a count of a district and a month, never a row.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class Kind(models.TextChoices):
    """Which verb of `daremo network` answered."""

    GAPS = "gaps", "足りない所"
    LOAD = "load", "混む所"
    AVAILABILITY = "availability", "災害のとき"
    UPGRADE = "upgrade", "増強の計画"
    ACCESS = "access", "家までの回線"
    FAIL = "fail", "こわれたとき"


class Answer(Row):
    """One answer of a verb: the part for planners, and the part that tells what breaks (`failures.see` only)."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("data", "critical")

    class State(models.TextChoices):
        WAITING = "waiting", "確認待ち"
        SHOWN = "shown", "取りこみずみ"

    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    name = models.CharField(max_length=120, help_text="ファイルの名前")
    source = models.CharField(max_length=120, help_text="出どころ")
    as_of = models.DateField(help_text="いつの数字か")
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey("staff.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    data = models.JSONField(default=dict)
    critical = models.JSONField(default=dict)

    class Meta:
        verbose_name = "回線の計算の結果"
        indexes = [models.Index(fields=["kind", "state", "at"])]


class Look(Row):
    """Somebody looked at what breaks."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="looks")
    user = models.ForeignKey("staff.User", on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "こわれたときの表を見た記録"
        indexes = [models.Index(fields=["answer", "at"])]


class Said(Row):
    """How many residents of a district said the same of the same sort of line in a month."""

    class Sort(models.TextChoices):
        FIXED = "fixed", "家のインターネット"
        MOBILE = "mobile", "スマホ・携帯"
        UNKNOWN = "unknown", "わからない"

    class Outcome(models.TextChoices):
        FINE = "fine", "ふつうに使える"
        SLOW = "slow", "遅い・切れる"
        NO_LINE = "no_line", "つながらない"

    area = models.ForeignKey("places.Area", on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    sort = models.CharField(max_length=8, choices=Sort)
    outcome = models.CharField(max_length=8, choices=Outcome)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "回線についての声"
        constraints = [
            models.UniqueConstraint(fields=["area", "month", "sort", "outcome"], name="lines_said_once_each"),
        ]
