"""Points near a place, and places found by what people write."""

from __future__ import annotations

import random
from typing import Any

import pytest

from daremo.kernel.errors import UsageError
from daremo.web.apps.places import services as places


def test_the_nearest_points_are_those_measured_one_by_one(town: Any) -> None:
    dice = random.Random(7)
    rows = [
        places.add_point(town.act(), town.city, f"会館{n}", lat=dice.uniform(33, 36), lon=dice.uniform(132, 136))
        for n in range(60)
    ]
    for _ in range(10):
        here = (dice.uniform(33, 36), dice.uniform(132, 136))
        expected = sorted((places.kilometres(here, (r.lat, r.lon)), r.pk) for r in rows)[:7]
        found = places.nearest_points(here, limit=7)
        assert [(row.km, row.point_id) for row in found] == expected


def test_a_point_without_coordinates_or_not_published_is_near_nobody(town: Any) -> None:
    gone = places.add_point(town.act(), town.city, "閉館", lat=34.0, lon=134.0, state="closed")
    assert places.nearest_points((34.0, 134.0)) == []
    assert gone.pk not in {row.point_id for row in places.nearest_points(None)}


def test_distances_agree_with_known_ones() -> None:
    tokyo, osaka = (35.681236, 139.767125), (34.702485, 135.495951)
    assert places.kilometres(tokyo, osaka) == pytest.approx(403.0, abs=1.5)
    assert places.walk_minutes(1.0) == 20


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("本町二丁目", "本町２丁目"),
        ("みほん市 本町 2丁目 3-4", "本町２丁目"),
        ("ホンマチ２チョウメ", "本町２丁目"),
        ("はまだ", "浜田町"),
        ("浜田町十二丁目", "浜田町12丁目"),
        ("浜田", "浜田町"),
        ("中央図書館のちかく", None),
        ("７６０－００１１", "〒760-0011"),
        ("760-0099", "〒760-0099"),
        ("旭会館", "旭会館"),
        ("ｱｻﾋｶｲｶﾝ", "旭会館"),
        ("火星", None),
        ("", None),
    ],
)
def test_a_place_is_found_by_what_people_write(town: Any, written: str, name: str | None) -> None:
    from daremo.web.apps.places.models import Area

    for code, (title, kana, lat) in enumerate(
        [
            ("本町１丁目", "ほんまち１ちょうめ", 34.1),
            ("本町２丁目", "ほんまち２ちょうめ", 34.2),
            ("浜田町", "はまだちょう", 34.3),
            ("浜田町12丁目", "はまだちょう12ちょうめ", 34.4),
        ]
    ):
        Area.objects.create(code=str(code), name=title, kana=kana, lat=lat, lon=134.0)
    places.add_point(
        town.act(), town.city, "旭会館", kana="アサヒカイカン", postcode="760-0011", lat=34.5, lon=134.1
    )  # fmt: skip
    found = places.start_of(written)
    assert (found.name if found else None) == name


def test_bad_hours_and_half_coordinates_are_refused(town: Any) -> None:
    with pytest.raises(UsageError) as caught:
        places.add_point(town.act(), town.city, "会館", opening_hours="平日九時")
    assert caught.value.code == "bad-hours"
    with pytest.raises(UsageError):
        places.add_point(town.act(), town.city, "会館", lat=34.0)
    with pytest.raises(UsageError):
        places.change_point(town.act(), town.point, lat=134.0, lon=34.0)


def test_a_stale_point_is_public_again_when_somebody_looked(town: Any) -> None:
    from datetime import date

    point = places.add_point(town.act(), town.city, "会館", state="stale")
    assert places.confirm_point(town.act(), point, date(2026, 12, 1)).state == "published"
