"""Where figures are read from: through the models that Django knows by name, never by another app's module."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import QuerySet


def sessions_of(organisations: Sequence[int], begin: datetime, end: datetime) -> QuerySet[Any]:
    """Return the sessions that began in the period and were not cancelled."""
    return (
        apps.get_model("schedule", "Session")
        ._default_manager.filter(offer__organisation__in=organisations, starts__gte=begin, starts__lt=end)
        .exclude(state="cancelled")
        .select_related("offer__organisation", "point")
        .order_by("starts", "id")
    )


def visits_of(organisations: Sequence[int], begin: datetime, end: datetime) -> QuerySet[Any]:
    """Return the visits that count: closed, not superseded."""
    return apps.get_model("visits", "Visit")._default_manager.filter(
        organisation__in=organisations, started__gte=begin, started__lt=end, state="closed"
    )


def areas() -> QuerySet[Any]:
    """Return the areas in the order of their codes."""
    return apps.get_model("places", "Area")._default_manager.order_by("code")
