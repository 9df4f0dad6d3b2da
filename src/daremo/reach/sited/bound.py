"""An upper bound on every layout of a branch, from any prices at all (weak duality).

Source: Lagrangian relaxation of the budgeted facility-location model; Geoffrion 1974, "Lagrangean relaxation
for integer programming", Mathematical Programming Study 2.
"""

from __future__ import annotations

import numpy as np

from daremo.reach.sited.model import Bool, Branch, Float, Prices, Siting


def floor_weight_u(s: Siting, floor_k: Float) -> Float:
    """What one helped person of each unit is worth to the floors, shape (units,)."""
    if not s.fair or not floor_k.size:
        return np.zeros(s.n_units)
    n = s.n_communities
    both = floor_k[:n] + floor_k[n:]
    own = np.where(s.community_u >= 0, both[np.maximum(s.community_u, 0)], 0.0)
    return np.asarray(own - s.fair * float(floor_k[:n] @ s.community_need_share_k()))


def floor_weight_j(s: Siting, floor_k: Float) -> Float:
    """What one piece of each extra is worth to the floors, shape (extras,)."""
    if not s.fair or not floor_k.size:
        return np.zeros(s.extra_gain_j.size)
    n = s.n_communities
    both = floor_k[:n] + floor_k[n:]
    own = np.where(s.extra_community_j >= 0, both[np.maximum(s.extra_community_j, 0)], 0.0)
    return np.asarray((own - s.fair * float(floor_k[:n] @ s.community_need_share_k())) * s.extra_help_j)


def default_load_price_o(s: Siting, yen: float) -> Float:
    """A load price for options that have none: what a unit of capacity costs, or nothing where units are prescribed."""
    cost = np.divide(s.unit_yen_o, s.unit_load_o, out=np.zeros(s.n_options), where=s.unit_load_o > 0)
    return np.where(s.min_units_o == s.max_units_o, 0.0, yen * cost)


def option_worth_o(s: Siting, prices: Prices) -> Float:
    """Greatest worth of opening each option at these prices, shape (options,); may be negative."""
    load_price_o = default_load_price_o(s, prices.yen)
    for o, price in prices.load_o.items():
        load_price_o[o] = price
    psi_u = floor_weight_u(s, prices.floor_k)
    reduced = s.gain_uo + prices.linked * s.lend_uo + psi_u[:, None] * s.draw_uo
    reduced -= load_price_o * s.load_uo
    reduced -= np.where(s.draw_uo > 0, prices.unit_u[:, None], 0.0)
    worth = np.maximum(reduced, 0.0).sum(axis=0)
    staffing = load_price_o * s.unit_load_o - prices.yen * s.unit_yen_o
    worth += np.where(staffing > 0, staffing * s.max_units_o, staffing * s.min_units_o)
    return np.asarray(worth - prices.yen * s.fixed_yen_o)


def extras_worth(s: Siting, prices: Prices) -> float:
    """Greatest worth of all extras at these prices."""
    worth_j = s.extra_gain_j + floor_weight_j(s, prices.floor_k) - prices.yen * s.extra_yen_j
    if s.linked >= 0:
        worth_j[s.linked] -= prices.linked
    return float(np.maximum(worth_j, 0.0) @ s.extra_cap_j)


def bound(s: Siting, branch: Branch, prices: Prices, worth_o: Float | None = None) -> float:
    """No layout of the branch is worth more than this.

    Parameters
    ----------
    s, branch, prices
        Question, part of the layouts, non-negative prices.
    worth_o : ndarray, shape (options,), optional
        `option_worth_o` where it is known already.
    """
    w = option_worth_o(s, prices) if worth_o is None else worth_o
    total = s.base + float(prices.unit_u.sum()) + prices.yen * s.budget_yen + extras_worth(s, prices)
    if s.fair > 0:
        total -= float(prices.floor_k[s.n_communities :] @ s.least_k)
    forced = np.array(sorted(branch.forced), dtype=np.int64)
    total += float(w[forced].sum())
    for k, (fewest, most) in enumerate(branch.counts):
        already = int((s.group_o[forced] == k).sum())
        rest = np.sort(w[undecided(s, branch) & (s.group_o == k)])[::-1]
        must, may = max(fewest - already, 0), max(most - already, 0)
        total += float(rest[:must].sum()) + float(np.maximum(rest[must:may], 0.0).sum())
    return total


def undecided(s: Siting, branch: Branch) -> Bool:
    """Options that the branch neither forces nor shuts, shape (options,)."""
    free = np.ones(s.n_options, dtype=bool)
    free[list(branch.forced | branch.shut)] = False
    return free


def is_empty(s: Siting, branch: Branch) -> bool:
    """Whether no set of options satisfies the branch's counts."""
    free = undecided(s, branch)
    forced = np.array(sorted(branch.forced), dtype=np.int64)
    for k, (fewest, most) in enumerate(branch.counts):
        already = int((s.group_o[forced] == k).sum())
        if already > most or already + int((free & (s.group_o == k)).sum()) < fewest:
            return True
    return False
