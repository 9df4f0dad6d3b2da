"""Choose the methods to offer together: every combination is looked at, so nothing listed can be better unseen.

Three figures are minimised: cost, residents shut out, and residual harm. Those who get in are led to the cheapest way
they can use; whoever attacks takes the weakest way, so residual harm is that of the worst route offered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import Infeasible
from daremo.kernel.results import Progress, silent
from daremo.trust.assurance.levels import needed, worst
from daremo.trust.assurance.model import ATTRIBUTES, Combination, Level, Method, Question, Route
from daremo.trust.assurance.people import HAS, people_t, usable_t
from daremo.trust.assurance.read import groups, methods, rule_set
from daremo.trust.assurance.routes import routes
from daremo.trust.problems import words

#: Combinations are enumerated, so the number of methods is bounded: 2^17 sets.
MOST_METHODS = 17
_CHUNK = 2048
#: Share of the residents concerned who may be left without any way, by the harm of a wrong refusal; ours, not a standard's.
SHUT_OUT_SHARE = {"none": 1.0, "low": 0.1, "moderate": 0.02, "high": 0.005}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was chosen, out of what, and the proof that nothing listed is better in everything.

    Attributes
    ----------
    examined, meeting : int
        Combinations looked at, and those of them in which every group has a way.
    front : tuple of Combination
        All that no other dominates, cheapest first; `chosen` is one of them.
    dominating : int
        Combinations meeting the conditions that dominate the chosen one, counted over all of them; always 0.
    most_shut_out_people : float
        Limit of people without any way, from the harm of a wrong refusal (`SHUT_OUT_SHARE`) or the question.
    unserved : tuple of str
        Groups without any way at these levels, whatever is offered (only where the caller accepts it).
    """

    question: Question
    ial: Level
    aal: Level
    methods: tuple[Method, ...]
    routes: tuple[Route, ...]
    front: tuple[Combination, ...]
    chosen: Combination
    examined: int
    meeting: int
    dominating: int
    most_shut_out_people: float
    unserved: tuple[str, ...] = ()

    @property
    def within(self) -> bool:
        """Whether the chosen combination keeps to the limit of people without a way."""
        return self.chosen.shut_out_people <= self.most_shut_out_people


def group_type(lacks: frozenset[str]) -> int:
    """Index of the type that has everything but what a group lacks."""
    return sum(1 << i for i, a in enumerate(ATTRIBUTES) if a not in lacks)


def choose(question: Question, *, accept_unserved: bool = False, progress: Progress = silent) -> Decision:
    """The cheapest combination that meets the levels and gives every group a way, and the whole Pareto front.

    The limit on people without a way follows from the harm of a wrong refusal; where no combination keeps to it, that
    with fewest is chosen. With a budget in the question: of those within it, the one that shuts out fewest residents.

    Raises
    ------
    Infeasible
        ``assurance-group`` names groups without any way, and the smallest change of levels that gives them one;
        ``assurance-budget`` the cheapest that would do; ``assurance-none`` where no method meets the levels.
    """
    ial, aal = needed(question)
    listed = methods(rule_set(question.rules)["levels"])
    ways = routes(question, listed, ial.level, aal.level)
    if not ways:
        raise _infeasible("assurance-none", f"IAL{ial.level}, AAL{aal.level}")
    unserved = without_way(ways)
    if unserved and not accept_unserved:
        raise _infeasible("assurance-group", ", ".join(unserved), _smaller(question, listed, ial.level, aal.level))
    used = tuple(m for m in listed if any(m.method in r.methods for r in ways))
    if len(used) > MOST_METHODS:
        raise _infeasible("assurance-many", str(len(used)))
    figures, served = _figures(question, used, ways, unserved, progress)
    front = _front(figures, served, used)
    share = question.most_shut_out_share
    share = SHUT_OUT_SHARE[worst(question, "wrong-refusal")] if share is None else share
    limit = share * sum(question.people.values())
    chosen = _pick(question, front, limit)
    mine = np.array([chosen.cost_yen, chosen.shut_out_people, chosen.residual_points])
    against = figures[served, :3]
    dominating = int(((against <= mine).all(axis=1) & (against < mine).any(axis=1)).sum())
    return Decision(
        question, ial, aal, used, ways, front, chosen, len(figures), int(served.sum()), dominating, limit, unserved
    )


def without_way(ways: tuple[Route, ...]) -> tuple[str, ...]:
    """Groups that no route serves."""
    can = np.any([usable_t(r.needs) for r in ways], axis=0)
    return tuple(g for g, _, _, lacks in groups() if not can[group_type(lacks)])


