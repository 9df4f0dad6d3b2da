"""The cheapest open places that satisfy a covering question, with a bound that a checker can follow."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import OutOfTime
from daremo.reach.covering.assemble import Border, certificate_of
from daremo.reach.covering.certificate import Certificate
from daremo.reach.covering.neighbours import polish
from daremo.reach.covering.parts import Local, components, rest_of
from daremo.reach.covering.problem import Problem
from daremo.reach.covering.reduce import Reduced, only_must, reduce
from daremo.reach.covering.start import first_choice
from daremo.reach.covering.tree import Proof, begin, grow
from daremo.reach.model import Watch

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work is spent, in numbers that do not depend on the machine.

    Attributes
    ----------
    passes : int
        Rounds of windows in which each place is chosen anew without a saving.
    rounds : int
        Rounds of cuts a part.
    nodes : tuple of int
        Further nodes of a part's tree in each sweep over the parts still open.
    whole : int
        Parts up to this many places are branched whole; larger ones are divided into regions.
    """

    passes: int = 2
    rounds: int = 60
    nodes: tuple[int, ...] = (50, 200, 1_000, 5_000, 25_000, 100_000)
    whole: int = 1_000


@dataclass(slots=True)
class Known:
    """What is known about one part: its best choice and one proof of its own, or several of its regions."""

    part: Local
    is_open: Mask
    value: int
    bound: int = 0
    proofs: list[Proof] = field(default_factory=list)
    border: Border | None = None

    @property
    def closed(self) -> bool:
        return self.bound >= self.value


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
        self.known: list[Known] = []

    @property
    def value(self) -> int:
        return self.fixed + sum(k.value for k in self.known)

    @property
    def bound(self) -> int:
        return self.fixed + sum(min(k.bound, k.value) for k in self.known)

    def enough(self) -> bool:
        """Whether the question is answered."""
        value, bound = self.value, self.bound
        if self.target is not None and (value <= self.target or bound > self.target):
            return True
        return value - bound <= self.gap * value

    def late(self) -> bool:
        """Whether to stop now."""
        return self.watch.late()

    def run(self) -> Cover:
        """All steps, cheapest first."""
        for part in components(rest_of(self.problem, self.reduced)):
            is_open = first_choice(part, self.problem.scale, seed=self.seed, late=self.watch.late)
            if is_open is None:
                if self.watch.late():
                    raise OutOfTime(
                        "時間内に、条件を満たす選び方が見つかりませんでした", "時間の上限を延ばしてください",
                        math.inf, self.fixed / self.problem.scale, math.inf,
                    )  # fmt: skip
                return _impossible(self.problem, self.effort, self.watch)
            self.known.append(Known(part, is_open, int(part.cost[is_open].sum())))
        self.tell()
        self.sweep(self.polish_little)
        self.sweep(self.begin)
        for nodes in self.effort.nodes:
            if self.enough() or self.late():
                break
            self.sweep(lambda k, n=nodes: self.go_on(k, n))
        return self.told()

    def tell(self) -> None:
        """Progress in the caller's unit."""
        self.watch.tell(self.value / self.problem.scale, self.bound / self.problem.scale)

    def sweep(self, work) -> None:  # type: ignore[no-untyped-def]
        """Do some work on every part that is not closed, largest first, in threads where wanted."""
        if self.enough() or self.late():
            return
        todo = [k for k in reversed(self.known) if not k.closed]
        if self.workers > 1:
            with ThreadPoolExecutor(self.workers) as pool:
                list(pool.map(work, todo))
        else:
            for k in todo:
                work(k)
        self.tell()

    def polish_little(self, k: Known) -> None:
        """Improve the first choice by exact neighbourhoods."""
        polish(k.part, k.is_open, self.problem.scale, seed=self.seed, late=self.late, passes=self.effort.passes)
        k.value = int(k.part.cost[k.is_open].sum())

    def begin(self, k: Known) -> None:
        """Relax and cut."""
        if self.late():
            return
        k.proofs = [begin(k.part, self.problem.scale, k.is_open, rounds=self.effort.rounds, seed=self.seed)]
        self.learn(k)

    def go_on(self, k: Known, nodes: int) -> None:
        """Branch some more."""
        if self.late() or not k.proofs:
            return
        grow(k.proofs[0], most_nodes=nodes, late=self.late)
        self.learn(k)

    def learn(self, k: Known) -> None:
        """Take over what the proof of a whole part found."""
        proof = k.proofs[0]
        if proof.is_open is not None and proof.value < k.value:
            k.is_open, k.value = proof.is_open, proof.value
        k.bound = max(k.bound, proof.bound)

    def told(self) -> Cover:
        """The answer."""
        is_open = self.reduced.opened.copy()
        for k in self.known:
            is_open[k.part.place[k.is_open]] = True
        certificate = certificate_of(
            self.problem.n_rows,
            self.problem.scale,
            self.reduced.steps,
            [p for k in self.known for p in k.proofs],
            [k.border for k in self.known if k.border is not None],
        )
        return Cover(np.flatnonzero(is_open), self.value, self.bound, self.enough(), certificate)
