"""Better prices without a linear programme: deflected subgradient steps over all options at once.

Source: Held, Wolfe & Crowder 1974, "Validation of subgradient optimization", Mathematical Programming 6;
deflection after Camerini, Fratta & Maffioli 1975.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daremo.reach.sited.bound import bound, undecided
from daremo.reach.sited.model import Bool, Branch, Float, Prices, Siting

#: Yen that weigh as much as one person counted twice, so that steps in both are of like size.
YEN_STEP = 2e5
DEFLECT = 0.6
PATIENCE = 40
SMALLEST_STEP = 0.004


@dataclass(frozen=True, slots=True)
class Matrices:
    """What does not change from step to step."""

    yen_uo: Float
    comes_uo: Float
    opening_o: Float
    rate_o: Float
    capacity_o: Float

    @staticmethod
    def of(s: Siting) -> Matrices:
        rate = np.divide(s.unit_yen_o, s.unit_load_o, out=np.zeros(s.n_options), where=s.unit_load_o > 0)
        prescribed = s.min_units_o == s.max_units_o
        return Matrices(
            s.load_uo * np.where(prescribed, 0.0, rate),
            (s.draw_uo > 0).astype(float),
            s.fixed_yen_o + np.where(prescribed, s.min_units_o * s.unit_yen_o, 0.0),
            np.where(prescribed, 0.0, rate),
            s.max_units_o * s.unit_load_o,
        )


def crowded(s: Siting, m: Matrices, reduced: Float, taken_uo: Float, matters_o: Bool) -> tuple[Float, Float]:
    """Prices of capacity where more would come than an option can serve, and who is served then.

    `matters_o` marks the options that are looked at: what is not worth opening uncrowded is not worth it crowded.
    Each option's own problem is a fractional knapsack, solved by sorting: people of greatest worth a visit first.

    Returns
    -------
    load_price_o : ndarray, shape (options,)
        Worth of the last visit that fits; 0 where all fit.
    taken_uo : ndarray, shape (units, options)
        Share of each unit that is served.
    """
    price = np.zeros(s.n_options)
    used = (taken_uo * s.load_uo).sum(axis=0)
    over = np.flatnonzero((used > m.capacity_o * (1 + 1e-12)) & matters_o)
    if not over.size:
        return price, taken_uo
    load = s.load_uo[:, over]
    ratio = np.divide(reduced[:, over], load, out=np.full(load.shape, -np.inf), where=load > 0)
    order = np.argsort(-ratio, axis=0, kind="stable")
    sorted_load = np.take_along_axis(load, order, axis=0)
    before = np.cumsum(sorted_load, axis=0) - sorted_load
    left = m.capacity_o[over] - before
    share = np.clip(np.divide(left, sorted_load, out=np.zeros(load.shape), where=sorted_load > 0), 0.0, 1.0)
    sorted_ratio = np.take_along_axis(ratio, order, axis=0)
    share = np.where(sorted_ratio > 0, share, 0.0)
    last = np.maximum((share > 0).sum(axis=0) - 1, 0)
    price[over] = np.maximum(sorted_ratio[last, np.arange(over.size)], 0.0)
    served = np.empty(load.shape)
    np.put_along_axis(served, order, share, axis=0)
    taken_uo = taken_uo.copy()
    taken_uo[:, over] = served
    return price, taken_uo


def ascend(
    s: Siting, m: Matrices, branch: Branch, start: Prices, target: float, steps: int, enough: float = 0.0
) -> tuple[float, Prices, Float]:
    """Lower the bound of a branch by changing its prices.

    Parameters
    ----------
    start : Prices
        Where to begin.
    target : float
        Value of the best layout known; steps are sized by the distance to it.
    enough : float
        The search ends when the bound is within this of the target.
    steps : int
        Steps at most.

    Returns
    -------
    bound, prices, chosen_o
        Best bound with its prices, and how often (share of steps, later ones count more) each option was chosen.
    """
    target = target if np.isfinite(target) else s.base - 1.0
    keep = np.flatnonzero(_possible(s, branch))
    if keep.size < s.n_options:
        part, back = _part(s, branch, keep)
        inside = {int(o): v for o, v in start.load_o.items() if int(o) in back}
        begin = Prices(start.unit_u, start.yen, {back[o]: v for o, v in inside.items()}, start.linked, start.floor_k)
        value, prices, chosen = ascend(part[0], Matrices.of(part[0]), part[1], begin, target, steps, enough)
        whole = Prices(
            prices.unit_u,
            prices.yen,
            {int(keep[o]): v for o, v in prices.load_o.items()},
            prices.linked,
            prices.floor_k,
        )
        chosen_o = np.zeros(s.n_options)
        chosen_o[keep] = chosen
        return bound(s, branch, whole), whole, chosen_o
    free = undecided(s, branch)
    forced = np.array(sorted(branch.forced), dtype=np.int64)
    n_k = s.n_communities
    share_k = s.community_need_share_k()
    floors = s.fair > 0 and n_k > 0
    unit, yen, link, floor = start.unit_u.copy(), start.yen, start.linked, start.floor_k.copy()
    best, best_prices = np.inf, start
    chosen_o = np.zeros(s.n_options)
    theta, stale = 1.2, 0
    demanded = np.array([branch.counts[k][0] > 0 for k in s.group_o], dtype=bool)
    d_unit, d_yen, d_link, d_floor = np.zeros(s.n_units), 0.0, 0.0, np.zeros(floor.size)
    in_k = [s.community_u == k for k in range(n_k)] if floors else []
    extra_k = [s.extra_community_j == k for k in range(n_k)] if floors else []
    for _ in range(steps):
        reduced = s.gain_uo - yen * m.yen_uo - unit[:, None] * m.comes_uo
        if link > 0:
            reduced += link * s.lend_uo
        psi = np.zeros(s.n_units)
        help_j = np.zeros(s.extra_gain_j.size)
        if floors:
            both = floor[:n_k] + floor[n_k:]
            psi = np.where(s.community_u >= 0, both[np.maximum(s.community_u, 0)], 0.0) - s.fair * float(
                floor[:n_k] @ share_k
            )
            own = np.where(s.extra_community_j >= 0, both[np.maximum(s.extra_community_j, 0)], 0.0)
            help_j = (own - s.fair * float(floor[:n_k] @ share_k)) * s.extra_help_j
            reduced += psi[:, None] * s.draw_uo
        taken = (reduced > 0).astype(float)
        hope_o = (reduced * taken).sum(axis=0) - yen * m.opening_o
        extra_o, taken = crowded(s, m, reduced, taken, (hope_o > 0) | demanded)
        worth = (reduced * taken).sum(axis=0) - yen * m.opening_o
        pick = list(forced)
        for k, (fewest, most) in enumerate(branch.counts):
            already = int((s.group_o[forced] == k).sum())
            pool = np.flatnonzero(free & (s.group_o == k))
            order = pool[np.argsort(-worth[pool], kind="stable")]
            must, may = max(fewest - already, 0), max(most - already, 0)
            pick += list(order[:must]) + [o for o in order[must:may] if worth[o] > 0]
        p = np.array(sorted(pick), dtype=np.int64)
        value_j = s.extra_gain_j + help_j - yen * s.extra_yen_j
        if s.linked >= 0:
            value_j[s.linked] -= link
        buys = value_j > 0
        total = s.base + float(unit.sum()) + yen * s.budget_yen + float(value_j[buys] @ s.extra_cap_j[buys])
        total += float(worth[p].sum()) - (float(floor[n_k:] @ s.least_k) if floors else 0.0)
        chosen_o *= 0.97
        chosen_o[p] += 0.03
        if total < best - 1e-7 * max(1.0, abs(total)):
            best, stale = total, 0
            dear = {int(o): float(yen * m.rate_o[o] + extra_o[o]) for o in np.flatnonzero(extra_o)}
            best_prices = Prices(unit, yen, dear, link, floor)
        else:
            stale += 1
            if stale >= PATIENCE:
                theta, stale = theta / 2, 0
                unit, yen, link, floor = (
                    best_prices.unit_u.copy(),
                    best_prices.yen,
                    best_prices.linked,
                    best_prices.floor_k.copy(),
                )
                d_unit, d_yen, d_link, d_floor = 0 * d_unit, 0.0, 0.0, 0 * d_floor
                if theta < SMALLEST_STEP:
                    break
                continue
        if best <= target + enough:
            break
        x = taken[:, p]
        g_unit = 1.0 - (x * m.comes_uo[:, p]).sum(axis=1)
        g_unit[(unit <= 0) & (g_unit > 0)] = 0.0
        g_yen = s.budget_yen - float(m.opening_o[p].sum()) - float((x * m.yen_uo[:, p]).sum())
        g_yen = (g_yen - float(s.extra_yen_j[buys] @ s.extra_cap_j[buys])) / YEN_STEP
        g_link = 0.0
        if s.linked >= 0:
            g_link = float((x * s.lend_uo[:, p]).sum()) - (float(s.extra_cap_j[s.linked]) if buys[s.linked] else 0.0)
            if link <= 0 < g_link:
                g_link = 0.0
        g_floor = np.zeros(floor.size)
        if floors:
            helped_u = (x * s.draw_uo[:, p]).sum(axis=1)
            pieces = np.where(buys, s.extra_cap_j, 0.0) * s.extra_help_j
            everybody = float(helped_u.sum() + pieces.sum())
            for k in range(n_k):
                mine = float(helped_u[in_k[k]].sum() + pieces[extra_k[k]].sum())
                g_floor[k] = mine - s.fair * share_k[k] * everybody
                g_floor[n_k + k] = mine - float(s.least_k[k])
            g_floor[(floor <= 0) & (g_floor > 0)] = 0.0
        d_unit, d_yen = g_unit + DEFLECT * d_unit, g_yen + DEFLECT * d_yen
        d_link, d_floor = g_link + DEFLECT * d_link, g_floor + DEFLECT * d_floor
        norm = float(d_unit @ d_unit + d_yen**2 + d_link**2 + d_floor @ d_floor)
        if norm < 1e-12:
            break
        step = theta * max(total - target, 1e-4 * max(1.0, abs(total))) / norm
        unit = np.maximum(unit - step * d_unit, 0.0)
        yen = max(yen - step * d_yen / YEN_STEP, 0.0)
        link = max(link - step * d_link, 0.0)
        floor = np.maximum(floor - step * d_floor, 0.0)
    return bound(s, branch, best_prices), best_prices, chosen_o


def _possible(s: Siting, branch: Branch) -> Bool:
    """Options that can be open in the branch."""
    held = np.bincount(s.group_o[list(branch.forced)], minlength=s.n_groups) if branch.forced else np.zeros(s.n_groups)
    room = np.array([most for _, most in branch.counts]) > held
    open_ = undecided(s, branch) & room[s.group_o]
    open_[list(branch.forced)] = True
    return np.asarray(open_)


def _part(s: Siting, branch: Branch, keep: NDArray[np.int64]) -> tuple[tuple[Siting, Branch], dict[int, int]]:
    """The same question with only some options, and where each of them went."""
    back = {int(o): i for i, o in enumerate(keep)}
    small = replace(
        s,
        draw_uo=s.draw_uo[:, keep],
        gain_uo=s.gain_uo[:, keep],
        load_uo=s.load_uo[:, keep],
        lend_uo=s.lend_uo[:, keep],
        fixed_yen_o=s.fixed_yen_o[keep],
        unit_yen_o=s.unit_yen_o[keep],
        unit_load_o=s.unit_load_o[keep],
        min_units_o=s.min_units_o[keep],
        max_units_o=s.max_units_o[keep],
        group_o=s.group_o[keep],
    )
    counts = branch.counts[: small.n_groups]
    return (small, Branch(counts, frozenset(), frozenset(back[o] for o in branch.forced))), back
