"""The check with somebody beside: rights, a person who cannot hold a mouse, paper, and what authors see."""

from __future__ import annotations

from typing import Any

from tests.web.skills.test_check import answered, item_of
from tests.web.staff.world import World


def person_of(world: World) -> Any:
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.people import services as people

    return people.add_person(
        of_the_system(world.now), world.own["places.organisation"], name="見本 花子", life_stage="75_84"
    )


def state() -> dict[str, Any]:
    from daremo.web.apps.skills import measure

    return measure.answered("unknown", [("r1-01-screen", "2")])


def test_a_supporter_asks_and_the_result_is_attached_with_consent(world: World) -> None:
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.skills.models import Check

    person, client = person_of(world), world.client("manager")
    assert client.post(f"/skills/person/{person.pk}/").headers["Location"] == "/check/about/goal/"
    assert client.post("/check/about/goal/", {"goal": "grandchild"}).headers["Location"] == "/check/task/"
    page = client.get("/check/task/").content.decode()
    assert "読んで聞かせ" in page or "見たまま" in page
    answered(client, 6)
    client.post("/check/result/", {"keep": "share"})
    page = client.get("/check/result/share/").content.decode()
    assert 'name="name"' not in page and "読んで聞かせ" in page
    client.post("/check/result/share/", {"agreed": "on", "learn": "on"})
    check = Check.objects.get()
    assert (check.person_id, check.mode, check.statistics) == (person.pk, "assisted", True)
    event = Event.objects.get(kind="check.kept")
    assert event.who == f"user:{world.own.members['manager'].user_id}"


def test_what_a_person_showed_last_time_counts_on(world: World) -> None:
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.skills import measure
    from daremo.web.apps.skills import services as skills

    person, client = person_of(world), world.client("manager")
    before = [(f"r{a}-{name}", "2") for a in range(1, 6) for name in ("01-screen", "02-choice")]
    skills.keep(of_the_system(world.now), person, skills.Taken(before, {}, life_stage="75_84"))
    client.post(f"/skills/person/{person.pk}/")
    client.post("/check/about/goal/", {"goal": ""})
    state = client.session["skill_check"]["state"]
    asked = measure.now_asked(state)
    assert asked is not None and asked.item.item not in dict(before)
    fresh = measure.begin("75_84", {}, seed="x")
    assert measure.profile(state)[1][0] > measure.profile(fresh)[1][0] + 0.3
    assert measure.told(state) == []  # what is kept of this sitting are its own answers


def test_observation_is_asked_only_where_somebody_watches(world: World) -> None:
    from daremo.web.apps.skills import measure

    for observed in (False, True):
        state = measure.begin("unknown", {}, seed="x", observed=observed)
        kinds = []
        for _ in range(20):
            asked = measure.now_asked({**state, "most": 40})
            if asked is None:
                break
            kinds.append(asked.item.kind)
            state = measure.give(state, asked.item, "dont-know")
        assert ("observe" in kinds) is observed


def test_a_person_of_another_organisation_is_never_asked_for(world: World) -> None:
    from daremo.web.apps.skills.models import Check

    client = world.client("manager")
    assert client.post(f"/skills/person/{world.other['people.person'].pk}/").status_code == 404
    session = client.session
    session["skill_check"] = {"mode": "assisted", "person": world.other["people.person"].pk, "at": world.now.isoformat(),
                              "state": state()}  # fmt: skip
    session.save()
    client.post("/check/result/share/", {"agreed": "on", "name": "だれか"})
    assert not Check.objects.filter(person=world.other["people.person"]).exists()


def test_who_signs_out_takes_no_persons_right_along(world: World) -> None:
    person, client = person_of(world), world.client("manager")
    client.post(f"/skills/person/{person.pk}/")
    kept = client.session["skill_check"]
    client.logout()
    session = client.session
    session["skill_check"] = kept | {"state": state()}  # fmt: skip
    session.save()
    assert 'name="name"' in client.get("/check/result/share/").content.decode()


def test_a_paper_form_is_entered_and_shows_its_result(world: World) -> None:
    client = world.client("supporter")
    page = client.get("/skills/form/").content.decode()
    assert "r1-01-screen" in page
    told = {
        "stage": "85_over",
        "r1-01-screen": "2",
        "r2-03-steps": "213",
        "r3-02-choice": "dont-know",
        "r4-01-screen": "9",
    }
    assert client.post("/skills/form/", told).headers["Location"] == "/check/result/"
    state = client.session["skill_check"]["state"]
    assert [name for name, _ in state["told"]] == ["r1-01-screen", "r2-03-steps", "r3-02-choice"] or len(
        state["told"]
    ) >= 2
    assert client.get("/check/result/").status_code == 200


def test_an_empty_paper_form_is_answered_gently(world: World) -> None:
    answer = world.client("supporter").post("/skills/form/", {"stage": "unknown"})
    assert answer.status_code == 200 and "エラー：" in answer.content.decode()


def test_a_consent_can_be_taken_back_at_the_counter(world: World) -> None:
    from daremo.web.apps.skills.models import Check

    check = world.own["skills.check"]
    client = world.client("manager")
    assert client.post(f"/skills/result/{check.pk}/withdraw/").status_code == 302
    assert not Check.objects.filter(pk=check.pk).exists()


def test_authors_see_each_question_in_three_languages_with_its_figures(world: World) -> None:
    client = world.client("supporter")
    page = client.get("/skills/items/r1-01-screen/").content.decode()
    assert all(
        words in page for words in ("問いr1-01-screen", "とい r1-01-screen", "Question r1-01-screen", "-1.00 ± 1.15")
    )
    assert "r1-01-screen" in client.get("/skills/items/?area=1").content.decode()
    assert client.get("/skills/items/none/").status_code == 404


def test_only_the_city_takes_tables_out(world: World) -> None:
    assert world.client("manager").get("/skills/export/").status_code == 403
    city = world.client("city")
    assert city.get("/skills/export/").status_code == 200
    assert city.get("/skills/export/residents.csv").headers["Content-Type"].startswith("text/csv")
    assert city.get("/skills/export/answers.csv").status_code == 404  # too few
    assert city.get("/skills/export/other.csv").status_code == 404


def test_the_paper_form_asks_every_area(world: World) -> None:
    from daremo.web.apps.skills import measure

    areas = {item.area for item in measure.paper_items()}
    assert areas == {0, 1, 2, 3, 4, 5} and len(measure.paper_items()) == 11
    assert world.client("supporter").get("/check/form/").status_code == 200


__all__ = ["item_of"]
