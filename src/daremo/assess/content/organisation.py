"""An organisation as its people see it: graded answers of several people, people in organisations.

Each person sees the organisation's state through eyes of her own: θ_person = μ_organisation + e. Answers are graded
(Samejima), thresholds are spread around the expert's difficulty. The organisation's state μ has a standard normal prior;
both integrals run over one grid, so that one person or a hundred are treated by the same formula.

Source: graded response model, Samejima 1969; persons in organisations as in multilevel IRT, Fox and Glas 2001.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
#: How much people of one organisation differ in what they see, before it was measured.
BETWEEN_PEOPLE = 0.6
#: Distance between two neighbouring thresholds of a statement.
APART = 0.9
GRID = np.linspace(-4.5, 4.5, 91)


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one dimension.

    Attributes
    ----------
    mean, error : float, ability
    people : int
    scale : float, share
        The same on 0 to 1 (share of organisations of the prior that lie below).
    """

    mean: float
    error: float
    people: int

    @property
    def scale(self) -> float:
        """Share of organisations, as they were thought to be, that lie below: 0 to 1."""
        from math import erf, sqrt

        return 0.5 * (1 + erf(self.mean / sqrt(2)))


def step_curves(slope: float, difficulty: float, steps: int) -> Float:
    """Return the probability of each step, shape (steps, grid), at each point of the grid."""
    cuts = difficulty + APART * (np.arange(1, steps) - steps / 2)
    above = 1 / (1 + np.exp(-slope * (GRID[None, :] - cuts[:, None])))
    edges = np.vstack([np.ones_like(GRID), above, np.zeros_like(GRID)])
    return np.maximum(edges[:-1] - edges[1:], 1e-12)


def state_of(
    answers: Sequence[Mapping[str, int]], curves: Mapping[str, Float], *, between_people: float = BETWEEN_PEOPLE
) -> State:
    """Return the state of one dimension from each person's answers (item → score, 0 the lowest).

    People who answered nothing of the dimension do not count. Without anybody the state is the prior.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (steps, grid)
    """
    own = np.exp(-0.5 * ((GRID[:, None] - GRID[None, :]) / between_people) ** 2)
    own /= own.sum(0, keepdims=True)  # column: distribution of a person, given the organisation
    log = -0.5 * GRID**2
    people = 0
    for person in answers:
        told = [curves[item][score] for item, score in person.items() if item in curves]
        if told:
            people += 1
            log = log + np.log(np.prod(told, axis=0) @ own + 1e-300)
    share = np.exp(log - log.max())
    share /= share.sum()
    mean = float(share @ GRID)
    return State(mean, float(np.sqrt(share @ (GRID - mean) ** 2)), people)


@dataclass(frozen=True, slots=True)
class Next:
    """A step that may come next: the item it belongs to, and how much it is worth."""

    item: str
    worth: float
    at: float


def next_steps(
    answers: Sequence[Mapping[str, int]],
    weight: Mapping[str, float],
    steps: Mapping[str, int],
    *,
    cost: Mapping[str, int] | None = None,
    at_most: int = 3,
) -> list[Next]:
    """Return the items whose next step is most worth while: weight × room left, less for what costs more.

    Parameters
    ----------
    weight : mapping of str to float
        Weight of each item.
    steps : mapping of str to int
        Number of statements of each item.
    cost : mapping of str to int
        Class of cost, 1 (little) to 3 (much); unknown counts as 2.

    Raises
    ------
    ValueError
        Nobody answered.
    """
    found = []
    for item, count in steps.items():
        told = [person[item] for person in answers if item in person]
        if not told:
            continue
        at = sum(told) / len(told) / (count - 1)
        found.append(Next(item, weight[item] * (1 - at) / (0.5 + 0.25 * (cost or {}).get(item, 2)), at))
    if not found:
        raise ValueError("nobody answered")
    found.sort(key=lambda n: (-n.worth, n.item))
    return [n for n in found if n.worth > 0][:at_most]
