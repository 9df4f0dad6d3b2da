"""Branch and bound whose every leaf can be checked: exact where it ends, a proved bound where it is cut short."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daremo.reach.covering.bounded import Node, Relaxation, tighten
from daremo.reach.covering.parts import Local
from daremo.reach.covering.search import fits, greedy, open_what_pays, shut_superfluous

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Places tried at a node before one is branched on, as long as they are unknown.
TRIED = 5
#: A place whose branching was seen this often is judged by experience.
KNOWN = 4


@dataclass(slots=True)
class Twig:
    """A node of the tree: its fixings, its relaxation, and what it was branched on (−1: a leaf)."""

    fixed: dict[int, int]
    node: Node
    place: int = -1
    children: tuple[int, int] = (-1, -1)


@dataclass(slots=True)
class Proof:
    """What is known about a part.

    Attributes
    ----------
    part : Local
    value : int
        Cost of the best choice, or a number that no choice undercuts where none was found.
    is_open : ndarray of bool, shape (places,), mask, or None
    bound : int
    relaxation : Relaxation
        With the cuts that the prices refer to.
    twigs : list of Twig
        The tree; the first is its root.
    """

    part: Local
    value: int
    is_open: Mask | None
    bound: int
    relaxation: Relaxation
    twigs: list[Twig] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.bound >= self.value

    def price(self) -> Int:
        """Prices of rows and cuts at the root."""
        return self.twigs[0].node.price

    def share(self) -> Float | None:
        """Share open of each place at the root."""
        return self.twigs[0].node.x


def begin(
    part: Local,
    scale: float,
    is_open: Mask | None,
    *,
    rounds: int,
    seed: int,
    stop: float = 0.01,
    ceiling: int = 0,
    cuts: Sequence[Int] = (),
) -> Proof:
    """Relax and cut a part; the tree is its root only.

    Parameters
    ----------
    is_open : ndarray of bool, shape (places,), mask, or None
        The best choice known.
    rounds : int
        Rounds of cuts.
    ceiling : int
        Where no choice is known: a number that the bound of an impossible part shall reach.
    cuts : sequence of ndarray of int64
        Rows of cuts known beforehand.
    """
    value = (
        int(part.cost[is_open].sum()) if is_open is not None else max(ceiling, int(np.abs(part.cost).sum()) + part.unit)
    )
    relaxation = Relaxation(part, scale, seed)
    relaxation.add(cuts)
    root = tighten(relaxation, enough=value, rounds=rounds, seed=seed, stop=stop)
    proof = Proof(part, value, is_open, part.rounded_up(root.bound), relaxation, [Twig({}, root)])
    if root.x is not None:
        try_rounding(proof, root.x)
    _settle(proof, [root.bound])
    return proof


def grow(proof: Proof, *, most_nodes: int, late: Callable[[], bool]) -> Proof:
    """Branch, least bound first, until the bound meets the value, the nodes are used up, or it is late."""
    part, twigs = proof.part, proof.twigs
    queue = [(t.node.bound, k) for k, t in enumerate(twigs) if t.place < 0]
    heapq.heapify(queue)
    seen: dict[int, tuple[int, float, float]] = {}
    finished: list[int] = []
    begun = len(twigs)
    while queue and len(twigs) - begun < most_nodes and not late():
        bound, k = heapq.heappop(queue)
        if _enough(proof, bound):
            finished.append(bound)
            break
        twig = twigs[k]
        if twig.node.x is None:
            place, pair = _any_free(part, twig), None
        else:
            place, pair = _choose(proof, twig, seen)
        if place < 0:  # a whole choice: the prices cannot say more than their rounding
            finished.append(bound)
            continue
        shut, opened = pair or _children(proof, twig, place)
        twig.place, twig.children = place, (len(twigs), len(twigs) + 1)
        for value, node in ((0, shut), (1, opened)):
            heapq.heappush(queue, (node.bound, len(twigs)))
            twigs.append(Twig({**twig.fixed, place: value}, node))
            if node.x is not None:
                try_rounding(proof, node.x)
    _settle(proof, finished + [b for b, _ in queue])
    return proof


def _enough(proof: Proof, bound: int) -> bool:
    """Whether a bound closes the part, but for the rounding of prices."""
    return proof.part.rounded_up(bound) >= proof.value - _rounding(proof)


def _rounding(proof: Proof) -> int:
    """What prices lose by rounding and by the tolerance of the linear programme."""
    return int(1e-9 * (abs(proof.value) + proof.relaxation.scale)) if proof.part.unit == 1 else 0


def _settle(proof: Proof, bounds: list[int]) -> None:
    """The bound of the part: that of its least leaf."""
    proof.bound = min(proof.part.rounded_up(min(bounds)), proof.value)


def _children(proof: Proof, twig: Twig, place: int) -> tuple[Node, Node]:
    """The relaxation with a place shut and with it open; never worse than that of the twig itself."""
    shut, opened = (proof.relaxation.solve({**twig.fixed, place: v}, proof.value + proof.part.unit) for v in (0, 1))
    return shut, opened


def _any_free(part: Local, twig: Twig) -> int:
    """A place that is not fixed yet, −1 = none (the relaxation said nothing)."""
    return next((j for j in range(part.n_places) if j not in twig.fixed), -1)


def _choose(
    proof: Proof, twig: Twig, seen: dict[int, tuple[int, float, float]]
) -> tuple[int, tuple[Node, Node] | None]:
    """The place to branch on, by experience or by trying, and its children where they were tried."""
    x = twig.node.x
    assert x is not None
    split = np.flatnonzero((x > 1e-6) & (x < 1 - 1e-6))
    if split.size == 0:
        return -1, None
    mean_0, mean_1 = _means(seen)
    score = np.array([_score(seen, int(j), float(x[j]), mean_0, mean_1) for j in split])
    order = split[np.lexsort((split, -score))]
    best, best_score, pair = int(order[0]), -1.0, None
    tried = 0
    for j in map(int, order[: 2 * TRIED]):
        count, up, down = seen.get(j, (0, 0.0, 0.0))
        if count >= KNOWN:
            got = _score(seen, j, float(x[j]), mean_0, mean_1)
            if got > best_score:
                best, best_score, pair = j, got, None
            continue
        if tried >= TRIED:
            continue
        tried += 1
        shut, opened = _children(proof, twig, j)
        scale = proof.relaxation.scale
        rise = [max(0.0, min(n.bound, proof.value) - twig.node.bound) / scale for n in (shut, opened)]
        seen[j] = (count + 1, up + rise[0] / float(x[j]), down + rise[1] / float(1 - x[j]))
        got = max(rise[0], 1e-6) * max(rise[1], 1e-6)
        if got > best_score:
            best, best_score, pair = j, got, (shut, opened)
    return best, pair


def _means(seen: dict[int, tuple[int, float, float]]) -> tuple[float, float]:
    """Mean rise by shutting and by opening, over all places seen."""
    if not seen:
        return 1.0, 1.0
    return tuple(float(np.mean([s[k] / s[0] for s in seen.values()])) + 1e-9 for k in (1, 2))  # type: ignore[return-value]


def _score(seen: dict[int, tuple[int, float, float]], j: int, x: float, mean_0: float, mean_1: float) -> float:
    """How much both children of a place are expected to rise."""
    count, up, down = seen.get(j, (0, 0.0, 0.0))
    rise_0 = (up / count if count else mean_0) * x
    rise_1 = (down / count if count else mean_1) * (1 - x)
    return max(rise_0, 1e-6) * max(rise_1, 1e-6)


def try_rounding(proof: Proof, x: Float) -> None:
    """Round the shares to a choice, and keep it where it is better."""
    part = proof.part
    is_open: Mask | None = x > 0.5
    if not (np.all(np.minimum(x, 1 - x) < 1e-6) and is_open is not None and fits(part, is_open)):
        weight = (np.maximum(part.cost, 0) + proof.relaxation.scale * 1e-3) * (1.001 - x)
        is_open = greedy(part, weight)
    if is_open is None or not fits(part, is_open):
        return
    shut_superfluous(part, is_open)
    open_what_pays(part, is_open)
    value = int(part.cost[is_open].sum())
    if value < proof.value:
        proof.value, proof.is_open = value, is_open
