"""Good layouts quickly: greedy and swaps at a price of money, then exact staffing."""

from __future__ import annotations

import numpy as np

from daremo.reach.sited.bound import default_load_price_o, floor_weight_u
from daremo.reach.sited.layout import quick_value
from daremo.reach.sited.model import Branch, Float, Int, Prices, Siting


def profit_uo(s: Siting, prices: Prices) -> Float:
    """Gain less what serving costs at these prices, shape (units, options)."""
    psi = floor_weight_u(s, prices.floor_k)
    return np.asarray(
        s.gain_uo
        + prices.linked * s.lend_uo
        + psi[:, None] * s.draw_uo
        - default_load_price_o(s, prices.yen) * s.load_uo
    )


def opening_price_o(s: Siting, prices: Prices) -> Float:
    """What opening costs at these prices, shape (options,)."""
    prescribed = np.where(s.min_units_o == s.max_units_o, s.min_units_o * s.unit_yen_o, 0.0)
    return np.asarray(prices.yen * (s.fixed_yen_o + prescribed))


def improve(s: Siting, start: Int, branch: Branch, floor_k: Float, pool: Int, passes: int = 3) -> tuple[Int, float]:
    """Best-improvement moves (open, close, swap) from a start, judged by `quick_value`.

    Parameters
    ----------
    start, pool : ndarray
        Options open at the start; options that may be opened.
    passes : int
        Sweeps over the open set at most.

    Returns
    -------
    open, value
    """
    shut, forced = branch.shut, branch.forced
    current = np.array(sorted(set(start.tolist()) - shut | forced), dtype=np.int64)
    value = quick_value(s, current, floor_k)
    pool = np.array([p for p in pool if p not in shut], dtype=np.int64)
    for _ in range(passes):
        better = False
        for p in pool:
            if p in current:
                continue
            best_move, best_value = None, value
            if room(s, current, int(p), branch):
                trial = np.sort(np.append(current, p))
                v = quick_value(s, trial, floor_k)
                if v > best_value + 1e-9:
                    best_move, best_value = trial, v
            # swapping only makes sense with options that share people with p, or that are weak: try the nearest few
            overlap = np.minimum(s.draw_uo[:, current], s.draw_uo[:, [p]]).sum(axis=0)
            for i in np.argsort(-overlap, kind="stable")[:4]:
                if int(current[i]) in forced or not room(s, np.delete(current, i), int(p), branch):
                    continue
                trial = np.sort(np.append(np.delete(current, i), p))
                v = quick_value(s, trial, floor_k)
                if v > best_value + 1e-9:
                    best_move, best_value = trial, v
            if best_move is not None:
                current, value, better = best_move, best_value, True
        for o in list(current):
            k = s.group_o[o]
            if int(o) in forced or int((s.group_o[current] == k).sum()) <= branch.counts[k][0]:
                continue
            trial = current[current != o]
            v = quick_value(s, trial, floor_k)
            if v > value + 1e-9:
                current, value, better = trial, v, True
        if not better:
            break
    return current, value


def room(s: Siting, open_: Int, option: int, branch: Branch) -> bool:
    """Whether one more option of this kind fits the branch's counts."""
    k = s.group_o[option]
    return bool(int((s.group_o[open_] == k).sum()) < branch.counts[k][1])


def greedy(s: Siting, prices: Prices, branch: Branch) -> Int:
    """Open options one by one by what they add at these prices, all candidates looked at in each step."""
    profit = profit_uo(s, prices)
    opening = opening_price_o(s, prices)
    allowed = np.ones(s.n_options, dtype=bool)
    allowed[list(branch.shut)] = False
    chosen = sorted(branch.forced)
    drawn = s.draw_uo[:, chosen].max(axis=1) if chosen else np.zeros(s.n_units)
    value_u = np.zeros(s.n_units)
    if chosen:
        at = np.array(chosen)[s.draw_uo[:, chosen].argmax(axis=1)]
        value_u = np.where(drawn > 0, profit[np.arange(s.n_units), at], 0.0)
    most = [high for _, high in branch.counts]
    opened = np.bincount(s.group_o[chosen], minlength=s.n_groups)
    while True:
        moves = s.draw_uo > drawn[:, None]
        add = np.where(moves, profit - value_u[:, None], 0.0).sum(axis=0) - opening
        add[~allowed] = -np.inf
        add[chosen] = -np.inf
        add[opened[s.group_o] >= np.array(most)[s.group_o]] = -np.inf
        best = int(add.argmax()) if add.size else -1
        if best < 0 or not np.isfinite(add[best]) or add[best] <= 1e-9:
            break
        chosen.append(best)
        opened[s.group_o[best]] += 1
        took = moves[:, best]
        drawn = np.where(took, s.draw_uo[:, best], drawn)
        value_u = np.where(took, profit[:, best], value_u)
    return np.array(sorted(chosen), dtype=np.int64)
