"""From a question to a layout with a proved bound: a start, then one tree, or regions with a tree each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import SetupError
from daremo.kernel.watch import Watch
from daremo.reach.doors.branch import Grown, fits, grow, lowered
from daremo.reach.doors.branch_and_cut import branch_and_cut, entries
from daremo.reach.doors.compact import compact
from daremo.reach.doors.concentrate import concentrated
from daremo.reach.doors.exchange import exchange
from daremo.reach.doors.feasible import cheapest, refuse_impossible
from daremo.reach.doors.flat import flat_prices
from daremo.reach.doors.greedy import Columns, greedy, worth_of
from daremo.reach.doors.merged import Merged
from daremo.reach.doors.node import AGAIN, FIRST, LATER, NEAR
from daremo.reach.doors.prices import FREE, OPEN, SHUT, best_worth
from daremo.reach.doors.question import Doors
from daremo.reach.doors.regions import Regional, by_regions, two_best

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]
State = NDArray[np.int8]

#: Larger questions are divided into regions.
MOST_TRIPS, MOST_PLACES = 30_000_000, 3_000
MOST_DEMAND = 60_000
#: Parts of our own tree before HiGHS is asked, and in all.
FEW_PARTS, MANY_PARTS = 30, 100_000
#: Parts of our own tree before layouts are brought together, where there are so many places at least.
SOME_PARTS, FEWEST_PLACES = 300, 300
#: Share of the usual shakes where the first prices are nearly the best: HiGHS finds what is missing.
FEW_SHAKES = 0.1
#: HiGHS is asked where trips of a demand point count nearly alike: entries of its programme for each trip.
FLAT = 3
#: Trips, merged, between which a linear programme makes the first prices; steps make them below and above.
FEWEST_MERGED, MOST_MERGED = 3_000, 2_000_000


@dataclass(frozen=True, slots=True)
class Solved:
    """What `solve` found, in units of `Doors`.

    Attributes
    ----------
    is_open : ndarray of bool, shape (places,), mask
    value, bound, certified : float
        `certified` is what the trees prove in whole numbers; `bound` may be tighter where HiGHS solved regions.
    proof : Grown or Regional
        The tree, or the trees of the regions with their shared prices.
    nodes : int
    finished : bool
        False when the watch ended the search before the wanted gap.
    """

    is_open: Mask
    value: float
    bound: float
    certified: float
    proof: Grown | Regional
    nodes: int
    finished: bool
    method: str


def solve(
    q: Doors, *, grain: float, gap: float, seed: int, workers: int, watch: Watch, unit: float = 1.0,
    first: Mask | None = None, scheduler: str | None = None, saved_of: float | None = None,
) -> Solved:  # fmt: skip
    """The best layout and a bound that no layout exceeds.

    Parameters
    ----------
    grain : float
        Worths of layouts differ by whole multiples of this (units of `Doors`).
    gap : float, share
        The search ends when (bound − value) / value is at most this; 0 = proved best.
    workers : int
        Threads; the answer does not depend on them.
    first : ndarray of bool, shape (places,), mask, optional
        A layout of a like question to begin with; within budget and limits.
    scheduler : str, optional
        Address of a Dask scheduler that solves the regions of a large question.
    saved_of : float, optional
        Units of worth of which layouts save `value`: the gap is then a share of what is left, not of what is saved.
    unit : float
        What the watch is told is divided by this.

    Raises
    ------
    Infeasible
        No layout keeps the conditions; says what budget, or how many places a group, would do.
    """
    refuse_impossible(q)
    columns = Columns.of(q)
    state = state_of(q)
    start = greedy(q, columns, state, np.zeros(0, np.int64) if first is None else np.flatnonzero(first))
    if start is None:
        start = cheapest(q)

    def tell(value: float, bound: float) -> None:
        watch.tell(value / unit, bound / unit)

    national = q.n_places > MOST_PLACES and q.n_demand > MOST_DEMAND
    is_open, value = (start, worth_of(q, start)) if national else exchange(q, columns, state, start, seed=seed)
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        if national:
            if saved_of is not None:
                # what is left at least, were everybody's best place open
                most = float(best_worth(q).sum())
                gap *= max(saved_of - most, 0.0) / max(most, 1e-300)
            with regions_on(scheduler, pool) as solvers:
                found = by_regions(
                    q, columns, state, is_open, value, grain=grain, gap=gap, seed=seed, watch=watch, tell=tell,
                    pool=solvers, beside=pool, far=scheduler is not None,
                )  # fmt: skip
            method = f"prices, exchange, {len(found.regions)} regions by branch and cut"
            return Solved(
                found.is_open, found.value, found.bound, found.certified, found, found.nodes, found.finished, method
            )
        return _town(
            q,
            state,
            is_open,
            grain=grain,
            gap=gap,
            seed=seed,
            watch=watch,
            tell=tell,
            pool=pool if workers > 1 else None,
            saved_of=saved_of,
        )


def _town(
    whole: Doors, state: State, is_open: Mask, *, grain: float, gap: float, seed: int, watch: Watch,
    tell: Callable[[float, float], None], pool: Executor | None, saved_of: float | None,
) -> Solved:  # fmt: skip
    """One tree for the whole question; where trips count nearly alike it is merged first and HiGHS ends it."""
    flat = entries(whole) <= FLAT * whole.place.size
    merged = Merged.of(whole) if flat else None
    q = whole if merged is None else merged.q
    value = worth_of(q, is_open)

    def allowed(value: float) -> float:
        return gap * abs(value) if saved_of is None else float(np.floor(gap * max(saved_of - value, 0.0)))

    near = None
    if merged is not None and FEWEST_MERGED <= q.place.size <= MOST_MERGED:
        near = flat_prices(q, state, late=lambda: watch.late(0.5))
    if near is not None:
        u, v, first, later, shakes = near.u, near.v, NEAR, NEAR, FEW_SHAKES
    else:
        top = best_worth(q)
        u = top if value >= float(top.sum()) else two_best(q, is_open)
        v, first, later, shakes = np.zeros(q.limits.count), FIRST, LATER, 1.0

    def tree(most: int) -> Grown:
        return grow(
            q, state, u, v, is_open=is_open, value=value, grain=grain, tolerance=allowed(value), first=first,
            late=watch.late, tell=tell, pool=pool, seed=seed, max_nodes=most, share=shakes,
            later=later, falls=0.0 if saved_of is None else min(gap, 1.0),
        )  # fmt: skip

    many = not flat and q.n_places >= FEWEST_PLACES
    grown = tree(FEW_PARTS if flat else SOME_PARTS if many else MANY_PARTS)
    ended: Solved | None = None
    if many and not grown.finished and not watch.late():
        assert grown.is_open is not None
        is_open, value = grown.is_open, grown.value
        is_open, value = concentrated(
            q, state, is_open, value, grain=max(grain, allowed(value)), bound=grown.bound, seed=seed,
            late=lambda: watch.late(0.6),
        )  # fmt: skip
        (u, v), first = grown.root.end().prices.as_floats(), AGAIN
        again = tree(MANY_PARTS)
        if again.bound > grown.bound:  # stopped early: what the first tree proved still holds
            proved = max(grown.bound, again.value)
            done = proved < again.value + max(grain, allowed(again.value))
            again = replace(grown, is_open=again.is_open, value=again.value, bound=proved, finished=done)
        grown = again
    if flat and not grown.finished and not watch.late():
        ended = _by_highs(q, grown, grain=grain, tolerance=allowed(grown.value), watch=watch)
        if not (ended is not None and ended.finished) and not watch.late():
            known = ended
            best = known if known is not None else _of_tree(grown)
            is_open, value = best.is_open, best.value
            grown = tree(MANY_PARTS)
            ended = _of_tree(grown)
            if known is not None and known.bound < ended.bound:
                ended = replace(ended, bound=max(known.bound, ended.value))
    if ended is None:
        ended = _of_tree(grown)
    if merged is None:
        return ended
    assert isinstance(ended.proof, Grown)
    return replace(ended, proof=merged.proof(ended.proof))


def _of_tree(grown: Grown) -> Solved:
    """What a tree alone proves."""
    assert grown.is_open is not None
    method = f"prices, exchange and branching, {grown.nodes} parts"
    return Solved(grown.is_open, grown.value, grown.bound, grown.bound, grown, grown.nodes, grown.finished, method)


def _by_highs(q: Doors, grown: Grown, *, grain: float, tolerance: float, watch: Watch) -> Solved | None:
    """What the root's prices leave open, given to HiGHS where it is small enough; None where nothing was left.

    It is not finished where HiGHS was stopped. The certificate stays that of the tree, so its bound is told apart.
    """
    end = grown.root.end()
    c = compact(q, end.state)
    if c.q.budget < 0 or grown.is_open is None:
        return None
    slack = max(grain, tolerance)
    none = np.zeros(c.q.n_places, bool)
    cut = branch_and_cut(
        c.q, slack=0.5 * slack, start=grown.is_open[c.place], shut=none, opened=none,
        nodes=MANY_PARTS, presolve=False, restart=False, late=lambda: watch.late(0.95),
    )  # fmt: skip
    is_open, value = grown.is_open, grown.value
    if cut.is_open is not None:
        layout = end.state == OPEN
        layout[c.place[cut.is_open]] = True
        if fits(q, layout) and worth_of(q, layout) > value:
            is_open, value = layout, worth_of(q, layout)
    # whatever the root set aside is below what was then good
    bound = min(grown.bound, max(lowered(q, np.floor(cut.bound + c.had), grain), value, grown.value))
    proof = replace(grown, is_open=is_open, value=value, bound=max(grown.bound, value))
    method = f"prices, exchange, {grown.nodes} parts, then HiGHS on {c.q.n_places} places"
    return Solved(is_open, value, bound, proof.bound, proof, grown.nodes, bound < value + slack, method)


@contextmanager
def regions_on(scheduler: str | None, here: Executor) -> Iterator[Executor]:
    """Who solves regions: threads here, or the workers of a Dask scheduler.

    Raises
    ------
    SetupError
        A scheduler is named and Dask is not installed, or it does not answer.
    """
    if scheduler is None:
        yield here
        return
    try:
        from distributed import Client
    except ImportError as e:
        raise SetupError(
            "no-dask", "ほかの計算機で解くための部品がありません", "pip install 'daremo[scale]'", "--scheduler"
        ) from e
    try:
        client = Client(scheduler, timeout=10)
    except OSError as e:
        raise SetupError(
            "no-scheduler", "計算機のまとめ役につながりません", "アドレスを確かめてください", scheduler
        ) from e
    with client:
        yield client.get_executor()


def state_of(q: Doors) -> State:
    """What is decided from the start, shape (places,), index: `OPEN`, `SHUT` or `FREE`; useless places are shut."""
    state = np.full(q.n_places, FREE, np.int8)
    state[q.never_p] = SHUT
    needed = np.zeros(q.n_places, bool)
    needed[q.limits.place[q.limits.weight < 0]] = True
    useful = np.bincount(q.place, minlength=q.n_places) > 0
    state[~useful & ~needed] = SHUT
    state[q.cost_p > q.budget] = SHUT
    state[q.must_p] = OPEN
    return state
