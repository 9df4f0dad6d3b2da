"""Signing in: password and code, what must be set up first, saying again who is here, roles, devices, practice."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.test import Client

from tests.web.staff.world import World

PASSWORD = "a long enough password"


def kinds() -> list[str]:
    from daremo.web.apps.journal.models import Event

    return list(Event.objects.filter(table="staff.user").order_by("id").values_list("kind", flat=True))


def code_of(user: Any) -> str:
    """The six digits that the app shows now."""
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    secret = get_adapter().decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def with_codes(user: Any) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(user, generate_totp_secret())


def sign_in(client: Client, name: str, password: str = PASSWORD) -> Any:
    return client.post("/staff/account/login/?next=/staff/accounts/", {"login": name, "password": password})


def test_password_and_code_sign_in_and_both_are_needed(world: World) -> None:
    user = world.own.members["manager"].user
    with_codes(user)
    client = Client()
    assert sign_in(client, user.username)["Location"].startswith("/staff/account/keys/authenticate/")
    assert client.get("/staff/accounts/").status_code == 302
    assert "確認コード" in client.get("/staff/account/keys/authenticate/").content.decode()
    wrong = client.post("/staff/account/keys/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    answer = client.post("/staff/account/keys/authenticate/", {"code": code_of(user)})
    assert answer.status_code == 302
    assert client.get("/staff/accounts/").status_code == 200
    assert "account.signed_in" in kinds()


def test_the_secret_of_codes_does_not_stand_in_the_database(world: World) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(world.own.members["manager"].user, secret)
    assert secret not in str(Authenticator.objects.get().data)


def test_a_wrong_password_and_an_unknown_account_are_answered_alike(world: World) -> None:
    one = sign_in(Client(), "manager-甲", "wrong").content.decode()
    two = sign_in(Client(), "nobody", "wrong").content.decode()
    for page in (one, two):
        assert "エラー：" in page.split("</title>")[0]
    plain = [re.sub(r'value="[A-Za-z0-9]{64}"', "", page) for page in (one, two)]
    assert plain[0].replace("manager-甲", "nobody") == plain[1]
    assert kinds() == ["account.sign_in_failed"]


def test_in_production_no_page_opens_before_a_passkey_or_codes_are_set_up(world: World, settings: Any) -> None:
    settings.DAREMO_REQUIRE_MFA = True
    client = world.client("manager")
    answer = client.get("/staff/accounts/")
    assert answer.status_code == 302
    assert answer["Location"] == "/staff/account/keys/"
    with_codes(world.own.members["manager"].user)
    assert client.get("/staff/accounts/").status_code == 200


def test_sensitive_acts_ask_again_who_is_here_and_the_form_is_not_lost(world: World) -> None:
    client = world.client("city")
    target = world.own.members["manager"]
    address = f"/staff/accounts/{target.pk}/role/"
    answer = client.post(address, {"role": "supporter"}, headers={"Referer": f"http://testserver{address}"})
    assert answer["Location"] == "/staff/account/reauthenticate/?next=%2Fstaff%2Fkept%2F"
    target.refresh_from_db()
    assert target.role == "manager"
    assert "本人かどうか" in client.get(answer["Location"]).content.decode()
    back = client.post(answer["Location"], {"password": PASSWORD, "next": "/staff/kept/"})
    assert back["Location"] == "/staff/kept/"
    filled = client.get(address).content.decode()
    assert " checked" in filled[filled.index('value="supporter"') :].split(">")[0]
    client.post(address, {"role": "supporter"})
    target.refresh_from_db()
    assert target.role == "supporter"


def test_the_role_in_use_can_be_changed_to_another_of_ones_own_and_to_no_other(world: World) -> None:
    from daremo.web.apps.staff.models import Membership

    user = world.own.members["supporter"].user
    second = Membership.objects.create(user=user, organisation=world.other["places.organisation"], role="manager")
    client = world.client("supporter")
    assert client.get("/staff/accounts/").status_code == 403
    assert "役割をかえる" in client.get("/staff/").content.decode()
    client.post("/staff/role/", {"membership": second.pk})
    page = client.get("/staff/accounts/").content.decode()
    assert "乙" in page
    assert "<td>甲</td>" not in page
    assert client.post("/staff/role/", {"membership": world.own.members["city"].pk}).status_code == 404
    second.until = world.now.date().replace(year=2020)
    second.save()
    assert client.get("/staff/accounts/").status_code == 403


def test_devices_are_listed_and_signed_out_everywhere_at_once(world: World) -> None:
    user = world.own.members["manager"].user
    here, there = Client(), Client(headers={"User-Agent": "あちらの機器"})
    for client in (here, there):
        sign_in(client, user.username)
        assert client.get("/staff/accounts/").status_code == 200
    assert "あちらの機器" in here.get("/staff/account/sessions/").content.decode()
    here.post("/staff/everywhere/")
    for client in (here, there):
        assert client.get("/staff/accounts/").status_code == 302


def test_nobody_makes_an_account_alone(world: World) -> None:
    from daremo.web.apps.staff.models import User

    before = User.objects.count()
    page = Client().get("/staff/account/signup/").content.decode()
    assert "責任者が作ります" in page
    Client().post("/staff/account/signup/", {"username": "me", "password1": PASSWORD})
    assert User.objects.count() == before


def test_practice_signs_in_with_one_press_and_production_knows_no_such_page(world: World, settings: Any) -> None:
    from daremo.kernel.errors import DaremoError
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.staff import services

    act = of_the_system(world.now)
    made = services.practice_accounts(act, world.other["places.organisation"])
    again = services.practice_accounts(act, world.other["places.organisation"])
    assert [m.pk for m in made] == [m.pk for m in again]
    assert [m.role for m in made] == ["supporter", "point", "manager", "city", "auditor"]
    client = Client()
    assert client.get("/staff/practice/").content.decode().count('name="membership"') == 5
    for member in made:
        client.post("/staff/practice/", {"membership": member.pk})
        page = client.get("/staff/").content.decode()
        assert member.get_role_display() in page
    assert Client().post("/staff/practice/", {"membership": world.own.members["city"].pk}).status_code == 404
    settings.DAREMO_MODE = "production"
    assert Client().get("/staff/practice/").status_code == 404
    assert Client().post("/staff/practice/", {"membership": made[0].pk}).status_code == 404
    with pytest.raises(DaremoError, match="練習"):
        services.practice_accounts(act, world.own["places.organisation"])


def test_the_sign_in_of_the_municipality_opens_only_an_account_whose_verified_address_it_knows(
    world: World, settings: Any
) -> None:
    from allauth.socialaccount.models import SocialAccount, SocialLogin
    from django.contrib.auth.models import AnonymousUser
    from django.test import RequestFactory

    from daremo.web.apps.staff import conf
    from daremo.web.apps.staff.adapters import SocialAdapter
    from daremo.web.apps.staff.models import User

    told_by = {"DAREMO_OIDC_URL": "https://id.example", "DAREMO_OIDC_CLIENT": "daremo", "DAREMO_OIDC_SECRET": "x"}
    settings.SOCIALACCOUNT_PROVIDERS = conf.oidc(told_by)["SOCIALACCOUNT_PROVIDERS"]
    user = world.own.members["manager"].user
    user.email = "manager@city.example"
    user.save()
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    for told, opens in (
        ({"email": "Manager@city.example", "email_verified": True}, True),
        ({"email": "manager@city.example", "email_verified": False}, False),
        ({"email": "manager@city.example"}, False),
        ({"email": "nobody@city.example", "email_verified": True}, False),
        ({}, False),
    ):
        SocialAccount.objects.all().delete()
        account = SocialAccount(provider="city", uid="7", extra_data={"userinfo": told, "id_token": told})
        login = SocialLogin(user=User(), account=account)
        SocialAdapter().pre_social_login(request, login)
        assert (SocialAccount.objects.filter(user=user).count() == 1) is opens, told


def test_half_a_configuration_of_oidc_is_refused() -> None:
    from daremo.web.apps.staff import conf

    assert conf.oidc({}) == {}
    with pytest.raises(ValueError, match="DAREMO_OIDC_SECRET"):
        conf.oidc({"DAREMO_OIDC_URL": "https://id.example", "DAREMO_OIDC_CLIENT": "x"})
