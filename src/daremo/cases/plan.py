"""Plan: what to buy for a budget so that most people are freed, with a bound that no plan can exceed.

City-wide actions are few, so every set of them is looked at; for each, `reach.site` places the sited actions.
Method: ``explain_plan.md``; the proof that is handed over: ``docs/know/proof.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.cases.assume import Assumptions
from daremo.cases.gap import Gap
from daremo.cases.plan_model import Ground, Question, choices, ground, question
from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.results import Progress, canonical, plain, sha256, silent
from daremo.reach.sited.ascent import Matrices, ascend
from daremo.reach.sited.bound import bound as bound_of
from daremo.reach.sited.layout import account, attend
from daremo.reach.sited.model import Branch, Layout, Prices, Proof, Siting
from daremo.reach.sited.search import greedy, improve
from daremo.reach.sited.site import site
from daremo.region.model import Region

Float = NDArray[np.float64]
#: Figures of a price that are kept, so that a plan reads the same wherever it is written.
PRICE_DIGITS = 9
#: Branches looked at for one set of broadcast actions: a count, not a clock, so that machines agree on the plan.
MAX_BRANCHES = 40


@dataclass(frozen=True, slots=True)
class Solved:
    """One chosen set of broadcast actions with its siting question, layout and proofs."""

    chosen: tuple[int, ...]
    question: Question
    layout: Layout
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with its proof.

    Attributes
    ----------
    best : Solved
        What is bought.
    bound : float, people
        No plan frees more.
    proofs : tuple of (set of broadcast actions, Proof)
        Pieces that together cover every plan within the budget.
    value : dict
        The documented ``plan.json``.
    """

    best: Solved
    bound: float
    proofs: tuple[tuple[tuple[int, ...], Proof], ...]
    value: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The machine contract, see ``docs/know/contracts.md``."""
        return self.value


def plan(
    region: Region,
    gap: Gap,
    a: Assumptions,
    *,
    budget_yen: float,
    fair: float = 0.0,
    time_limit_s: float = 50.0,
    gap_share: float = 0.005,
    lock: Sequence[str] = (),
    ban: Sequence[str] = (),
    progress: Progress = silent,
    clock: Callable[[], float] = time.monotonic,
) -> Plan:
    """The plan that frees most people for a budget, and a proved bound.

    Parameters
    ----------
    budget_yen : float
        Money for a year, yen.
    fair : float
        0 = only the sum counts; 1 = each named community is helped in proportion to its need.
    time_limit_s : float
        The search for a better proof stops after this many seconds; the plan found by then is returned.
    gap_share : float
        Wanted (bound − freed) / freed of the sited part.
    lock, ban : sequences of str
        Actions (``point:ID``, ``campaign`` …) that must, must not be in the plan.

    Raises
    ------
    UsageError
        Negative budget, `fair` outside 0..1, unknown action.
    Infeasible
        Locked actions cost more than the budget; `fix` names the smallest budget that suffices.
    """
    if not budget_yen >= 0 or not np.isfinite(budget_yen):
        raise UsageError(
            "bad-budget", f"予算 {budget_yen} 円では計画できません", "0円以上の数を入れてください", "--budget-yen"
        )
    if not 0 <= fair <= 1:
        raise UsageError("bad-fair", f"公平の強さ {fair} は使えません", "0から1までの数を入れてください", "--fair")
    begun = clock()

    def late(share: float = 1.0) -> bool:
        return clock() - begun > time_limit_s * share

    progress(0.02, "だれがどこへ行けるかを計算しています")
    g = ground(region, a)
    forced, shut, must, never_ = _locks(g, lock, ban)
    sets = [c for c in choices(g) if must <= set(c) and not never_ & set(c)]
    cost = [sum(g.broadcast[i].yen for i in c) for c in sets]
    first = question(g, a, gap.types_dgB, (), budget_yen, fair).siting
    locked = float(sum(first.fixed_yen_o[o] + first.min_units_o[o] * first.unit_yen_o[o] for o in forced))
    affordable = [c for c, yen in zip(sets, cost, strict=True) if yen + locked <= budget_yen + 1e-6]
    if not affordable:
        need = int(np.ceil(min(cost) + locked))
        raise Infeasible(
            "locked-too-dear",
            f"かならず入れる打ち手だけで {need:,} 円かかります",
            f"予算を {need:,} 円以上にするか、かならず入れる打ち手をへらしてください",
            "--budget-yen",
        )
    questions = {c: question(g, a, gap.types_dgB, c, budget_yen, fair) for c in affordable}
    guess = {c: _quick(q.siting, forced, shut) for c, q in questions.items()}
    order = sorted(affordable, key=lambda c: (-guess[c], c))
    progress(0.1, "いちばんよい組みあわせをさがしています")

    best: Solved | None = None
    pieces: list[tuple[tuple[int, ...], Proof]] = []
    seen_prices: list[Prices] = []
    for k, c in enumerate(order):
        q = questions[c]
        whole = Branch(_all_counts(q.siting), shut, forced)
        if best is not None and seen_prices:
            tries = [(bound_of(q.siting, whole, p), p) for p in seen_prices]
            low, prices = min(tries, key=lambda t: t[0])
            if low <= best.layout.value:
                pieces.append((c, Proof(whole, prices, low)))
                continue
            value, prices, _ = ascend(q.siting, Matrices.of(q.siting), whole, prices, best.layout.value, 1_000)
            if value <= best.layout.value:
                pieces.append((c, Proof(whole, prices, value)))
                continue
        result = site(
            q.siting,
            tolerance=_tolerance(q.siting, gap_share, forced, shut),
            forced=forced,
            shut=shut,
            starts=[quick_layout(q.siting, forced, shut, passes=2)[0]],
            max_nodes=MAX_BRANCHES,
            stop=lambda: late(0.7),
            tell=lambda v, b: progress(0.1 + 0.6 * min(1.0, (clock() - begun) / time_limit_s), _told(v, b)),
        )
        seen_prices += [p.prices for p in result.proofs]
        pieces += [(c, p) for p in result.proofs]
        if best is None or result.layout.value > best.layout.value + 1e-9:
            best = Solved(c, q, result.layout, result.proofs)
        progress(0.1 + 0.6 * (k + 1) / len(order), _told(best.layout.value, result.bound))
    assert best is not None
    if not np.isfinite(best.layout.value):
        s = best.question.siting
        need = int(np.ceil((budget_yen + _floor_cost(s)) / 100_000) * 100_000)
        raise Infeasible(
            "floors-cannot-hold",
            "この予算では、すべての島と旧町に助けを届けられません",
            f"予算を {need:,} 円ほどにするか、--fair を小さくしてください",
            "--fair",
        )
    proofs = tuple((c, _kept(questions[c].siting, p)) for c, p in pieces)
    top = max(max(p.bound for _, p in proofs), best.layout.value)
    progress(0.72, "外れたときと、ほかの案をくらべています")

    from daremo.cases.plan_told import told  # the words and figures about a plan are a room of their own

    document = told(region, gap, a, g, best, budget_yen, fair, top, proofs, guess, lambda: late(1.0), progress)
    document["certificate"] = certificate(g, gap, proofs, lock, ban)
    document = plain(document)
    document["digest"] = sha256(canonical(document))
    progress(1.0, "できました")
    return Plan(best, top, proofs, document)


def _told(value: float, bound: float) -> str:
    return f"見つけた案 {value:,.0f}人・上限 {bound:,.0f}人"


def _tolerance(s: Siting, gap_share: float, forced: frozenset[int], shut: frozenset[int]) -> float:
    """Wanted bound − value: a share of the sited part as a quick search sees it; of the whole where nothing is sited."""
    open_, value = quick_layout(s, forced, shut)
    sited = float(attend(s, open_).gain_o.sum()) * 0.8 if open_.size else 0.0
    return max(gap_share * min(sited, value - s.base) if open_.size else gap_share * (value - s.base), 0.02)


def _floor_cost(s: Siting) -> float:
    """What the fewest helped people of every community cost when nobody is reached at a point."""
    cost = 0.0
    for k in range(s.n_communities):
        mine = np.flatnonzero((s.extra_community_j == k) & (s.extra_help_j > 0))
        if mine.size:
            cost += float(np.ceil(s.least_k[k]) * s.extra_yen_j[mine].min())
    return cost


def _all_counts(s: Siting) -> tuple[tuple[int, int], ...]:
    return tuple((0, int(n)) for n in np.bincount(s.group_o, minlength=s.n_groups))


def _quick(s: Siting, forced: frozenset[int], shut: frozenset[int]) -> float:
    """A good value without proof: greedy at a few prices of money."""
    return quick_layout(s, forced, shut)[1]


def quick_layout(
    s: Siting, forced: frozenset[int] = frozenset(), shut: frozenset[int] = frozenset(), passes: int = 1
) -> tuple[NDArray[np.int64], float]:
    """Open options and their value found by greedy at a few prices of money, then by moves; no proof.

    Parameters
    ----------
    s : Siting
    forced, shut : frozenset of int
        Options that must be open, must stay closed.
    passes : int
        Sweeps of moves after the greedy choice.

    Returns
    -------
    open, value : ndarray of shape (open,), and people freed with divisible staffing
    """
    branch = Branch(_all_counts(s), shut, forced)
    floor_k = np.zeros(2 * s.n_communities)
    best = np.array(sorted(forced), dtype=np.int64)
    best, value = improve(s, best, branch, floor_k, best, passes=0)
    for yen_per_person in (15_000, 25_000, 40_000, 60_000, 100_000):
        prices = Prices(np.zeros(s.n_units), 1 / yen_per_person, {}, 0.0, floor_k)
        pick = greedy(s, prices, branch)
        pick, v = improve(s, pick, branch, floor_k, pick, passes=1)
        if v > value:
            best, value = pick, v
    if passes:
        top = np.argsort(-s.gain_uo.sum(axis=0), kind="stable")[:24]
        best, value = improve(s, best, branch, floor_k, np.union1d(top, best), passes=passes)
    return best, value


def _locks(
    g: Ground, lock: Sequence[str], ban: Sequence[str]
) -> tuple[frozenset[int], frozenset[int], set[int], set[int]]:
    """Options and broadcast actions that are locked and banned.

    A name is an action id (``point:ID``), a place id (bans both kinds there) or, for bans, a kind.
    """
    sides: list[tuple[set[int], set[int]]] = []
    for names, kinds_too in ((lock, False), (ban, True)):
        opts: set[int] = set()
        wide: set[int] = set()
        for name in names:
            o = {
                i
                for i, x in enumerate(g.options)
                if name == x.action_id or (kinds_too and name in (x.kind, x.place_id))
            }
            b = {i for i, x in enumerate(g.broadcast) if name == x.action_id or (kinds_too and name == x.kind)}
            if not o and not b and not (kinds_too and name in g.kinds):
                raise UsageError(
                    "unknown-action",
                    f"{name} という打ち手はありません",
                    "plan.json の actions か not_chosen にある action_id を使ってください",
                    "--lock/--ban",
                )
            opts |= o
            wide |= b
        sides.append((opts, wide))
    return frozenset(sides[0][0]), frozenset(sides[1][0]), sides[0][1], sides[1][1]


def _kept(s: Siting, p: Proof) -> Proof:
    """The proof with prices rounded to the digits that are written, and the bound these prove."""

    def short(v: float) -> float:
        return float(f"{v:.{PRICE_DIGITS}g}")

    prices = Prices(
        np.array([short(v) for v in p.prices.unit_u]),
        short(p.prices.yen),
        {o: short(v) for o, v in p.prices.load_o.items()},
        short(p.prices.linked),
        np.array([short(v) for v in p.prices.floor_k]),
    )
    return Proof(p.branch, prices, bound_of(s, p.branch, prices))


def certificate(
    g: Ground, gap: Gap, proofs: Sequence[tuple[tuple[int, ...], Proof]], lock: Sequence[str], ban: Sequence[str]
) -> dict[str, Any]:
    """The proof in a form that needs nothing of this program: branches and prices by name."""
    names = [o.action_id for o in g.options]
    parts = []
    n = len(gap.area_ids)
    for chosen, p in proofs:
        parts.append(
            {
                "broadcast": [g.broadcast[i].action_id for i in chosen],
                "counts": [list(c) for c in p.branch.counts],
                "shut": [names[o] for o in sorted(p.branch.shut)],
                "forced": [names[o] for o in sorted(p.branch.forced)],
                "unit": {d: v for d, v in zip(gap.area_ids, p.prices.unit_u, strict=False) if v > 0},
                "unit_class": {d: v for d, v in zip(gap.area_ids, p.prices.unit_u[n:], strict=True) if v > 0},
                "yen": p.prices.yen,
                "load": {names[o]: v for o, v in sorted(p.prices.load_o.items())},
                "linked": p.prices.linked,
                "floor": {n: v for n, v in zip(g.communities, p.prices.floor_k, strict=False) if v > 0},
                "least": {
                    n: v for n, v in zip(g.communities, p.prices.floor_k[len(g.communities) :], strict=True) if v > 0
                },
                "bound": p.bound,
            }
        )
    return {"lock": sorted(lock), "ban": sorted(ban), "kinds": ["point", "class", "round"], "branches": parts}


def recount(q: Question, layout: Layout) -> Layout:
    """The same open options, units and pieces under other coefficients."""
    return account(q.siting, layout.open, layout.units, layout.extras)