def _smaller(question: Question, listed: tuple[Method, ...], ial: int, aal: int) -> str:
    """The smallest lowering of levels after which every group has a way."""
    steps = sorted((di + da, di, da) for di in range(ial + 1) for da in range(aal + 1) if di + da)
    for _, di, da in steps:
        ways = routes(question, listed, ial - di, aal - da)
        if ways and not without_way(ways):
            return f"IAL{ial - di}, AAL{aal - da}"
    return ""


def _figures(
    question: Question, used: tuple[Method, ...], ways: tuple[Route, ...], unserved: tuple[str, ...], progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Cost, shut out, residual, low and high cost of each set, shape (sets, 5), and who serves every group."""
    n = len(used)
    place = {m.method: i for i, m in enumerate(used)}
    mask_r = np.array([sum(1 << place[m] for m in r.methods) for r in ways])
    can_rt = np.array([usable_t(r.needs) for r in ways])
    kinds, at = np.unique(can_rt, axis=1, return_inverse=True)
    weight = np.bincount(at.ravel(), people_t(question.people), kinds.shape[1])
    must = [group_type(lacks) for g, _, _, lacks in groups() if g not in unserved]
    fixed = np.array([[*m.fixed_yen] for m in used]) * question.years
    out = np.zeros((1 << n, 5))
    served = np.zeros(1 << n, np.bool_)
    for start in range(0, 1 << n, _CHUNK):
        progress(start / (1 << n), "")
        sets = np.arange(start, min(start + _CHUNK, 1 << n))
        part = out[sets]
        on = (sets[:, None] >> np.arange(n) & 1).astype(float)
        part[:, 3:] = on @ fixed
        left = np.broadcast_to(weight, (len(sets), len(weight))).copy()
        ways_g = np.zeros((len(sets), len(must)), np.bool_)
        for r, way in enumerate(ways):
            active = (sets & mask_r[r]) == mask_r[r]
            took = left[np.ix_(active, kinds[r])].sum(axis=1)
            part[active, 3] += took * way.person_yen[0]
            part[active, 4] += took * way.person_yen[1]
            part[active, 2] = np.maximum(part[active, 2], way.residual_points)
            left[np.ix_(active, kinds[r])] = 0.0
            ways_g[active] |= can_rt[r, must]
        part[:, 0] = (part[:, 3] + part[:, 4]) / 2
        part[:, 1] = left.sum(axis=1)
        out[sets] = part
        served[sets] = ways_g.all(axis=1)
    return np.round(out, 6), served


def _combination(index: int, row: NDArray[np.float64], used: tuple[Method, ...]) -> Combination:
    names = tuple(m.method for i, m in enumerate(used) if index >> i & 1)
    return Combination(names, float(row[0]), float(row[1]), float(row[2]), float(row[3]), float(row[4]))


def _front(
    figures: NDArray[np.float64], served: NDArray[np.bool_], used: tuple[Method, ...]
) -> tuple[Combination, ...]:
    """Sets that no other dominates, one for each triple of figures (that with fewest methods)."""
    index = np.flatnonzero(served)
    few = np.array([int(i).bit_count() for i in index])
    order = index[np.lexsort((index, few, figures[index, 2], figures[index, 1], figures[index, 0]))]
    kept: list[int] = []
    best = np.zeros((0, 2))
    for i in order:  # cheapest first: only shut out and residual can still be better
        if not len(best) or not np.any((best <= figures[i, 1:3]).all(axis=1)):
            kept.append(int(i))
            best = np.vstack([best, figures[i, 1:3]])
    return tuple(_combination(i, figures[i], used) for i in kept)


def _pick(question: Question, front: tuple[Combination, ...], limit: float) -> Combination:
    fewest = min(front, key=lambda c: (c.shut_out_people, c.cost_yen, c.residual_points))
    if question.budget_yen is None:
        return next((c for c in front if c.shut_out_people <= limit), fewest)
    within = [c for c in front if c.cost_yen <= question.budget_yen]
    if not within:
        raise _infeasible("assurance-budget", f"{front[0].cost_yen:,.0f}")
    return min(within, key=lambda c: (c.shut_out_people, c.cost_yen, c.residual_points))


def _infeasible(code: str, where: str, change: str = "") -> Infeasible:
    ja, fix = words(code)
    return Infeasible(code, ja, fix + (f"（{change}）" if change else ""), where)


def shut_out(decision: Decision, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Mask over types, shape (512,): who has no way when only `names` are offered."""
    offered = [r for r in decision.routes if set(r.methods) <= set(names)]
    can = np.zeros(len(HAS), np.bool_)
    for r in offered:
        can |= usable_t(r.needs)
    return ~can
