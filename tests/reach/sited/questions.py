"""Tiny siting questions and their answers by trying everything: no code of the product but its data classes."""

from __future__ import annotations

from functools import cache
from itertools import chain, combinations, product

import numpy as np

from daremo.reach.sited.model import Branch, Siting


@cache
def question(seed: int, floors: bool = False) -> Siting:
    """At most 6 units, 5 options of 3 kinds and 5 extras; the first extra is linked to what is lent at open options."""
    rng = np.random.default_rng(seed)
    n_u, n_o = int(rng.integers(1, 7)), int(rng.integers(1, 6))
    group_o = np.sort(rng.integers(0, 3, n_o))
    draw = rng.uniform(0.5, 10, (n_u, n_o)) * (rng.random((n_u, n_o)) < 0.7)
    least_units, most_units = np.array([1, 1, 2]), np.array([3, 2, 2])  # a kind with prescribed units among them
    community_u = rng.integers(-1, 2, n_u)
    need_u = draw.max(axis=1) + rng.uniform(0, 8, n_u)
    extra_community = np.array([-1, -1, -1, 0, 1])
    n_k = int(community_u.max(initial=-1)) + 1
    kept = extra_community < n_k
    cap = np.r_[rng.uniform(0, 3, 2), rng.uniform(1, 2.9, 3)]
    fair = float(rng.choice([0.3, 0.6, 0.9])) if floors else 0.0
    return Siting(
        draw,
        draw * rng.uniform(0.05, 0.6, draw.shape),
        draw * rng.uniform(1, 2, draw.shape),
        draw * rng.uniform(0, 0.15, draw.shape),
        rng.uniform(2e4, 2e5, n_o),
        rng.uniform(1e4, 6e4, n_o),
        rng.uniform(2, 9, n_o),
        least_units[group_o],
        most_units[group_o],
        group_o,
        np.r_[1.0, rng.uniform(0.02, 0.6, 4)][kept],
        rng.uniform(5e3, 4e4, 5)[kept],
        cap[kept],
        np.array([0.0, 0.0, 1.0, 1.0, 1.0])[kept],
        extra_community[kept],
        0,
        community_u,
        need_u,
        rng.uniform(0, 1.0, n_k) * fair,
        fair,
        float(rng.uniform(0, 6e5)),
        float(rng.uniform(0, 3)),
    )


def subsets(n: int) -> list[tuple[int, ...]]:
    """All open sets."""
    return list(chain.from_iterable(combinations(range(n), k) for k in range(n + 1)))


@cache
def by_force(seed: int, floors: bool = False) -> dict[tuple[int, ...], float]:
    """The best value of every open set over all whole units and whole pieces; −inf where none is allowed."""
    s = question(seed, floors)
    pieces = list(product(*(range(int(np.floor(c)) + 1) for c in s.extra_cap_j)))
    out = {}
    for open_ in subsets(s.n_options):
        uses = {}
        for u in range(s.n_units):
            drawing = [(s.draw_uo[u, o], -o) for o in open_ if s.draw_uo[u, o] > 0]
            if drawing:
                uses[u] = -max(drawing)[1]
        best = -np.inf
        for units in product(*(range(int(s.min_units_o[o]), int(s.max_units_o[o]) + 1) for o in open_)):
            value, lent, cost, helped = s.base, 0.0, 0.0, np.zeros(s.n_communities + 1)
            for o, h in zip(open_, units):
                mine = [u for u in uses if uses[u] == o]
                load = sum(s.load_uo[u, o] for u in mine)
                share = min(1.0, h * s.unit_load_o[o] / load) if load > 0 else 0.0
                value += share * sum(s.gain_uo[u, o] for u in mine)
                lent += share * sum(s.lend_uo[u, o] for u in mine)
                cost += s.fixed_yen_o[o] + h * s.unit_yen_o[o]
                for u in mine:
                    helped[s.community_u[u]] += share * s.draw_uo[u, o]
            if cost > s.budget_yen:
                continue
            for e in pieces:
                if cost + np.dot(e, s.extra_yen_j) > s.budget_yen or e[0] > lent:
                    continue
                if s.fair > 0 and not floors_hold(s, helped, e):
                    continue
                best = max(best, value + float(np.dot(e, s.extra_gain_j)))
        out[open_] = best
    return out


def floors_hold(s: Siting, helped: np.ndarray, pieces: tuple[int, ...], slack: float = 1e-7) -> bool:
    """Whether every named community has its share of all help, and its least."""
    total = helped.copy()
    for j, n in enumerate(pieces):
        total[s.extra_community_j[j]] += n * s.extra_help_j[j]
    for k in range(s.n_communities):
        need = s.need_u[s.community_u == k].sum() / max(s.need_u.sum(), 1e-12)
        if total[k] < s.fair * need * total.sum() - slack or total[k] < s.least_k[k] - slack:
            return False
    return True


def in_branch(s: Siting, open_: tuple[int, ...], branch: Branch) -> bool:
    """Whether an open set belongs to a branch."""
    if branch.forced - set(open_) or branch.shut & set(open_):
        return False
    return all(low <= sum(s.group_o[o] == k for o in open_) <= high for k, (low, high) in enumerate(branch.counts))
