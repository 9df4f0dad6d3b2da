"""A form that was sent after the session had ended comes back filled, to the same person and to nobody else."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.web.staff.world import BACKEND, World

INVITE = {"name": "見本 しんじん", "username": "new.one", "email": "", "role": "point", "password1": "secret words"}


def form(world: World, **more: Any) -> dict[str, Any]:
    return (
        INVITE
        | {"organisation": world.own["places.organisation"].pk, "point": world.own["places.supportpoint"].pk}
        | more
    )


def expired(world: World, role: str = "city") -> Client:
    """A browser whose session has ended since its last page."""
    client = world.client(role)
    assert client.get("/staff/accounts/new/").status_code == 200
    assert "daremo_who" in client.cookies
    client.session.flush()
    return client


def send(client: Client, world: World, **more: Any) -> Any:
    return client.post(
        "/staff/accounts/new/", form(world, **more), headers={"Referer": "http://testserver/staff/accounts/new/"}
    )


def test_an_ended_session_returns_to_the_filled_form(world: World) -> None:
    from daremo.web.apps.staff.models import User

    client = expired(world)
    answer = send(client, world)
    assert answer.status_code == 302
    assert answer["Location"] == "/staff/account/login/?next=%2Fstaff%2Fkept%2F"
    assert not User.objects.filter(username="new.one").exists()

    client.post(answer["Location"], {"login": "city-甲", "password": "a long enough password"})
    page = client.get("/staff/kept/").content.decode()
    assert "書いたものが残っています" in page
    assert 'href="/staff/accounts/new/"' in page
    assert "secret words" not in page

    filled = client.get("/staff/accounts/new/").content.decode()
    assert 'value="見本 しんじん"' in filled
    assert 'value="new.one"' in filled
    assert "secret words" not in filled
    assert "書いたものは、のこしてあります" in filled
    point = world.own["places.supportpoint"].pk
    assert f'<option value="{point}" selected>' in filled
    assert filled.count('value="point"') == 1
    assert " checked" in filled[filled.index('value="point"') :].split(">")[0]
    assert " checked" not in filled[filled.index('value="supporter"') :].split(">")[0]

    assert send(client, world).status_code == 200
    assert User.objects.filter(username="new.one").exists()
    assert "見本 しんじん" not in client.get("/staff/accounts/new/").content.decode()


def test_what_was_kept_is_offered_to_nobody_else(world: World) -> None:
    client = expired(world)
    send(client, world)
    client.post("/staff/account/login/", {"login": "manager-甲", "password": "a long enough password"})
    assert client.get("/staff/kept/").status_code == 302
    assert "new.one" not in client.get("/staff/accounts/new/").content.decode()


def test_nothing_is_kept_of_a_stranger_nor_of_somebody_who_forges_the_mark(world: World) -> None:
    for cookie in ("", "6:forged:mark"):
        client = Client()
        if cookie:
            client.cookies["daremo_who"] = cookie
        answer = send(client, world)
        assert answer["Location"] == "/staff/account/login/?next=%2Fstaff%2Faccounts%2Fnew%2F"
        assert "staff.kept" not in client.session


def test_a_form_too_large_to_keep_is_not_kept(world: World) -> None:
    client = expired(world)
    send(client, world, name="長" * 100_000)
    assert "staff.kept" not in client.session


def test_what_was_kept_can_be_thrown_away(world: World) -> None:
    client = expired(world)
    send(client, world)
    client.force_login(world.own.members["city"].user, backend=BACKEND)
    assert client.get("/staff/kept/").status_code == 200
    client.post("/staff/kept/", {"do": "forget"})
    assert client.get("/staff/kept/").status_code == 302


def test_htmx_is_told_to_leave_the_page_and_not_to_draw_the_sign_in_into_it(world: World) -> None:
    answer = Client().get("/staff/accounts/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/staff/account/login/?next=%2Fstaff%2Faccounts%2F"


def test_filling_touches_only_the_form_that_sends_to_the_same_address() -> None:
    from daremo.web.apps.staff.filling import fill

    page = (
        '<!DOCTYPE html><main id="main"><form method="post" action="/b/"><input name="x" value="1"></form>'
        '<form method="post"><input name="x" value="1"><input type="hidden" name="csrf" value="new">'
        '<input type="checkbox" name="c" value="a" checked><input type="checkbox" name="c" value="b">'
        "<textarea name=t>old &amp; gone</textarea><select name=s><option>1<option value=2 selected>two</select>"
        "</form>&copy;<!-- kept --></main>"
    )
    told = {"x": ['<"&'], "c": ["b"], "t": ["a<b"], "s": ["3"], "csrf": ["old"]}
    filled = fill(page, "/a/?q=1", "/a/?q=1", told, "<p>note</p>")
    assert filled == (
        '<!DOCTYPE html><main id="main"><p>note</p><form method="post" action="/b/"><input name="x" value="1"></form>'
        '<form method="post"><input name="x" value="&lt;&quot;&amp;"><input type="hidden" name="csrf" value="new">'
        '<input type="checkbox" name="c" value="a"><input type="checkbox" name="c" value="b" checked>'
        '<textarea name=t>\na&lt;b</textarea><select name=s><option>1<option value="2">two</select>'
        "</form>&copy;<!-- kept --></main>"
    )
    assert fill(page, "/a/?q=1", "/c/", told, "") is None
