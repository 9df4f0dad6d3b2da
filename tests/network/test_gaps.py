"""Claims, measurements and residents' words: fused as written down, contradicted rarely without reason and surely with one."""

from __future__ import annotations

import csv
import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from daremo.cli.main import daremo
from daremo.kernel.errors import InputError
from daremo.network.gaps import Challenge, Claim, SpeedTests, Weights, adequate_of, fused, gaps, share_above
from daremo.network.measured import Areas, read_challenges, read_tests, tile_centre
from daremo.network.unequal import gini, inequality, theil

W = Weights()
PLACES = Areas(
    ("01", "02"), ("東町", "西町"), np.array([34.34, 34.50]), np.array([134.04, 134.04]), np.array([1.0, math.nan])
)


def test_the_fused_share_is_the_mean_of_prior_times_likelihood_by_brute_force() -> None:
    claim = Claim(0, "fibre", 0.8, confidence=0.5)
    tests = [SpeedTests(0, "fibre", 40, 12)]
    share, low, high, _ = fused(claim, tests, [Challenge(0, "fibre", False)], W)
    x = np.linspace(0, 1, 200_001)[1:-1]
    weight = 4 + 36 * 0.5
    density = beta.pdf(x, weight * 0.8, weight * 0.2) * x ** (12 / 4) * (1 - x) ** (28 / 4 + 1)
    density /= density.sum()
    cumulated = np.cumsum(density)
    assert share == pytest.approx((x * density).sum(), abs=1e-5)
    assert low == pytest.approx(x[np.searchsorted(cumulated, 0.05)], abs=1e-4)
    assert high == pytest.approx(x[np.searchsorted(cumulated, 0.95)], abs=1e-4)


def test_intervals_cover_the_truth_nine_times_in_ten() -> None:
    draw, w = np.random.default_rng(3), Weights(design_effect=1)
    hits = 0
    for _ in range(2_000):
        claimed, n = draw.uniform(0.2, 0.95), int(draw.integers(5, 60))
        weight = w.claim_least + (w.claim_most - w.claim_least) * 0.5
        truth = draw.beta(weight * claimed, weight * (1 - claimed))
        good = draw.binomial(n, truth)
        _, low, high, _ = fused(Claim(0, "fibre", claimed), [SpeedTests(0, "fibre", n, good)], [], w)
        hits += low <= truth <= high
    assert 0.88 <= hits / 2_000 <= 0.92


def test_an_honest_claim_is_doubted_in_one_case_of_twenty_at_most_and_a_false_one_nearly_always() -> None:
    draw, w = np.random.default_rng(4), Weights(design_effect=1)
    doubted = {True: 0, False: 0}
    for _ in range(1_000):
        for honest in (True, False):
            truth = 0.9 if honest else 0.4
            seen = SpeedTests(0, "fibre", 40, draw.binomial(40, truth))
            doubted[honest] += fused(Claim(0, "fibre", 0.9), [seen], [], w)[3]
    assert doubted[True] <= 50
    assert doubted[False] >= 950


def test_more_measurements_narrow_the_interval_and_pull_the_share_to_what_they_say() -> None:
    told = [fused(Claim(0, "fibre", 0.9), [SpeedTests(0, "fibre", n, 0.2 * n)], [], W) for n in (0, 40, 400, 4_000)]
    shares, widths = [t[0] for t in told], [t[2] - t[1] for t in told]
    assert all(b < a for a, b in pairwise(shares)) and shares[-1] == pytest.approx(0.2, abs=0.02)
    assert widths[-1] < widths[0]


def test_without_any_evidence_beside_a_word_the_answer_stays_wide() -> None:
    share, low, high, clash = fused(None, [], [Challenge(0, "", False)], W)
    assert share < 0.5 and high - low > 0.6 and not clash


def test_a_claim_without_speed_counts_where_the_technology_is_fast() -> None:
    assert adequate_of(Claim(0, "fibre", 0.9), W) == 0.9
    assert adequate_of(Claim(0, "4g", 0.9), W) == 0.0
    assert adequate_of(Claim(0, "4g", 0.9, down_mbps=30.0), W) == pytest.approx(0.45)
    assert share_above(30, 0, 0.9) == 0.0


