"""Accounts and roles: invite, give, change, end. Recovery by two colleagues is in ``recovery.py``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account import app_settings as account_settings
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.staff.log import note
from daremo.web.apps.staff.memberships import valid
from daremo.web.apps.staff.models import Membership, Role, User
from daremo.web.apps.staff.permissions import scope_of
from daremo.web.apps.staff.practice import PREFIX, practice_accounts
from daremo.web.apps.staff.recovery import agree, ask_recovery, refuse
from daremo.web.problems import conflict, refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation, SupportPoint

__all__ = [
    "agree",
    "ask_recovery",
    "change_role",
    "end_membership",
    "give_role",
    "invite",
    "practice_accounts",
    "refuse",
    "sign_out_everywhere",
    "welcome_path",
]

CITY_ROLES = (Role.CITY, Role.AUDITOR)


def check_right(act: Act, organisation_id: int, role: str = "") -> None:
    """Refuse whoever may not change accounts of that organisation, or may not give that role.

    Raises
    ------
    UsageError
        ``no-right``.
    """
    if act.role == "system":
        return
    scope = scope_of("accounts.edit", act.role)
    near = scope == "all" or (scope == "organisation" and act.organisation == organisation_id)
    if not near or (role in CITY_ROLES and scope_of("accounts.city", act.role) == "none"):
        raise refusal("no-right")


def _itself(act: Act, user: User) -> bool:
    return act.who == f"user:{user.pk}"


def invite(
    act: Act,
    organisation: Organisation,
    role: str,
    *,
    username: str,
    name: str,
    email: str = "",
    point: SupportPoint | None = None,
) -> Membership:
    """Make an account without a password and give it a role; :func:`welcome_path` lets its owner set one.

    Raises
    ------
    Conflict
        ``name-taken``: there is an account of that username.
    UsageError
        ``no-right``.
    """
    check_right(act, organisation.pk, role)
    user = User(username=User.normalize_username(username.strip()), last_name=name.strip(), email=email.strip())
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
            note(act, "account.invited", user)
            return give_role(act, user, organisation, role, point=point)
    except IntegrityError as error:
        raise conflict("name-taken", username) from error


def welcome_path(user: User) -> str:
    """Return the address at which the owner sets a password, once, within ``PASSWORD_RESET_TIMEOUT`` seconds."""
    key = account_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})


def give_role(
    act: Act, user: User, organisation: Organisation, role: str, *, point: SupportPoint | None = None
) -> Membership:
    """Give an account a role in an organisation; given twice it is one, and one that has ended begins again.

    Raises
    ------
    UsageError
        ``no-right``; ``wrong-point``: the point belongs to another organisation.
    """
    check_right(act, organisation.pk, role)
    if point is not None and point.organisation_id != organisation.pk:
        raise refusal("wrong-point")
    found = Membership.objects.filter(user=user, organisation=organisation, role=role, point=point).first()
    if found is None:
        row = Membership(user=user, organisation=organisation, role=role, point=point)
        return journal.save(act, "role.given", row)
    if found.until is None:
        return found
    return journal.save(act, "role.given", found, until=None)


def change_role(act: Act, membership: Membership, role: str, point: SupportPoint | None = None) -> Membership:
    """Change what somebody is in an organisation; the other pages open at once with the new role.

    Raises
    ------
    Conflict
        ``role-twice``: the account has that role there already.
    UsageError
        ``no-right``; ``wrong-point``; ``not-yourself``.
    """
    check_right(act, membership.organisation_id, role)
    check_right(act, membership.organisation_id, membership.role)
    if _itself(act, membership.user):
        raise refusal("not-yourself")
    if point is not None and point.organisation_id != membership.organisation_id:
        raise refusal("wrong-point")
    try:
        with transaction.atomic():
            return journal.save(act, "role.changed", membership, role=role, point=point)
    except IntegrityError as error:
        membership.refresh_from_db()
        raise conflict("role-twice") from error


def end_membership(act: Act, membership: Membership) -> Membership:
    """End a role today; who has no other role is signed out everywhere and cannot sign in again.

    Raises
    ------
    UsageError
        ``no-right``; ``not-yourself``.
    """
    check_right(act, membership.organisation_id, membership.role)
    if _itself(act, membership.user):
        raise refusal("not-yourself")
    yesterday = timezone.localdate(act.now) - timedelta(days=1)
    with transaction.atomic():
        journal.save(act, "role.ended", membership, until=yesterday)
        if not valid(membership.user, act.now).exists():
            sign_out_everywhere(act, membership.user)
    return membership


def sign_out_everywhere(act: Act, user: User) -> int:
    """End all sessions of an account; return how many there were."""
    rows = list(UserSession.objects.filter(user=user))
    for row in rows:
        row.end()
    note(act, "account.signed_out_everywhere", user, sessions=len(rows))
    return len(rows)


def is_practice(user: User) -> bool:
    """Tell whether this is an account to practise with."""
    return user.username.startswith(PREFIX)
