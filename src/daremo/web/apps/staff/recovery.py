"""Somebody lost passkey, codes and password: two colleagues who know her vouch, and she sets a new password.

The steps, as ``docs`` and the pages tell them:

1. She calls or comes. The first colleague makes sure that it is she and asks for the recovery (:func:`ask_recovery`).
2. A second colleague makes sure by herself and agrees (:func:`agree`). Nobody vouches for herself, nobody twice.
   Only now the old password, passkeys and codes end, and all sessions with them.
3. The second colleague hands over a link, on paper or by telephone call-back. It works once and for a limited time.
   She sets a password, signs in, and is asked to set up a passkey or codes before any other page opens.

A recovery that nobody agrees to ends after a day. Each step stands in the journal.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.staff.log import note
from daremo.web.apps.staff.models import Membership, Recovery, User
from daremo.web.apps.staff.permissions import scope_of
from daremo.web.problems import conflict, refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation

HOURS = 24


def _check(act: Act, colleague: User, user: User, organisation_id: int) -> None:
    """Refuse whoever may not vouch: a stranger to the organisation, a role without the right, oneself."""
    scope = scope_of("accounts.recover", act.role)
    near = scope == "all" or (scope == "organisation" and act.organisation == organisation_id)
    if act.who != f"user:{colleague.pk}" or not near:
        raise refusal("no-right")
    if colleague.pk == user.pk:
        raise refusal("not-yourself")
    # who may give the roles of the municipality is the only one to give them back
    strong = Membership.objects.filter(user=user, role__in=("city", "auditor"))
    if strong.exists() and scope_of("accounts.city", act.role) == "none":
        raise refusal("no-right")


def ask_recovery(act: Act, colleague: User, user: User, organisation: Organisation) -> Recovery:
    """Vouch first for somebody of the organisation; nothing changes yet for her account.

    Raises
    ------
    Conflict
        ``recovery-open``: somebody has asked already.
    UsageError
        ``no-right``; ``not-yourself``.
    """
    _check(act, colleague, user, organisation.pk)
    if not Membership.objects.filter(user=user, organisation=organisation).exists():
        raise refusal("no-right")
    lapse(act)
    row = Recovery(user=user, organisation=organisation, first=colleague, asked_at=act.now)
    try:
        with transaction.atomic():
            return journal.save(act, "recovery.asked", row)
    except IntegrityError as error:
        raise conflict("recovery-open") from error


def agree(act: Act, colleague: User, recovery: Recovery) -> User:
    """Vouch second: password, passkeys, codes and sessions of the account end; return the account.

    Raises
    ------
    Conflict
        ``changed-meanwhile``: somebody agreed or refused already, or a day has passed.
    UsageError
        ``no-right``; ``not-yourself``; ``same-colleague``.
    """
    user = recovery.user
    _check(act, colleague, user, recovery.organisation_id)
    if recovery.first_id == colleague.pk:
        raise refusal("same-colleague")
    lapse(act)
    with transaction.atomic():
        journal.move(
            act,
            "recovery.agreed",
            recovery,
            {"state": Recovery.State.ASKED},
            state=Recovery.State.AGREED,
            second=colleague,
            ended_at=act.now,
        )
        Authenticator.objects.filter(user=user).delete()
        user.set_unusable_password()
        user.save(update_fields=["password"])
        for row in UserSession.objects.filter(user=user):
            row.end()
        note(act, "account.emptied", user)
    return user


def refuse(act: Act, recovery: Recovery) -> Recovery:
    """Call a recovery off; the account stays as it was.

    Raises
    ------
    Conflict
        ``changed-meanwhile``.
    """
    return journal.move(
        act,
        "recovery.refused",
        recovery,
        {"state": Recovery.State.ASKED},
        state=Recovery.State.REFUSED,
        ended_at=act.now,
    )


def lapse(act: Act) -> int:
    """Call off what nobody agreed to within a day; return how many."""
    old = Recovery.objects.filter(state=Recovery.State.ASKED, asked_at__lt=act.now - timedelta(hours=HOURS))
    rows = list(old)
    for row in rows:
        refuse(act.because("lapsed"), row)
    return len(rows)
