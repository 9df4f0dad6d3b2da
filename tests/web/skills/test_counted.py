"""Tables without names: nobody can be told by them, and the programs that read them do read them."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.web.bookings.town import START, Town

pytestmark = pytest.mark.django_db


def area(code: str, **people: float) -> Any:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places.models import Area

    return journal.save(of_the_system(START), "area.added", Area(code=code, name=f"地区{code}", people=people))


def sheets(town: Town, n: int, where: Any, stage: str = "75_84", seed: int = 1, ability: float = 0.0) -> None:
    from daremo.web.apps.skills import services as skills

    dice = random.Random(seed)
    for _ in range(n):
        theta = dice.gauss(ability, 0.7)
        answers = []
        for a in range(1, 6):
            for name, b in ((f"r{a}-01-screen", -1.0), (f"r{a}-02-choice", -0.2)):
                right = dice.random() < 1 / (1 + 2.718 ** (-1.2 * (theta - b)))
                answers.append((name, "2" if right else "dont-know"))
        mean = sum(answer == "2" for _, answer in answers) / 5 - 1
        profile = dict.fromkeys(range(1, 6), (mean, 0.5))
        skills.count(town.act(), town.city, skills.Taken(answers, profile, life_stage=stage), area=where)


def told(text: str | None) -> list[dict[str, str]]:
    assert text is not None
    return list(csv.DictReader(io.StringIO(text)))


def test_few_answers_are_not_written_at_all(town: Town) -> None:
    from daremo.web.apps.skills import counted
    from daremo.web.apps.skills.models import AnonymousSheet

    sheets(town, 4, area("1"))
    assert counted.answers_table(AnonymousSheet.objects.all()) is None
    assert counted.survey_table(AnonymousSheet.objects.all(), START.date()) is None


def test_a_district_is_told_only_where_five_share_it(town: Town) -> None:
    from daremo.web.apps.skills import counted
    from daremo.web.apps.skills.models import AnonymousSheet

    sheets(town, 9, area("1"))
    sheets(town, 2, area("2"), seed=2)
    sheets(town, 1, area("3"), stage="youth", seed=3)
    rows = told(counted.answers_table(AnonymousSheet.objects.all()))
    people = {r["person"]: (r["area"], r["stage"]) for r in rows}
    assert len(people) == 12
    cells = Counter(people.values())
    assert all(n >= 5 for (a, s), n in cells.items() if a or s) and {a for a, _ in cells} == {"1", ""}
    assert set(rows[0]) == {"person", "item", "answer", "area", "stage", "mode", "language", "month"}


def test_rows_stand_in_no_order_of_time(town: Town) -> None:
    from daremo.web.apps.skills import counted
    from daremo.web.apps.skills.models import AnonymousSheet

    sheets(town, 30, None)
    rows = told(counted.answers_table(AnonymousSheet.objects.all()))
    right = ["".join(r["answer"] for r in rows if r["person"] == str(n)) for n in range(1, 31)]
    by_time = [
        "".join(str(int(answer == "2")) for _, answer in s.answers) for s in AnonymousSheet.objects.order_by("pk")
    ]
    assert sorted(right) == sorted(by_time) and right != by_time and right != by_time[::-1]


def test_assess_reads_the_answers_and_estimates_the_districts(town: Town, tmp_path: Path) -> None:
    from daremo.web.apps.skills import counted
    from daremo.web.apps.skills.models import AnonymousSheet

    one, two = area("1", **{"75_84": 100, "youth": 50}), area("2", **{"75_84": 200, "youth": 20})
    for n, (where, ability) in enumerate(((one, 0.8), (two, -0.8))):
        sheets(town, 60, where, seed=n, ability=ability)
        sheets(town, 40, where, stage="youth", seed=10 + n, ability=ability + 0.5)
    (tmp_path / "answers.csv").write_text(counted.answers_table(AnonymousSheet.objects.all()) or "", encoding="utf-8")
    (tmp_path / "residents.csv").write_text(counted.residents_table(), encoding="utf-8")
    command = [sys.executable, "-m", "daremo.cli.main", "assess"]
    asked = [
        "areas",
        "answers.csv",
        "--model",
        "gpcm",
        "--area",
        "area",
        "--stage",
        "stage",
        "--residents",
        "residents.csv",
        "--below=0",
        "--json",
    ]
    done = subprocess.run([*command, *asked], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {a["area"]: a["share"] for a in json.loads(done.stdout)["areas"]}
    assert found["2"] > found["1"] + 0.2


def test_the_survey_feeds_the_barrier_of_the_gap(town: Town) -> None:
    from daremo.kernel.tables import schema
    from daremo.web.apps.skills import counted
    from daremo.web.apps.skills.models import AnonymousSheet

    one, two = area("1"), area("2")
    sheets(town, 20, one, ability=1.5)
    sheets(town, 20, two, ability=-1.5)
    sheets(town, 2, one, stage="youth")
    sheets(town, 4, two, stage="youth")
    rows = told(counted.survey_table(AnonymousSheet.objects.all(), START.date()))
    schema("daremo.region", "survey").frame([{k: v or None for k, v in r.items()} for r in rows])
    cells = {(r["area_id"], r["life_stage"]): (int(r["has_barrier"]), int(r["answers"])) for r in rows}
    assert cells[("1", "75-84")][0] < cells[("2", "75-84")][0] and cells[("", "youth")][1] == 6
    assert {r["barrier"] for r in rows} == {"skill"}


def test_live_figures_move_from_the_authors_guess_to_the_answers(town: Town) -> None:
    from daremo.assess.content.read import content
    from daremo.web.apps.skills import counted
    from daremo.web.apps.skills.models import AnonymousSheet

    item = content().items["r1-02-choice"]
    before = counted.live_of(AnonymousSheet.objects.all(), [item])[item.item]
    sheets(town, 60, None, ability=2.0)
    after = counted.live_of(AnonymousSheet.objects.all(), [item])[item.item]
    assert (before.answers, round(before.b, 2)) == (0, -0.2) and after.answers == 60
    assert after.error < before.error and 0.5 < after.right <= 1 and after.infit == after.infit


def test_a_question_that_too_many_saw_rests(town: Town) -> None:
    from django.core.cache import cache

    from daremo.web.apps.skills import counted, measure

    sheets(town, 99, None)
    assert counted.resting() == ()
    cache.clear()
    sheets(town, 1, None)
    rest = counted.resting()
    assert "r1-01-screen" in rest and "r1-03-steps" not in rest
    state = measure.begin("unknown", {}, seed="x", resting=rest)
    asked = measure.now_asked(state)
    assert asked is not None and asked.item.item not in rest
