"""What is known about one part: its best choice, and proofs of the part as a whole or of its regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daremo.reach.covering.assemble import Border
from daremo.reach.covering.parts import Local
from daremo.reach.covering.regions import Region, divide
from daremo.reach.covering.search import complete
from daremo.reach.covering.tree import Proof, begin, grow

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Plot:
    """A region, and its proof once there is one."""

    region: Region
    proof: Proof | None = None

    def work(self, scale: float, *, rounds: int, seed: int, nodes: int, late: Callable[[], bool]) -> None:
        """Relax and cut, then branch."""
        if self.proof is None:
            region = self.region
            self.proof = begin(region.part, scale, region.is_open, rounds=rounds, seed=seed, cuts=region.cuts)
        if not self.proof.closed:
            grow(self.proof, most_nodes=nodes, late=late)


@dataclass(slots=True)
class Known:
    """One part.

    Attributes
    ----------
    part : Local
    is_open : ndarray of bool, shape (places,), mask
        The best choice.
    value, bound : int
    whole : Proof or None
        Proof of the part as a whole.
    border, paid, plots
        Its regions, where it was divided, and what their borders pay.
    """

    part: Local
    is_open: Mask
    value: int
    bound: int = 0
    whole: Proof | None = None
    border: Border | None = None
    paid: int = 0
    plots: list[Plot] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.bound >= self.value

    def take(self, is_open: Mask) -> None:
        """Keep a choice where it is no worse."""
        value = int(self.part.cost[is_open].sum())
        if value <= self.value:
            self.is_open, self.value = is_open.copy(), value

    def start(self, scale: float, *, rounds: int, seed: int, stop: float) -> None:
        """Relax and cut the part as a whole."""
        self.whole = begin(self.part, scale, self.is_open.copy(), rounds=rounds, seed=seed, stop=stop)
        self.learn()

    def branch(self, *, nodes: int, late: Callable[[], bool]) -> None:
        """Branch on the part as a whole."""
        if self.whole is not None:
            if self.value < self.whole.value:
                self.whole.value, self.whole.is_open = self.value, self.is_open.copy()
            grow(self.whole, most_nodes=nodes, late=late)
            self.learn()

    def divide(self, size: int) -> None:
        """Make regions, with the prices of the part's relaxation on their borders."""
        if self.whole is not None and not self.plots:
            self.border, self.paid, regions = divide(self.whole, self.is_open, size)
            self.plots = [Plot(r) for r in regions]

    def learn(self) -> None:
        """Take over what the proofs found."""
        if self.whole is not None:
            if self.whole.is_open is not None:
                self.take(self.whole.is_open)
            self.bound = max(self.bound, self.whole.bound)
        if self.regional():
            self.bound = max(self.bound, self._regions_bound())

    def join(self) -> None:
        """Put the choices of all regions together, and complete them over the borders."""
        if not self.regional():
            return
        is_open = np.zeros(self.part.n_places, bool)
        for plot in self.plots:
            if plot.proof is not None and plot.proof.is_open is not None:
                here = np.searchsorted(self.part.place, plot.region.part.place)
                is_open[here] = plot.proof.is_open
        if complete(self.part, is_open):
            self.take(is_open)

    def regional(self) -> bool:
        """Whether every region has a proof."""
        return bool(self.plots) and all(p.proof is not None for p in self.plots)

    def _regions_bound(self) -> int:
        """What the regions and their borders prove together."""
        return self.paid + sum(p.proof.bound for p in self.plots if p.proof is not None)

    def proofs(self) -> tuple[list[Proof], Border | None]:
        """The better proof: of the part as a whole, or of its regions with their border."""
        whole = self.whole.bound if self.whole is not None else 0
        if self.regional() and (self.whole is None or self._regions_bound() > whole):
            return [p.proof for p in self.plots if p.proof is not None], self.border
        return ([self.whole] if self.whole is not None else []), None
