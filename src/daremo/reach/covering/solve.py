"""The cheapest open places that satisfy a covering question, with a bound that a checker can follow."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import OutOfTime
from daremo.kernel.watch import Watch
from daremo.reach.covering.assemble import Border, certificate_of
from daremo.reach.covering.certificate import Certificate
from daremo.reach.covering.known import Known
from daremo.reach.covering.neighbours import polish
from daremo.reach.covering.parts import components, rest_of
from daremo.reach.covering.problem import Problem
from daremo.reach.covering.reduce import Reduced, only_must, reduce
from daremo.reach.covering.start import first_choice
from daremo.reach.covering.tree import Proof, begin, grow

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work is spent, in numbers that do not depend on the machine.

    Attributes
    ----------
    whole : int
        Parts up to this many places are branched on as a whole; larger ones are divided.
    region : int
        Most places of a region.
    rounds, few : int
        Most rounds of cuts for parts and regions, and for parts that will be divided.
    nodes : tuple of int
        Further nodes of each tree in each sweep over the parts still open.
    turns : int
        Rounds of neighbourhoods before proofs begin.
    search : float, share
        The search for good choices may take this share of the time limit before proofs begin.
    """

    whole: int = 1_000
    region: int = 480
    rounds: int = 60
    few: int = 6
    nodes: tuple[int, ...] = (0, 40, 100, 400, 2_000, 10_000, 100_000)
    turns: int = 3
    search: float = 0.35


@dataclass(frozen=True, slots=True)
class Cover:
    """The answer in whole units of cost.

    Attributes
    ----------
    open : ndarray of int64, shape (open,), index
    value, bound : int
    finished : bool
    certificate : Certificate
    impossible : bool
        Nothing satisfies all rows; then value means nothing, and bound is above every value where that is proved.
    """

    open: Int
    value: int
    bound: int
    finished: bool
    certificate: Certificate
    impossible: bool = False


def cheapest(
    problem: Problem,
    *,
    gap: float,
    seed: int,
    workers: int,
    watch: Watch,
    target: int | None = None,
    effort: Effort | None = None,
) -> Cover:
    """Shrink, divide, find and prove.

    Parameters
    ----------
    gap : float, share
        Ends when (value − bound) / value is not above it.
    target : int, optional
        Ends as soon as the value is not above it, or the bound is.
    """
    reduced = reduce(problem)
    effort = effort or Effort()
    if reduced.impossible >= 0:
        return _impossible(problem, effort, watch)
    return Search(problem, reduced, gap, seed, workers, watch, target, effort).run()


def _impossible(problem: Problem, effort: Effort, watch: Watch) -> Cover:
    """No choice satisfies the rows; proved by branching on the question as it was asked, as far as the effort goes."""
    untouched = only_must(problem)
    part = rest_of(problem, untouched)
    ceiling = int(problem.cost.sum()) + int(problem.scale)
    proof = begin(part, problem.scale, None, rounds=0, seed=1, ceiling=ceiling)
    grow(proof, most_nodes=max(effort.nodes), late=watch.late)
    certificate = certificate_of(problem.n_rows, problem.scale, untouched.steps, [proof], [])
    bound = int(problem.cost[untouched.opened].sum()) + proof.bound
    return Cover(np.zeros(0, np.int64), 0, bound, proof.closed, certificate, impossible=True)


