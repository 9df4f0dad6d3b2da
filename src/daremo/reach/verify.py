"""Check an answer about open places against the question, and its certificate in whole numbers; nothing of the search is used.

The question is built anew from what the caller asked, with code of this module's own; then layout, conditions, money,
value, the list of unreachable demand points and the proved bound are worked out again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs
from daremo.reach.verify_bound import RANGE, Refused, Table, column, in_range, layout_worth, tree_bound

Float = NDArray[np.float64]
Int = NDArray[np.int64]

NOTHING_ELSE = Conditions()
#: A sum of floats may differ by this share of itself.
NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes
    ----------
    name : {"layout", "conditions", "money", "value", "unreachable", "seal", "bound"}
    ok : bool
    detail : str
        What was found, in plain Japanese.
    """

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer holds, and each thing that was checked.

    Attributes
    ----------
    ok : bool
    checks : tuple of Check
    """

    ok: bool
    checks: tuple[Check, ...]


class Proved(Protocol):
    """What an answer must carry to be checked."""

    @property
    def value(self) -> float: ...
    @property
    def bound(self) -> float: ...
    @property
    def open(self) -> tuple[int, ...]: ...
    @property
    def certificate(self) -> dict[str, Any]: ...


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


def verify_layout(a: Asked, answer: Proved, *, value: float | None = None, bound: float | None = None) -> Verdict:
    """Check layout, conditions, money, value and proved bound of an answer that maximises worth.

    Parameters
    ----------
    a : Asked
    answer : Proved
    value, bound : float, optional
        The worth, and the bound on it, that the answer's own numbers mean, where they are not worths themselves.
    """
    n = a.pairs.n_places
    opened = np.asarray(answer.open, np.int64)
    sound = bool(opened.size == 0 or (opened[0] >= 0 and opened[-1] < n and (np.diff(opened) > 0).all()))
    first = Check("layout", sound, "開く施設の番号は正しい" if sound else "開く施設の番号が正しくありません")
    if not sound:
        return Verdict(False, (first,))
    is_open = np.zeros(n, bool)
    is_open[opened] = True
    value = answer.value if value is None else value
    bound = answer.bound if bound is None else bound
    checks = (
        first,
        _conditions(a.conditions, is_open),
        _money(a, is_open),
        _value(a, is_open, value),
        *_proof(a, is_open, answer.certificate, bound),
    )
    return Verdict(all(c.ok for c in checks), checks)


def _conditions(c: Conditions, is_open: NDArray[np.bool_]) -> Check:
    wrong: list[str] = []
    if not is_open[list(c.must)].all():
        wrong.append("かならず開く施設が開いていません")
    if is_open[list(c.never)].any():
        wrong.append("開かない施設が開いています")
    if c.organisation_p is not None and c.most_per_organisation is not None:
        owner = np.asarray(c.organisation_p)[is_open]
        if np.bincount(owner[owner >= 0].astype(np.int64), minlength=1).max() > c.most_per_organisation:
            wrong.append("一つの団体の施設が多すぎます")
    if c.quota_p is not None and c.least_per_quota > 0:
        group = np.asarray(c.quota_p)
        have = np.unique(group[is_open & (group >= 0)], return_counts=True)
        enough = set(have[0][have[1] >= c.least_per_quota].tolist())
        if set(np.unique(group[group >= 0]).tolist()) - enough:
            wrong.append("施設が足りない地域があります")
    apart = np.asarray(c.apart, np.int64).reshape(-1, 2)
    if (is_open[apart[:, 0]] & is_open[apart[:, 1]] & (apart[:, 0] != apart[:, 1])).any():
        wrong.append("近すぎる施設が両方開いています")
    return Check("conditions", not wrong, "、".join(wrong) or "条件を守っています")


def _money(a: Asked, is_open: NDArray[np.bool_]) -> Check:
    spent = math.fsum(a.cost_p[is_open])
    ok = spent <= a.budget * (1 + 1e-12) + 1e-9
    return Check("money", ok, f"{spent:,.0f} / {a.budget:,.0f}")


def _value(a: Asked, is_open: NDArray[np.bool_], value: float) -> Check:
    best = np.zeros(a.pairs.n_demand)
    had = is_open[a.pairs.place]
    np.maximum.at(best, a.pairs.demand()[had], a.worth[had])
    found = math.fsum(best)
    return Check("value", near(found, value), f"数えなおすと {found:,.6g}")


def near(found: float, said: float) -> bool:
    """Whether two sums of floats are the same but for rounding."""
    return math.isfinite(said) and abs(found - said) <= NEAR * max(abs(found), abs(said), 1.0)


def seal(body: dict[str, Any]) -> str:
    """Fingerprint of everything in a certificate but the seal itself."""
    rest = {k: v for k, v in body.items() if k != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _proof(a: Asked, is_open: NDArray[np.bool_], body: dict[str, Any], bound: float) -> Iterator[Check]:
    try:
        same = body.get("form") == "daremo-doors-1" and body.get("seal") == seal(body)
        yield Check("seal", same, "証明は書きかえられていません" if same else "証明が書きかえられています")
        scale, said = _power(body["scale"]), body["bound"]
        if not isinstance(said, int) or not isinstance(body["value"], int) or abs(said) >= RANGE:
            raise Refused("証明の値か上界が整数ではありません")
        t = table(a, scale, _power(body["cost_scale"]))
        if not np.array_equal(column(body["open"]), np.flatnonzero(is_open)):
            raise Refused("証明の施設が、答えとちがいます")
        worth = layout_worth(t, is_open)
        if worth != body["value"]:
            raise Refused("証明の値が、数えなおした値とちがいます")
        grain = int(np.gcd.reduce(t.worth)) if t.worth.size else 1
        proved = max(proved_bound(t, body) // grain * grain, worth)
        if proved > said:
            raise Refused(f"証明からは {proved / scale:,.6g} までしか言えません")
        if not (math.isfinite(bound) and bound >= said / scale * (1 - 1e-14)) or not near(said / scale, bound):
            raise Refused("答えの上界が、証明とちがいます")
        yield Check("bound", True, f"{proved / scale:,.6g} をこえる案はありません")
    except Refused as e:
        yield Check("bound", False, str(e))
    except (KeyError, TypeError, AttributeError, OverflowError) as e:
        yield Check("bound", False, f"証明の形がちがいます: {type(e).__name__}")


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
