"""Check an answer about the worst-off (`centrum`) against the question; nothing of the search is used.

For one layout the sum of the longest trips of mass K is the least of ``f(t) = K t + Σ m max(x − t, 0)``. For t from `low`
up to `high`, f(t) is at least ``K low + Σ m (x − low) [x ≥ high]`` or at least f(`high`). Stretches that follow each other
without a hole, from a trip that no layout's worst-off fall short of, therefore prove the least of their bounds; each is
that of a p-median, proved in whole numbers by `verify_proof`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix
from daremo.reach.verify import BELOW, NEAR, Check, Chosen, Verdict, choice, conditions_kept, lists, near, tighter
from daremo.reach.verify_bound import Refused
from daremo.reach.verify_proof import NOTHING_ELSE, asked, proved, sealed

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FORM = "daremo-centrum-1"


class WorstOff(Chosen, Protocol):
    """What an answer of `centrum` carries."""

    @property
    def served_by_d(self) -> Int: ...
    @property
    def cost_d(self) -> Float: ...
    @property
    def unserved(self) -> tuple[int, ...]: ...
    @property
    def bound_certified(self) -> float: ...

    @property
    def worst(self) -> float: ...
    @property
    def worst_mean(self) -> float: ...
    @property
    def threshold(self) -> float: ...


@dataclass(frozen=True, slots=True)
class _Counted:
    """Trips as they are counted, shape (trips,); without an open place, and mass, shape (demand,); mass to be summed."""

    pairs: Pairs
    x: Float
    far: Float
    mass: Float
    most: float
    p: int
    conditions: Conditions


def verify_centrum(
    answer: WorstOff,
    pairs: Pairs | ArrayLike,
    weight_d: ArrayLike | None = None,
    *,
    p: int,
    areas: int | None = None,
    share: float | None = None,
    conditions: Conditions | None = None,
) -> Verdict:
    """Check an answer of `centrum` against the question it answers.

    Parameters
    ----------
    answer : Centrum
    pairs, weight_d, p, areas, share, conditions
        As they were asked, see `centrum`.

    Raises
    ------
    UsageError
        Where the question's parts do not fit each other.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from daremo.reach.centrum import centrum
    >>> table = [[0, 4, 9], [3, 0, 9], [9, 8, 0]]
    >>> found = centrum(table, p=1, areas=2)
    >>> verify_centrum(found, table, p=1, areas=2).ok
    True
    >>> verify_centrum(replace(found, bound_certified=12.5), table, p=1, areas=2).ok
    False
    """
    q = _counted(pairs, weight_d, p, areas, share, conditions or NOTHING_ELSE)
    trips = q.pairs
    is_open, first = choice(answer.open, trips.n_places)
    if is_open is None:
        return Verdict(False, (first,))
    row, had = trips.demand(), is_open[trips.place]
    near_d, paid = np.full(trips.n_demand, np.inf), np.full(trips.n_demand, np.inf)
    np.minimum.at(near_d, row[had], trips.cost[had])
    np.minimum.at(paid, row[had], q.x[had])
    served, reached = np.isfinite(near_d), np.diff(trips.start) > 0
    paid = np.where(served, paid, q.far)
    value, over = _sum_of_worst(q, paid), float(q.mass[paid > answer.threshold].sum())
    upto = over + float(q.mass[paid == answer.threshold].sum())
    told = near(q.most, answer.worst) and near(value / q.most if q.most else 0.0, answer.worst_mean)
    told = told and over <= q.most * (1 + 1e-9) and (upto >= q.most * (1 - 1e-9) or not q.most)
    checks = (
        first,
        conditions_kept(q.conditions, is_open),
        Check("money", int(is_open.sum()) <= p, f"{int(is_open.sum()):,} / {p:,}"),
        Check("value", near(value, answer.value), f"数えなおすと {value:,.6g}"),
        Check("people", told, "いちばん遠い人の数え方は正しい" if told else "いちばん遠い人の数え方がちがいます"),
        _sent(answer, trips, near_d),
        lists((answer.unreachable, trips.unreachable()), (answer.unserved, np.flatnonzero(reached & ~served))),
        *_proofs(q, answer),
        tighter(
            answer.bound_certified,
            answer.bound,
            answer.value,
            answer.bound > answer.bound_certified * (1 + NEAR),
            value,
        ),
    )
    return Verdict(all(c.ok for c in checks), checks)


def _counted(
    pairs: Pairs | ArrayLike, weight_d: ArrayLike | None, p: int, areas: int | None, share: float | None, c: Conditions
) -> _Counted:
    trips = pairs if isinstance(pairs, Pairs) else pairs_of_matrix(pairs)
    weight = np.ones(trips.n_demand) if weight_d is None else np.asarray(weight_d, float)
    if (areas is None) == (share is None) or weight.shape != (trips.n_demand,):
        raise UsageError(
            "bad-question", "確かめる問いの形が、道のりの表と合いません", "答えを出したときと同じ問いを入れてください"
        )
    listed = np.diff(trips.start)
    own = np.zeros(trips.n_demand)
    np.maximum.at(own, trips.demand(), trips.cost)
    far = np.where(listed == trips.n_places, own, trips.cost.max(initial=0.0))
    far[listed == 0] = 0.0
    if areas is not None:
        mass = (listed > 0).astype(float)
        most = float(min(areas, int(mass.sum())))
        return _Counted(trips, weight[trips.demand()] * trips.cost, weight * far, mass, most, p, c)
    assert share is not None
    mass = np.where(listed > 0, weight, 0.0)
    return _Counted(trips, trips.cost, far, mass, share * math.fsum(mass), p, c)


def _sum_of_worst(q: _Counted, paid: Float) -> float:
    """From the longest trip down, until the mass is used up."""
    left, parts = q.most, []
    for i in np.argsort(-paid, kind="stable"):
        take = min(left, float(q.mass[i]))
        parts.append(take * float(paid[i]))
        left -= take
        if left <= 0:
            break
    return math.fsum(parts)


def _sent(answer: WorstOff, trips: Pairs, near_d: Float) -> Check:
    """Each demand point goes to an open place as near as any."""
    by = np.asarray(answer.served_by_d, np.int64)
    ok = by.shape == near_d.shape and np.array_equal(np.asarray(answer.cost_d, float), near_d)
    if ok:
        goes = by[trips.demand()] == trips.place
        trip = np.full(trips.n_demand, np.inf)
        trip[trips.demand()[goes]] = trips.cost[goes]
        opened = np.isin(by, np.asarray(answer.open, np.int64))
        ok = bool(np.array_equal(trip, near_d) and (opened == (by >= 0)).all())
    return Check("people", bool(ok), "地点ごとの行き先は正しい" if ok else "地点ごとの行き先がちがいます")


def _proofs(q: _Counted, answer: WorstOff) -> Iterator[Check]:
    body = answer.certificate
    try:
        whole = sealed(body)
        yield Check("seal", whole, "証明は書きかえられていません" if whole else "証明が書きかえられています")
        least = _proved(q, body)
        if answer.bound_certified > least + BELOW * max(abs(least), answer.value):
            raise Refused("答えの下界が、証明とちがいます")
        yield Check("proof", True, "これより良い案がないことを、整数の計算で確かめました")
    except Refused as e:
        yield Check("proof", False, str(e))
    except (TypeError, AttributeError, ValueError, KeyError, IndexError) as e:
        yield Check("proof", False, f"証明が読めません（{type(e).__name__}）")


def _proved(q: _Counted, body: dict[str, Any]) -> float:
    """The least sum that the certificate leaves possible.

    Raises
    ------
    Refused
        Stretches with a hole, or a proof that does not hold.
    """
    if body["form"] != FORM:
        raise Refused("証明の形がちがいます")
    if not q.most:
        return 0.0
    first, end = float(body["first"]), float(body["end"])
    _begins(q, first)
    proofs = [(float(x["low"]), float(x["high"]), x["certificate"]) for x in body["proofs"]]
    bounds = [_stretch(q, *x) for x in proofs]
    at, least = first, q.most * end
    for part in body["parts"]:
        low, high, k = float(part["low"]), float(part["high"]), part["proof"]
        if low != at or not high > low or type(k) is not int or not -1 <= k < len(proofs):
            raise Refused("証明の区間がつながっていません")
        if k >= 0 and not proofs[k][0] <= low < high <= proofs[k][1]:
            raise Refused("証明の区間が、その証明からはみ出しています")
        least = min(least, max(q.most * low, bounds[k] if k >= 0 else 0.0))
        at = high
    if at != end:
        raise Refused("証明の区間がつながっていません")
    return least


def _begins(q: _Counted, first: float) -> None:
    """With every place open, those beyond the first trip are enough: f of any layout falls until then."""
    usable = np.ones(q.pairs.n_places, bool)
    usable[list(q.conditions.never)] = False
    had = usable[q.pairs.place]
    paid = np.full(q.pairs.n_demand, np.inf)
    np.minimum.at(paid, q.pairs.demand()[had], q.x[had])
    paid = np.where(np.isfinite(paid), paid, q.far)
    if not (first <= 0 or math.fsum(q.mass[paid >= first]) >= q.most):
        raise Refused("証明のはじめの道のりが長すぎます")


def _stretch(q: _Counted, low: float, high: float, certificate: dict[str, Any]) -> float:
    """What the certificate of one relaxed p-median proves: the least that any layout counts there."""
    row = q.pairs.demand()
    trip = np.where(q.x >= high, q.mass[row] * (q.x - low), 0.0)
    far = np.where(q.far >= high, q.mass * (q.far - low), 0.0)
    a = asked(q.pairs, far[row] - trip, p=q.p, conditions=q.conditions)
    return q.most * low + math.fsum(far) - proved(a, certificate)[0]
