"""Signing in through the municipality: the whole way of OpenID Connect against a provider that checks all of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from daremo.web.apps.staff import conf
from tests.web.staff.provider import CLIENT, SECRET, Provider, provider
from tests.web.staff.world import World

EMAIL = "manager@city.example"


def configured(settings: Any, told: Provider, secret: str = SECRET) -> None:
    given = {"DAREMO_OIDC_URL": told.address, "DAREMO_OIDC_CLIENT": CLIENT, "DAREMO_OIDC_SECRET": secret}
    settings.SOCIALACCOUNT_PROVIDERS = conf.oidc(given)["SOCIALACCOUNT_PROVIDERS"]


def through(client: Client, told: Provider, *, code: str = "", state: str = "") -> Any:
    """Press the button, sign in over there, come back."""
    asked = client.post("/staff/account/city/oidc/city/login/")
    assert asked.status_code == 302, asked.content.decode()
    there = urlsplit(asked.headers["Location"])
    query = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert f"{there.scheme}://{there.netloc}" == told.address
    back = urlsplit(query["redirect_uri"]).path
    return client.get(back, {"code": code or told.consent(query), "state": state or query["state"]})


def signed_in(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))


@pytest.fixture
def manager(world: World) -> Any:
    user = world.own.members["manager"].user
    user.email = EMAIL
    user.save()
    return user


def test_a_colleague_of_the_directory_is_signed_in_and_known_the_next_time_by_her_number(
    manager: Any, settings: Any
) -> None:
    with provider(email=EMAIL, email_verified=True) as told:
        configured(settings, told)
        client = Client()
        assert through(client, told).status_code == 302
        assert signed_in(client) == str(manager.pk)
        assert {"/.well-known/openid-configuration", "/token"} <= set(told.asked)
        told.claims["email"] = "renamed@city.example"
        again = Client()
        through(again, told)
        assert signed_in(again) == str(manager.pk)


@pytest.mark.parametrize("wrong", ["state", "code", "secret", "unknown", "unverified"])
def test_nobody_comes_in_with_a_wrong_state_code_or_secret_or_an_address_that_is_not_hers(
    manager: Any, settings: Any, wrong: str
) -> None:
    with provider(
        email="stranger@city.example" if wrong == "unknown" else EMAIL, email_verified=wrong != "unverified"
    ) as told:
        configured(settings, told, "guessed" if wrong == "secret" else SECRET)
        client = Client()
        answer = through(client, told, **{wrong: "forged"} if wrong in ("state", "code") else {})
        assert signed_in(client) == ""
        assert answer.status_code < 500


def test_a_provider_that_is_away_is_said_so_and_costs_no_sign_in_by_passkey(manager: Any, settings: Any) -> None:
    with provider(email=EMAIL, email_verified=True) as told:
        configured(settings, told)
    answer = Client().post("/staff/account/city/oidc/city/login/")
    assert answer.status_code == 503 and "/staff/account/login/" in answer.content.decode()
    assert Client().get("/staff/account/login/").status_code == 200
