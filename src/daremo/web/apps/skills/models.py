"""Checks that people left with us, and answers of nobody in particular.

Two tables that nothing joins. A :class:`Check` is a person's: it exists only with her consent, leaves with it, and its
answers and figures are personal, so that the journal never holds them. An :class:`AnonymousSheet` is nobody's: life stage,
district where given, the month and the answers, kept only where somebody agreed in one plain sentence. Its month instead
of its day, and an event at the first moment of that month, keep it from being tied to a check of the same minute.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class Mode(models.TextChoices):
    """How the questions were answered."""

    OWN = "own", "自分の機械"
    KIOSK = "kiosk", "窓口の機械"
    ASSISTED = "assisted", "支援者が聞いて入力"
    PAPER = "paper", "紙"


class Check(Row):
    """A person's result, shown to those who help her because she agreed; the score belongs to her."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("profile", "answers", "goal")

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="checks")
    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="checks")
    consent = models.ForeignKey("people.Consent", on_delete=models.CASCADE, related_name="checks")
    at = models.DateTimeField()
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.OWN)
    life_stage = models.CharField(max_length=8, default="unknown")
    profile = models.JSONField(default=dict, help_text="分野ごとの力と誤差 [mean, se]")
    answers = models.JSONField(default=list, help_text="問題と答え")
    goal = models.CharField(max_length=40, blank=True)
    statistics = models.BooleanField(default=False, help_text="学び方の順番を調べるのに使ってよい")
    once = models.CharField(max_length=64, null=True, blank=True, unique=True)
    keep_until = models.DateField()

    class Meta:
        verbose_name = "力だめしの結果"
        indexes = [models.Index(fields=["person", "at"])]


class AnonymousSheet(Row):
    """The answers of one sitting without a name, for statistics and for better questions."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("profile", "answers")

    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="skill_sheets")
    area = models.ForeignKey("places.Area", on_delete=models.SET_NULL, null=True, blank=True)
    life_stage = models.CharField(max_length=8, default="unknown")
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.OWN)
    language = models.CharField(max_length=8, default="ja")
    month = models.DateField()
    profile = models.JSONField(default=dict)
    answers = models.JSONField(default=list)

    class Meta:
        verbose_name = "名前のない答え"
        indexes = [models.Index(fields=["organisation", "month"])]
