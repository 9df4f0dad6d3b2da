"""The municipality's sign-in as a door of ours: where its server is away, the page says so and offers the passkey."""

from __future__ import annotations

import logging
from typing import Any

import requests
from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def _away(request: HttpRequest, problem: Exception) -> HttpResponse:
    # the kind of fault alone: an address of a provider may carry a code
    logging.getLogger(__name__).warning("the municipality's sign-in did not answer: %s", type(problem).__name__)
    return render(request, "socialaccount/authentication_error.html", status=503)


def login(request: HttpRequest, provider_id: str) -> Any:
    """Go to the municipality's sign-in."""
    try:
        return views.login(request, provider_id=provider_id)
    except requests.RequestException as problem:
        return _away(request, problem)


def callback(request: HttpRequest, provider_id: str) -> Any:
    """Come back from it."""
    try:
        return views.callback(request, provider_id=provider_id)
    except requests.RequestException as problem:
        return _away(request, problem)
