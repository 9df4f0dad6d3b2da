"""Did a person gain between two checks, or is it chance? Both sittings' answers under one model, ability integrated out.

With θ half-way between both times and a gain δ, the likelihood of the gain is f(δ) = ∫ p(θ) L_before(θ − δ/2) L_after(θ + δ/2) dθ:
exact on the grids of the check, all areas together through the general ability. Self-reports move no gain.

Two sittings in which everything is wrong (or right) only say that ability lies beyond the questions both times, so that f
never falls. Hence a weak prior: θ half-way is that of people, and δ is N(0, `PRIOR_SD`²); it treats both sittings alike,
so that the same answers twice are a gain of 0. With 18 answers each time it takes about a tenth off a gain of 1.

Source: after Embretson, Psychometrika 56, 1991 (modifiability within one model); interval from the posterior of δ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from daremo.assess.sitting import Check, likelihood, own_of

Float = NDArray[np.float64]
#: Gains looked at, and how sure a change must be in each direction (5 % false alarms in both together).
STEPS = np.linspace(-4.0, 4.0, 161)
SURE = 0.975
#: Spread of gains before anything is known; ability.
PRIOR_SD = 1.5
PRIOR = np.exp(-0.5 * (STEPS / PRIOR_SD) ** 2)


def gain(check: Check, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Gain from one sitting to a later one of the same person.

    Parameters
    ----------
    before, after : dict
        States of `daremo.assess.sitting`, of the same check.

    Returns
    -------
    dict
        ``overall`` (the same gain in all areas asked both times) and ``areas`` (each area's own), each
        ``{gain, se, low, high, sure, p, verdict}``: ability with standard error and 90 % interval, probability that it is a
        gain, two-sided probability of such a difference by chance, and ``up``, ``down``, ``same`` or ``unknown`` (no
        answers in common areas).

    Raises
    ------
    UsageError
        ``bad-answer``.
    """
    own = own_of(check, before["prior"])
    first, second = likelihood(check, before["told"]), likelihood(check, after["told"])
    asked = [
        {int(check.bank.area[check.place[name]]) for name, _ in state["told"]} for state in (before, after)
    ]  # fmt: skip
    joint = np.einsum("kgq,dkq->dkg", own.given, _moved(first, own.t, -0.5) * _moved(second, own.t, 0.5))
    # an area that is not looked at has a gain of its own
    loose = np.einsum("d,dkg->kg", PRIOR / PRIOR.sum(), joint)
    both = sorted(asked[0] & asked[1])
    shared = np.array([k in both for k in range(len(own.areas))])
    together = np.where(shared[None, :, None], joint, loose[None])
    rows = []
    for k, area in enumerate(own.areas):
        others = np.delete(loose, k, axis=0).prod(0)
        here = (own.share_i * others * joint[:, k]).sum(1)
        rows.append({"area": area, **_told(here if k in both else None)})
    return {"overall": _told((together.prod(1) @ own.share_i) if both else None), "areas": rows}


def _moved(like: Float, t: Float, part: float) -> Float:
    """Likelihood of an area half-way, where the sitting saw it moved by this part of each gain, shape (gains, areas, nodes)."""
    told = np.log(like + 1e-300)
    return np.asarray(np.exp([[np.interp(t + part * d, t, row) for row in told] for d in STEPS]))


def _told(f: Float | None) -> dict[str, Any]:
    """What the likelihood of each gain says."""
    if f is None:
        return {"gain": None, "se": None, "low": None, "high": None, "sure": None, "p": None, "verdict": "unknown"}
    share = f * PRIOR / (f * PRIOR).sum()
    mean = float(share @ STEPS)
    se = float(np.sqrt(share @ (STEPS - mean) ** 2))
    h = float(STEPS[1] - STEPS[0])
    edges, below = np.r_[STEPS - h / 2, STEPS[-1] + h / 2], np.r_[0.0, np.cumsum(share)]
    low, high = (float(np.interp(p, below, edges)) for p in (0.05, 0.95))
    sure = float(1 - np.interp(0.0, edges, below))
    p = float(chi2.sf(2 * max(float(np.log(f.max() / f[STEPS.size // 2])), 0.0), 1))
    verdict = "up" if sure >= SURE else "down" if sure <= 1 - SURE else "same"
    return {"gain": mean, "se": se, "low": low, "high": high, "sure": sure, "p": p, "verdict": verdict}
