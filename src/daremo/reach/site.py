"""Where to open, how much, and what else to buy: branch and bound with a proof for every branch.

The number of open options is branched on first: with it fixed the relaxation is nearly always whole.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from itertools import count as counter

import numpy as np

from daremo.reach.bound import is_empty, undecided
from daremo.reach.layout import quick_value, staff
from daremo.reach.model import Branch, Float, Layout, Prices, Proof, Siting, SitingResult
from daremo.reach.relax import Relaxation
from daremo.reach.search import greedy, improve

Stop = Callable[[], bool]


def never() -> bool:
    """A stop that never stops."""
    return False


def site(
    s: Siting,
    *,
    tolerance: float,
    forced: frozenset[int] = frozenset(),
    shut: frozenset[int] = frozenset(),
    incumbent: Layout | None = None,
    max_nodes: int = 400,
    stop: Stop = never,
    tell: Callable[[float, float], None] | None = None,
) -> SitingResult:
    """The best layout and a proved bound.

    Parameters
    ----------
    s : Siting
        The question.
    tolerance : float
        Stop when bound − value ≤ tolerance (in units of gain).
    forced, shut : frozenset of int
        Options that must be open, must stay closed.
    incumbent : Layout, optional
        A layout to beat (from a like question); only its value is used to prune.
    max_nodes : int
        Relaxations at most.
    stop : callable
        Asked between nodes; True ends the search with what is known.
    tell : callable, optional
        Told (value, bound) after every node.

    Returns
    -------
    SitingResult
        `layout.value` is −inf where no layout satisfies the floors and the budget.
    """
    best = incumbent
    root = Branch(tuple((0, int(n)) for n in np.bincount(s.group_o, minlength=s.n_groups)), shut, forced)
    reach_value = np.where(np.isin(np.arange(s.n_options), list(shut)), -1.0, s.gain_uo.sum(axis=0))
    start = np.argsort(-reach_value, kind="stable")[:48]
    relaxation = Relaxation(s, np.union1d(start, np.array(sorted(forced), dtype=np.int64)).astype(np.int64))
    tick = counter()
    proofs: list[Proof] = []
    queue: list[tuple[float, int, Branch, Prices, Float]] = []
    tried: set[tuple[int, ...]] = set()
    nodes = 0

    def offer(open_: np.ndarray) -> None:
        nonlocal best
        key = tuple(int(o) for o in open_)
        if key in tried:
            return
        tried.add(key)
        hope = quick_value(s, open_)
        if best is not None and hope <= best.value + 1e-9:
            return
        found = staff(s, key)
        if found is not None and (best is None or found.value > best.value + 1e-9):
            best = found

    def open_node(branch: Branch) -> None:
        nonlocal nodes
        if is_empty(s, branch):
            return
        nodes += 1
        value, prices, open_o, feasible = relaxation.tighten(branch)
        if feasible:
            likely = np.flatnonzero(open_o > 1e-6)
            for start_ in {tuple(rounded(s, open_o, up)) for up in (False, True)}:
                offer(improve(s, np.array(start_, dtype=np.int64), branch, prices.floor_k, likely, passes=1)[0])
            if nodes <= 3:
                second = greedy(s, prices, branch)
                offer(improve(s, second, branch, prices.floor_k, np.union1d(likely, second), passes=2)[0])
        heapq.heappush(queue, (-value, next(tick), branch, prices, open_o))

    open_node(root)
    offer(np.array(sorted(forced), dtype=np.int64))
    finished = False
    while queue:
        top = -queue[0][0]
        value = best.value if best is not None else -math.inf
        if tell:
            tell(value, max(top, *(p.bound for p in proofs)) if proofs else top)
        if top <= value + tolerance:
            finished = True
            break
        if nodes >= max_nodes or stop():
            break
        _, _, branch, prices, open_o = heapq.heappop(queue)
        parts = split(s, branch, open_o)
        if not parts:
            proofs.append(Proof(branch, prices, top))
            continue
        for part in parts:
            open_node(part)
    proofs += [Proof(b, p, -v) for v, _, b, p, _ in queue]
    if best is None:
        best = Layout((), (), np.zeros(s.extra_cap_j.size, dtype=np.int64), -math.inf, 0.0, np.zeros(0))
    bound = max((p.bound for p in proofs), default=-math.inf)
    return SitingResult(best, max(bound, best.value), tuple(proofs), nodes, finished or not queue)


def rounded(s: Siting, open_o: Float, up: bool) -> list[int]:
    """The options a relaxation opens most, as many of each kind as it opens in sum, rounded down or up."""
    chosen: list[int] = []
    for k in range(s.n_groups):
        share = np.where(s.group_o == k, open_o, 0.0)
        total = float(share.sum())
        n = math.ceil(total - 1e-6) if up else math.floor(total + 1e-6)
        top = np.argsort(-share, kind="stable")[:n]
        chosen += [int(o) for o in top if share[o] > 1e-9]
    return sorted(chosen)


def split(s: Siting, branch: Branch, open_o: Float) -> list[Branch]:
    """Two or three smaller branches that together are this one, or none where nothing is left to decide.

    The number of open options of a kind first, then the option whose share is nearest to one half.
    """
    total_k = np.bincount(s.group_o, open_o, s.n_groups)
    loose = [k for k, (low, high) in enumerate(branch.counts) if low < high]
    away = {k: abs(float(total_k[k]) - round(float(total_k[k]))) for k in loose}
    fractional = [k for k in loose if away[k] > 1e-6]

    def with_count(k: int, low: int, high: int) -> Branch:
        counts = branch.counts[:k] + ((low, high),) + branch.counts[k + 1 :]
        return Branch(counts, branch.shut, branch.forced)

    if fractional:
        k = max(fractional, key=lambda g: away[g])
        low, high = branch.counts[k]
        n = math.floor(float(total_k[k]))
        return [with_count(k, low, n), with_count(k, n + 1, high)]
    free = undecided(s, branch)
    distance = np.where(free, np.abs(open_o - 0.5), np.inf)
    pick = int(distance.argmin()) if free.any() else -1
    if pick < 0 or distance[pick] >= 0.5 - 1e-6:
        if loose:
            k = loose[0]
            low, high = branch.counts[k]
            near = min(max(round(float(total_k[k])), low), high)
            parts = [with_count(k, near, near)]
            if low < near:
                parts.append(with_count(k, low, near - 1))
            if near < high:
                parts.append(with_count(k, near + 1, high))
            return parts
        # a whole relaxation may still lie above its layout (people follow the draw, staffing is whole)
        opened = np.flatnonzero(free & (open_o > 0.5))
        pick = int(opened[0]) if opened.size else pick
    if pick < 0:
        return []
    return [
        Branch(branch.counts, branch.shut, branch.forced | {pick}),
        Branch(branch.counts, branch.shut | {pick}, branch.forced),
    ]
