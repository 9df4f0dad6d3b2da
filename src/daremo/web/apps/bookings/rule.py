"""The published rule of the waiting order: who is asked first, and how long an offer holds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from daremo.web.apps.bookings.models import WaitPolicy
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation

HOLD_HOURS = (1, 168)


def rule_of(organisation: int) -> WaitPolicy:
    """Return the organisation's rule; unpublished, it is first come, first asked, 24 hours to answer."""
    found = WaitPolicy.objects.filter(organisation=organisation).first()
    return found or WaitPolicy(organisation_id=organisation, hold_hours=24)


def publish(
    act: Act, organisation: Organisation, order: str, hold_hours: int, small_first: bool, published_on: date
) -> WaitPolicy:
    """Publish the rule; offers that were made before keep their time.

    Raises
    ------
    UsageError
        ``bad-waiting-rule``: an order that does not exist, or hours outside 1 to 168.
    """
    if order not in WaitPolicy.Order.values or not HOLD_HOURS[0] <= hold_hours <= HOLD_HOURS[1]:
        raise refusal("bad-waiting-rule", f"{order}, {hold_hours}")
    with transaction.atomic():
        row = WaitPolicy.objects.filter(organisation=organisation).first() or WaitPolicy(organisation=organisation)
        return journal.save(
            act, "policy.published", row, order=order, hold_hours=hold_hours, small_first=small_first,
            published_on=published_on,
        )  # fmt: skip
