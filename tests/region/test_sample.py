"""The made-up town that everybody tries first."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from daremo.kernel.errors import UsageError
from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE, TABLES, Region, load, save
from daremo.region.sample import CODE, sample_town, shared_out

SIZES = (50, 300, 2_000, 10_000, 60_000, 400_000)


@pytest.fixture(scope="module")
def town() -> Region:
    return sample_town()


@pytest.mark.parametrize("people", SIZES)
def test_a_town_of_any_size_has_exactly_its_people_and_every_table(people: int) -> None:
    region = sample_town(people)
    assert region.people_total() == people
    assert region.areas["people_stated"].sum() == people
    assert all(region[t].height > 0 for t in TABLES)
    assert region["people"]["people"].dtype.is_float() and (region["people"]["people"] % 1 == 0).all()
    assert 0.26 <= region.people_65plus() / people <= 0.34
    assert region.areas["name"].is_unique().all() and region.places["name"].is_unique().all()


def test_fewer_people_live_in_fewer_districts() -> None:
    heights = [sample_town(n).areas.height for n in SIZES]
    assert heights == sorted(heights) and heights[0] >= 5
    assert heights[SIZES.index(60_000)] == 120


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        save(sample_town(5_000, 7), tmp_path / folder)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert files == sorted([*(f"{t}.csv" for t in TABLES), "manifest.json"])
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)


def test_another_seed_gives_another_town_of_the_same_shape() -> None:
    one, two = sample_town(5_000, 1), sample_town(5_000, 2)
    assert one.digest != two.digest
    assert one.areas["name"].to_list() == two.areas["name"].to_list()


def test_a_town_survives_saving_and_loading(town: Region, tmp_path: Path) -> None:
    save(town, tmp_path / "town")
    assert load(tmp_path / "town").digest == town.digest


def test_new_quarters_are_young_and_valleys_and_islands_old(town: Region) -> None:
    people = town.people_dg()
    old = people[:, 3:].sum(axis=1) / town.areas["people_stated"].to_numpy()
    terrain = np.array(town.areas["terrain"].to_list())
    new = np.array(["が丘" in n or "台" in n or "坂" in n for n in town.areas["name"]])
    assert abs(float(old[new].mean()) - 0.24) < 0.02
    assert old[terrain != "plain"].min() > 0.42 and old[terrain != "plain"].max() <= 0.6
    assert old[terrain == "plain"].mean() < 0.32


def test_the_centre_is_denser_than_the_rest(town: Region) -> None:
    east, north = (
        (town.areas["longitude"].to_numpy() - 133.33) * 92.2,
        (town.areas["latitude"].to_numpy() - 34.11) * 110.95,
    )
    away = np.hypot(east, north)
    people = town.areas["people_stated"].to_numpy()
    inner = people[away < 2].sum() / 4
    ring = people[(away >= 2) & (away < 6)].sum() / (36 - 4)
    assert inner > 1.5 * ring


def test_islands_have_a_boat_and_the_former_town_is_a_community(town: Region) -> None:
    assert set(town["islands"]["island"]) == {"みほん島", "小島"} == set(town.areas["island"].drop_nulls())
    assert set(town.areas["community"].drop_nulls()) == {"みほん島", "小島", "山中町"}
    for name, lat, lon, radius in town["islands"].select("island", "latitude", "longitude", "radius_km").iter_rows():
        on = pl.concat(
            [
                town.areas.select("island", "latitude", "longitude"),
                town.places.select("island", "latitude", "longitude"),
            ]
        )
        away = np.hypot((on["latitude"] - lat).to_numpy() * 110.95, (on["longitude"] - lon).to_numpy() * 92.2)
        assert ((away <= radius) == (on["island"] == name).fill_null(False).to_numpy()).all()
    assert town.places.filter(pl.col("island").is_not_null())["kind"].is_in(["community_centre"]).any()


def test_places_are_of_every_candidate_kind_with_hours_and_some_unknowns(town: Region) -> None:
    places = town.places
    candidates = {r["kind"] for r in rows_of(PACKAGE, "place_kinds") if r["candidate"] == "yes"}
    assert candidates <= set(places["kind"])
    assert 100 <= places.height <= 130
    counts = dict(places.group_by("kind").len().iter_rows())
    assert counts["post_office"] == 12 and counts["phone_shop"] == 6
    assert 0 < places["step_free"].null_count() < places.height / 2
    assert 3 <= places["help_hours_week"].drop_nulls().len() <= 5
    rule = re.compile(
        r"(24/7|[A-Z][a-z][-,A-Za-z]* \d\d:\d\d-\d\d:\d\d(,\d\d:\d\d-\d\d:\d\d)*)(; (PH off|[A-Z][a-z][-,A-Za-z]* \d\d:\d\d-\d\d:\d\d))*"
    )
    assert all(rule.fullmatch(h) for h in places["opening_hours"].drop_nulls())


def test_actions_are_one_of_each_kind_with_costs_left_to_the_defaults(town: Region) -> None:
    kinds = dict(town["actions"].group_by("kind").len().iter_rows())
    assert kinds == {
        "point": 1,
        "class": 1,
        "round": 1,
        "home": 1,
        "phone": 1,
        "device": 1,
        "line": 1,
        "fix": 2,
        "campaign": 1,
    }
    assert town["actions"].select("fixed_yen", "unit_yen", "effect_share").null_count().row(0) == (10, 10, 10)
    assert set(town["actions"]["owner"]) == {"town"}


def test_answers_and_reviews_never_exceed_those_asked(town: Region) -> None:
    assert (town["survey"]["has_barrier"] <= town["survey"]["answers"]).all()
    assert (town["services"]["succeeded"] <= town["services"]["tried"]).all()


def test_the_code_has_a_valid_check_digit_and_no_real_prefecture() -> None:
    weighted = sum(int(d) * w for d, w in zip(CODE[:5], (6, 5, 4, 3, 2), strict=True))
    assert int(CODE[5]) == (11 - weighted % 11) % 10 and int(CODE[:2]) > 47


def test_a_town_of_nobody_is_refused_kindly() -> None:
    for people, seed in ((0, 1), (3_000_000, 1), (1_000, -1)):
        with pytest.raises(UsageError) as caught:
            sample_town(people, seed)
        assert caught.value.exit_code == 2 and caught.value.fix


def test_shares_are_whole_and_add_up() -> None:
    assert shared_out([1, 1, 1], 10).tolist() == [4, 3, 3]
    assert shared_out([0.2, 0.5, 0.3], 7).sum() == 7
