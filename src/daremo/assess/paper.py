"""A two-stage check on paper: a routing form for everybody, then one of three second forms, and a table that scores it.

The forms are chosen with the same curves as the adaptive check: the routing form tells most about everybody, each second
form about those whom the routing score sends to it. Scores are sums, so that a supporter can add them up by hand; the table
gives the ability, error and chances of each level that belong to a routing score and a total.

Source: two-stage testing, Lord, Psychometrika 36, 1971; sums of polytomous items, Thissen et al., APM 19, 1995.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from daremo.assess.bank import Abilities
from daremo.assess.sitting import Check, own_of
from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
FORMS = ("easy", "middle", "hard")


@dataclass(frozen=True, slots=True)
class PaperForms:
    """Forms ready to print.

    Attributes
    ----------
    routing : tuple of str
        Items of the first form, easiest first.
    second : dict of str to tuple of str
        Items of ``easy``, ``middle`` and ``hard``, easiest first.
    route : tuple of str
        Second form for each routing score, from 0.
    score : dict of str to tuple of dict
        Of each second form, for each pair of scores that can be: ``{routing, second, share, mean, se, alone, with, not_yet}``
        (points; share of people; ability; probabilities, normal) of the mean ability over the areas.
    se_mean : float, ability
        Error to expect over people.
    """

    routing: tuple[str, ...]
    second: dict[str, tuple[str, ...]]
    route: tuple[str, ...]
    score: dict[str, tuple[dict[str, Any], ...]]
    se_mean: float

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; what a page needs to print it."""
        return {
            "routing": list(self.routing),
            "second": {k: list(v) for k, v in self.second.items()},
            "route": list(self.route),
            "score": {k: [dict(r) for r in v] for k, v in self.score.items()},
            "se_mean": self.se_mean,
        }


def paper_forms(
    check: Check, *, first: int = 5, then: int = 7, life_stage: str = "", closed: Collection[str] = ()
) -> PaperForms:
    """Choose the forms and compute their table.

    Parameters
    ----------
    first, then : int, items
        Length of the routing form and of each second form.
    closed : collection of str
        Items that paper cannot ask.

    Raises
    ------
    UsageError
        ``short-bank`` where fewer than ``first + then`` items are left.
    """
    bank = check.bank
    own = own_of(check, dict.fromkeys(check.own.areas, check.stage_mean.get(life_stage, 0.0)))
    usable = np.array([name not in set(closed) for name in bank.items])
    if first < 1 or then < 1 or int(usable.sum()) < first + then:
        fix = "問題を増やすか、用紙の問題数を減らしてください"
        raise UsageError("short-bank", "用紙に足りるだけの問題がありません", fix)
    share, level, table = _levels(check, life_stage)
    free = usable.copy()
    routing = _form(check, table, level, share, first, free)
    free[routing] = False
    sums = _sums(check, table, routing)
    score = sums @ share
    sent = sums * share[None, :]
    cuts = _thirds(score)
    groups = [slice(cuts[0], cuts[1]), slice(cuts[1], cuts[2]), slice(cuts[2], cuts[3])]
    route = tuple(FORMS[n] for n, g in enumerate(groups) for _ in range(g.stop - g.start))
    second, told, error = {}, {}, 0.0
    for form, group in zip(FORMS, groups, strict=True):
        weight = sent[group].sum(0)
        chosen = _form(check, table, level, weight / max(weight.sum(), 1e-300), then, free)
        second[form] = tuple(bank.items[j] for j in chosen)
        mass, mean, variance = _exact(check, own, routing, chosen)
        rows = []
        for r in range(group.start, group.stop):
            for s in range(mass.shape[1]):
                se = float(np.sqrt(variance[r, s]))
                high, low = (float(ndtr((cut - mean[r, s]) / se)) for cut in check.rules.cuts[::-1])
                row = {
                    "routing": r, "second": s, "share": float(mass[r, s]), "mean": float(mean[r, s]), "se": se,
                    "alone": 1 - high, "with": high - low, "not_yet": low,
                }  # fmt: skip
                error += row["share"] * row["se"] ** 2
                rows.append(row)
        told[form] = tuple(rows)
    return PaperForms(tuple(bank.items[j] for j in routing), second, route, told, float(np.sqrt(error)))


