"""A sitting as plain data: what a page, a kiosk or a paper form keeps between two questions, without a clock.

``start → next_item → answer → … → result``; the state is a dictionary of numbers and words that goes into JSON as it is.
The bank stays outside (`Check`), so that a state is below a few kilobytes; what is known is computed anew from the
answers every time, so that it cannot drift from them.

Source: method in ``explain.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.assess.adapt import Rules, Sitting, begin_sitting
from daremo.assess.bank import Abilities, Bank, abilities, bank_of
from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
#: From the most able: does it alone; with somebody beside; not yet.
LEVELS = ("alone", "with", "not-yet")
SCREENING = Rules(se=0.5, cuts=(-1.0, 0.0), least=3, least_per_area=0, most=12, easy=1)


@dataclass(frozen=True, slots=True)
class Check:
    """A bank ready to be sat.

    Attributes
    ----------
    bank : Bank
    own : Abilities
        How areas hang together, for a person of whom nothing is known.
    rules : Rules
        `Rules.cuts` are (not yet | with somebody, with somebody | alone), ability.
    stage_mean : dict of str to float, ability
        Mean of each life stage before anybody answered.
    place : dict of str to int
        Number of each item in the bank.
    """

    bank: Bank
    own: Abilities
    rules: Rules
    stage_mean: Mapping[str, float] = field(default_factory=dict)
    place: Mapping[str, int] = field(default_factory=dict)


def check_of(
    items: Iterable[Mapping[str, Any]],
    areas: tuple[str, ...],
    *,
    model: str = "grm",
    rho: float = 0.75,
    rules: Rules = SCREENING,
    stage_mean: Mapping[str, float] | None = None,
) -> Check:
    """A check from items (`bank.bank_of`, `bank.expert_item`).

    Raises
    ------
    UsageError
        ``bad-rules`` also where there are not two cuts; ``bad-bank``, ``no-area``, ``bad-rho``, ``bad-areas``.
    """
    rules.checked()
    if len(rules.cuts) != 2:
        fix = "「まだ」と「だれかと」、「だれかと」と「ひとりで」の2つの区切りを書いてください"
        raise UsageError("bad-rules", "区切りが2つありません", fix)
    own = abilities(areas, rho=rho)
    bank = bank_of(list(items), own, model=model)
    return Check(bank, own, rules, dict(stage_mean or {}), {name: j for j, name in enumerate(bank.items)})


def start(
    check: Check,
    *,
    prior: Mapping[str, float] | None = None,
    self_report: Mapping[str, float] | None = None,
    life_stage: str = "",
    seed: int = 0,
    reliability: float = 0.65,
    closed: Collection[str] = (),
    earlier: Mapping[str, Any] | None = None,
    drift_sd: float = 0.3,
) -> dict[str, Any]:
    """State of a sitting in which nothing has been asked.

    Parameters
    ----------
    prior : dict of str to float, ability
        Mean of an area before it is asked, by area; else that of the life stage, else 0.
    self_report : dict of str to float, ability
        What the person says of herself by area, standardised over people (mean 0, standard deviation 1).
    seed : int
        Chooses among items of nearly the same worth; the same state asks the same item.
    reliability : float
        Correlation of such a report with ability.
    closed : collection of str
        Items not to be asked, e.g. because they rest or need somebody who watches.
    earlier : dict, optional
        State of an earlier sitting of the same person, which counts on; its items are not asked again.
    drift_sd : float, ability
        By how much people's abilities part between the two sittings.

    Raises
    ------
    UsageError
        ``bad-report``; ``bad-state`` where the earlier state does not fit.
    """
    areas = check.own.areas
    told = {str(k): float(v) for k, v in (self_report or {}).items()}
    mean = {str(k): float(v) for k, v in (prior or {}).items()}
    values = [*told.values(), *mean.values(), drift_sd]
    if not {*told, *mean} <= set(areas) or not np.isfinite(values).all() or not 0 < reliability < 1 or drift_sd < 0:
        fix = "分野ごとに1つの数と、0と1の間の信頼性を入れてください"
        raise UsageError("bad-report", "自己申告か始めの値が使えません", fix)
    before: list[dict[str, Any]] = []
    if earlier is not None:
        _sitting(check, earlier)
        before = [*earlier["earlier"], {"told": earlier["told"], "drift_sd": drift_sd}]
    return {
        "prior": {a: mean.get(a, float(check.stage_mean.get(life_stage, 0.0))) for a in areas},
        "life_stage": life_stage,
        "self_report": told,
        "reliability": reliability,
        "seed": int(seed),
        "most": check.rules.most,
        "closed": sorted(closed),
        "earlier": before,
        "told": [],
    }


def next_item(check: Check, state: Mapping[str, Any]) -> dict[str, Any]:
    """``{"item", "reason", "number", "most"}``: item None and the reason where the sitting is over (``precise``, ``most``, ``no-item``, ``small-gain``).

    Raises
    ------
    UsageError
        ``bad-state``.
    """
    sitting = _sitting(check, state)
    asked = {name for part in state["earlier"] for name, _ in part["told"]}
    shut = asked.union(state["closed"])
    closed = np.array([name in shut for name in check.bank.items])
    # the same state asks the same question, however often the page is loaded
    pick = float(np.random.default_rng([state["seed"], len(state["told"])]).random())
    j, reason = sitting.next(pick, closed)
    name = check.bank.items[j] if j >= 0 else None
    return {"item": name, "reason": reason, "number": len(state["told"]) + 1, "most": int(state["most"])}


def answer(check: Check, state: Mapping[str, Any], item: str, category: int) -> dict[str, Any]:
    """State after one more answer; `category` 0 also stands for 「わからない」.

    Raises
    ------
    UsageError
        ``bad-answer``; ``bad-state``.
    """
    after = {**state, "told": [*state["told"], [str(item), int(category)]]}
    _sitting(check, after)
    return after


def undo(state: Mapping[str, Any]) -> dict[str, Any]:
    """State without its last answer."""
    return {**state, "told": state["told"][:-1]}


def more(state: Mapping[str, Any], items: int) -> dict[str, Any]:
    """State with room for so many more items."""
    return {**state, "most": len(state["told"]) + int(items)}


def result(check: Check, state: Mapping[str, Any]) -> dict[str, Any]:
    """What is known now; valid at any moment.

    Returns
    -------
    dict
        ``areas``: list of ``{area, mean, se, low, high, asked, alone, with, not_yet, level, sure}`` – ability with
        standard error and 90 % interval, items asked, probability of each level (summing to 1), the likeliest level and
        whether it is at least `Rules.sure`; ``overall``: the same of the mean over areas, without levels; ``answers``.

    Raises
    ------
    UsageError
        ``bad-state``.
    """
    sitting = _sitting(check, state)
    mean, cov, pk = sitting.posterior()
    t, rules = check.own.t, check.rules
    asked = np.bincount(check.bank.area[list(sitting.asked)], minlength=mean.size)
    rows = []
    for k, area in enumerate(check.own.areas):
        above = [_above(pk[k], t, cut) for cut in rules.cuts]
        chance = {"alone": above[1], "with": above[0] - above[1], "not-yet": 1 - above[0]}
        level = max(LEVELS, key=lambda v, c=chance: c[v])  # type: ignore[misc]
        low, high = (_quantile(pk[k], t, p) for p in (0.05, 0.95))
        rows.append(
            {
                "area": area, "mean": float(mean[k]), "se": float(np.sqrt(cov[k, k])), "low": low, "high": high,
                "asked": int(asked[k]), "alone": chance["alone"], "with": chance["with"], "not_yet": chance["not-yet"],
                "level": level, "sure": chance[level] >= rules.sure,
            }
        )  # fmt: skip
    overall, error = float(mean.mean()), float(np.sqrt(cov.mean()))
    return {
        "areas": rows,
        "overall": {"mean": overall, "se": error, "low": overall - 1.645 * error, "high": overall + 1.645 * error},
        "answers": len(state["told"]),
    }


def likelihood(check: Check, told: Iterable[tuple[str, int]]) -> Float:
    """What answers alone say of each area, without any prior, shape (areas, nodes), largest value 1.

    Raises
    ------
    UsageError
        ``bad-answer``.
    """
    sitting = begin_sitting(check.bank, check.own, check.rules)
    for name, category in told:
        sitting = sitting.answer(check.place.get(name, -1), int(category))
    return sitting.like


def own_of(check: Check, prior: Mapping[str, float]) -> Abilities:
    """The check's areas with the prior means of one person."""
    return abilities(
        check.own.areas, rho=check.own.rho, mean_k=[prior[a] for a in check.own.areas],
        general=max(check.own.share_i.size, 2), nodes=check.own.t.size,
    )  # fmt: skip


