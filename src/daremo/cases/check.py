"""Check: did it work? From the desk's later answers, and from areas that got help at different times.

Two questions, two designs, neither claims more than it can:

- :func:`gains`: among those who were asked again, how many more do it alone; with an interval for chance, and with
  bounds for those who did not answer, whatever they would have said.
- :func:`effect`: an outcome by area and period, areas helped from different periods on: difference in differences with
  the areas not yet helped as comparison, so that areas helped early are never the comparison for those helped later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError

Floats = NDArray[np.float64]

#: From here on a person "does it alone": after a word, or without (0 not yet … 3 alone).
ALONE = 2
#: Fewer pairs than this tell nothing.
PAIRS_LEAST = 10
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Gain:
    """What became of those who were helped, for one action (``""``: all together).

    Attributes
    ----------
    asked, answered, pairs : int
        People whose question was due; who answered; who answered and had an outcome before.
    before_share, later_share : float or None
        Of the pairs: share that did it alone before and later.
    gain, low, high : float or None
        Difference in points of share (0.1 = ten of a hundred) and its 90 % interval for chance; None below ten pairs.
    worst, best : float or None
        The gain if everybody who did not answer does it not alone, and if everybody does: no assumption about them.
    still_share : float or None
        Share of those who answered that still does it.
    """

    action: str
    asked: int
    answered: int
    pairs: int
    before_share: float | None
    later_share: float | None
    gain: float | None
    low: float | None
    high: float | None
    worst: float | None
    best: float | None
    still_share: float | None

    def as_dict(self) -> dict[str, Any]:
        """Part of the documented machine form."""
        return {name: getattr(self, name) for name in self.__slots__}


def gains(rows: Iterable[Mapping[str, Any]], *, days: int = 30, draws: int = 2000, seed: int = 1) -> tuple[Gain, ...]:
    """Gain of all together and of each action.

    Parameters
    ----------
    rows : iterable of mapping
        One for each question that was due: ``person, action, days, alone_before, alone_later`` (0–3 or None),
        ``still_doing, answered``. Of one person and action the first row counts.
    days : int
        Which question: 30 or 90 days after the visit.
    draws : int
        Bootstrap draws over persons.

    Returns
    -------
    tuple of Gain
        First ``""`` (all), then the actions by name.

    Source
    ------
    Bounds without an assumption about those who did not answer: Manski, C. F. (1990), American Economic Review 80(2).
    """
    by: dict[str, dict[Any, Mapping[str, Any]]] = {"": {}}
    for row in rows:
        if int(row["days"]) != days:
            continue
        by[""].setdefault(row["person"], row)
        if row.get("action"):
            by.setdefault(str(row["action"]), {}).setdefault(row["person"], row)
    return tuple(_gain(name, list(by[name].values()), draws, seed) for name in sorted(by))


def _gain(action: str, rows: list[Mapping[str, Any]], draws: int, seed: int) -> Gain:
    told = [r for r in rows if r["answered"]]
    still = [bool(r["still_doing"]) for r in told if r.get("still_doing") is not None]
    known = [r for r in rows if r.get("alone_before") is not None]
    pairs = [r for r in known if r["answered"] and r.get("alone_later") is not None]
    before = np.array([r["alone_before"] >= ALONE for r in pairs], float)
    later = np.array([r["alone_later"] >= ALONE for r in pairs], float)
    silent = np.array(
        [r["alone_before"] >= ALONE for r in known if not r["answered"] or r.get("alone_later") is None], float
    )
    enough = len(pairs) >= PAIRS_LEAST
    low = high = None
    if enough:
        rng = np.random.default_rng(seed)
        change = later - before
        means = change[rng.integers(0, len(change), (draws, len(change)))].mean(axis=1)
        low, high = (float(x) for x in np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    everybody = len(pairs) + len(silent)
    sure = float((later - before).sum())
    return Gain(
        action=action,
        asked=len(rows),
        answered=len(told),
        pairs=len(pairs),
        before_share=float(before.mean()) if len(pairs) else None,
        later_share=float(later.mean()) if len(pairs) else None,
        gain=float((later - before).mean()) if enough else None,
        low=low,
        high=high,
        worst=(sure - float(silent.sum())) / everybody if enough else None,
        best=(sure + float((1 - silent).sum())) / everybody if enough else None,
        still_share=sum(still) / len(still) if still else None,
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """What the help changed in the areas that got it.

    Attributes
    ----------
    effect, low, high : float
        Mean effect over areas and periods since the help began, in the outcome's unit, and its 90 % interval.
    since : tuple of int
        Periods since the beginning (negative: before).
    effect_e, low_e, high_e : ndarray, shape (len(since),)
        Effect by periods since the beginning; before it, what should be nothing.
    trend_p : float or None
        Probability of differences before the beginning as large as seen, were there none; None without such periods.
    areas_helped, areas_never : int
    """

    effect: float
    low: float
    high: float
    since: tuple[int, ...]
    effect_e: Floats
    low_e: Floats
    high_e: Floats
    trend_p: float | None
    areas_helped: int
    areas_never: int

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        rows = zip(self.since, self.effect_e, self.low_e, self.high_e, strict=True)
        return {
            "effect": self.effect,
            "low": self.low,
            "high": self.high,
            "by_time": [{"since": e, "effect": float(v), "low": float(a), "high": float(b)} for e, v, a, b in rows],
            "trend_p": self.trend_p,
            "areas_helped": self.areas_helped,
            "areas_never": self.areas_never,
        }


def effect(
    outcome_dt: ArrayLike,
    begins_d: Sequence[int | None],
    weight_d: ArrayLike | None = None,
    *,
    draws: int = 500,
    seed: int = 1,
) -> Effect:
    """Effect of help that began in different periods in different areas.

    For each group of areas that began in period ``g`` and each period ``t`` the change since ``g − 1`` is compared with
    the change of areas that had not begun by ``t`` (nor by ``g − 1``); these are averaged by the weights of the areas.

    Parameters
    ----------
    outcome_dt : array_like, shape (areas, periods)
        The outcome, e.g. the share that does it alone.
    begins_d : sequence of int or None, length areas
        Period (column) in which help began; None = never in these periods.
    weight_d : array_like, shape (areas,), people, optional
    draws : int
        Bootstrap draws over areas (an area with all its periods is one unit).

    Raises
    ------
    UsageError
        ``bad-panel``: shapes that do not fit, a value that is not a number, no area that began after the first period,
        or no area left to compare with.

    Source
    ------
    Callaway, B. and Sant'Anna, P. (2021), Difference-in-differences with multiple time periods, Journal of Econometrics
    225(2): group-time effects with not-yet-treated comparison, unconditional version.
    """
    y = np.asarray(outcome_dt, float)
    n_periods = y.shape[1] if y.ndim == 2 else 0
    begins = np.array([n_periods if b is None else int(b) for b in begins_d])
    weight = np.ones(len(begins)) if weight_d is None else np.asarray(weight_d, float)
    fits = y.ndim == 2 and y.shape[0] == len(begins) == len(weight) and n_periods >= 2
    if not fits or not np.isfinite(y).all() or not (weight > 0).all() or (begins < 0).any():
        raise UsageError("bad-panel", "地区×時期の表が合いません", "地区ごとに、同じ時期の数を空きなくそろえてください")
    usable = begins >= 1  # an area helped from the first period on has no "before"
    y, begins, weight = y[usable], np.minimum(begins[usable], n_periods), weight[usable]
    found = _by_time(y, begins, weight)
    if found is None:
        raise UsageError(
            "bad-panel", "くらべる地区がありません", "まだ始まっていない地区か、途中から始まった地区を入れてください"
        )
    since, means, overall = found
    rng = np.random.default_rng(seed)
    drawn, totals = [], []
    for _ in range(draws):
        pick = rng.integers(0, len(begins), len(begins))
        again = _by_time(y[pick], begins[pick], weight[pick])
        if again is None:
            continue
        at = dict(zip(again[0], again[1], strict=True))
        drawn.append([at.get(e, np.nan) for e in since])
        totals.append(again[2])
    spread = np.array(drawn)
    ends = np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    low_e, high_e = np.nanquantile(spread, ends, axis=0)
    low, high = np.quantile(np.array(totals), ends)
    return Effect(
        effect=overall,
        low=float(low),
        high=float(high),
        since=since,
        effect_e=means,
        low_e=low_e,
        high_e=high_e,
        trend_p=_trend(np.array(since), means, spread),
        areas_helped=int((begins < n_periods).sum()),
        areas_never=int((begins >= n_periods).sum()),
    )


def _by_time(y: Floats, begins: NDArray[np.int64], weight: Floats) -> tuple[tuple[int, ...], Floats, float] | None:
    """Effect by periods since the beginning, and the mean over all that came after it; None where nothing compares."""
    n_periods = y.shape[1]
    sums: dict[int, list[float]] = {}
    for g in sorted(set(begins[begins < n_periods].tolist())):
        ours = begins == g
        base = g - 1
        for t in range(n_periods):
            if t == base:
                continue
            theirs = begins > max(t, base)
            theirs &= ~ours
            if not theirs.any():
                continue
            change = np.average(y[ours, t] - y[ours, base], weights=weight[ours])
            other = np.average(y[theirs, t] - y[theirs, base], weights=weight[theirs])
            mass = float(weight[ours].sum())
            cell = sums.setdefault(t - g, [0.0, 0.0])
            cell[0] += mass * float(change - other)
            cell[1] += mass
    after = [e for e in sums if e >= 0]
    if not after:
        return None
    since = tuple(sorted(sums))
    means = np.array([sums[e][0] / sums[e][1] for e in since])
    overall = sum(sums[e][0] for e in after) / sum(sums[e][1] for e in after)
    return since, means, overall


def _trend(since: NDArray[np.int64], means: Floats, spread: Floats) -> float | None:
    """How often the greatest standardised difference before the beginning would be as large as seen, were there none."""
    before = since < -1
    if not before.any() or len(spread) < 50:
        return None
    drawn = spread[:, before]
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    deviation = drawn.std(axis=0)
    if len(drawn) < 50 or not (deviation > 0).all():
        return None
    seen = float(np.abs(means[before] / deviation).max())
    null = np.abs((drawn - drawn.mean(axis=0)) / deviation).max(axis=1)
    return float((1 + (null >= seen).sum()) / (1 + len(null)))
