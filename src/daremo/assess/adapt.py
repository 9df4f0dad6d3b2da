"""Adapt: which question to ask next, when it is enough, and what is then known — one sitting, or thousands simulated.

`Sitting` is one person's check: immutable, valid to stop at any answer. `simulate` runs the same compiled rules over
people who were drawn, to say how long a check takes and whether its errors are honest.

Source: method in ``explain.md``; expected posterior variance: van der Linden 1998; exposure: after van der Linden and
Veldkamp, JEBS 29, 2004 (ineligibility).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.assess.adapt_kernel import MOST, NO_ITEM, PRECISE, SMALL_GAIN, choose, known, refresh, run, scarce, settle
from daremo.assess.bank import Abilities, Bank
from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
Int = NDArray[np.int64]
REASONS = {PRECISE: "precise", MOST: "most", SMALL_GAIN: "small-gain", NO_ITEM: "no-item"}


@dataclass(frozen=True, slots=True)
class Rules:
    """How a sitting is run.

    Attributes
    ----------
    se : float, ability
        An area is precise at this standard error.
    cuts, sure : tuple of float, ability; float, probability
        Limits between levels; an area is also done when one level is this sure. Without cuts it is not asked.
    least, most : int, items
    least_per_area, most_per_competence : int, items
    small_gain : float
        Ends when the best item lowers the summed variance by less; 0 = never.
    easy, easy_success : int, items; float, probability
        The first items are the most telling of those within .08 of this success.
    success_floor : float, probability
        Later items are not harder than this while others are left.
    top : int
        Chosen at random among so many of the best, if they are nearly as good as the best one.
    exposure : float, share
        Most people that see one item.
    """

    se: float = 0.4
    cuts: tuple[float, ...] = ()
    sure: float = 0.9
    least: int = 3
    most: int = 40
    least_per_area: int = 1
    most_per_competence: int = 1_000
    small_gain: float = 0.0
    easy: int = 2
    easy_success: float = 0.8
    success_floor: float = 0.15
    top: int = 3
    exposure: float = 0.35

    def checked(self) -> Rules:
        """These rules.

        Raises
        ------
        UsageError
            ``bad-rules``.
        """
        fine = (
            self.se >= 0
            and self.most >= 1
            and 0 <= self.least <= self.most
            and self.least_per_area >= 0
            and self.most_per_competence >= 1
            and self.top >= 1
            and 0 < self.exposure <= 1
            and 0 <= self.easy_success <= 1
            and 0 <= self.success_floor <= 1
            and 0.5 < self.sure <= 1
            and list(self.cuts) == sorted(self.cuts)
        )
        if not fine:
            fix = "問題の数は1以上、割合は0から1、区切りは小さい順にしてください"
            raise UsageError("bad-rules", "進め方の決まりが使えません", fix)
        return self


@dataclass(frozen=True, slots=True)
class Sitting:
    """One person's check so far; each answer gives a new one.

    Attributes
    ----------
    bank, own, rules : Bank, Abilities, Rules
    asked, answered : tuple of int, index
        Items and categories, in order.
    like : ndarray, shape (areas, nodes)
        What the answers say of each area, largest value 1; carry it over to start a later sitting.
    """

    bank: Bank
    own: Abilities
    rules: Rules
    asked: tuple[int, ...]
    answered: tuple[int, ...]
    like: Float

    def posterior(self) -> tuple[Float, Float, Float]:
        """Mean, shape (areas,), covariance, shape (areas, areas), and distribution of each area, shape (areas, nodes)."""
        areas, general = self.own.given.shape[:2]
        z, m = np.empty((areas, general)), np.empty((areas, general))
        for k in range(areas):
            refresh(k, self.like, self.own.given, self.own.t, z, m)
        mean, cov, pk = np.empty(areas), np.empty((areas, areas)), np.empty((areas, self.own.t.size))
        settle(self.like, self.own.given, self.own.share_i, self.own.t, z, m, np.empty(general), mean, cov, pk)
        return mean, cov, pk

    def next(self, pick: float, closed: NDArray[np.bool_] | None = None, dear: Float | None = None) -> tuple[int, str]:
        """Index of the item to ask and ``""``, or −1 and the reason to end.

        Parameters
        ----------
        pick : float, 0 to 1
            A random number; chooses among the best few.
        closed : ndarray of bool, shape (items,), mask, optional
            Items that rest.
        dear : ndarray, shape (items,), share, optional
            By how much of its worth an item is discounted because many people saw it (`scarcity`).
        """
        mean, cov, pk = self.posterior()
        b, r, n = self.bank, self.rules, len(self.asked)
        done = np.zeros(mean.size, np.bool_)
        every = known(cov, pk, self.own.t, r.se, np.array(r.cuts), r.sure, done)
        used = np.zeros(len(b.items), np.bool_)
        used[list(self.asked)] = True
        asked_k = np.bincount(b.area[list(self.asked)], minlength=mean.size).astype(np.int64)
        asked_c = np.bincount(b.competence[list(self.asked)], minlength=int(b.competence.max()) + 1).astype(np.int64)
        enough = n >= r.least and bool((asked_k >= r.least_per_area).all())
        if every and enough:
            return -1, REASONS[PRECISE]
        if n >= r.most:
            return -1, REASONS[MOST]
        if every:
            done[:] = False
        j, gain = choose(
            b.area, b.competence, b.n_cat, b.first, b.quick_rq, pk, self.own.t, mean, cov, done, used,
            np.zeros(used.size, np.bool_) if closed is None else closed, np.zeros(used.size) if dear is None else dear,
            asked_k, asked_c, n, r.least_per_area, r.most_per_competence, r.most, r.se, r.easy, r.easy_success,
            r.success_floor, r.top, min(pick, 0.999999), np.empty(used.size),
        )  # fmt: skip
        if j < 0:
            return -1, REASONS[NO_ITEM]
        if gain < r.small_gain and n >= r.easy and enough:
            return -1, REASONS[SMALL_GAIN]
        return int(j), ""

    def answer(self, item: int, category: int) -> Sitting:
        """The sitting after one more answer.

        Raises
        ------
        UsageError
            ``bad-answer`` where the item was asked before or has no such category.
        """
        b = self.bank
        if not 0 <= item < len(b.items) or item in self.asked or not 0 <= category < b.n_cat[item]:
            raise UsageError("bad-answer", "その問題と答えの組は使えません", "出した問題の、ある答えを入れてください")
        like = self.like.copy()
        k = b.area[item]
        like[k] *= b.p_rq[b.first[item] + category]
        like[k] /= like[k].max()
        return replace(self, asked=(*self.asked, item), answered=(*self.answered, category), like=like)


def begin_sitting(
    bank: Bank,
    own: Abilities,
    rules: Rules,
    *,
    self_report: Mapping[int, float] | None = None,
    reliability: float = 0.65,
    carried: Float | None = None,
) -> Sitting:
    """A sitting without answers.

    Parameters
    ----------
    self_report : dict of int to float, ability
        What the person says of herself in an area, standardised over people.
    reliability : float
        Correlation of such a report with ability.
    carried : ndarray, shape (areas, nodes), optional
        `like` of an earlier sitting.

    Raises
    ------
    UsageError
        ``bad-rules``, ``bad-report``.
    """
    rules.checked()
    like = np.ones((len(own.areas), own.t.size)) if carried is None else carried.copy()
    for k, says in (self_report or {}).items():
        if not 0 < reliability < 1 or not np.isfinite(says) or not 0 <= k < len(own.areas):
            raise UsageError(
                "bad-report", "自己申告の値が使えません", "分野ごとに1つの数と、0と1の間の信頼性を入れてください"
            )
        like[k] *= np.exp(-0.5 * ((says - own.t) / report_sd(reliability)) ** 2)
        like[k] /= like[k].max()
    return Sitting(bank, own, rules, (), (), like)


def report_sd(reliability: float) -> float:
    """Standard deviation of a report around ability for a given correlation with it; one number."""
    return float(np.sqrt(1 / reliability**2 - 1))


def scarcity(seen: Int, people: int, exposure: float) -> Float:
    """How dear items are after `people` sittings, shape (items,): 0 free … 1 where one must rest; for `Sitting.next`."""
    price = np.empty(seen.size)
    scarce(np.asarray(seen, np.int64), people, exposure, price)
    return price


@dataclass(frozen=True, slots=True)
class Simulated:
    """What simulated people went through.

    Attributes
    ----------
    theta, estimate, error : ndarray, shape (people, areas), ability
    length, reason : ndarray of int64, shape (people,), items; index
    exposed : ndarray of int64, shape (items,), people
    asked, answered : ndarray of int64, shape (people, most), index
        Items in order and the category of each answer; −1 after the last.
    cpu_seconds : float
    """

    theta: Float
    estimate: Float
    error: Float
    length: Int
    reason: Int
    exposed: Int
    asked: Int
    answered: Int
    cpu_seconds: float

    def deciles(self, by: Float) -> list[dict[str, float]]:
        """Reported and true error in each tenth of people-by-area, from the lowest `by`, shape (people, areas)."""
        order = np.argsort(by.ravel(), kind="stable")
        wrong, told = ((self.estimate - self.theta) ** 2).ravel()[order], (self.error**2).ravel()[order]
        parts = zip(np.array_split(wrong, 10), np.array_split(told, 10), strict=True)
        rows = [(float(np.sqrt(w.mean())), float(np.sqrt(s.mean()))) for w, s in parts]
        return [{"true_error": w, "reported_se": s, "ratio": w / s} for w, s in rows]

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        n = self.length.size
        decisions = int(self.length.sum())
        share = {REASONS[r]: float((self.reason == r).mean()) for r in REASONS}
        return {
            "people": n,
            "items_mean": float(self.length.mean()),
            "items_p50": float(np.percentile(self.length, 50)),
            "items_p90": float(np.percentile(self.length, 90)),
            "true_error": float(np.sqrt(((self.estimate - self.theta) ** 2).mean())),
            "reported_se": float(np.sqrt((self.error**2).mean())),
            "deciles_by_estimate": self.deciles(self.estimate),
            "deciles_by_level": self.deciles(np.repeat(self.theta.mean(1, keepdims=True), self.theta.shape[1], 1)),
            "deciles_by_truth": self.deciles(self.theta),
            "highest_exposure": float(self.exposed.max() / n),
            "items_never_seen": int((self.exposed == 0).sum()),
            "ended": share,
            "decisions": decisions,
            "decisions_per_second": decisions / max(self.cpu_seconds, 1e-9),
            "cpu_seconds": round(self.cpu_seconds, 4),
        }


def simulate(
    bank: Bank,
    own: Abilities,
    rules: Rules,
    people: int,
    *,
    seed: int = 1,
    self_report: float = 0.0,
    theta: Float | None = None,
    truth: Bank | None = None,
    cpu_clock: Callable[[], float] = time.process_time,
) -> Simulated:
    """Let drawn people sit the check one after another.

    Parameters
    ----------
    self_report : float
        Correlation of a self-report with ability with which everybody begins; 0 = none.
    theta : ndarray, shape (people, areas), ability, optional
        True abilities; else drawn as `own` says.
    truth : Bank, optional
        Curves by which people really answer, where the bank's are estimates.

    Raises
    ------
    UsageError
        ``bad-rules``, ``bad-report``, ``bad-people-count``.
    """
    r = rules.checked()
    if people < 1:
        raise UsageError("bad-people-count", "人数が使えません", "1以上にしてください", "--people")
    if not 0 <= self_report < 1:
        raise UsageError("bad-report", "自己申告の信頼性が使えません", "0以上1未満の数にしてください", "--self-report")
    rng = np.random.default_rng(seed)
    areas, most = len(own.areas), min(r.most, len(bank.items))
    if theta is None:
        g, s = rng.normal(size=(people, 1)), rng.normal(size=(people, areas))
        theta = own.mean_k + np.sqrt(own.rho) * g + np.sqrt(1 - own.rho) * s
    sd = report_sd(self_report) if self_report > 0 else 0.0
    report = theta + sd * rng.normal(size=(people, areas))
    chance, pick = rng.random((people, most)), rng.random((people, most))
    exposed, asked = np.zeros(len(bank.items), np.int64), np.full((people, most), -1, np.int64)
    answered = asked.copy()
    estimate, error = np.zeros((people, areas)), np.zeros((people, areas))
    reason, length = np.zeros(people, np.int64), np.zeros(people, np.int64)
    real = (truth or bank).p_rq

    def sit(few: int, counts: Int) -> None:
        run(
            bank.area, bank.competence, bank.n_cat, bank.first, bank.p_rq, bank.quick_rq, real, own.given, own.share_i, own.t,
            theta[:few], sd, report[:few], chance[:few], pick[:few], r.se, np.array(r.cuts, float), r.sure, r.least, most,
            r.least_per_area, r.most_per_competence, r.small_gain, r.easy, r.easy_success, r.success_floor, r.top, r.exposure,
            counts, asked, answered, estimate, error, reason, length,
        )  # fmt: skip

    sit(1, exposed.copy())  # compiled before the clock starts
    begun = cpu_clock()
    asked[:], answered[:] = -1, -1
    sit(people, exposed)
    return Simulated(theta, estimate, error, length, reason, exposed, asked, answered, cpu_clock() - begun)
