"""The check as a resident meets it, without script: every press is a form, nothing is kept before she says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.web.bookings.town import START, Town

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    from daremo.web import clock

    with clock.at(START):
        yield


def rows() -> tuple[int, int, int]:
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.skills.models import AnonymousSheet, Check

    return (
        Check.objects.count(),
        AnonymousSheet.objects.count(),
        Event.objects.filter(table__startswith="skills.").count(),
    )


def begun(client: Client, stage: str = "75_84", goal: str = "grandchild") -> None:
    client.post("/check/")
    client.post("/check/about/stage/", {"stage": stage})
    client.post("/check/about/goal/", {"goal": goal})
    client.post("/check/about/self1/", {"skip": "1"})


def item_of(page: Any) -> str:
    found = re.search(r'name="item" value="([^"]+)"', page.content.decode())
    assert found is not None
    return found[1]


def answered(client: Client, times: int, right: bool = True) -> None:
    for _ in range(times):
        page = client.get("/check/task/")
        if page.status_code != 200:
            return
        item = item_of(page)
        if "steps" in item:
            for press in "213" if right else "312":
                client.post("/check/task/", {"item": item, "press": press})
            client.post("/check/task/", {"item": item})
        else:
            client.post("/check/task/", {"item": item, "answer": "2" if right else "dont-know"})


def test_six_questions_lead_to_a_result_in_words(town: Town) -> None:
    client = Client()
    begun(client)
    answered(client, 6)
    page = client.get("/check/result/").content.decode()
    assert "ひとりでできます" in page or "だれかとなら" in page
    assert "合格" not in re.sub(r"合格や不合格もありません", "", page) and "点" not in re.sub(
        "見本|地点", "", page
    ).replace("要点", "")
    assert rows() == (0, 0, 0)


def test_who_does_not_know_is_told_what_to_begin_with(town: Town) -> None:
    client = Client()
    begun(client)
    answered(client, 6, right=False)
    page = client.get("/check/result/").content.decode()
    assert "これから" in page and "ひとりで大丈夫です" not in page


def test_the_check_can_be_left_at_any_question(town: Town) -> None:
    client = Client()
    begun(client)
    answered(client, 1)
    item = item_of(client.get("/check/task/"))
    assert client.post("/check/task/", {"item": item, "stop": "1"}).headers["Location"] == "/check/result/"
    assert client.get("/check/result/").status_code == 200


def test_stopping_before_the_first_answer_still_shows_a_page(town: Town) -> None:
    client = Client()
    begun(client)
    item = item_of(client.get("/check/task/"))
    client.post("/check/task/", {"item": item, "stop": "1"})
    page = client.get("/check/result/")
    assert page.status_code == 200 and "まだ見ていません" in page.content.decode()
    assert client.post("/check/result/", {"keep": "share"}).headers["Location"] == "/check/result/share/"


def test_one_answer_can_be_taken_back_and_the_same_question_comes_again(town: Town) -> None:
    client = Client()
    begun(client)
    first = item_of(client.get("/check/task/"))
    answered(client, 1)
    assert item_of(client.get("/check/task/")) != first
    client.post("/check/back/")
    assert item_of(client.get("/check/task/")) == first


def test_a_page_loaded_again_asks_the_same_question(town: Town) -> None:
    client = Client()
    begun(client)
    assert len({item_of(client.get("/check/task/")) for _ in range(5)}) == 1


def test_an_answer_sent_twice_counts_once(town: Town) -> None:
    client = Client()
    begun(client)
    item = item_of(client.get("/check/task/"))
    for _ in range(2):
        client.post("/check/task/", {"item": item, "answer": "dont-know"})
    assert "6問中2問め" in client.get("/check/task/").content.decode()


def test_choosing_nothing_is_answered_gently(town: Town) -> None:
    client = Client()
    begun(client)
    item = item_of(client.get("/check/task/"))
    page = client.post("/check/task/", {"item": item, "answer": "9"})
    assert page.status_code == 200 and "エラー：" in page.content.decode() and item_of(page) == item


def test_an_order_is_pressed_step_by_step_and_one_step_can_be_taken_back(town: Town) -> None:
    client = Client()
    begun(client)
    for _ in range(40):
        page = client.get("/check/task/")
        if page.status_code != 200 or "steps" in item_of(page):
            break
        client.post("/check/task/", {"item": item_of(page), "answer": "2"})
        if client.get("/check/task/").status_code != 200:
            client.post("/check/back/", {"more": "1"})
    item = item_of(page)
    client.post("/check/task/", {"item": item, "press": "3"})
    client.post("/check/task/", {"item": item, "undo": "1"})
    for press in ("2", "2", "1"):
        client.post("/check/task/", {"item": item, "press": press})
    page = client.get("/check/task/").content.decode()
    assert page.count('name="press"') == 1 and "3番めに" in page


def test_keeping_nothing_deletes_the_answers_at_once(town: Town) -> None:
    client = Client()
    begun(client)
    answered(client, 3)
    assert client.post("/check/result/", {"keep": "none"}).headers["Location"] == "/check/done/"
    assert "ここから消えました" in client.get("/check/done/").content.decode()
    assert client.session["skill_check"]["state"] == {} and rows() == (0, 0, 0)


def test_paper_leaves_nothing_with_the_city(town: Town) -> None:
    client = Client()
    begun(client)
    answered(client, 3)
    assert client.post("/check/result/", {"keep": "paper"}).headers["Location"] == "/check/result/paper/"
    assert client.get("/check/result/paper/").status_code == 200 and rows() == (0, 0, 0)
    assert client.post("/check/leave/").headers["Location"] == "/" and "skill_check" not in client.session


def test_sharing_asks_for_consent_and_attaches_the_result_to_the_person(town: Town) -> None:
    from daremo.web.apps.people.models import Consent
    from daremo.web.apps.skills.models import Check

    person = town.person("見本 花子", phone="090-0000-1234")
    client = Client()
    begun(client)
    answered(client, 6)
    client.post("/check/result/", {"keep": "share"})
    refused = client.post("/check/result/share/", {"name": "見本 花子", "phone": "090-0000-1234"})
    assert refused.status_code == 200 and rows()[0] == 0
    told = {"name": "見本 花子", "phone": "０９０ー００００ー１２３４", "agreed": "on"}
    assert client.post("/check/result/share/", told).headers["Location"] == "/check/done/"
    check = Check.objects.get()
    assert check.person_id == person.pk and check.statistics is False and len(check.answers) >= 3
    consent = Consent.objects.get()
    assert (consent.purpose, consent.text_version, consent.withdrawn_at) == ("skills", "2026-12-2", None)
    assert [goal.words for goal in person.goals.all()] == ["まごと話したい"]
    assert client.session["skill_check"]["state"] == {}


def test_the_counter_sees_the_levels_that_the_person_saw(town: Town) -> None:
    from daremo.web.apps.skills import measure
    from daremo.web.apps.skills.models import AnonymousSheet, Check

    client = Client()
    client.post("/check/")
    client.post("/check/about/stage/", {"stage": "75_84"})
    client.post("/check/about/goal/", {"goal": ""})
    for area in measure.AREAS:
        client.post(f"/check/about/self{area}/", dict.fromkeys(measure.reports(), "5"))
    answered(client, 6)
    draft = client.session["skill_check"]
    seen = measure.outcome(draft["state"])
    assert draft["report"] and seen.levels
    client.post("/check/result/", {"keep": "share", "count": "on"})
    client.post("/check/result/share/", {"name": "見本 花子", "agreed": "on"})
    kept = Check.objects.get()
    again = measure.answered(kept.life_stage, kept.answers)
    assert measure.outcome(again) == seen and len(measure.told(again)) == len(measure.told(draft["state"]))
    # what is counted without a name are answers to questions only
    assert not {name for name, _ in AnonymousSheet.objects.get().answers} & set(measure.reports())


def test_answers_are_counted_without_a_name_only_where_that_was_ticked(town: Town) -> None:
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.skills.models import AnonymousSheet

    client = Client()
    begun(client)
    answered(client, 3)
    client.post("/check/result/", {"keep": "paper", "count": "on"})
    client.post("/check/result/", {"keep": "paper", "count": "on"})
    sheet = AnonymousSheet.objects.get()
    assert sheet.life_stage == "75_84" and sheet.month.day == 1 and len(sheet.answers) == 3
    event = Event.objects.get(table="skills.anonymoussheet")
    assert (event.who, event.request) == ("resident", "") and "answers" not in event.data
    assert event.at != START and event.at.strftime("%H:%M") == "15:00"  # the first midnight of the month in Japan


def test_a_kiosk_forgets_the_one_before(town: Town) -> None:
    client = Client()
    client.get(f"/check/kiosk/{town.point.pk}/")
    begun(client)
    answered(client, 2)
    client.get("/check/")
    assert client.session["skill_check"]["state"] == {} and client.session["skill_check"]["mode"] == "kiosk"
    assert client.get("/check/task/").headers["Location"] == "/check/"


def test_three_languages_ask_the_same_question(town: Town) -> None:
    client = Client()
    begun(client)
    item = item_of(client.get("/check/task/"))
    for language, words in (("en", "Question "), ("ja-easy", "とい "), ("ja", "問い")):
        client.cookies["daremo_language"] = language
        page = client.get("/check/task/")
        assert item_of(page) == item and words in page.content.decode()


def test_the_offers_are_real_free_times_of_the_desk(town: Town) -> None:
    session = town.session(seats=2)
    client = Client()
    begun(client)
    answered(client, 6)
    assert f"/book/{session.pk}/" in client.get("/check/result/").content.decode()


def test_readings_are_drawn_above_the_words_and_never_printed_as_marks(town: Town) -> None:
    town.session(seats=2)
    client = Client()
    client.cookies["daremo_language"] = "ja-easy"
    begun(client)
    answered(client, 6, right=False)
    for path in ("/check/result/", "/check/result/paper/", "/lessons/", "/lessons/l2-1/"):
        page = client.get(path).content.decode()
        assert "<rt>" in page and not re.search(r"\{[^{}]*\|[^{}]*\}", page), path
    client.cookies["daremo_language"] = "en"
    assert re.search(r" \(10 min\)", client.get("/lessons/").content.decode())


def test_lessons_for_the_goal_come_first_and_print(town: Town) -> None:
    client = Client()
    begun(client)
    answered(client, 6, right=False)
    page = client.get("/check/result/").content.decode()
    assert re.findall(r"/lessons/(l\d-\d)/", page)[0].startswith("l2")
    assert client.get("/lessons/").status_code == client.get("/lessons/l2-1/").status_code == 200
    assert client.get("/lessons/none/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/check/task/", "/check/result/", "/check/result/share/", "/check/result/paper/", "/check/done/"]
)
def test_a_page_in_the_middle_opened_alone_leads_to_the_start(town: Town, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302 and answer.headers["Location"] == "/check/"


def test_no_address_of_the_check_holds_an_answer(town: Town) -> None:
    client = Client()
    begun(client)
    places = [
        client.post("/check/task/", {"item": item_of(client.get("/check/task/")), "answer": "2"}).headers["Location"]
    ]
    answered(client, 5)
    places.append(client.post("/check/result/", {"keep": "share"}).headers["Location"])
    assert all("?" not in place for place in places)


def test_no_question_is_drawn_by_more_than_a_third_or_so_of_people() -> None:
    from collections import Counter
    from importlib.resources import files
    from pathlib import Path

    from daremo.web.apps.skills import measure
    from tests.web.skills.bank import instead

    with instead(Path(str(files("daremo.assess.content")))):
        seen: Counter[str] = Counter()
        for n in range(150):
            state = measure.begin("75_84", {}, seed=str(n))
            while (asked := measure.now_asked(state)) is not None:
                seen[asked.item.item] += 1
                state = measure.give(state, asked.item, "dont-know" if n % 2 else _right(asked.item))
        assert len(seen) > 60 and max(seen.values()) <= 0.45 * 150  # .35 and what chance adds in 150 sittings


def _right(item: Any) -> str:
    return ">".join(map(str, item.key)) or "3"
