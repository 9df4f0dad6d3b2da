"""What stands before a staff page: signing in, a second factor, saying once more who is here."""

from __future__ import annotations

import time
from typing import cast

from allauth.account import app_settings as account_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from daremo.web.apps.staff import kept
from daremo.web.apps.staff.models import User

STRONG = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def _away(request: HttpRequest, to: str, **query: str) -> HttpResponse:
    """Send the browser elsewhere; htmx would put a redirect's page into the middle of this one."""
    address = f"{to}?{urlencode(query)}" if query else to
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _after(request: HttpRequest) -> str:
    """Return where to go on: the kept form, the page itself, or the page a form was sent from."""
    if request.method == "POST":
        return reverse("staff:kept") if kept.keep(request) else kept.came_from(request) or reverse("staff:home")
    return request.get_full_path()


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask to sign in; what was sent is kept for the person who was signed in before."""
    return _away(request, reverse("account_login"), next=_after(request))


def needs_second_factor() -> bool:
    """Whether staff must have a passkey or an app with codes: always in production, else as the setting says."""
    practice = str(getattr(settings, "DAREMO_MODE", "practice")) == "practice"
    return bool(getattr(settings, "DAREMO_REQUIRE_MFA", not practice))


def second_factor(request: HttpRequest) -> HttpResponse | None:
    """Ask to set up a passkey or codes first; who came through the municipality's sign-in has proven it there."""
    if not needs_second_factor():
        return None
    user = cast(User, request.user)
    records = get_authentication_records(request, user)
    if any(record.get("method") == "socialaccount" for record in records) or is_mfa_enabled(user, STRONG):
        return None
    return _away(request, reverse("mfa_index"))


def step_up(request: HttpRequest) -> HttpResponse | None:
    """Ask once more who is here, unless that was said within ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds."""
    if did_recently_reauthenticate(request):
        return None
    user = cast(User, request.user)
    ways = get_adapter().get_reauthentication_methods(user)
    if ways:
        return _away(request, str(ways[0]["url"]), next=_after(request))
    # nothing to ask for: practice accounts, and who signs in through the municipality. Then signing in counts.
    records = get_authentication_records(request, user)
    if records and time.time() - records[-1]["at"] < account_settings.REAUTHENTICATION_TIMEOUT:
        return None
    return _away(request, reverse("staff:again"), next=_after(request))
