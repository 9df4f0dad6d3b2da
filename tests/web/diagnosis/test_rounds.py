"""Diagnoses: answered by several people without names, compared only where ten are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from daremo.kernel.errors import Conflict, DaremoError
from tests.web.bookings.town import START, Town
from tests.web.staff.world import World

pytestmark = pytest.mark.django_db


def answers(kind: str, option: int) -> dict[str, int]:
    from daremo.web.apps.diagnosis import services as diagnosis

    return dict.fromkeys(diagnosis.asked(kind), option)


def organisation(town: Town, n: int) -> Any:
    from daremo.web.apps.places import services as places

    return places.add_organisation(town.act(), f"団体{n}", "npo")


def test_a_round_opened_twice_is_one(town: Town) -> None:
    from daremo.web.apps.diagnosis import services as diagnosis

    assert diagnosis.open_round(town.act(), town.city, "dx").pk == diagnosis.open_round(town.act(), town.city, "dx").pk
    with pytest.raises(DaremoError, match="no-diagnosis"):
        diagnosis.open_round(town.act(), town.city, "other")


def test_who_replied_stands_nowhere(town: Town) -> None:
    from daremo.web.apps.diagnosis import services as diagnosis
    from daremo.web.apps.diagnosis.models import Reply
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.models import Event

    row = diagnosis.open_round(town.act(), town.city, "dx")
    diagnosis.reply(town.act(), row, answers("dx", 3))
    event = Event.objects.get(kind="reply.given")
    assert event.who == "resident" and "answers" not in event.data and event.at.strftime("%H:%M") == "15:00"
    assert {f.name for f in Reply._meta.get_fields()} == {"id", "round", "on", "answers", "once"}
    assert row.token not in str(list(Event.objects.values_list("data", flat=True))) and journal.differences() == []


def test_a_reply_sent_twice_counts_once_and_a_strange_one_is_refused(town: Town) -> None:
    from daremo.web.apps.diagnosis import services as diagnosis

    row = diagnosis.open_round(town.act(), town.city, "dx")
    assert len({diagnosis.reply(town.act(), row, answers("dx", 2), once="k").pk for _ in range(3)}) == 1
    for wrong in ({}, {"none": 1}, {"dx-one-1": 0}, {"dx-one-1": 5}):
        with pytest.raises(DaremoError):
            diagnosis.reply(town.act(), row, wrong)


def test_a_closed_round_takes_nothing(town: Town) -> None:
    from daremo.web.apps.diagnosis import services as diagnosis

    row = diagnosis.open_round(town.act(), town.city, "dx")
    diagnosis.close_round(town.act(), row)
    assert diagnosis.by_token(row.token) is None
    with pytest.raises(Conflict):
        diagnosis.reply(town.act(), row, answers("dx", 2))


def test_the_result_rises_with_the_answers_and_names_three_steps(town: Town) -> None:
    from daremo.web.apps.diagnosis import services as diagnosis

    scales = []
    for n, option in enumerate((1, 2, 4)):
        row = diagnosis.open_round(town.act(), organisation(town, n), "dx")
        for _ in range(3):
            diagnosis.reply(town.act(), row, answers("dx", option))
        found = diagnosis.result_of(row)
        scales.append(found.states["one"].scale)
        assert found.people == 3 and len(found.steps) == (3 if option < 4 else 0)
    assert scales == sorted(scales)


def test_what_people_can_do_is_told_from_ten_on(town: Town) -> None:
    from daremo.web.apps.diagnosis import services as diagnosis

    row = diagnosis.open_round(town.act(), town.city, "staff")
    for n in range(10):
        assert diagnosis.result_of(row).states == {} and diagnosis.result_of(row).people == n
        diagnosis.reply(town.act(), row, answers("staff", 3))
    assert set(diagnosis.result_of(row).states) == {"mindset", "why", "what", "how"}


def test_organisations_are_compared_from_ten_others_on(town: Town) -> None:
    from daremo.web.apps.diagnosis import services as diagnosis

    for n in range(10):
        row = diagnosis.open_round(town.act(), organisation(town, n), "dx")
        diagnosis.reply(town.act(), row, answers("dx", 1 + n % 4))
        assert (diagnosis.peers_of("dx") is None) == (n < 9)
    peers = diagnosis.peers_of("dx")
    assert peers is not None and peers.organisations == 10
    low, middle, high = peers.quarter["one"]
    assert 0 < low <= middle <= high < 1
    assert diagnosis.peers_of("dx", without=row.organisation_id) is None
    assert diagnosis.peers_of("telework") is None


def test_anybody_with_the_link_answers_part_by_part(town: Town) -> None:
    from daremo.web import clock
    from daremo.web.apps.diagnosis import services as diagnosis

    row = diagnosis.open_round(town.act(), town.city, "dx")
    client, link = Client(), f"/diagnosis/answer/{row.token}/"
    with clock.at(START):
        missing = client.post(link, {"at": "1", "dx-one-1": "2"})
        assert missing.status_code == 200 and "エラー：" in missing.content.decode()
        assert client.post(link, {"at": "1", "dx-one-1": "2", "dx-one-2": "skip"}).headers["Location"] == f"{link}?at=2"
        assert client.post(link, {"at": "2", "dx-two-1": "4", "dx-two-2": "1"}).status_code == 200
    assert row.replies.get().answers == {"dx-one-1": 2, "dx-two-1": 4, "dx-two-2": 1}
    assert client.get("/diagnosis/answer/none/").status_code == 404


def test_ones_own_competence_shows_to_oneself_only(town: Town) -> None:
    from daremo.web import clock
    from daremo.web.apps.diagnosis import services as diagnosis

    row = diagnosis.open_round(town.act(), town.city, "staff")
    client, link = Client(), f"/diagnosis/answer/{row.token}/"
    with clock.at(START):
        for n, part in enumerate(diagnosis.dimensions("staff"), 1):
            page = client.post(link, {"at": str(n), f"s-{part}-1": "4", f"s-{part}-2": "5"})
    assert "あなたのいまのようす" in page.content.decode()
    assert f"diagnosis:{row.pk}" not in client.session


def test_an_organisation_sees_its_own_rounds_only(world: World) -> None:
    client = world.client("manager")
    own, other = world.own["diagnosis.round"], world.other["diagnosis.round"]
    assert client.get(f"/diagnosis/{own.pk}/").status_code == 200
    assert client.get(f"/diagnosis/{other.pk}/").status_code == 404
    assert client.get("/diagnosis/benchmark/").status_code == 200
    supporter = world.client("supporter")
    assert supporter.get("/diagnosis/").status_code == 200 and supporter.get(f"/diagnosis/{own.pk}/").status_code == 403


def test_a_manager_opens_invites_and_closes(world: World) -> None:
    from daremo.web.apps.diagnosis.models import Round

    client = world.client("manager")
    place = client.post("/diagnosis/begin/", {"kind": "security"}).headers["Location"]
    row = Round.objects.get(kind="security", organisation=world.own["places.organisation"])
    assert place == f"/diagnosis/{row.pk}/invite/" and row.token in client.get(place).content.decode()
    client.post(f"/diagnosis/{row.pk}/close/")
    row.refresh_from_db()
    assert row.closed is not None


def test_no_page_asks_more_than_five_questions_and_every_question_is_asked_once() -> None:
    from daremo.assess.content.read import folder
    from daremo.web.apps.diagnosis import services as diagnosis
    from tests.web.skills.bank import instead

    with instead(Path(str(files("daremo.assess.content")))):
        assert (folder() / "diagnosis.csv").is_file()
        for kind in ("dx", "telework", "security", "staff"):
            told = [item.item for _part, items in diagnosis.pages(kind) for item in items]
            assert sorted(told) == sorted(diagnosis.asked(kind)) and len(told) >= 15
            assert max(len(items) for _part, items in diagnosis.pages(kind)) <= 5
