"""Which small cells are not published, so that nobody can be recognised, not even by subtraction.

Published figures add up: areas to communities, communities to the town. Hiding one small area is useless when the rest
of its community is shown, so whatever remains after subtraction must itself be fit to publish: at least two areas, and
together above every threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.cases.assume import Assumptions

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rules:
    """Publication rules (people): smallest area, smallest count either way, and what counts are rounded to."""

    people_min: float
    count_min: float
    round_people: float

    @staticmethod
    def of(a: Assumptions) -> Rules:
        """The rules among the assumptions."""
        return Rules(a.value("suppress_people_min"), a.value("suppress_count_min"), a.value("suppress_round_people"))

    def small(self, people: float, left: float) -> bool:
        """Whether a group is too small to be shown."""
        return people < self.people_min or left < self.count_min or people - left < self.count_min

    def rounded(self, count: float) -> int:
        """A count to the nearest multiple, halves upwards."""
        return int(np.floor(count / self.round_people + 0.5) * self.round_people)


@dataclass(frozen=True, slots=True)
class Protection:
    """What is not published.

    Attributes
    ----------
    hidden_d : ndarray of bool, shape (areas,)
        Areas whose figures are withheld.
    hidden_communities : frozenset of str
        Communities whose totals are withheld; ``""`` is the main town.
    whole : bool
        The town as a whole is below the thresholds: no estimate is published at all.
    """

    hidden_d: Mask
    hidden_communities: frozenset[str]
    whole: bool


def protect(people_d: ArrayLike, left_d: ArrayLike, community_d: Sequence[str | None], rules: Rules) -> Protection:
    """Areas and community totals to withhold.

    Areas where nobody lives have nobody to protect and shield nobody: they are shown as 0.

    Parameters
    ----------
    people_d, left_d : array_like, shape (areas,), people
        Residents counted, and those expected to be left behind.
    community_d : sequence of str or None, length areas
        Named community; None or ``""`` for the main town.
    rules : Rules

    Returns
    -------
    Protection

    Source
    ------
    Primary and complementary cell suppression: Hundepool, A. et al. (2012), Statistical Disclosure Control, Wiley.
    """
    people, left = np.asarray(people_d, float), np.asarray(left_d, float)
    community = np.array([c or "" for c in community_d])
    live = people > 0
    hidden = np.array([bool(p > 0 and rules.small(p, f)) for p, f in zip(people, left, strict=True)], dtype=bool)
    if not hidden.any():
        return Protection(hidden, frozenset(), False)
    if rules.small(float(people.sum()), float(left.sum())):
        return Protection(live, frozenset(community[live].tolist()), True)

    def safe(cells: Mask) -> bool:
        """Whether the sum over hidden cells tells nothing about any one of them."""
        return not cells.any() or (
            int(cells.sum()) > 1 and not rules.small(float(people[cells].sum()), float(left[cells].sum()))
        )

    def smallest(cells: Mask) -> int:
        """The cell with the fewest people (of equals, the fewest left behind, then the first)."""
        at = np.flatnonzero(cells)
        return int(at[np.lexsort((at, left[at], people[at]))[0]])

    # Within each community, what is left after subtracting the shown areas from its total.
    secret: set[str] = set()
    for name in sorted(set(community[hidden].tolist())):
        inside = live & (community == name)
        while not safe(hidden & inside):
            if not (inside & ~hidden).any():
                secret.add(name)
                break
            hidden[smallest(inside & ~hidden)] = True
    # Across communities, what is left after subtracting the shown totals and areas from the town's total.
    while not safe(hidden & np.isin(community, sorted(secret))):
        open_names = sorted(set(community[live].tolist()) - secret)
        sizes = [float(people[live & (community == name)].sum()) for name in open_names]
        name = open_names[int(np.argmin(sizes))]
        inside = live & (community == name)
        if not (hidden & inside).any():
            hidden[smallest(inside)] = True
        secret.add(name)
    return Protection(hidden, frozenset(secret), False)