class Search:
    """One search: parts, what is known of each, and when it is enough."""

    def __init__(
        self, problem: Problem, reduced: Reduced, gap: float, seed: int, workers: int, watch: Watch,
        target: int | None, effort: Effort,
    ) -> None:  # fmt: skip
        self.problem, self.reduced, self.gap, self.seed, self.workers = problem, reduced, gap, seed, workers
        self.watch, self.target, self.effort = watch, target, effort
        self.fixed = int(problem.cost[reduced.opened].sum())
        self.unit = max(1, int(np.gcd.reduce(problem.cost))) if problem.n_places else 1
        self.known: list[Known] = []

    @property
    def value(self) -> int:
        """Cost of the best choice, in whole units."""
        return self.fixed + sum(k.value for k in self.known)

    @property
    def bound(self) -> int:
        """What no choice undercuts, in whole units; every value is a multiple of what all costs are multiples of."""
        total = self.fixed + sum(min(k.bound, k.value) for k in self.known)
        return -(-total // self.unit) * self.unit

    def enough(self) -> bool:
        """Whether the question is answered."""
        value, bound = self.value, self.bound
        if self.target is not None and (value <= self.target or bound > self.target):
            return True
        return value - bound <= self.gap * value

    def over(self) -> bool:
        """Whether to stop now."""
        return self.enough() or self.watch.late()

    def run(self) -> Cover:
        """All steps, those that bring most for their time first."""
        if not self._first_choices():
            return _impossible(self.problem, self.effort, self.watch)
        self._tell()
        late = self.watch.late
        if self.target is not None:  # a bare relaxation often says at once that the target is out of reach
            self._sweep([partial(self._start, k, 0) for k in self._todo()])
        for turn in range(self.effort.turns):
            early = partial(late, self.effort.search)
            self._sweep([partial(self._polish, k, turn, early) for k in self._todo() if k.part.n_places > 30])
        self._sweep([partial(self._start, k, self._rounds(k)) for k in self._todo()])
        for n, nodes in enumerate(self.effort.nodes):
            self._sweep([work for k in self._todo() for work in self._branching(k, nodes)])
            self._sweep([partial(self._polish, k, self.effort.turns + n, late) for k in self._todo()])
        return self._told()

    def _first_choices(self) -> bool:
        """A choice for every part; False where one has none."""
        for part in components(rest_of(self.problem, self.reduced)):
            is_open = first_choice(part, self.problem.scale, seed=self.seed, late=self.watch.late)
            if is_open is None and self.watch.late():
                raise OutOfTime(
                    "時間内に、条件を満たす選び方が見つかりませんでした", "時間の上限を延ばしてください",
                    math.inf, self.fixed / self.problem.scale, math.inf,
                )  # fmt: skip
            if is_open is None:
                return False
            self.known.append(Known(part, is_open, int(part.cost[is_open].sum())))
        return True

    def _todo(self) -> list[Known]:
        """Parts still open, largest first."""
        return [k for k in reversed(self.known) if not k.closed]

    def _sweep(self, jobs: list[Callable[[], None]]) -> None:
        """Do jobs one after another, or in threads, as long as they are wanted."""

        def do(job: Callable[[], None]) -> None:
            if not self.over():
                job()

        if self.over():
            return
        if self.workers > 1:
            with ThreadPoolExecutor(self.workers) as pool:
                list(pool.map(do, jobs))
        else:
            for job in jobs:
                do(job)
        for k in self.known:
            k.learn()
        self._tell()

    def _tell(self) -> None:
        """Progress in the caller's unit."""
        self.watch.tell(self.value / self.problem.scale, self.bound / self.problem.scale)

    def _polish(self, k: Known, turn: int, late: Callable[[], bool]) -> None:
        """Improve a choice by one round of neighbourhoods."""
        k.join()
        is_open = k.is_open.copy()
        polish(k.part, is_open, self.problem.scale, seed=self.seed + turn, late=late, passes=1)
        k.take(is_open)

    def _rounds(self, k: Known) -> int:
        """Rounds of cuts for a part as a whole."""
        return self.effort.rounds if k.part.n_places <= self.effort.whole else self.effort.few

    def _start(self, k: Known, rounds: int) -> None:
        """Relax and cut a part as a whole."""
        k.start(self.problem.scale, rounds=rounds, seed=self.seed, stop=0.01)

    def _branching(self, k: Known, nodes: int) -> list[Callable[[], None]]:
        """Jobs that branch on a part, or on each of its regions."""
        if k.part.n_places <= self.effort.whole:
            return [partial(k.branch, nodes=nodes, late=self.over)]
        k.divide(self.effort.region)
        scale, rounds, seed = self.problem.scale, self.effort.rounds, self.seed
        return [
            partial(plot.work, scale, rounds=rounds, seed=seed, nodes=nodes, late=self.over)
            for plot in k.plots
            if plot.proof is None or not plot.proof.closed
        ]

    def _told(self) -> Cover:
        """The answer."""
        is_open = self.reduced.opened.copy()
        proofs: list[Proof] = []
        borders: list[Border] = []
        for k in self.known:
            is_open[k.part.place[k.is_open]] = True
            own, border = k.proofs()
            proofs += own
            borders += [border] if border is not None else []
        certificate = certificate_of(self.problem.n_rows, self.problem.scale, self.reduced.steps, proofs, borders)
        return Cover(np.flatnonzero(is_open), self.value, self.bound, self.enough(), certificate)
