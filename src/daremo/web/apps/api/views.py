"""Make and stop keys and webhooks; a key is shown once."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web.apps.api import keys, webhooks
from daremo.web.apps.api.models import ApiKey, Webhook
from daremo.web.apps.staff.access import StaffRequest, staff_page, visible


@staff_page("api.see")
@never_cache
def interfaces(request: StaffRequest) -> HttpResponse:
    """Show keys and webhooks."""
    hooks = visible(request, Webhook.objects.order_by("-id"))
    return render(
        request,
        "api/interfaces.html",
        {
            "keys": visible(request, ApiKey.objects.order_by("-id")),
            "hooks": [
                {
                    "row": h,
                    "waiting": h.deliveries.filter(done_at__isnull=True, next_at__isnull=False).count(),
                    "lost": h.deliveries.filter(done_at__isnull=True, next_at__isnull=True).count(),
                }
                for h in hooks
            ],
            "scopes": keys.SCOPES.items(),
            "kinds": webhooks.KINDS,
            "fresh": request.session.pop("fresh_key", ""),
            "problem": request.session.pop("interfaces_problem", ""),
        },
    )


@staff_page("api.edit", methods=["POST"], step_up=True)
def new_key(request: StaffRequest) -> HttpResponse:
    """Make a key and show it once."""
    try:
        _row, key = keys.make_key(
            request.act,
            request.membership.organisation,
            request.POST.get("label", "") or "—",
            request.POST.getlist("scopes"),
        )
        request.session["fresh_key"] = key
    except DaremoError as error:
        request.session["interfaces_problem"] = f"{error.message}。{error.fix}"
    return redirect("interfaces:list")


@staff_page("api.edit", of={"key_id": "api.apikey"}, methods=["POST"])
def revoke_key(request: StaffRequest, key_id: int) -> HttpResponse:
    """Stop a key."""
    row = get_object_or_404(visible(request, ApiKey.objects.all()), pk=key_id)
    try:
        keys.revoke_key(request.act, row)
    except DaremoError as error:
        request.session["interfaces_problem"] = f"{error.message}。{error.fix}"
    return redirect("interfaces:list")


@staff_page("api.edit", methods=["POST"], step_up=True)
def new_webhook(request: StaffRequest) -> HttpResponse:
    """Add an address that is told of events; its secret is shown once."""
    try:
        row = webhooks.add_webhook(
            request.act,
            request.membership.organisation,
            request.POST.get("url", "")[:400],
            request.POST.getlist("kinds"),
        )
        request.session["fresh_key"] = row.secret
    except DaremoError as error:
        request.session["interfaces_problem"] = f"{error.message}。{error.fix}"
    return redirect("interfaces:list")


@staff_page("api.edit", of={"webhook_id": "api.webhook"}, methods=["POST"])
def stop_webhook(request: StaffRequest, webhook_id: int) -> HttpResponse:
    """Tell an address nothing more."""
    webhooks.stop_webhook(request.act, get_object_or_404(visible(request, Webhook.objects.all()), pk=webhook_id))
    return redirect("interfaces:list")


@staff_page("api.edit", of={"webhook_id": "api.webhook"}, methods=["POST"])
def replay(request: StaffRequest, webhook_id: int) -> HttpResponse:
    """Send everything from an event on once more."""
    row = get_object_or_404(visible(request, Webhook.objects.all()), pk=webhook_id)
    first = request.POST.get("first", "0")
    webhooks.replay(request.act, row, int(first) if first.isdigit() and len(first) < 18 else 0)
    return redirect("interfaces:list")
