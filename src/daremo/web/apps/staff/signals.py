"""Sign-ins and changes of passwords, passkeys and codes go into the journal."""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from daremo.web import clock
from daremo.web.apps.journal.act import Act
from daremo.web.apps.staff.log import note
from daremo.web.apps.staff.models import User


def _act(request: HttpRequest | None, user: User) -> Act:
    known: Act | None = getattr(request, "act", None)
    if known is not None and known.who == f"user:{user.pk}":
        return known
    return Act(f"user:{user.pk}", clock.now(), role="", request=known.request if known is not None else "")


def ways(request: HttpRequest | None) -> list[str]:
    """Return how somebody showed who she is in this session: ``password``, ``mfa``, ``socialaccount``, ``practice``."""
    session = getattr(request, "session", None)
    records = session.get("account_authentication_methods", []) if session is not None else []
    return [str(record.get("method")) for record in records]


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest | None, user: User, **rest: Any) -> None:
    """Somebody signed in."""
    if request is not None and getattr(request, "session", None) is not None:
        # shorter than a resident's; what is sent after it is kept and offered again
        request.session.set_expiry(account_settings.SESSION_COOKIE_AGE)
    note(_act(request, user), "account.signed_in", user, by=ways(request))


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest | None, user: User | None, **rest: Any) -> None:
    """Somebody signed out."""
    if user is not None:
        note(_act(request, user), "account.signed_out", user)


@receiver(user_login_failed)
def failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **rest: Any) -> None:
    """Somebody wrote a wrong password for an account that exists; what was written is not kept."""
    user = User.objects.filter(username=credentials.get("username") or "").first()
    if user is not None:
        note(Act("resident", clock.now(), role="resident"), "account.sign_in_failed", user)


@receiver(account.password_changed)
@receiver(account.password_set)
@receiver(account.password_reset)
def new_password(sender: Any, request: HttpRequest, user: User, **rest: Any) -> None:
    """A password was set."""
    note(_act(request, user), "account.password_set", user)


@receiver(mfa.authenticator_added)
def key_added(sender: Any, request: HttpRequest, user: User, authenticator: Any, **rest: Any) -> None:
    """A passkey, an app or recovery codes were added."""
    note(_act(request, user), "account.key_added", user, type=str(authenticator.type))


@receiver(mfa.authenticator_removed)
def key_removed(sender: Any, request: HttpRequest, user: User, authenticator: Any, **rest: Any) -> None:
    """A passkey, an app or recovery codes were removed."""
    note(_act(request, user), "account.key_removed", user, type=str(authenticator.type))


@receiver(mfa.authenticator_reset)
def codes_made_anew(sender: Any, request: HttpRequest, user: User, authenticator: Any, **rest: Any) -> None:
    """Recovery codes were made anew."""
    note(_act(request, user), "account.key_reset", user, type=str(authenticator.type))
