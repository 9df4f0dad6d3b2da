"""The pages of accounts in real Chromium: the page rules, and a passkey made and used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.page import check_page, chromium
from tests.web.staff.world import World

PASSWORD = "a long enough password"


@pytest.fixture
def desk(live_server: Any, settings: Any) -> Iterator[tuple[str, World]]:
    """The desk on its own address, with two organisations."""
    from daremo.web import clock

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield str(live_server.url).replace("127.0.0.1", "localhost"), World(clock.now())


def sign_in(page: Any, url: str, name: str) -> None:
    page.goto(f"{url}/staff/account/login/")
    page.fill("#id_login", name)
    page.fill("#id_password", PASSWORD)
    page.click("form:has(#id_login) button")


def confirm(page: Any) -> None:
    """Say once more who is here, where the page asks."""
    if "reauthenticate" in page.url:
        page.fill("#id_password", PASSWORD)
        page.click("form:has(#id_password) button")


def test_the_pages_of_accounts_pass_the_page_rules(desk: tuple[str, World]) -> None:
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.staff import services

    url, world = desk
    services.practice_accounts(of_the_system(world.now), world.own["places.organisation"])
    supporter, person = world.own.members["supporter"], world.own["people.contact"].person
    with chromium() as browser:
        page = browser.new_page()
        for path in ("account/login/", "practice/", "account/password/reset/", "account/signup/"):
            page.goto(f"{url}/staff/{path}")
            check_page(page, citizen=False)
        sign_in(page, url, "city-甲")
        page.goto(f"{url}/staff/account/keys/totp/activate/")
        check_page(page, citizen=False)
        confirm(page)
        for path in (
            "", "accounts/", "accounts/new/", f"accounts/{supporter.pk}/", f"accounts/{supporter.pk}/role/",
            f"accounts/{supporter.pk}/end/", f"accounts/{supporter.pk}/recover/", "journal/", f"seen/{person.pk}/",
            "account/keys/", "account/keys/totp/activate/", "account/keys/webauthn/add/", "account/sessions/",
            "account/password/change/", "account/city/", "account/logout/",
        ):  # fmt: skip
            answer = page.goto(f"{url}/staff/{path}")
            assert answer is not None and answer.status == 200, path
            assert page.url.endswith(path), (path, page.url)
            check_page(page, citizen=False)


def test_a_passkey_is_made_and_signs_in_without_a_password(desk: tuple[str, World]) -> None:
    url, _world = desk
    with chromium() as browser:
        page = browser.new_page()
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        key = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        device.send("WebAuthn.addVirtualAuthenticator", {"options": key})
        sign_in(page, url, "manager-甲")
        page.goto(f"{url}/staff/account/keys/webauthn/add/")
        confirm(page)
        page.click("#mfa_webauthn_add")
        page.wait_for_url("**/recovery-codes/")
        page.goto(f"{url}/staff/account/logout/")
        page.click("main form button")
        page.goto(f"{url}/staff/accounts/")
        assert "/login/" in page.url
        page.click("#passkey_login")
        page.wait_for_url("**/staff/accounts/")
        assert "アカウント" in page.title()
