"""Accounts of an organisation: who has which role, since when not seen; invite, change, end, recover."""

from __future__ import annotations

from typing import Any, cast

from django.apps import apps
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from daremo.kernel.errors import DaremoError
from daremo.web.apps.staff import services
from daremo.web.apps.staff.access import StaffRequest, may, staff_page, visible
from daremo.web.apps.staff.forms import InviteForm, RoleForm
from daremo.web.apps.staff.models import Membership, Recovery, Role, User

PAGE = 50


def _roles(request: HttpRequest) -> list[Role]:
    """Return the roles that this request may give."""
    return [role for role in Role if role not in services.CITY_ROLES or may(request, "accounts.city")]


def _rows(request: HttpRequest, label: str) -> QuerySet[Any]:
    return visible(request, apps.get_model(label)._default_manager.order_by("name", "pk"))


def _membership(request: HttpRequest) -> Membership:
    return cast(Membership, cast(StaffRequest, request).rows["membership"])


def _say(form: Any, error: DaremoError) -> None:
    form.add_error(None, f"{error.message}。{error.fix}")


@staff_page("accounts.see")
def accounts(request: HttpRequest) -> HttpResponse:
    """List the accounts that this role sees, with role and last sign-in."""
    rows = visible(request, Membership.objects.all()).select_related("user", "organisation", "point")
    text = request.GET.get("q", "").strip()
    if text:
        rows = rows.filter(
            Q(user__last_name__icontains=text)
            | Q(user__username__icontains=text)
            | Q(organisation__name__icontains=text)
        )
    page = Paginator(rows.order_by("organisation__name", "user__last_name", "pk"), PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request, "staff/accounts.html", {"page_obj": page, "q": text, "may_edit": may(request, "accounts.edit")}
    )


@staff_page("accounts.edit")
def invite(request: HttpRequest) -> HttpResponse:
    """Make an account and print the sheet with which its owner sets a password."""
    form = InviteForm(
        request.POST or None,
        roles=_roles(request),
        points=_rows(request, "places.supportpoint"),
        organisations=_rows(request, "places.organisation"),
        initial={"role": Role.SUPPORTER},
    )
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        asked = cast(StaffRequest, request)
        try:
            made = services.invite(
                asked.act,
                told["organisation"],
                told["role"],
                username=told["username"],
                name=told["name"],
                email=told["email"],
                point=told["point"],
            )
        except DaremoError as error:
            _say(form, error)
        else:
            return _welcome(request, made.user)
    return render(request, "staff/invite.html", {"form": form})


def _welcome(request: HttpRequest, user: User) -> HttpResponse:
    link = request.build_absolute_uri(services.welcome_path(user))
    return render(request, "staff/welcome.html", {"account": user, "link": link})


@staff_page("accounts.see", of={"membership": "staff.membership"})
def account(request: HttpRequest, membership: int) -> HttpResponse:
    """Show one account: role, last sign-in, ways to sign in, what can be done."""
    row = _membership(request)
    asked = cast(StaffRequest, request)
    open_one = Recovery.objects.filter(user=row.user, state=Recovery.State.ASKED).first()
    shown = {
        "row": row,
        "keys": row.user.authenticator_set.order_by("type", "pk"),  # type: ignore[attr-defined]
        "itself": row.user_id == asked.user.pk,
        "may_edit": may(request, "accounts.edit")
        and (row.role not in services.CITY_ROLES or may(request, "accounts.city")),
        "may_recover": may(request, "accounts.recover"),
        "recovery": open_one,
        "new": not row.user.has_usable_password() and not services.is_practice(row.user),
    }
    return render(request, "staff/account.html", shown)


@staff_page("accounts.edit", of={"membership": "staff.membership"}, step_up=True, methods=["POST"])
def welcome(request: HttpRequest, membership: int) -> HttpResponse:
    """Print the sheet again for somebody who has not set a password yet."""
    row = _membership(request)
    services.check_right(cast(StaffRequest, request).act, row.organisation_id, row.role)
    if row.user.has_usable_password():
        return redirect("staff:account", row.pk)
    return _welcome(request, row.user)


@staff_page("accounts.edit", of={"membership": "staff.membership"}, step_up=True)
def change(request: HttpRequest, membership: int) -> HttpResponse:
    """Change somebody's role or point."""
    row = _membership(request)
    form = RoleForm(
        request.POST or None,
        roles=_roles(request),
        points=_rows(request, "places.supportpoint").filter(organisation=row.organisation_id),
        initial={"role": row.role, "point": row.point_id},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change_role(
                cast(StaffRequest, request).act, row, form.cleaned_data["role"], form.cleaned_data["point"]
            )
        except DaremoError as error:
            _say(form, error)
        else:
            return redirect("staff:account", row.pk)
    return render(request, "staff/change.html", {"form": form, "row": row})


@staff_page("accounts.edit", of={"membership": "staff.membership"}, step_up=True)
def end(request: HttpRequest, membership: int) -> HttpResponse:
    """End somebody's role, after asking; a role can be given again."""
    row = _membership(request)
    problem = ""
    if request.method == "POST":
        try:
            services.end_membership(cast(StaffRequest, request).act, row)
        except DaremoError as error:
            problem = f"{error.message}。{error.fix}"
        else:
            return redirect("staff:accounts")
    return render(request, "staff/end.html", {"row": row, "problem": problem})


@staff_page("accounts.recover", of={"membership": "staff.membership"}, step_up=True)
def recover(request: HttpRequest, membership: int) -> HttpResponse:
    """Vouch first for somebody who cannot sign in any more."""
    row = _membership(request)
    asked = cast(StaffRequest, request)
    problem = ""
    if request.method == "POST":
        try:
            made = services.ask_recovery(asked.act, asked.user, row.user, row.organisation)
        except DaremoError as error:
            problem = f"{error.message}。{error.fix}"
        else:
            return redirect("staff:recovery", made.pk)
    return render(request, "staff/recover.html", {"row": row, "problem": problem})


@staff_page("accounts.recover", of={"recovery": "staff.recovery"}, step_up=True)
def recovery(request: HttpRequest, recovery: int) -> HttpResponse:
    """Vouch second, or call it off."""
    asked = cast(StaffRequest, request)
    row: Recovery = asked.rows["recovery"]
    problem = ""
    if request.method == "POST":
        try:
            if request.POST.get("do") == "refuse":
                services.refuse(asked.act, row)
                return redirect("staff:accounts")
            return _welcome(request, services.agree(asked.act, asked.user, row))
        except DaremoError as error:
            problem = f"{error.message}。{error.fix}"
    first = row.first_id == asked.user.pk
    return render(request, "staff/recovery.html", {"row": row, "problem": problem, "first": first})
