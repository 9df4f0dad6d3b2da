"""Put on every request who acts: ``request.act``, ``request.membership``; and a number that logs and journal share."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from daremo.web import clock
from daremo.web.apps.journal.act import Act, Channel
from daremo.web.apps.staff import kept
from daremo.web.apps.staff.memberships import chosen

CHANNELS: dict[str, Channel] = {"desk": "phone", "counter": "counter", "visits": "visit"}


class ActMiddleware:
    """Sets ``request.act`` for everybody; after the sessions' and the authentication's middleware.

    Somebody without a session cookie is a resident and costs no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        number = getattr(request, "number", None) or uuid.uuid4().hex
        user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        membership = None
        if user is not None and user.is_authenticated:
            membership = chosen(request, now)
            act = Act(
                f"user:{user.pk}",
                now,
                role=membership.role if membership is not None else "",
                organisation=membership.organisation_id if membership is not None else None,
                request=number,
            )
        else:
            act = Act("resident", now, role="resident", request=number)
        request.act = act  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        answer = self.get_response(request)
        if user is not None and user.is_authenticated and request.user.is_authenticated:
            kept.remember_who(request, answer)
        answer.headers.setdefault("X-Request-ID", number)
        return answer

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> None:
        """Write down by which way staff were asked: what is done on the telephone's page came by telephone."""
        match, act = request.resolver_match, cast(Act, request.act)  # type: ignore[attr-defined]
        if match is not None and act.role not in ("", "resident") and match.app_name in CHANNELS:
            request.act = replace(act, channel=CHANNELS[match.app_name])  # type: ignore[attr-defined]

    def process_template_response(self, request: HttpRequest, answer: TemplateResponse) -> TemplateResponse:
        """Let ``site`` in a page be who runs the service; pages of allauth put their own ``site`` before it."""
        if answer.context_data is not None and "site" in answer.context_data:
            del answer.context_data["site"]
        return answer
