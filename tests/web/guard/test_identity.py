"""Proof of identity: answers become a proposal, a choice of the front becomes the decision, once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from daremo.kernel.errors import Conflict, DaremoError
from tests.web.bookings.town import START, Town
from tests.web.staff.world import World

pytestmark = pytest.mark.django_db
PEOPLE = {"school": 9000, "youth": 8000, "working": 50_000, "65-74": 12_000, "75-84": 9000, "85+": 4000}


def answers(service: str = "certificate", **changes: Any) -> dict[str, Any]:
    """What a browser sends when the form of an example is sent as it is."""
    from daremo.web.apps.guard import identity
    from daremo.web.apps.guard.forms_identity import ServiceForm

    form = ServiceForm(initial=identity.initial(service, PEOPLE))
    told = {name: value for name in form.fields if (value := form[name].value()) not in (None, False, "", [])}
    return {**told, "budget": "", **changes}


def asked(service: str = "certificate", **changes: Any) -> dict[str, Any]:
    from daremo.web.apps.guard import identity
    from daremo.web.apps.guard.forms_identity import ServiceForm

    form = ServiceForm(answers(service, **changes))
    assert form.is_valid(), form.errors
    return identity.asked_of(form.cleaned_data)


@pytest.mark.parametrize("service", ["browse", "booking", "certificate", "benefit", "evacuation"])
def test_the_form_of_an_example_gives_what_the_engine_says_of_it(service: str) -> None:
    from daremo.trust.assurance.choose import choose
    from daremo.trust.assurance.read import question, shipped_json
    from daremo.web.apps.guard import identity

    engine = choose(question(shipped_json(service), PEOPLE))
    page = identity.decide(asked(service))
    assert (page.ial.level, page.aal.level, page.chosen) == (engine.ial.level, engine.aal.level, engine.chosen)
    assert page.front == engine.front


def test_a_harm_of_one_channel_raises_the_levels_only_where_that_channel_is_offered() -> None:
    from daremo.web.apps.guard import identity

    plain = identity.decide(asked("booking", channels=["online", "counter"]))
    worse = asked("booking", channels=["online", "counter"], impersonation_at_online="high", takeover_at_phone="high")
    assert [h for h in worse["question"]["harms"] if h["failure"] == "impersonation"] == [
        {"failure": "impersonation", "to": "person", "category": "trust", "impact": "high", "channel": "online"}
    ]
    assert not [h for h in worse["question"]["harms"] if h["failure"] == "takeover"], "nobody is served by telephone"
    found = identity.decide({**worse, "accept": True})
    assert found.ial.level > plain.ial.level and found.aal.level == plain.aal.level
    told = identity.record_of(found)
    assert told["impact_by_channel"]["online"]["impersonation"] == "high"
    assert told["impact_by_channel"]["counter"]["impersonation"] == "none"
    assert told["levels_by_channel"]["online"]["ial"] == found.ial.level > told["levels_by_channel"]["counter"]["ial"]


def test_a_harm_that_one_channel_does_not_have_lowers_only_its_own_levels() -> None:
    from daremo.web.apps.guard import identity

    told = asked("certificate", channels=["online", "counter"], impersonation_at_counter="none")
    mine = [(h["impact"], h["channel"]) for h in told["question"]["harms"] if h["failure"] == "impersonation"]
    assert mine == [("moderate", "online")]
    record = identity.record_of(identity.decide(told))
    both = identity.record_of(identity.decide(asked("certificate", channels=["online", "counter"])))
    assert record["ial"]["level"] == both["ial"]["level"]
    assert record["levels_by_channel"]["counter"]["ial"] < both["levels_by_channel"]["counter"]["ial"]


def test_page_and_record_show_harm_and_levels_by_channel(world: World) -> None:
    from daremo.web.apps.guard.models import Decision

    client = world.client("manager")
    form = client.get("/guard/identity/new/?from=certificate").content.decode()
    assert "受け方によって、害の大きさがちがうとき" in form and 'name="wrong_refusal_at_letter"' in form
    page = client.post("/guard/identity/new/", answers(impersonation_at_counter="none"), follow=True).content.decode()
    assert "受け方ごとの害と強さ" in page
    text = client.get(f"/guard/identity/{Decision.objects.get().pk}/record.md").content.decode()
    assert "## 受け方ごとの害と強さ" in text and "| 窓口 | ない | 中くらい |" in text


def test_a_choice_of_the_front_becomes_the_decision_once_and_the_digest_fits(town: Town) -> None:
    from daremo.kernel.results import canonical, sha256
    from daremo.web.apps.guard import services as guard
    from daremo.web.apps.journal import services as journal

    row = guard.propose(town.act(), town.city, asked())
    assert row.decided is None and row.told["decided"] is None
    last = len(row.told["front"]) - 1
    guard.decide(town.act(), row, last)
    row.refresh_from_db()
    assert row.told["chosen"]["methods"] == row.told["front"][last]["methods"]
    assert row.told["proof"]["dominating_the_chosen"] == 0 and row.told["by"] == "みほん市"
    assert row.told["sha256"] == sha256(canonical({k: v for k, v in row.told.items() if k != "sha256"}))
    with pytest.raises(Conflict):
        guard.decide(town.act(), row, 0)
    assert journal.differences() == []


@pytest.mark.parametrize("pick", [-1, 10_000])
def test_a_choice_that_is_not_on_the_front_decides_nothing(town: Town, pick: int) -> None:
    from daremo.web.apps.guard import services as guard

    row = guard.propose(town.act(), town.city, asked())
    with pytest.raises(DaremoError):
        guard.decide(town.act(), row, pick)
    row.refresh_from_db()
    assert row.decided is None


def test_old_proposals_go_and_decisions_stay(town: Town) -> None:
    from daremo.web.apps.guard import services as guard
    from daremo.web.apps.guard.models import Decision

    guard.propose(town.act(), town.city, asked())
    kept = guard.decide(town.act(), guard.propose(town.act(), town.city, asked()))
    assert guard.keep_time(town.act(), (START + timedelta(days=365 * 6)).date()) == 1
    assert list(Decision.objects.all()) == [kept]


def test_the_page_shows_the_choices_and_the_record_can_be_taken_home(world: World) -> None:
    from daremo.web.apps.guard.models import Decision

    client = world.client("manager")
    page = client.post("/guard/identity/new/", answers(), follow=True).content.decode()
    row = Decision.objects.get()
    assert "証明書の申請" in page and "持っていない人の方法" in page and 'name="pick"' in page
    assert all(name in page for name in ("65〜74歳", "カードも電話も住所もない人", "本文で確かめること"))
    client.post(f"/guard/identity/{row.pk}/", {"pick": "1"})
    row.refresh_from_db()
    assert row.decided and row.told["chosen"]["methods"] == row.told["front"][1]["methods"]
    assert "ほかの人が先に変えました" in client.post(f"/guard/identity/{row.pk}/", {"pick": "0"}).content.decode()
    text = client.get(f"/guard/identity/{row.pk}/record.md")
    assert text["Content-Disposition"].startswith("attachment") and "本人確認の決定の記録" in text.content.decode()
    assert json.loads(client.get(f"/guard/identity/{row.pk}/record.json").content) == row.told
    assert client.get(f"/guard/identity/{row.pk}/record.exe").status_code == 404


def test_what_cannot_be_met_is_said_on_the_page_and_an_exception_is_recorded(world: World) -> None:
    from daremo.web.apps.guard.models import Decision

    client = world.client("manager")
    page = client.post("/guard/identity/new/", answers("tax")).content.decode()
    assert "顔写真つきの書類がない人" in page and "--accept" not in page
    assert not Decision.objects.exists()
    page = client.post("/guard/identity/new/", answers("tax", accept="on"), follow=True).content.decode()
    assert "方法がない人たちが残ります" in page and Decision.objects.get().told["proof"]["unserved"] == ["no-photo"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"title": ""}, "サービスの名前を書いてください"),
        ({"channels": []}, "ひとつは選んでください"),
        ({"channels": ["pigeon"]}, "エラー："),
        ({"use_percent": "many"}, "数で書いてください"),
        ({"use_percent": "nan"}, "数で書いてください"),
        ({"years": "1e300"}, "数が大きすぎます"),
        ({"people_school": "-1"}, "数が小さすぎます"),
        ({f"people_{s}": "" for s in ("school", "youth", "working", "65_74", "75_84", "85_over")}, "人数を書いて"),
        ({"impersonation_person": "enormous"}, "エラー："),
        ({"budget": "1"}, "エラー："),
    ],
)
def test_wrong_answers_are_said_gently_and_nothing_is_kept(world: World, changes: dict[str, Any], word: str) -> None:
    from daremo.web.apps.guard.models import Decision

    page = world.client("city").post("/guard/identity/new/", answers(**changes)).content.decode()
    assert word in page and "エラー：" in page and not Decision.objects.exists()


def test_the_people_of_the_newest_gap_are_filled_in(world: World) -> None:
    from daremo.web.apps.figures.models import Result

    stages = [
        {"stage": "school", "people": 120.0},
        {"stage": "85+", "people": 77.0},
        {"stage": "youth", "people": None},
    ]
    Result.objects.create(kind="gap", digest="0" * 64, loaded_at=world.now, data={"stages": stages})
    page = world.client("city").get("/guard/identity/new/?from=booking").content.decode()
    assert 'value="120"' in page and 'value="77"' in page and "スマホ相談の予約" in page
    assert world.client("city").get("/guard/identity/new/?from=nothing").status_code == 200
    assert world.client("auditor").get("/guard/identity/new/").status_code == 403


def test_the_choices_shown_hold_both_ends_and_the_chosen_one() -> None:
    from daremo.web.apps.guard.views_identity import CHOICES, spread

    for n in (1, CHOICES, 9, 91):
        for chosen in (0, n // 2, n - 1):
            shown = spread([at == chosen for at in range(n)])
            assert {0, chosen, n - 1} <= set(shown) and shown == sorted(set(shown)) and len(shown) <= CHOICES + 1
