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


def test_what_changed_since_last_time_is_told_to_the_person_herself_in_kind_words(world: World) -> None:
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.skills import measure
    from daremo.web.apps.skills import services as skills

    names = [f"r{a}-{name}" for a in range(1, 6) for name in ("01-screen", "02-choice", "03-steps")]
    right = {name: "2>1>3" if "steps" in name else "2" for name in names}
    person = person_of(world)
    skills.keep(
        of_the_system(world.now),
        person,
        skills.Taken([(name, "dont-know") for name in names], {}, life_stage="75_84"),
    )

    def page(told: dict[str, str], number: int, role: str = "manager") -> str:
        client = world.client(role)
        session = client.session
        sitting = measure.answered("75_84", list(told.items()))
        session["skill_check"] = {"mode": "assisted", "person": number, "at": world.now.isoformat(), "state": sitting}
        session.save()
        return client.get("/check/result/").content.decode() + client.get("/check/result/paper/").content.decode()

    better = page(right, person.pk)
    assert better.count("前より、できることがふえました") == 2 and "よくのびたこと：" in better
    alike = page(dict.fromkeys(names, "dont-know"), person.pk)
    assert "前と同じくらいです" in alike and "よくのびたこと" not in alike
    # somebody whom nobody asked in person is not told that she was here before
    nobody = page(right, 0)
    assert "前より" not in nobody and "前と同じ" not in nobody
    assert "前より" not in page(right, world.other["people.person"].pk)


def test_the_page_says_how_many_of_the_five_are_not_clear_yet_and_staff_see_how_sure_each_is(world: World) -> None:
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.skills import measure
    from daremo.web.apps.skills import services as skills

    told = [("r1-01-screen", "2"), ("r2-01-screen", "dont-know"), ("r3-02-choice", "2")]
    outcome = measure.outcome(measure.answered("75_84", told))
    wrong = [1 - p for p in outcome.chances.values()]
    assert len(wrong) == 5 and outcome.unclear == round(sum(wrong)) >= 1
    assert all(0 <= p <= 2 / 3 for p in wrong) and all(low < high for low, high in outcome.widths.values())
    person, client = person_of(world), world.client("manager")
    for _ in range(2):
        skills.keep(of_the_system(world.now), person, skills.Taken(told, {}, life_stage="75_84"))
    page = client.get(f"/skills/person/{person.pk}/").content.decode()
    assert f"3問だけで見ためやすです。5つのうち{outcome.unclear}つほどは、まだはっきりしません。" in page
    assert f"{100 * outcome.chances[1]:.0f}%" in page and "このとおりの確かさ" in page
    # the same answers twice: a change that rounds to nothing has no sign
    assert "-0.0" not in page and "+0.0" not in page


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


def test_the_sum_of_the_first_sheet_chooses_the_second_and_both_show_a_result(world: World) -> None:
    from daremo.web.apps.skills import sheets

    client = world.client("supporter")
    assert "1点になる番号" in client.get("/skills/form/").content.decode()
    assert client.post("/skills/form/", {"points": " ５ "}).headers["Location"] == "/skills/form/5/"
    assert (sheets.second_of(0), sheets.second_of(5)) == ("a", "c")
    page = client.get("/skills/form/5/").content.decode()
    assert "「C」の紙" in page and "/check/form/c/" in page
    told = {item.item: "2" for item in (*sheets.items_of("first"), *sheets.items_of("c"))}
    some = dict(list(told.items())[2:])
    some[next(iter(some))] = "9"  # nobody can circle it
    assert client.post("/skills/form/5/", {"stage": "85_over"} | some).headers["Location"] == "/check/result/"
    kept = client.session["skill_check"]
    assert (kept["mode"], kept["stage"], len(kept["state"]["told"])) == ("paper", "85_over", len(told) - 3)
    assert client.get("/check/result/").status_code == 200


def test_what_is_no_sum_is_asked_again_and_a_sheet_that_is_none_is_not_found(world: World) -> None:
    client = world.client("supporter")
    for wrong in ("", "6", "-1", "many"):
        answer = client.post("/skills/form/", {"points": wrong})
        assert answer.status_code == 200 and "エラー：" in answer.content.decode()
    assert client.get("/skills/form/6/").status_code == 404
    assert client.get("/check/form/d/").status_code == 404 and client.get("/check/form/easy/").status_code == 404


def test_sheets_ask_only_what_one_circle_answers_and_no_question_twice(world: World) -> None:
    from daremo.web.apps.skills import sheets

    first = sheets.items_of("first")
    assert len(first) == sheets.FIRST == sheets.most_points()
    assert {1, 2, 3, 4} <= {item.area for item in first}
    for sheet in sheets.SECOND:
        second = sheets.items_of(sheet)
        assert {item.kind for item in (*first, *second)} == {"choice"}
        assert not {item.item for item in first} & {item.item for item in second}
        page = world.client("supporter").get(f"/check/form/{sheet}/").content.decode()
        assert all(item.words["question"].ja in page for item in second)
    # a higher sum is never read as less: what the table of sums says without a machine
    order = ["next", "with", "alone"]
    for points in range(sheets.most_points() + 1):
        told = [order.index(row.level) for row in sheets.told_by(points)]
        assert told == sorted(told) and len(told) == len(sheets.items_of(sheets.second_of(points))) + 1


def test_an_empty_paper_form_is_answered_gently(world: World) -> None:
    answer = world.client("supporter").post("/skills/form/2/", {"stage": "unknown"})
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


__all__ = ["item_of"]