def _sitting(check: Check, state: Mapping[str, Any]) -> Sitting:
    """The sitting that a state stands for."""
    try:
        own = own_of(check, state["prior"])
        carried = np.ones((len(own.areas), own.t.size))
        for part in state["earlier"]:
            carried = blurred(carried * likelihood(check, part["told"]), own.t, float(part["drift_sd"]))
        report = {check.own.areas.index(a): float(v) for a, v in state["self_report"].items()}
        rules = replace(check.rules, most=max(int(state["most"]), 1), least=min(check.rules.least, int(state["most"])))
        sitting = begin_sitting(
            check.bank, own, rules, self_report=report, reliability=float(state["reliability"]), carried=carried
        )
        for name, category in state["told"]:
            sitting = sitting.answer(check.place.get(name, -1), int(category))
    except (KeyError, TypeError, ValueError) as e:
        fix = "start で作り直してください"
        raise UsageError("bad-state", "途中の記録が読めません", fix) from e
    return sitting


def blurred(like: Float, t: Float, sd: float) -> Float:
    """Likelihood of ability now where it spoke of ability then: spread by N(0, sd²), shape (areas, nodes), largest value 1."""
    if sd > 0:
        near = np.exp(-0.5 * ((t[:, None] - t[None, :]) / sd) ** 2)
        # each row averages, so that what says nothing goes on saying nothing
        like = like @ (near / near.sum(1, keepdims=True)).T
    return np.asarray(like / like.max(1, keepdims=True))


def _cumulated(share: Float, t: Float) -> tuple[Float, Float]:
    """Edges of the nodes' cells and probability below each, each shape (nodes + 1,)."""
    h = t[1] - t[0]
    return np.r_[t - h / 2, t[-1] + h / 2], np.r_[0.0, np.cumsum(share) / share.sum()]


def _above(share: Float, t: Float, cut: float) -> float:
    """Probability above a limit; a node's weight is spread over its cell."""
    edges, below = _cumulated(share, t)
    return float(1 - np.interp(cut, edges, below))


def _quantile(share: Float, t: Float, p: float) -> float:
    """Ability below which a share `p` of the distribution lies."""
    edges, below = _cumulated(share, t)
    return float(np.interp(p, below, edges))