def test_a_fixed_test_speaks_of_the_best_fixed_line_and_not_of_mobile_ones() -> None:
    claims = [Claim(0, "fibre", 0.9), Claim(0, "cable", 0.2), Claim(0, "5g", 0.7)]
    found = gaps(np.ones((1, 6)) * 100, ["町"], "abcdef", claims, [SpeedTests(0, "fixed", 400, 0)])
    by = {c.technology: c for c in found.cells}
    assert by["fibre"].tests == 400 and by["fibre"].contradicted and by["cable"].tests == 0 and by["5g"].tests == 0
    assert found.best_d[0] is by["5g"]


def test_an_area_of_which_nothing_is_known_stands_outside_every_figure() -> None:
    people = np.array([[100.0] * 6, [50.0] * 6])
    found = gaps(people, ["町", "町"], "abcdef", [Claim(0, "fibre", 1.0, confidence=1.0)])
    assert math.isnan(found.share_d[1]) and found.unknown == 300
    assert found.without == pytest.approx(600 * (1 - found.share_d[0]))
    assert found.without_interval[0] <= found.without <= found.without_interval[1]


def test_a_higher_price_is_too_dear_for_more_people_and_the_poorer_first() -> None:
    people, income, spread = np.ones((2, 2)), np.array([400_000.0, 200_000.0]), np.array([0.6, 0.6])
    claims = [Claim(d, "fibre", 0.9, price_yen_month=yen) for d, yen in ((0, 4_000.0), (1, 6_000.0))]
    dear = gaps(people, ["a", "b"], ("working", "85+"), claims, income_yen_g=income, income_spread_g=spread).too_dear_dg
    assert dear[0, 1] == pytest.approx(0.5) and (dear[:, 0] < dear[:, 1]).all() and (dear[0] < dear[1]).all()


def test_people_below_a_line_grow_with_the_line_and_equal_those_without_at_the_need() -> None:
    people = np.ones((1, 6)) * 100
    found = gaps(people, ["町"], "abcdef", [Claim(0, "fibre", 0.8, down_mbps=90.0)], lines_mbps=(5, 30, 100, 1_000))
    counts = [count for _, count in found.below]
    assert counts == sorted(counts) and counts[1] == pytest.approx(found.without)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1_000).map(lambda n: n / 10), st.floats(0.1, 50), st.sampled_from("abc")),
        min_size=2,
        max_size=12,
    )
)
def test_gini_and_theil_equal_their_definitions_and_the_parts_add_up(rows: list[tuple[float, float, str]]) -> None:
    v, w = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    mean = v @ w / w.sum()
    if mean == 0:
        assert math.isnan(gini(v, w))
        return
    apart = np.abs(v[:, None] - v[None, :]) * w[:, None] * w[None, :]
    assert gini(v, w) == pytest.approx(apart.sum() / (2 * mean * w.sum() ** 2), abs=1e-9)
    told = inequality(v, w, [r[2] for r in rows])
    within = sum(p / w.sum() * m / mean * t for _, p, m, t in told.groups if m > 0)
    if told.theil > 1e-12:
        assert told.between_share * told.theil + within == pytest.approx(told.theil, abs=1e-9)
    assert theil(np.full(3, 5.0), np.ones(3)) == pytest.approx(0)


def test_a_quadkey_leads_to_its_tile() -> None:
    lat, lon = tile_centre("213")  # tile (3, 5) of level 3 in the description of the tile system
    assert lon == pytest.approx((3.5 / 8) * 360 - 180) and -67 < lat < -40
    with pytest.raises(ValueError):
        tile_centre("2134")


def quadkey(lat: float, lon: float, zoom: int = 16) -> str:
    s = math.sin(math.radians(lat))
    x, y = (lon + 180) / 360, 0.5 - math.log((1 + s) / (1 - s)) / (4 * math.pi)
    tx, ty = int(x * 2**zoom), int(y * 2**zoom)
    return "".join(str(((tx >> b) & 1) + 2 * ((ty >> b) & 1)) for b in range(zoom - 1, -1, -1))


def test_ookla_tiles_are_given_to_the_area_they_lie_in(tmp_path: Path) -> None:
    path = tmp_path / "2026-07-01_performance_fixed_tiles.csv"
    near, far = quadkey(34.341, 134.041), quadkey(40.0, 140.0)
    path.write_text(
        f"quadkey,tile,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n{near},POLYGON,30000,9000,20,8,4\n{far},P,1,1,1,5,1\n",
        encoding="utf-8",
    )
    found, told = read_tests(path, PLACES, W)
    assert [(t.area, t.technology, t.tests, t.adequate, t.down_mbps) for t in found] == [(0, "fixed", 8, 4, 30)]
    assert [(p.code, p.value) for p in told] == [("tests-outside", "1")]


