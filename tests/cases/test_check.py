"""Check: gains among those asked again, effects of help that began at different times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from daremo.cases.check import effect, gains
from daremo.kernel.errors import UsageError


def row(
    person: int, before: int | None, later: int | None, answered: bool = True, action: str = "point:a", days: int = 30
) -> dict[str, Any]:
    return {
        "person": person, "action": action, "days": days, "alone_before": before, "alone_later": later,
        "still_doing": True if answered else None, "answered": answered,
    }  # fmt: skip


def test_a_gain_is_the_difference_of_the_shares_before_and_later() -> None:
    rows = (
        [row(n, 0, 3) for n in range(6)]
        + [row(10 + n, 3, 3) for n in range(4)]
        + [row(20 + n, 1, 1) for n in range(10)]
    )
    whole, point = gains(rows)
    assert (whole.action, point.action) == ("", "point:a")
    assert whole.pairs == 20 and whole.gain == pytest.approx(6 / 20)
    assert whole.before_share == pytest.approx(4 / 20) and whole.later_share == pytest.approx(10 / 20)
    assert whole.low is not None and whole.high is not None and whole.low < 0.3 < whole.high


def test_those_who_did_not_answer_widen_the_bounds_and_nothing_else() -> None:
    answered = [row(n, 0, 3) for n in range(12)]
    silent = [row(100 + n, 2 if n % 2 else 0, None, answered=False) for n in range(8)]
    alone, whole = gains(answered)[0], gains(answered + silent)[0]
    assert whole.gain == alone.gain == pytest.approx(1.0)
    assert alone.worst == alone.best == pytest.approx(1.0)
    assert whole.worst == pytest.approx((12 - 4) / 20) and whole.best == pytest.approx((12 + 4) / 20)
    assert (whole.asked, whole.answered) == (20, 12)


def test_fewer_than_ten_pairs_tell_no_gain() -> None:
    few = gains([row(n, 0, 3) for n in range(9)])[0]
    assert few.gain is None and few.low is None and few.worst is None and few.pairs == 9


def test_a_person_counts_once_and_the_other_day_is_left_out() -> None:
    rows = [row(n, 0, 3) for n in range(10)] * 2 + [row(n, 0, 0, days=90) for n in range(10)]
    assert gains(rows)[0].pairs == 10 and gains(rows)[0].gain == pytest.approx(1.0)
    assert gains(rows, days=90)[0].gain == pytest.approx(0.0)


def test_intervals_of_the_gain_cover_the_truth_nine_times_in_ten() -> None:
    rng, hit = np.random.default_rng(5), 0
    for case in range(200):
        before, later = rng.random(60) < 0.3, rng.random(60) < 0.55
        rows = [row(n, 3 if b else 0, 3 if a else 0) for n, (b, a) in enumerate(zip(before, later, strict=True))]
        g = gains(rows, draws=400, seed=case)[0]
        assert g.low is not None and g.high is not None
        hit += g.low <= 0.25 <= g.high
    assert 0.83 <= hit / 200 <= 0.96


def panel(
    seed: int, *, trend: float = 0.0, areas: int = 60, periods: int = 8
) -> tuple[np.ndarray, list[int | None], float]:
    """Areas helped from period 3, from period 5 and never; the effect grows by 0.02 a period: two-way fixed effects err here."""
    rng = np.random.default_rng(seed)
    begins: list[int | None] = [3] * (areas // 3) + [5] * (areas // 3) + [None] * (areas - 2 * (areas // 3))
    y = rng.normal(0.4, 0.1, (areas, 1)) + np.linspace(0, 0.1, periods) + rng.normal(0, 0.02, (areas, periods))
    true: list[float] = []
    for d, g in enumerate(begins):
        if g is not None:
            after = np.arange(periods) - g
            y[d] += np.where(after >= 0, 0.05 + 0.02 * after, 0.0) + trend * np.arange(periods)
            true += [0.05 + 0.02 * e for e in range(periods - g)]
    return y, begins, float(np.mean(true))


def test_an_effect_that_grows_is_found_where_help_began_at_different_times() -> None:
    found = [effect(*panel(s)[:2], draws=60, seed=s).effect for s in range(12)]
    assert np.mean(found) == pytest.approx(panel(0)[2], abs=0.004)


def test_the_effect_by_time_is_nothing_before_and_grows_after() -> None:
    y, begins, _ = panel(3)
    told = effect(y, begins, draws=200)
    at = dict(zip(told.since, told.effect_e, strict=True))
    assert abs(at[-3]) < 0.02 and at[0] == pytest.approx(0.05, abs=0.02) and at[2] == pytest.approx(0.09, abs=0.02)
    assert told.low < told.effect < told.high and (told.areas_helped, told.areas_never) == (40, 20)


def test_areas_that_went_another_way_before_are_told() -> None:
    calm, drifting = effect(*panel(7)[:2], draws=300), effect(*panel(7, trend=0.03)[:2], draws=300)
    assert calm.trend_p is not None and drifting.trend_p is not None
    assert drifting.trend_p < 0.05 < calm.trend_p


def test_intervals_of_the_effect_cover_the_truth() -> None:
    hit = 0
    for s in range(60):
        y, begins, true = panel(100 + s)
        told = effect(y, begins, draws=150, seed=s)
        hit += told.low <= true <= told.high
    assert 0.78 <= hit / 60 <= 1.0


def test_with_two_periods_it_is_the_difference_of_the_differences() -> None:
    y = np.array([[0.2, 0.5], [0.3, 0.5], [0.2, 0.25], [0.4, 0.5]])
    told = effect(y, [1, 1, None, None], [1, 3, 1, 1], draws=50)
    assert told.effect == pytest.approx((0.3 * 1 + 0.2 * 3) / 4 - (0.05 + 0.1) / 2)


@pytest.mark.parametrize(
    ("y", "begins"),
    [
        ([[0.1, 0.2]], [1]),
        ([[0.1, np.nan], [0.1, 0.2]], [1, None]),
        ([[0.1, 0.2], [0.1, 0.2]], [None, None]),
        ([0.1, 0.2], [1, 1]),
    ],
)
def test_a_panel_that_compares_nothing_is_refused(y: Any, begins: Any) -> None:
    with pytest.raises(UsageError) as told:
        effect(y, begins)
    assert told.value.code == "bad-panel"


def test_an_area_helped_from_the_first_period_is_left_out() -> None:
    y, begins, _ = panel(9)
    more = np.vstack([y, y[:1] + 5])
    assert effect(more, [*begins, 0], draws=40).effect == effect(y, begins, draws=40).effect
