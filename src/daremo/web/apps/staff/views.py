"""Start page of staff, practice, the role in use, a kept form, saying again who is here."""

from __future__ import annotations

from typing import cast

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from daremo.web.apps.staff import kept, services
from daremo.web.apps.staff.access import StaffRequest, public_page, staff_page
from daremo.web.apps.staff.memberships import choose, valid
from daremo.web.apps.staff.models import Membership
from daremo.web.apps.staff.practice import PREFIX, practising

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _next(request: HttpRequest) -> str:
    """Return where to go on within this site."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if safe else reverse("staff:home")


@staff_page("account.own", methods=["GET", "HEAD"])
def home(request: HttpRequest) -> HttpResponse:
    """Show what this role works with."""
    asked = cast(StaffRequest, request)
    return render(request, "staff/home.html", {"memberships": valid(asked.user, asked.act.now)})


@staff_page("account.own", methods=["POST"])
def role(request: HttpRequest) -> HttpResponse:
    """Work in another of one's own roles from now on."""
    asked = cast(StaffRequest, request)
    picked = request.POST.get("membership", "")
    found = valid(asked.user, asked.act.now).filter(pk=int(picked)).first() if picked.isdecimal() else None
    if found is None:
        raise Http404
    choose(request, found)
    return redirect("staff:home")


@public_page
def practice(request: HttpRequest) -> HttpResponse:
    """List the accounts to practise with and sign in with one press; production has no such page."""
    if not practising():
        raise Http404
    accounts = (
        Membership.objects.filter(user__username__startswith=PREFIX, user__is_active=True, until__isnull=True)
        .select_related("user", "organisation", "point")
        .order_by("organisation", "pk")
    )
    if request.method == "POST":
        picked = request.POST.get("membership", "")
        found = accounts.filter(pk=int(picked)).first() if picked.isdecimal() else None
        if found is None:
            raise Http404
        if request.user.is_authenticated:
            logout(request)
        record_authentication(request, found.user, method="practice")
        login(request, found.user, backend=BACKEND)
        choose(request, found)
        return redirect(_next(request))
    return render(request, "staff/practice.html", {"accounts": accounts, "next": request.GET.get("next", "")})


@staff_page("account.own")
def kept_form(request: HttpRequest) -> HttpResponse:
    """Offer a form again that was sent when the session had ended."""
    found = kept.offered(request)
    if request.method == "POST":
        kept.forget(request)
        return redirect(found.page if found is not None and request.POST.get("do") == "back" else "staff:home")
    if found is None:
        return redirect("staff:home")
    fields = [(name, value) for name, values in found.fields.items() for value in values]
    return render(request, "staff/kept.html", {"kept": found, "fields": fields})


@staff_page("account.own")
def again(request: HttpRequest) -> HttpResponse:
    """Ask somebody who has no password here to sign in again where she does."""
    if request.method == "POST":
        to = _next(request)
        held = request.session.get(kept.KEY)
        logout(request)
        if held is not None:
            request.session[kept.KEY] = held
        return redirect(f"{reverse('account_login')}?{urlencode({'next': to})}")
    return render(request, "staff/again.html", {"next": _next(request)})


@staff_page("account.own", methods=["POST"])
def everywhere(request: HttpRequest) -> HttpResponse:
    """Sign out on every device, this one too."""
    asked = cast(StaffRequest, request)
    services.sign_out_everywhere(asked.act, asked.user)
    logout(request)
    return redirect("account_login")
