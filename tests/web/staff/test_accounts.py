"""Accounts: invited, changed, ended, recovered by two colleagues; and the print of who saw what."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.web.staff.world import World


def act(world: World, role: str) -> Any:
    from daremo.web.apps.journal.act import Act

    member = world.own.members[role]
    return Act(f"user:{member.user_id}", world.now, role=role, organisation=member.organisation_id)


def test_an_invited_colleague_sets_a_password_once_and_signs_in(world: World) -> None:
    client = world.client("manager")
    told = {
        "organisation": world.own["places.organisation"].pk, "name": "見本 しん", "username": "shin", "email": "", "role": "supporter",
    }  # fmt: skip
    page = client.post("/staff/accounts/new/", told).content.decode()
    found = re.search(r'href="http://testserver(/staff/account/password/reset/key/[^"]+)"', page)
    assert found is not None
    new = Client()
    form = new.get(found[1])["Location"]
    words = "four words one can keep"
    assert new.post(form, {"password1": words, "password2": words}).status_code == 302
    assert new.post("/staff/account/login/", {"login": "shin", "password": words})["Location"] == "/staff/"
    assert new.get("/staff/").status_code == 200
    assert "もう使えません" in Client().get(found[1], follow=True).content.decode()


@pytest.mark.parametrize("role", ["city", "auditor"])
def test_a_manager_gives_no_role_of_the_municipality(world: World, role: str) -> None:
    from daremo.kernel.errors import DaremoError
    from daremo.web.apps.staff import services

    organisation = world.own["places.organisation"]
    with pytest.raises(DaremoError, match="この役割"):
        services.invite(act(world, "manager"), organisation, role, username="x.y", name="見本")
    with pytest.raises(DaremoError, match="この役割"):
        services.change_role(act(world, "manager"), world.own.members["supporter"], role)
    with pytest.raises(DaremoError, match="この役割"):
        services.end_membership(act(world, "manager"), world.own.members[role])
    services.change_role(act(world, "city"), world.own.members["supporter"], role)


def test_a_manager_gives_no_role_in_another_organisation_and_no_point_of_it(world: World) -> None:
    from daremo.kernel.errors import DaremoError
    from daremo.web.apps.staff import services

    mine, theirs = world.own["places.organisation"], world.other["places.organisation"]
    with pytest.raises(DaremoError, match="この役割"):
        services.invite(act(world, "manager"), theirs, "supporter", username="x.y", name="見本")
    with pytest.raises(DaremoError, match="ほかの団体"):
        services.invite(
            act(world, "manager"), mine, "point", username="x.y", name="見本", point=world.other["places.supportpoint"]
        )
    client = world.client("manager")
    told = {"organisation": theirs.pk, "name": "見本", "username": "x.y", "role": "supporter"}
    assert "エラー：" in client.post("/staff/accounts/new/", told).content.decode()


def test_nobody_decides_about_oneself(world: World) -> None:
    from daremo.kernel.errors import DaremoError
    from daremo.web.apps.staff import services

    member = world.own.members["manager"]
    for change in (
        lambda: services.end_membership(act(world, "manager"), member),
        lambda: services.change_role(act(world, "manager"), member, "supporter"),
        lambda: services.ask_recovery(act(world, "manager"), member.user, member.user, member.organisation),
    ):
        with pytest.raises(DaremoError, match="自分"):
            change()


def test_an_account_whose_last_role_ends_is_signed_out_everywhere(world: World) -> None:
    from daremo.web.apps.staff import services

    client = Client()
    client.post("/staff/account/login/", {"login": "supporter-甲", "password": "a long enough password"})
    assert client.get("/staff/").status_code == 200
    services.end_membership(act(world, "manager"), world.own.members["supporter"])
    assert client.get("/staff/").status_code == 302
    client.post("/staff/account/login/", {"login": "supporter-甲", "password": "a long enough password"})
    assert client.get("/staff/").status_code == 403


def test_two_different_colleagues_recover_an_account_and_one_alone_does_not(world: World) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from daremo.kernel.errors import Conflict, DaremoError
    from daremo.web.apps.staff import services

    lost = world.own.members["supporter"].user
    TOTP.activate(lost, generate_totp_secret())
    first, second = world.own.members["manager"].user, world.own.members["point"].user
    organisation = world.own["places.organisation"]
    recovery = services.ask_recovery(act(world, "manager"), first, lost, organisation)
    with pytest.raises(Conflict):
        services.ask_recovery(act(world, "point"), second, lost, organisation)
    with pytest.raises(DaremoError, match="別の人"):
        services.agree(act(world, "manager"), first, recovery)
    with pytest.raises(DaremoError, match="この役割"):
        services.agree(act(world, "auditor"), world.own.members["auditor"].user, recovery)
    with pytest.raises(DaremoError, match="この役割"):
        services.agree(act(world, "manager"), second, recovery)  # an act of somebody else
    lost.refresh_from_db()
    assert lost.has_usable_password()
    assert Authenticator.objects.filter(user=lost).exists()

    services.agree(act(world, "point"), second, recovery)
    lost.refresh_from_db()
    assert not lost.has_usable_password()
    assert not Authenticator.objects.filter(user=lost).exists()
    with pytest.raises(Conflict):
        services.agree(act(world, "city"), world.own.members["city"].user, recovery)


def test_a_recovery_lapses_after_a_day(world: World) -> None:
    from dataclasses import replace
    from datetime import timedelta

    from daremo.kernel.errors import Conflict
    from daremo.web.apps.staff import services

    lost = world.own.members["supporter"].user
    recovery = services.ask_recovery(
        act(world, "manager"), world.own.members["manager"].user, lost, world.own["places.organisation"]
    )
    late = replace(act(world, "point"), now=world.now + timedelta(hours=25))
    with pytest.raises(Conflict):
        services.agree(late, world.own.members["point"].user, recovery)


def test_a_manager_recovers_no_account_of_the_municipality_and_none_of_others(world: World) -> None:
    from daremo.kernel.errors import DaremoError
    from daremo.web.apps.staff import services

    manager = world.own.members["manager"].user
    for user, organisation in (
        (world.own.members["city"].user, world.own["places.organisation"]),
        (world.other.members["supporter"].user, world.own["places.organisation"]),
        (world.other.members["supporter"].user, world.other["places.organisation"]),
    ):
        with pytest.raises(DaremoError, match="この役割"):
            services.ask_recovery(act(world, "manager"), manager, user, organisation)


def test_every_change_of_accounts_stands_in_the_journal_and_replays(world: World) -> None:
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.staff import services
    from daremo.web.apps.staff.models import Membership

    made = services.invite(
        act(world, "manager"), world.own["places.organisation"], "supporter", username="a.b", name="見本 はな"
    )
    services.change_role(act(world, "manager"), made, "point", world.own["places.supportpoint"])
    services.end_membership(act(world, "manager"), made)
    events = Event.objects.filter(table="staff.membership", row=made.pk).order_by("id")
    assert [e.kind for e in events] == ["role.given", "role.changed", "role.ended"]
    last, row = events.last(), Membership.objects.get(pk=made.pk)
    assert last is not None and last.data is not None
    assert (last.data["role"], last.data["until"]) == (row.role, str(row.until))
    assert "見本" not in str(list(Event.objects.values_list("data", flat=True)))


def test_the_print_tells_a_person_who_saw_and_who_changed_what(world: World) -> None:
    from daremo.web.apps.journal.act import Act
    from daremo.web.apps.people import services as people

    person = world.own["people.contact"].person
    member = world.own.members["supporter"]
    seen = Act(f"user:{member.user_id}", world.now, organisation=member.organisation_id)
    people.looked(seen, member.user, person, "予約のページ", "電話をもらったので")
    people.set_contact(seen, person, phone="090-1111-2222")
    client = world.client("manager")
    page = client.get(f"/staff/seen/{person.pk}/").content.decode()
    for words in ("見本 supporter", "予約のページ", "電話をもらったので", "連絡先を変えた", "令和8年12月1日"):
        assert words in page, words
    assert "090-1111-2222" not in page
    assert "だれが何を見たかのページ" in client.get(f"/staff/seen/{person.pk}/").content.decode()


def test_everybody_has_an_act_and_a_number(world: World) -> None:
    from daremo.web.apps.journal.models import Event

    client = world.client("manager")
    answer = client.post(
        "/staff/accounts/new/",
        {"organisation": world.own["places.organisation"].pk, "name": "見本", "username": "c.d", "role": "supporter"},
    )
    event = Event.objects.get(kind="account.invited")
    assert event.who == f"user:{world.own.members['manager'].user_id}"
    assert (event.role, event.organisation_id, event.at) == ("manager", world.own["places.organisation"].pk, world.now)
    assert answer["X-Request-Id"] == event.request != ""
