"""Small cells: an attacker who can subtract, or solve any linear system, finds none of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.cases.assume import defaults
from daremo.cases.gap import gap
from daremo.cases.suppress import Rules, protect
from tests.cases.towns import random_town, region_of

A = defaults()
RULES = Rules.of(A)


def recoverable(unknown: list[int], equations: list[list[int]]) -> set[int]:
    """Unknowns that the sums over `equations` determine: those on which the null space is zero."""
    if not unknown:
        return set()
    at = {d: i for i, d in enumerate(unknown)}
    matrix = np.zeros((len(equations) + 1, len(unknown)))
    for row, cells in enumerate(equations):
        for d in cells:
            if d in at:
                matrix[row, at[d]] = 1
    _, value, vt = np.linalg.svd(matrix, full_matrices=True)
    rank = int((value > 1e-9).sum())
    null = vt[rank:]
    return {d for d, i in at.items() if np.all(np.abs(null[:, i]) < 1e-9)} if len(null) else set(unknown)


def remainders(hidden, community, secret):
    """What subtraction leaves: hidden cells of each published community, and of all the others together."""
    groups = [
        [d for d in np.flatnonzero(hidden) if community[d] == name]
        for name in sorted(set(community))
        if name not in secret
    ]
    groups.append([d for d in np.flatnonzero(hidden) if community[d] in secret])
    return [g for g in groups if g]


towns = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 3, 9, 12, 25, 31, 60, 200, 900]),
        st.floats(0, 1),
        st.sampled_from(["", "島", "旧村", "里"]),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=300)
@given(towns)
def test_no_hidden_cell_can_be_recovered_from_the_published_totals(rows):
    people = np.array([float(p) for p, _, _ in rows])
    left = np.array([p * share for p, share, _ in rows])
    community = [c for _, _, c in rows]
    p = protect(people, left, community, RULES)
    small = [i for i in range(len(rows)) if people[i] > 0 and RULES.small(people[i], left[i])]
    assert p.hidden_d[small].all(), "every small cell is hidden"
    assert not p.hidden_d[people == 0].any(), "an empty area needs no hiding"
    if p.whole:
        assert RULES.small(people.sum(), left.sum())
        return
    unknown = np.flatnonzero(p.hidden_d).tolist()
    equations = [list(range(len(rows)))]
    equations += [[i for i, c in enumerate(community) if c == name] for name in set(community) - p.hidden_communities]
    assert recoverable(unknown, equations) == set()
    for group in remainders(p.hidden_d, community, p.hidden_communities):
        assert len(group) > 1 and not RULES.small(people[group].sum(), left[group].sum())


def test_the_attacker_of_these_tests_does_find_a_lone_hidden_cell():
    assert recoverable([2], [[0, 1, 2]]) == {2}
    assert recoverable([1, 2], [[0, 1, 2]]) == set()
    assert recoverable([1, 2], [[0, 1, 2], [0, 1]]) == {1, 2}


def test_nothing_is_hidden_where_nothing_is_small():
    p = protect([100, 200], [50, 80], [None, "島"], RULES)
    assert not p.hidden_d.any() and not p.hidden_communities and not p.whole


def test_a_lone_small_area_takes_the_smallest_neighbour_of_its_community_along():
    p = protect([12, 300, 200, 150], [6, 90, 80, 60], ["里", "里", "里", ""], RULES)
    assert p.hidden_d.tolist() == [True, False, True, False] and not p.hidden_communities


def test_a_community_of_one_small_area_hides_its_total_and_a_second_one():
    p = protect([12, 300, 200, 150, 400], [6, 90, 80, 60, 90], ["島", "里", "里", "", ""], RULES)
    assert p.hidden_communities == {"島", "里"}
    assert p.hidden_d.tolist() == [True, False, True, False, False]


def test_nearly_everybody_left_behind_is_a_small_cell_too():
    assert RULES.small(500, 495) and RULES.small(500, 5) and not RULES.small(500, 250)


def test_a_town_below_the_thresholds_publishes_no_estimate():
    town = region_of([{"area_id": "a"}, {"area_id": "b"}], [[2] * 6, [2] * 6])
    told = gap(town, A, draws=20).as_dict()
    assert told["left_behind"] == {"mean": None, "low": None, "high": None}
    assert set(told["reasons"].values()) == {None} and all(x["suppressed"] for x in told["areas"])
    assert not told["sensitivity"] and not any("取り残される人は" in n for n in told["notes"])
    assert all(s["suppressed"] for s in told["stages"]) and any("公表しません" in n for n in told["notes"])


def test_counts_are_rounded_to_fives():
    assert [RULES.rounded(x) for x in (0, 2.4, 2.5, 12.4, 12.5, 998)] == [0, 0, 5, 10, 15, 1000]


@pytest.mark.parametrize("seed", range(8))
def test_no_suppressed_area_of_a_published_gap_can_be_recovered(seed):
    """Every published figure that adds up is used: people, left behind and reasons, by town, community and area."""
    g = gap(random_town(seed, 14), A, draws=20, seed=seed)
    told = g.as_dict()
    areas = told["areas"]
    unknown = [i for i, x in enumerate(areas) if x["suppressed"]]
    equations = [list(range(len(areas)))]
    for c in told["communities"]:
        if not c["suppressed"]:
            equations.append([i for i, x in enumerate(areas) if x["community"] == c["name"]])
    assert recoverable(unknown, equations) == set()
    people = g.people_dg.sum(axis=1)
    assert all(x["suppressed"] for i, x in enumerate(areas) if 0 < people[i] < RULES.people_min)
    # Guessing by subtraction of the rounded figures never gives one area's number either.
    total = told["left_behind"]["mean"] - sum(x["left_behind"]["mean"] for x in areas if not x["suppressed"])
    for i in unknown:
        assert abs(total - float(g.left_sd[:, i].mean())) > 1


@settings(max_examples=100)
@given(st.lists(st.sampled_from([0.0, 5.0, 20.0, 40.0, 300.0]), min_size=6, max_size=6), st.integers(0, 100))
def test_no_suppressed_life_stage_can_be_recovered(people, seed):
    share = np.random.default_rng(seed).uniform(0.1, 0.9, 6)
    counts = np.array(people)
    p = protect(counts, counts * share, [None] * 6, RULES)
    if not p.whole:
        hidden = np.flatnonzero(p.hidden_d)
        assert len(hidden) != 1
        assert not len(hidden) or not RULES.small(counts[hidden].sum(), (counts * share)[hidden].sum())


def test_the_order_of_areas_does_not_decide_who_is_hidden():
    rng = np.random.default_rng(5)
    people = rng.permutation(np.array([3, 20, 33, 45, 80, 120, 500, 600], float))
    left, community = people * 0.4, ["", "里", "", "里", "島", "島", "", "里"]
    one = protect(people, left, community, RULES)
    order = rng.permutation(8)
    two = protect(people[order], left[order], [community[i] for i in order], RULES)
    assert np.array_equal(one.hidden_d[order], two.hidden_d) and one.hidden_communities == two.hidden_communities
