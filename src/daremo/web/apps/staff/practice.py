"""Accounts to practise with: one for each role, signed in with one press, refused in production."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.staff.log import note
from daremo.web.apps.staff.models import Membership, Role, User
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation

PREFIX = "practice-"
NAMES = {
    Role.SUPPORTER: "見本 ささえ",
    Role.POINT: "見本 ばしょ",
    Role.MANAGER: "見本 まとめ",
    Role.CITY: "見本 しやくしょ",
    Role.AUDITOR: "見本 かんさ",
}


def practising() -> bool:
    """Tell whether this server runs in practice mode."""
    return str(getattr(settings, "DAREMO_MODE", "practice")) == "practice"


def practice_accounts(act: Act, organisation: Organisation) -> list[Membership]:
    """Return an account for each role in the organisation, made where there is none; they have no password.

    The account of a supporter belongs to the organisation's first supporter without one, that of a point's manager
    to its first point.

    Raises
    ------
    UsageError
        ``only-in-practice``.
    """
    if not practising():
        raise refusal("only-in-practice")
    with transaction.atomic():
        return [_one(act, organisation, role) for role in Role]


def _one(act: Act, organisation: Organisation, role: Role) -> Membership:
    username = f"{PREFIX}{role.value}-{organisation.pk}"
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User(username=username, last_name=NAMES[role])
        user.set_unusable_password()
        user.save()
        note(act, "account.practice", user)
    point = organisation.points.order_by("pk").first() if role == Role.POINT else None
    if role == Role.SUPPORTER and not hasattr(user, "supporter"):
        supporter = organisation.supporters.filter(user__isnull=True).order_by("pk").first()
        if supporter is not None:
            journal.save(act, "supporter.account", supporter, user=user)
    found = Membership.objects.filter(user=user, organisation=organisation, role=role).first()
    return found or journal.save(
        act, "role.given", Membership(user=user, organisation=organisation, role=role, point=point)
    )
