"""Residents' words about their line: counts without a name, given back to the computation."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from daremo.kernel.errors import DaremoError
from tests.web.bookings.town import START, Town
from tests.web.staff.world import World

pytestmark = pytest.mark.django_db


def area(code: str = "0101", name: str = "みなと町") -> Any:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places.models import Area

    return journal.save(of_the_system(START), "area.added", Area(code=code, name=name, lat=34.0, lon=134.0))


def test_words_of_a_month_are_one_count(town: Town) -> None:
    from daremo.web.apps.lines import services as lines
    from daremo.web.apps.lines.models import Said

    here = area()
    for hours in (0, 24, 48):
        lines.say(town.act(hours), here, "fixed", "slow")
    lines.say(town.act(31 * 24), here, "fixed", "slow")
    assert [(s.month.isoformat(), s.count) for s in Said.objects.order_by("month")] == [("2026-12-01", 3), ("2027-01-01", 1)]  # fmt: skip
    for sort, outcome in (("cable", "slow"), ("fixed", "no")):
        with pytest.raises(DaremoError):
            lines.say(town.act(), here, sort, outcome)


def test_words_said_at_the_same_moment_are_all_counted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.models import F

    from daremo.web.apps.lines import services as lines
    from daremo.web.apps.lines.models import Said

    here = area()
    lines.say(town.act(), here, "fixed", "slow")
    move, others = lines.journal.move, [1, 1]

    def slower(*given: Any, **more: Any) -> Any:
        if others:
            Said.objects.update(count=F("count") + others.pop())
        return move(*given, **more)

    monkeypatch.setattr(lines.journal, "move", slower)
    lines.say(town.act(), here, "fixed", "slow")
    assert Said.objects.get().count == 4


def test_who_said_it_and_when_stands_nowhere(town: Town) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.lines import services as lines
    from daremo.web.apps.lines.models import Said

    lines.say(town.act(77, "web"), area(), "mobile", "no_line")
    event = Event.objects.get(kind="line.said")
    assert (event.who, event.request, event.organisation_id) == ("resident", "", None)
    assert event.at.isoformat() == "2026-11-30T15:00:00+00:00"  # the first moment of December in Japan
    assert {f.name for f in Said._meta.get_fields()} == {"id", "area", "month", "sort", "outcome", "count"}
    assert not [line for line in journal.differences() if line.startswith("lines.")]


def test_the_computation_reads_what_is_exported(world: World, tmp_path: Path) -> None:
    from daremo.network.measured import Areas, read_challenges
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.lines import services as lines

    act, first, second = of_the_system(START), area("0101"), area("0102", "やま町")
    said = [
        (first, "fixed", "slow"),
        (first, "fixed", "slow"),
        (first, "mobile", "fine"),
        (second, "unknown", "no_line"),
    ]
    for one in said:
        lines.say(act, *one)
    path = tmp_path / "challenges.csv"
    path.write_bytes(world.client("city").get("/lines/voices/challenges.csv").content)
    nan = np.full(2, np.nan)
    areas = Areas(("0101", "0102"), ("みなと町", "やま町"), np.array([34.0, 34.1]), np.array([134.0, 134.1]), nan)
    found, problems = read_challenges(path, areas)
    assert problems == []
    assert sorted((c.area, c.technology, c.fine, c.date) for c in found) == [
        (0, "fixed", False, "2026-12-01"), (0, "fixed", False, "2026-12-01"), (0, "mobile", True, "2026-12-01"),
        (1, "", False, "2026-12-01"),
    ]  # fmt: skip


def sent(client: Client, here: Any, **more: str) -> Any:
    return client.post("/line/", {"area": here.pk, "sort": "fixed", "outcome": "slow", **more})


def test_nothing_is_counted_before_the_answers_were_seen(world: World) -> None:
    from daremo.web.apps.lines.models import Said

    here, client = area(), Client()
    page = sent(client, here).content.decode()
    assert "この内容で送りますか" in page and "みなと町" in page and not Said.objects.exists()
    assert "checked" in sent(client, here, step="change").content.decode()
    assert sent(client, here, step="send", key="k").status_code == 302 and Said.objects.get().count == 1
    sent(client, here, step="send", key="k")
    assert Said.objects.get().count == 1  # sent twice, it counts once
    assert client.get("/line/said/").status_code == 200
    client.post("/line/said/")
    assert Said.objects.get().count == 0
    client.post("/line/said/")
    assert Said.objects.get().count == 0 and client.get("/line/said/").status_code == 302


def test_a_form_with_holes_says_what_is_missing(world: World) -> None:
    page = Client().post("/line/", {"step": "send", "area": "999999"}).content.decode()
    for words in (
        "一覧から、地区をえらんでください",
        "どの回線か、ひとつえらんでください",
        "いまのようすを、ひとつえらんでください",
    ):
        assert words in page


def test_one_address_cannot_flood_the_counts(world: World, settings: Any) -> None:
    from daremo.web.apps.lines.models import Said
    from daremo.web.gate.limits import limits

    most = next(limit for limit in limits() if limit.limit == "line-said").count
    here, client = area(), Client()
    statuses = [sent(client, here, step="send", key=str(n)).status_code for n in range(most + 3)]
    assert statuses == [302] * most + [429] * 3 and Said.objects.get().count == most


def test_a_word_that_is_not_there_cannot_be_taken_back(town: Town) -> None:
    from daremo.web.apps.lines import services as lines

    row = lines.say(town.act(), area(), "fixed", "fine")
    assert lines.take_back(town.act(), row.pk) and not lines.take_back(town.act(), row.pk)
    assert not lines.take_back(town.act(), row.pk + 1) and list(lines.challenges()) == []


def test_counts_go_after_five_years(town: Town) -> None:
    from daremo.web.apps.lines import services as lines

    lines.say(town.act(), area(), "fixed", "fine")
    today = START.date()
    assert lines.keep_time(town.act(), today + timedelta(days=1_800)) == 0
    assert lines.keep_time(town.act(), today + timedelta(days=1_900)) == 1
