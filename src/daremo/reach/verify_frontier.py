"""Check every point of a curve (`frontier`) against the question; nothing of the search is used.

A layout that a smaller budget pays is paid by a larger one too, so what a certificate proves for one point holds for all
points before it: a point's certified bound may rest on its own certificate or on a later one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs
from daremo.reach.verify import BELOW, NEAR, Check, Verdict, choice, conditions_kept, lists, near
from daremo.reach.verify_bound import Refused
from daremo.reach.verify_proof import NOTHING_ELSE, Asked, asked, proved, sealed

Float = NDArray[np.float64]


class OfCurve(Protocol):
    """What a point of a curve carries."""

    @property
    def given(self) -> float: ...
    @property
    def value(self) -> float: ...
    @property
    def bound(self) -> float: ...
    @property
    def spent(self) -> float: ...
    @property
    def open(self) -> tuple[int, ...]: ...
    @property
    def bound_certified(self) -> float: ...
    @property
    def certificate(self) -> dict[str, Any]: ...


class Curve(Protocol):
    """What an answer of `frontier` carries."""

    @property
    def points(self) -> Sequence[OfCurve]: ...
    @property
    def unreachable(self) -> tuple[int, ...]: ...
    @property
    def unit(self) -> str: ...


def verify_frontier(
    answer: Curve,
    pairs: Pairs,
    need_d: ArrayLike,
    *,
    ps: Sequence[int] | None = None,
    budgets_yen: Sequence[float] | None = None,
    cost_yen_p: ArrayLike | None = None,
    worth: ArrayLike | None = None,
    conditions: Conditions | None = None,
) -> Verdict:
    """Check an answer of `frontier` against the question it answers: every point and its bound.

    Parameters
    ----------
    answer : Frontier
    pairs, need_d, ps, budgets_yen, cost_yen_p, worth, conditions
        As they were asked, see `frontier`.

    Raises
    ------
    UsageError
        Where the question's parts do not fit each other.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from daremo.reach.frontier import frontier
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> far = float("inf")
    >>> pairs = pairs_of_matrix([[0, far], [0, 0], [far, 0]])
    >>> curve = frontier(pairs, [5, 1, 3], ps=[1, 2], gap=0)
    >>> verify_frontier(curve, pairs, [5, 1, 3], ps=[1, 2]).ok
    True
    >>> low = replace(curve.points[0], bound=5.0, bound_certified=5.0)
    >>> verify_frontier(replace(curve, points=(low, curve.points[1])), pairs, [5, 1, 3], ps=[1, 2]).ok
    False
    """
    if (ps is None) == (budgets_yen is None):
        raise UsageError(
            "bad-question", "確かめる問いの形が、曲線と合いません", "答えを出したときと同じ問いを入れてください"
        )
    given = sorted({float(x) for x in (ps if ps is not None else budgets_yen or ())})
    share = 1.0 if worth is None else np.asarray(worth, float)
    people = np.asarray(need_d, float)[pairs.demand()] * share
    paid = np.ones(pairs.n_places) if cost_yen_p is None or ps is not None else np.asarray(cost_yen_p, float)
    spent = np.ones(pairs.n_places) if ps is not None else paid
    unit = "places" if ps is not None else "yen"
    same = [float(x.given) for x in answer.points] == given and answer.unit == unit
    checks = [
        Check("points", same, f"{len(given)} 点" if same else "曲線の点が、問いとちがいます"),
        lists((answer.unreachable, pairs.unreachable())),
    ]
    if not same:
        return Verdict(False, tuple(checks))
    sure: list[float] = []
    for point in answer.points:
        a = asked(
            pairs,
            people,
            p=int(point.given) if ps is not None else None,
            budget=None if ps is not None else point.given,
            cost_p=cost_yen_p,
            conditions=conditions or NOTHING_ELSE,
        )
        found, bound = _point(a, point, spent)
        checks += found
        sure.append(bound)
    checks += _bounds(answer.points, sure)
    return Verdict(all(c.ok for c in checks), tuple(checks))


def _point(a: Asked, point: OfCurve, cost_p: Float) -> tuple[list[Check], float]:
    """Layout, conditions, money and value of one point, and what its certificate proves; infinite where it does not."""
    is_open, first = choice(point.open, a.pairs.n_places)
    if is_open is None:
        return [first], math.inf
    had = is_open[a.pairs.place]
    reached = np.zeros(a.pairs.n_demand)
    np.maximum.at(reached, a.pairs.demand()[had], a.worth[had])
    value, spent = math.fsum(reached), math.fsum(cost_p[is_open])
    fits = near(spent, point.spent) and math.fsum(a.cost_p[is_open]) <= a.budget * (1 + 1e-12) + NEAR
    checks = [
        first,
        conditions_kept(a.conditions, is_open),
        Check("money", fits, f"{spent:,.0f} / {point.given:,.0f}"),
        Check("value", near(value, point.value), f"数えなおすと {value:,.6g}"),
    ]
    try:
        whole = sealed(point.certificate)
        checks.append(Check("seal", whole, "証明は書きかえられていません" if whole else "証明が書きかえられています"))
        bound, _, layout = proved(a, point.certificate)
        if (layout != is_open).any():
            raise Refused("証明の施設が、答えとちがいます")
        checks.append(Check("proof", True, "証明を、整数の計算で確かめました"))
        return checks, bound
    except Refused as e:
        return [*checks, Check("proof", False, f"{point.given:,.0f}: {e}")], math.inf
    except (TypeError, AttributeError, ValueError) as e:
        return [*checks, Check("proof", False, f"証明が読めません（{type(e).__name__}）")], math.inf


def _bounds(points: Sequence[OfCurve], sure: Sequence[float]) -> list[Check]:
    """Certified bounds are not below what their own or a later certificate proves; bounds lie between value and those."""
    out, least = [], math.inf
    for point, bound in zip(reversed(points), reversed(sure), strict=True):
        least = min(least, bound)
        ok = least * (1 - BELOW) <= point.bound_certified
        room = NEAR * max(abs(point.value), abs(point.bound_certified))
        ok = ok and point.value - room <= point.bound <= point.bound_certified + room
        out.append(Check("bound", bool(ok), f"{point.given:,.0f}: {point.bound:,.6g}"))
    return out[::-1]