def test_single_tests_are_facts_swapped_coordinates_are_turned_and_bad_rows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mlab.csv"
    path.write_text(
        "test_date,lat,lon,a.MeanThroughputMbps\n2026-10-01,34.34,134.04,31\n2026-10-01,134.04,34.34,29\n"
        "2026-10-01,34.34,134.04,fast\n2026-10-01,34.34,134.04,-3\n2026-10-01,,134.04,50\n",
        encoding="cp932",
    )
    found, told = read_tests(path, PLACES, W, kind="mobile")
    assert [(t.technology, t.tests, t.adequate, t.date) for t in found] == [("mobile", 2, 1, "2026-10-01")]
    assert [(p.code, p.row) for p in told] == [("bad-speed-test", 4), ("bad-speed-test", 5), ("bad-speed-test", 6)]


def test_our_table_keeps_codes_that_lost_their_zero_and_the_same_day_is_one_row(tmp_path: Path) -> None:
    path = tmp_path / "tests.csv"
    path.write_text(
        "地区コード,方式,回数,足りた回数,時点\n1,fibre,10,9,令和8年10月1日\n01,fibre,10,8,2026-10-01\n東町,4g,3,0,\n9,fibre,1,1,\n",
        encoding="utf-8-sig",
    )
    found, told = read_tests(path, PLACES, W)
    assert [(t.area, t.technology, t.tests, t.adequate) for t in found] == [(0, "4g", 3, 0), (0, "fibre", 20, 17)]
    assert [(p.code, p.value) for p in told] == [("bad-speed-test", "9")]


def test_residents_words_are_read_in_either_language(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("area_id,technology,outcome,date\n01,fibre,遅い,\n02,,fine,\n02,,maybe,\n", encoding="utf-8")
    found, told = read_challenges(path, PLACES)
    assert [(c.area, c.technology, c.fine) for c in found] == [(0, "fibre", False), (1, "", True)]
    assert [p.code for p in told] == ["bad-challenge"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "lat,lon\n34,134\n", "down_mbps\n30\n"])
def test_a_file_that_does_not_say_where_or_how_fast_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as said:
        read_tests(path, PLACES, W)
    assert said.value.problems[0].code == "bad-speed-tests" and said.value.problems[0].file == "odd.csv"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gaps") / "town"
    assert CliRunner().invoke(daremo, ["sample", str(folder)]).exit_code == 0
    return folder


def test_the_command_names_the_doubted_claim_and_its_lines_feed_the_gap(town: Path, tmp_path: Path) -> None:
    from daremo.cases.assume import defaults
    from daremo.cases.gap import gap
    from daremo.region.model import load

    tests = tmp_path / "tests.csv"
    tests.write_text(
        "area_id,technology,tests,adequate\na001,fibre,400,20\na001,4g,400,10\na001,5g,400,10\n", encoding="utf-8"
    )
    out = tmp_path / "seen"
    ran = CliRunner().invoke(
        daremo, ["network", "gaps", str(town), "--tests", str(tests), "-o", str(out), "--json"], catch_exceptions=False
    )
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    area = next(a for a in told["areas"] if a["area"] == "a001")
    assert {"fibre", "4g"} <= set(area["contradicted"]) and area["share"] < 0.6 and area["sources"]
    assert told["without"] == pytest.approx(sum(a["without"] for a in told["areas"] if a["without"] is not None))
    assert (out / "map.svg").read_text(encoding="utf-8").startswith("<svg")
    before = gap(load(town), defaults(), draws=50).as_dict()
    fused_town = tmp_path / "fused"
    fused_town.mkdir()
    for file in town.iterdir():
        if file.is_file() and file.name not in ("lines.csv", "manifest.json"):
            (fused_town / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((town / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] = []
    (fused_town / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (fused_town / "lines.csv").write_bytes((out / "lines.csv").read_bytes())
    after = gap(load(fused_town), defaults(), draws=50).as_dict()
    share = [next(a for a in g["areas"] if a["area_id"] == "a001") for g in (before, after)]
    assert share[1]["left_behind"]["mean"] > share[0]["left_behind"]["mean"]


def test_the_table_beside_the_map_holds_every_area(town: Path, tmp_path: Path) -> None:
    out = tmp_path / "seen"
    assert CliRunner().invoke(daremo, ["network", "gaps", str(town), "-o", str(out)]).exit_code == 0
    with (out / "gaps.csv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    told = json.loads((out / "gaps.json").read_text(encoding="utf-8"))["areas"]
    assert [r["area"] for r in rows] == [a["area"] for a in told]
