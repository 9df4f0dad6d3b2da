"""Where to open, how much, and what else to buy: branch and bound with a proof for every branch.

The number of open options is branched on first: with it fixed the relaxation is nearly always whole.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from itertools import count as counter

import numpy as np

from daremo.reach.sited.ascent import Matrices, ascend
from daremo.reach.sited.bound import bound, is_empty, undecided
from daremo.reach.sited.layout import quick_value, staff
from daremo.reach.sited.model import Branch, Float, Int, Layout, Prices, Proof, Siting, SitingResult
from daremo.reach.sited.search import greedy, improve

#: Subgradient steps at the root and in later branches, and the price of money they begin with.
FIRST_STEPS, STEPS = 1_500, 1_500
FIRST_YEN_PER_PERSON = 60_000.0
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
    starts: Sequence[Int] = (),
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
    starts : sequence of ndarray
        Open sets worth trying first.
    max_nodes : int
        Branches at most.
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
    m = Matrices.of(s)
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

    def open_node(branch: Branch, start: Prices) -> None:
        nonlocal nodes
        if is_empty(s, branch):
            return
        nodes += 1
        target = best.value if best is not None else s.base - 1.0
        inherited = bound(s, branch, start)
        value, prices, chosen_o = inherited, start, np.zeros(s.n_options)
        if inherited > target + 0.5 * tolerance:
            steps = FIRST_STEPS if nodes == 1 else STEPS
            value, prices, chosen_o = ascend(s, m, branch, start, target, steps, 0.9 * tolerance)
            if inherited < value:
                value, prices = inherited, start
        if value > target:
            likely = np.flatnonzero(chosen_o > 0.02)
            first = np.array(rounded(s, branch, chosen_o), dtype=np.int64)
            offer(improve(s, first, branch, prices.floor_k, likely, passes=1)[0])
            if nodes == 1:
                offer(improve(s, greedy(s, prices, branch), branch, prices.floor_k, likely, passes=3)[0])
        heapq.heappush(queue, (-value, next(tick), branch, prices, chosen_o))

    offer(np.array(sorted(forced), dtype=np.int64))
    for open_ in starts:
        offer(open_)
    open_node(root, first_prices(s, root))
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
        _, _, branch, prices, chosen_o = heapq.heappop(queue)
        parts = split(s, branch, chosen_o, best)
        if not parts:
            proofs.append(Proof(branch, prices, top))
            continue
        for part in parts:
            open_node(part, prices)
    proofs += [Proof(b, p, -v) for v, _, b, p, _ in queue]
    if best is None:
        best = Layout((), (), np.zeros(s.extra_cap_j.size, dtype=np.int64), -math.inf, 0.0, np.zeros(0))
    top = max((p.bound for p in proofs), default=-math.inf)
    return SitingResult(best, max(top, best.value), tuple(proofs), nodes, finished or not queue)


def first_prices(s: Siting, root: Branch) -> Prices:
    """Prices to begin with: a usual price of money; where floors bind, what the cheapest help for them costs.

    Dear money is tried too: where no layout meets the floors, that is what shows it.
    """
    tries = []
    for factor in (1.0, 4.0, 16.0, 64.0, 1e3, 1e5):
        yen = factor / FIRST_YEN_PER_PERSON
        floor = np.zeros(2 * s.n_communities)
        if s.fair > 0:
            for k in range(s.n_communities):
                mine = (s.extra_community_j == k) & (s.extra_help_j > 0)
                if mine.any():
                    short = yen * s.extra_yen_j[mine] - s.extra_gain_j[mine]
                    floor[s.n_communities + k] = max(float(short.min()), 0.0)
        prices = Prices(np.zeros(s.n_units), yen, {}, 0.0, floor)
        tries.append((bound(s, root, prices), prices))
        if s.fair == 0:
            break
    return min(tries, key=lambda t: t[0])[1]


def rounded(s: Siting, branch: Branch, chosen_o: Float) -> list[int]:
    """The options chosen most often, as many of each kind as were chosen on average and the branch allows."""
    picked: list[int] = sorted(branch.forced)
    for k, (fewest, most) in enumerate(branch.counts):
        share = np.where(s.group_o == k, chosen_o, 0.0)
        share[picked] = 0.0
        held = sum(int(s.group_o[o]) == k for o in picked)
        n = min(max(round(float(share.sum())), fewest - held, 0), most - held)
        picked += [int(o) for o in np.argsort(-share, kind="stable")[:n] if share[o] > 1e-9]
    return sorted(picked)


def split(s: Siting, branch: Branch, chosen_o: Float, best: Layout | None) -> list[Branch]:
    """Smaller branches that together are this one, or none where nothing is left to decide.

    The number of open options of a kind first, around that of the best layout; then the option chosen about
    half of the time.
    """
    loose = [k for k, (low, high) in enumerate(branch.counts) if low < high]
    if loose:
        total = np.bincount(s.group_o, chosen_o, s.n_groups)
        k = max(loose, key=lambda g: (total[g], -g))
        low, high = branch.counts[k]
        held = int((s.group_o[list(best.open)] == k).sum()) if best is not None and best.open else 0
        near = min(max(held, low), high)
        ranges = (
            [(near, near)] + ([(low, near - 1)] if low < near else []) + ([(near + 1, high)] if near < high else [])
        )
        return [Branch(branch.counts[:k] + (r,) + branch.counts[k + 1 :], branch.shut, branch.forced) for r in ranges]
    free = undecided(s, branch)
    full = [
        k for k, (_, most) in enumerate(branch.counts) if sum(int(s.group_o[o]) == k for o in branch.forced) >= most
    ]
    free &= ~np.isin(s.group_o, full)
    if not free.any():
        return []
    pick = int(np.where(free, np.abs(chosen_o - 0.5), np.inf).argmin())
    if chosen_o[pick] < 0.02:
        pick = int(np.where(free, s.gain_uo.sum(axis=0), -np.inf).argmax())
    return [
        Branch(branch.counts, branch.shut, branch.forced | {pick}),
        Branch(branch.counts, branch.shut | {pick}, branch.forced),
    ]
