"""Staff turn the plan into sessions on a page, or with one command; residents can book at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.web.staff.world import World

NOW = datetime(2026, 11, 30, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a real town and its real plan, side by side."""
    from daremo.cli.frame import run
    from daremo.cli.main import daremo

    folder = tmp_path_factory.mktemp("region")
    assert run(daremo, ["sample", str(folder / "town"), "--people", "3000", "--quiet"]) == 0
    plan = ["plan", str(folder / "town"), "--budget-yen", "4000000", "-o", str(folder / "plan"), "--no-pdf", "--quiet"]
    assert run(daremo, plan) == 0
    assert json.loads((folder / "plan" / "plan.json").read_text("utf-8"))["points"]
    return folder


@pytest.fixture
def world(db: None, made: Path, settings: Any) -> Iterator[World]:
    from django.core.cache import cache

    from daremo.web import clock

    cache.clear()
    settings.DAREMO_REGION = made / "town"
    with clock.at(NOW):
        yield World(NOW)


def test_the_plan_is_shown_first_and_changes_nothing(world: World) -> None:
    from daremo.web.apps.schedule.models import Session

    before = Session.objects.count()
    page = world.client("city").get("/transfer/plan/").content.decode()
    assert "まだ何も変わりません" in page and "計画が開く場所" in page
    assert Session.objects.count() == before


def test_the_button_makes_sessions_that_residents_can_book(world: World) -> None:
    from daremo.web import clock
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.schedule.models import Session

    before, untold = Session.objects.count(), set(journal.differences())
    city = world.client("city")
    answer = city.post("/transfer/plan/", {"first": "令和8年12月7日", "weeks": "4"})
    assert answer.status_code == 302, answer.content.decode()[:400]
    assert "予約を受けられます" in city.get(answer["Location"]).content.decode()
    assert Session.objects.count() > before
    actions = set(Session.objects.exclude(offer__action="").values_list("offer__action", flat=True))
    free = schedule.free_times(clock.now(), limit=100, per_point=10)
    assert actions and {t.offer_id for t in free} & set(
        Session.objects.filter(offer__action__in=actions).values_list("offer", flat=True)
    )
    assert set(journal.differences()) <= untold
    assert "万円でなくす案" in city.get("/loop/").content.decode()


def test_the_same_plan_is_not_loaded_twice(world: World) -> None:
    told = {"first": "2026-12-07", "weeks": "4"}
    city = world.client("city")
    assert city.post("/transfer/plan/", told).status_code == 302
    assert city.post("/transfer/plan/", told).status_code == 409


def test_a_wrong_day_is_told_beside_the_field(world: World) -> None:
    page = world.client("city").post("/transfer/plan/", {"first": "いつか", "weeks": "0"}).content.decode()
    assert "エラー：" in page


def test_without_a_plan_the_page_says_where_to_put_it(world: World, settings: Any, tmp_path: Path) -> None:
    settings.DAREMO_REGION = tmp_path / "town"
    assert str(tmp_path / "plan") in world.client("city").get("/transfer/plan/").content.decode()


def test_only_the_municipality_loads_a_plan(world: World) -> None:
    for role in ("supporter", "point", "manager", "auditor"):
        assert world.client(role).get("/transfer/plan/").status_code == 403
