"""Accounts of staff and what each may do where. Residents have no account."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q

from daremo.web.apps.journal.models import Row


class User(AbstractUser):
    """Somebody who signs in: staff, a supporter, an auditor."""

    class Meta:
        verbose_name = "アカウント"


class Role(models.TextChoices):
    """What a member of an organisation is there for; ``tables/permissions.csv`` says what each may do."""

    SUPPORTER = "supporter", "支援者"
    POINT = "point", "場所の責任者"
    MANAGER = "manager", "団体の責任者"
    CITY = "city", "自治体"
    AUDITOR = "auditor", "監査"


class Membership(Row):
    """A role of a user in an organisation (and, for a point's manager, at one point)."""

    PERSONAL: ClassVar[tuple[str, ...]] = ()

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT, related_name="members")
    role = models.CharField(max_length=12, choices=Role)
    point = models.ForeignKey("places.SupportPoint", on_delete=models.PROTECT, null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = "役割"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], condition=Q(point__isnull=True), name="one_role_once"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "point"], condition=Q(point__isnull=False), name="one_role_a_point"
            ),
        ]


class Recovery(Row):
    """Two colleagues vouch for somebody who lost passkey, codes and password; then a new password can be set."""

    class State(models.TextChoices):
        ASKED = "asked", "2人めを待っています"
        AGREED = "agreed", "2人が確かめました"
        REFUSED = "refused", "とりやめ"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recoveries")
    organisation = models.ForeignKey("places.Organisation", on_delete=models.PROTECT)
    first = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    second = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)

    class Meta:
        verbose_name = "アカウントの取りもどし"
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(state="asked"), name="one_recovery_at_a_time"),
            models.CheckConstraint(condition=Q(second__isnull=True) | ~Q(second=F("first")), name="two_colleagues"),
            models.CheckConstraint(condition=~Q(first=F("user")) & ~Q(second=F("user")), name="colleagues_not_oneself"),
        ]