def _levels(check: Check, life_stage: str) -> tuple[Float, Float, Float]:
    """People's mean ability over areas as nodes: share and ability, shape (nodes,), and each item's table there, shape (rows, nodes).

    An area given the mean over areas is normal around it; an item's curve is averaged over that.
    """
    own = check.own
    k = len(own.areas)
    spread = np.sqrt(own.rho + (1 - own.rho) / k)
    level = spread * np.linspace(-4.5, 4.5, 61)
    share = np.exp(-0.5 * (level / spread) ** 2)
    rest = np.sqrt(max((1 - own.rho) * (1 - 1 / k), 0.0))
    # areas are equally correlated with their mean, and their variances are 1: regression slope 1
    level = level + check.stage_mean.get(life_stage, 0.0)
    if rest > 0:
        near = np.exp(-0.5 * ((own.t[None, :] - level[:, None]) / rest) ** 2)
        table = check.bank.p_rq @ (near / near.sum(1, keepdims=True)).T
    else:
        table = np.array([np.interp(level, own.t, row) for row in check.bank.p_rq])
    return share / share.sum(), level, table


def _form(check: Check, table: Float, level: Float, share: Float, count: int, free: NDArray[np.bool_]) -> list[int]:
    """Items with the most information on the level of these people, areas in turn, easiest first."""
    bank, h = check.bank, level[1] - level[0]
    worth, ease = np.zeros(len(bank.items)), np.zeros(len(bank.items))
    for j in range(len(bank.items)):
        p = table[bank.first[j] : bank.first[j] + bank.n_cat[j]]
        slope = np.gradient(p, h, axis=1)
        worth[j] = ((slope**2 / np.maximum(p, 1e-9)).sum(0) * share).sum()
        ease[j] = (np.arange(bank.n_cat[j]) @ p @ share) / (bank.n_cat[j] - 1)
    asked, chosen, subjects = np.zeros(len(check.own.areas), int), list[int](), set[int]()
    for _ in range(count):
        # hard: areas in turn; soft: one item a competence
        open_ = [j for j in np.flatnonzero(free) if j not in chosen]
        least = min(asked[bank.area[j]] for j in open_)
        pool = [j for j in open_ if asked[bank.area[j]] == least]
        fresh = [j for j in pool if int(bank.competence[j]) not in subjects] or pool
        best = max(fresh, key=lambda j: (worth[j], -j))
        chosen.append(int(best))
        asked[bank.area[best]] += 1
        subjects.add(int(bank.competence[best]))
    return sorted(chosen, key=lambda j: (-ease[j], j))


def _sums(check: Check, table: Float, items: list[int]) -> Float:
    """Probability of each sum of points at each level, shape (sums, nodes); Lord and Wingersky."""
    out = np.ones((1, table.shape[1]))
    for j in items:
        k = int(check.bank.n_cat[j])
        new = np.zeros((out.shape[0] + k - 1, out.shape[1]))
        for c in range(k):
            new[c : c + out.shape[0]] += out * table[check.bank.first[j] + c]
        out = new
    return out


def _thirds(share: Float) -> tuple[int, int, int, int]:
    """First score of each third of people, and one past the last; every form gets at least one score where it can."""
    below = np.cumsum(share)
    n = share.size
    one = int(np.clip(np.searchsorted(below, 1 / 3) + 1, 1, n - 1))
    two = int(np.clip(np.searchsorted(below, 2 / 3) + 1, min(one + 1, n), n))
    return 0, one, min(two, n - 1) if one < n - 1 else n, n


def _exact(check: Check, own: Abilities, routing: list[int], chosen: list[int]) -> tuple[Float, Float, Float]:
    """Share of people, mean and variance of the mean ability over areas, for each pair of sums, shape (routing, second).

    Given the general ability areas are independent, so that sums and moments are put together area by area.
    """
    bank, t = check.bank, own.t
    parts = [np.ones((own.share_i.size, 1, 1)), *(np.zeros((own.share_i.size, 1, 1)) for _ in range(2))]
    for k in range(len(own.areas)):
        first = _sums(check, bank.p_rq, [j for j in routing if bank.area[j] == k])
        then = _sums(check, bank.p_rq, [j for j in chosen if bank.area[j] == k])
        one = [np.einsum("gq,rq,sq->grs", own.given[k] * t**m, first, then) for m in range(3)]
        parts = [
            _added(parts[0], one[0]),
            _added(parts[1], one[0]) + _added(parts[0], one[1]),
            _added(parts[2], one[0]) + 2 * _added(parts[1], one[1]) + _added(parts[0], one[2]),
        ]
    mass, total, square = (np.tensordot(own.share_i, x, 1) for x in parts)
    mean = total / mass / len(own.areas)
    return mass, mean, np.maximum(square / mass / len(own.areas) ** 2 - mean**2, 1e-9)


def _added(a: Float, b: Float) -> Float:
    """Sums of two parts at each general ability: convolution over the last two axes."""
    out = np.zeros((a.shape[0], a.shape[1] + b.shape[1] - 1, a.shape[2] + b.shape[2] - 1))
    for r in range(b.shape[1]):
        for s in range(b.shape[2]):
            out[:, r : r + a.shape[1], s : s + a.shape[2]] += a * b[:, r : r + 1, s : s + 1]
    return out
