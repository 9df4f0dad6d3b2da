"""The pairing rule: a young supporter has the consent of a guardian and is never alone in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import QuerySet

from daremo.web.problems import conflict, refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Resource, Supporter
    from daremo.web.apps.schedule.models import Session, Use


def adults(session: Session, *, without: Use | None = None) -> QuerySet[Use]:
    """Return the active duties of grown-up supporters in a session."""
    rows = apps.get_model("schedule", "Use")._default_manager.filter(
        session=session, active=True, resource__supporter__isnull=False, resource__supporter__youth=False
    )
    return rows.exclude(pk=without.pk) if without is not None else rows


def may_help(session: Session | None, supporter: Supporter, *, alone_is: str = "youth-alone") -> None:
    """Refuse a young supporter without consent, or in a session (or outside any) where no grown-up is on duty.

    Raises
    ------
    UsageError
        ``no-guardian-consent``.
    Conflict
        ``youth-alone``.
    """
    if not supporter.youth:
        return
    if supporter.guardian_consent_on is None:
        raise refusal("no-guardian-consent")
    if session is None or not adults(session).exists():
        raise conflict(alone_is)


def may_come(session: Session, resource: Resource) -> None:
    """Refuse to put a young supporter into a session where no grown-up is; see :func:`may_help`."""
    supporter = getattr(resource, "supporter", None)
    if supporter is not None:
        may_help(session, supporter)


def may_go(use: Use) -> None:
    """Refuse to take the last grown-up out of a session in which a young supporter stays.

    Raises
    ------
    Conflict
        ``leaves-youth-alone``.
    """
    supporter = getattr(use.resource, "supporter", None)
    if use.session is None or supporter is None or supporter.youth:
        return
    young = apps.get_model("schedule", "Use")._default_manager.filter(
        session=use.session, active=True, resource__supporter__youth=True
    )
    if young.exists() and not adults(use.session, without=use).exists():
        raise conflict("leaves-youth-alone")
