"""The whole-number question behind an answer, built anew from what the caller asked, and what its certificate proves.

Shares no code with the search. Form of a certificate: see ``docs/know/proof.md``.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs
from daremo.reach.verify_bound import RANGE, Refused, Table, column, in_range, layout_worth, tree_bound

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FORM = "daremo-doors-1"
NOTHING_ELSE = Conditions()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the caller put it: what each trip is worth, and money and conditions of places.

    Attributes
    ----------
    pairs : Pairs
    worth : ndarray, shape (trips,)
    cost_p : ndarray, shape (places,)
    budget : float
    conditions : Conditions
    """

    pairs: Pairs
    worth: Float
    cost_p: Float
    budget: float
    conditions: Conditions


def asked(
    pairs: Pairs,
    worth: ArrayLike,
    *,
    p: int | None = None,
    budget: float | None = None,
    cost_p: ArrayLike | None = None,
    conditions: Conditions = NOTHING_ELSE,
) -> Asked:
    """A question with its gaps filled: places cost 1 where only their number counts.

    Parameters
    ----------
    pairs : Pairs
    worth : array_like, shape (trips,)
    p : int, optional
        Most open places; or
    budget : float, optional
        money, with `cost_p`, shape (places,), same unit; 1 each where absent.

    Raises
    ------
    UsageError
        Where `worth` or `cost_p` do not fit the pairs, or neither or both of `p` and `budget` are given.
    """
    value = np.asarray(worth, float)
    cost = np.ones(pairs.n_places) if cost_p is None or p is not None else np.asarray(cost_p, float)
    if (p is None) == (budget is None) or value.shape != pairs.cost.shape or cost.shape != (pairs.n_places,):
        raise UsageError(
            "bad-question", "確かめる問いの形が、道のりの表と合いません", "答えを出したときと同じ問いを入れてください"
        )
    return Asked(pairs, value, cost, float(p if p is not None else budget), conditions)  # type: ignore[arg-type]


