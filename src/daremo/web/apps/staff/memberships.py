"""The roles somebody has today, and the one in use."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from daremo.web.apps.staff.models import Membership, User

CHOSEN = "staff.membership"


def valid(user: User, now: datetime) -> QuerySet[Membership]:
    """Return the memberships that have not ended, the oldest first. ``until`` is the last day, in local time."""
    today = timezone.localdate(now)
    return (
        Membership.objects.filter(Q(until__isnull=True) | Q(until__gte=today), user=user)
        .select_related("organisation", "point")
        .order_by("pk")
    )


def chosen(request: HttpRequest, now: datetime) -> Membership | None:
    """Return the membership this session works in: the one that was picked, else the oldest; None without any."""
    rows = list(valid(cast(User, request.user), now))
    picked = request.session.get(CHOSEN)
    return next((row for row in rows if row.pk == picked), rows[0] if rows else None)


def choose(request: HttpRequest, membership: Membership) -> None:
    """Work in this membership from now on; it was looked up among the user's own."""
    request.session[CHOSEN] = membership.pk