def proved(a: Asked, body: dict[str, Any]) -> tuple[float, float, NDArray[np.bool_]]:
    """What a certificate proves of a question, and the layout it was written for.

    Returns
    -------
    bound, said : float, unit of the worth
        No layout of the question is worth more than `bound`; the certificate says `said`, which is not less.
    is_open : ndarray of bool, shape (places,), mask

    Raises
    ------
    Refused
        The certificate claims more than it proves, is for another value, or cannot be read.
    """
    try:
        scale, said, value = _power(body["scale"]), body["bound"], body["value"]
        if body["form"] != FORM or type(said) is not int or type(value) is not int or abs(said) >= RANGE:
            raise Refused("証明の形がちがいます")
        t = table(a, scale, _power(body["cost_scale"]))
        opened = column(body["open"])
        if opened.size and (opened[0] < 0 or opened[-1] >= a.pairs.n_places or (np.diff(opened) <= 0).any()):
            raise Refused("証明に、ない施設があります")
        is_open = np.zeros(a.pairs.n_places, bool)
        is_open[opened] = True
        worth = layout_worth(t, is_open)
        if worth != value:
            raise Refused("証明の値が、数えなおした値とちがいます")
        grain = int(np.gcd.reduce(t.worth)) if t.worth.size else 1
        bound = max(proved_bound(t, body) // grain * grain, worth)
        if bound > said:
            raise Refused(f"証明からは {bound / scale:,.6g} までしか言えません")
        return bound / scale, said / scale, is_open
    except (KeyError, TypeError, AttributeError, OverflowError, IndexError, ValueError) as e:
        raise Refused(f"証明の形がちがいます（{type(e).__name__}）") from e


def sealed(body: dict[str, Any]) -> bool:
    """Whether the seal of a certificate is the fingerprint of everything else in it."""
    rest = {k: v for k, v in body.items() if k != "seal"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return bool(body.get("seal") == hashlib.sha256(text.encode("ascii")).hexdigest())


def _power(scale: Any) -> float:
    """A power of two: multiplying by it loses nothing."""
    if not isinstance(scale, float | int) or not 0 < scale < RANGE or math.frexp(scale)[0] != 0.5:
        raise Refused("証明の単位が2のべきではありません")
    return float(scale)


def table(a: Asked, scale: float, cost_scale: float) -> Table:
    """The question in whole numbers: worths rounded up, costs down, so that no layout is lost or worth less.

    Limits are numbered: organisations with more places than may open, in the order of their numbers; groups in the
    order of theirs; pairs too near each other, as given.

    Raises
    ------
    Refused
        Where numbers are too large to be added exactly.
    """
    up = np.ceil(a.worth * scale)
    down = np.floor(a.cost_p * cost_scale)
    budget = math.floor(a.budget * cost_scale + 1e-9)
    for numbers in (up, down, np.array([float(budget)])):
        if not np.isfinite(numbers).all() or float(np.abs(numbers).sum()) >= RANGE:
            raise Refused("数が大きすぎて、正確にたせません")
    if (up.size and up.min() < 0) or (down.size and down.min() < 0):
        raise Refused("重みか費用に負の数があります")
    worth = up.astype(np.int64)
    keep = worth > 0
    demand = a.pairs.demand()[keep].astype(np.int64)
    order = np.lexsort((-worth[keep], demand))
    n = a.pairs.n_places
    state = np.zeros(n, np.int8)
    state[list(a.conditions.never)] = -1
    state[list(a.conditions.must)] = 1
    row, place, weight, most = _limits(a.conditions)
    _rule_out(state, a.pairs.place[keep], place[weight < 0], down > budget)
    return Table(
        np.searchsorted(demand, np.arange(a.pairs.n_demand + 1)), a.pairs.place[keep][order].astype(np.int64),
        worth[keep][order], down.astype(np.int64), np.zeros(n, np.int64), budget, row, place, weight, most, state,
    )  # fmt: skip


def _rule_out(state: NDArray[np.int8], useful: NDArray[np.int32], needed: Int, dear: NDArray[np.bool_]) -> None:
    """Shut places dearer than the budget, and those that no trip and no group needs: no layout is lost that is worth more."""
    idle = np.ones(state.size, bool)
    idle[useful] = False
    idle[needed] = False
    state[(idle | dear) & (state == 0)] = -1


def _limits(c: Conditions) -> tuple[Int, Int, Int, Int]:
    """Limits as entries (limit, place, weight) and the most that each allows."""
    rows: list[tuple[Int, int, int]] = []
    if c.organisation_p is not None and c.most_per_organisation is not None:
        members = _members(np.asarray(c.organisation_p))
        rows += [(m, 1, c.most_per_organisation) for m in members if m.size > c.most_per_organisation]
    if c.quota_p is not None and c.least_per_quota > 0:
        rows += [(m, -1, -c.least_per_quota) for m in _members(np.asarray(c.quota_p))]
    rows += [(pair, 1, 1) for pair in np.asarray(c.apart, np.int64).reshape(-1, 2) if pair[0] != pair[1]]
    sizes = np.array([m.size for m, _, _ in rows], np.int64)
    place = np.concatenate([m for m, _, _ in rows]) if rows else np.zeros(0, np.int64)
    weight = np.repeat(np.array([w for _, w, _ in rows], np.int64), sizes)
    return np.repeat(np.arange(len(rows)), sizes), place, weight, np.array([most for _, _, most in rows], np.int64)


def _members(group_p: NDArray[Any]) -> list[Int]:
    """Places of each group, in the order of the groups' numbers; negative = no group."""
    order = np.argsort(group_p, kind="stable")
    cut = np.flatnonzero(np.diff(group_p[order])) + 1
    return [m for m in np.split(order, cut) if m.size and group_p[m[0]] >= 0]


def proved_bound(t: Table, body: dict[str, Any]) -> int:
    """What a certificate proves: no layout of the question is worth more, in whole units.

    Raises
    ------
    Refused
    """
    regions = body["regions"]
    everywhere = np.arange(t.cost_p.size)
    if len(regions) == 1 and regions[0]["place"] is None:
        return tree_bound(t, None, everywhere, regions[0]["tree"])
    return _shared_bound(t, body["shared"], regions)


def _shared_bound(t: Table, shared: dict[str, Any], regions: list[dict[str, Any]]) -> int:
    """Shared prices pay for budget, limits and borders; what is left falls apart into regions."""
    price, at, u, v = (
        int(shared["price"]),
        np.cumsum(column(shared["demand"])),
        column(shared["u"]),
        column(shared["v"]),
    )
    if (
        price < 0
        or (u.size and u.min() < 0)
        or (v.size and v.min() < 0)
        or v.size != t.most_k.size
        or at.size != u.size
    ):
        raise Refused("共通の価格が正しくありません")
    if at.size and (at.min() < 0 or at.max() >= t.n_demand or (np.diff(at) <= 0).any()):
        raise Refused("共通の価格に、ない地点があります")
    in_range(u, "価格")
    if max(price, 1) * max(int(t.cost_p.sum()), 1) >= RANGE or (
        v.size and int(v.max()) * max(int(np.abs(t.limit_weight).max(initial=0)), 1) * (t.limit_row.size + 1) >= RANGE
    ):
        raise Refused("共通の価格が大きすぎます")
    total = int(u.sum()) + price * t.budget + sum(int(v[k]) * int(t.most_k[k]) for k in np.flatnonzero(v))
    fee = price * t.cost_p + t.limit_fee(v)
    price_d = np.zeros(t.n_demand, np.int64)
    price_d[at] = u
    demand = np.repeat(np.arange(t.n_demand), np.diff(t.start))
    left = t.worth - price_d[demand]
    keep = (left > 0) & (t.state_p[t.place] >= 0)
    demand, place, left = demand[keep], t.place[keep], left[keep]
    where, own = _regions(regions, t.cost_p.size)
    if place.size and (where[place] < 0).any():
        raise Refused("どの区域にもない施設があります")
    lone = where < 0
    total -= int(fee[lone & (t.state_p == 1)].sum()) + int(np.minimum(fee[lone & (t.state_p == 0)], 0).sum())
    order = np.argsort(where[place], kind="stable")
    cut = np.searchsorted(where[place][order], np.arange(len(regions) + 1))
    number = np.full(t.cost_p.size, -1, np.int64)
    nothing = np.zeros(0, np.int64)
    for k, region in enumerate(regions):
        mine = order[cut[k] : cut[k + 1]]
        rows, start = np.unique(demand[mine], return_index=True)
        number[own[k]] = np.arange(own[k].size)
        part = Table(
            np.r_[start, mine.size].astype(np.int64), number[place[mine]], left[mine], np.zeros(own[k].size, np.int64),
            fee[own[k]], 0, nothing, nothing, nothing, nothing, t.state_p[own[k]],
        )  # fmt: skip
        total += tree_bound(part, rows, number, region["tree"])
        number[own[k]] = -1
    return total


def _regions(regions: list[dict[str, Any]], n_places: int) -> tuple[Int, list[Int]]:
    """Region of each place, −1 = none, and the places of each region."""
    where = np.full(n_places, -1, np.int64)
    own = [np.cumsum(column(r["place"])) for r in regions]
    for k, places in enumerate(own):
        if places.size and (places.min() < 0 or places.max() >= n_places or (where[places] >= 0).any()):
            raise Refused("区域の施設が正しくありません")
        if np.unique(places).size < places.size:
            raise Refused("区域に同じ施設が二度あります")
        where[places] = k
    return where, own
