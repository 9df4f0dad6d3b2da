"""Check a calibration without any of the code that made it: likelihood and gradient anew, plain NumPy, a fine grid.

What is checked: the log-likelihood told is that of the parameters told; every free parameter stands where the likelihood
no longer rises (its slope times its standard error is nearly 0). Standard errors are not checked.

Source: Fisher's identity, the gradient of a marginal likelihood is the expected gradient of the complete one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, logsumexp

Float = NDArray[np.float64]
#: Limits: log-likelihood, and slope × standard error (how many errors the maximum is away).
LOG_LIKELIHOOD, STANDS = 0.01, 0.02
CHUNK = 4_000


class Given(Protocol):
    """Answers in sparse rows; `daremo.assess.model.Answers` is one."""

    @property
    def start(self) -> NDArray[np.int64]: ...
    @property
    def item(self) -> NDArray[np.int32]: ...
    @property
    def category(self) -> NDArray[np.int32]: ...
    @property
    def items(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def weight(self) -> Float: ...
    @property
    def group(self) -> NDArray[np.int64]: ...


@dataclass(frozen=True, slots=True)
class Verified:
    """What the check found.

    Attributes
    ----------
    log_likelihood, told : float
        As computed here, and as told.
    away : float
        Largest slope × standard error of a parameter; about how many standard errors it is from the maximum.
    worst : str
        The parameter with that slope.
    faults : tuple of str
        ``items-differ``, ``categories-differ``, ``log-likelihood``, ``not-a-maximum``; empty where all holds.
    """

    log_likelihood: float
    told: float
    away: float
    worst: str
    faults: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        return {
            "log_likelihood": self.log_likelihood,
            "told": self.told,
            "difference": self.log_likelihood - self.told,
            "away": self.away,
            "worst": self.worst,
            "holds": not self.faults,
            "faults": list(self.faults),
        }


def verify(told: Mapping[str, Any], answers: Given, *, nodes: int = 321) -> Verified:
    """Check what `calibrate` told of these answers.

    Parameters
    ----------
    told : dict
        What ``daremo assess calibrate --json`` printed, or ``-o`` wrote.
    answers : Answers
    nodes : int
        Nodes from −8 to 8 standard deviations.

    Returns
    -------
    Verified
    """
    listed = list(told["items"])
    if tuple(i["item"] for i in listed) != answers.items:
        return Verified(float("nan"), float(told["log_likelihood"]), float("nan"), "", ("items-differ",))
    if any(tuple(i["categories"]) != tuple(x) for i, x in zip(listed, answers.labels, strict=True)):
        return Verified(float("nan"), float(told["log_likelihood"]), float("nan"), "", ("categories-differ",))
    mean, sd = np.array(told["latent"]["mean"]), np.sqrt(np.array(told["latent"]["variance"]))
    t = np.linspace(-8, 8, nodes) * max(1.0, float(sd.max()))
    log_share = -0.5 * ((t[None, :] - mean[:, None]) / sd[:, None]) ** 2
    log_share -= logsumexp(log_share, axis=1, keepdims=True)
    size = np.array([len(x) for x in answers.labels])
    first = np.r_[0, np.cumsum(size)[:-1]]
    tables = [_log_curve(told["model"], i, t) for i in listed]
    value, count, moments = _posterior(answers, np.concatenate(tables), first, log_share, t)
    slopes = list[tuple[float, str]]()
    for i, at, k in zip(listed, first, size, strict=True):
        for name, one in [] if i.get("anchor") else _free(told["model"], i):
            h = 1e-5
            up, down = (_log_curve(told["model"], one(x), t) for x in (h, -h))
            slope = float((count[at : at + k] * (up - down)).sum() / (2 * h))
            error = _error(i, name)
            if name == "g" and told.get("guess_prior"):
                middle, spread = told["guess_prior"]
                slope -= (np.log(i["g"] / (1 - i["g"])) - middle) / spread**2
                error = error / (i["g"] * (1 - i["g"])) if error else error
            # without an error told: that of one answer in four people
            slopes.append((abs(slope) * (error or 2 / np.sqrt(max(float(i["answers"]), 1.0))), f"{i['item']} {name}"))
    anchored = any(i.get("anchor") for i in listed)
    for g in range(mean.size):
        people, one, two = moments[g]
        z, zz = (one - people * mean[g]) / sd[g], (two - 2 * mean[g] * one + people * mean[g] ** 2) / sd[g] ** 2
        root = np.sqrt(max(float(people), 1.0))
        if g > 0 or anchored:
            slopes.append((abs(float(z)) / root, f"mean of group {g + 1}"))
        if g > 0 or anchored or told["model"] == "rasch":
            slopes.append((abs(float(zz - people)) / root, f"variance of group {g + 1}"))
    away, worst = max(slopes)
    faults = []
    if not abs(value - float(told["log_likelihood"])) <= LOG_LIKELIHOOD:
        faults.append("log-likelihood")
    if not away <= STANDS:
        faults.append("not-a-maximum")
    return Verified(value, float(told["log_likelihood"]), away, worst, tuple(faults))


def _log_curve(model: str, item: Mapping[str, Any], t: Float) -> Float:
    """Logarithm of each category's probability at each node, shape (categories, nodes), from the textbook formulas."""
    a = float(item["a"])
    d = np.atleast_1d(np.asarray(item["d"], float))
    if model == "nominal":
        slopes = np.asarray(item.get("slopes") or [a], float)
        x = np.concatenate([np.zeros((1, t.size)), slopes[:, None] * t[None, :] + d[:, None]])
        return np.asarray(x - logsumexp(x, axis=0, keepdims=True))
    if model in ("rasch", "gpcm"):
        steps = np.arange(d.size + 1)
        x = steps[:, None] * a * t[None, :] + np.r_[0.0, d][:, None]
        return np.asarray(x - logsumexp(x, axis=0, keepdims=True))
    g = float(item.get("g") or 0.0)
    x = a * t[None, :] + d[:, None]
    # differences of nearly equal shares lose digits: from below where the shares are small, from above where they are not
    up, down = g + (1 - g) * expit(x), (1 - g) * expit(-x)
    above = np.concatenate([np.ones((1, t.size)), up, np.zeros((1, t.size))])
    below = np.concatenate([np.zeros((1, t.size)), down, np.ones((1, t.size))])
    p = np.where(above[:-1] < 0.5, above[:-1] - above[1:], below[1:] - below[:-1])
    return np.asarray(np.log(np.maximum(p, 1e-300)))


def _free(model: str, item: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Names of an item's free parameters, and the item with one of them moved."""
    d = np.atleast_1d(np.asarray(item["d"], float))
    out: list[tuple[str, Any]] = []
    own = np.asarray(item.get("slopes") or [], float)
    for n in range(own.size):
        out.append((f"s{n + 1}", lambda h, n=n: {**item, "slopes": (own + h * (np.arange(own.size) == n)).tolist()}))
    if model != "rasch" and not own.size:
        out.append(("a", lambda h: {**item, "a": item["a"] + h}))
    for n in range(d.size):
        out.append((f"d{n + 1}", lambda h, n=n: {**item, "d": (d + h * (np.arange(d.size) == n)).tolist()}))
    if item.get("g") is not None:
        logit = float(np.log(item["g"] / (1 - item["g"])))
        out.append(("g", lambda h: {**item, "g": float(expit(logit + h))}))
    return out


def _error(item: Mapping[str, Any], name: str) -> float | None:
    """Standard error told of a parameter."""
    if name in ("a", "g"):
        value = item.get(f"se_{name}")
    else:
        told = item["se_slopes" if name[0] == "s" else "se_d"]
        value = np.atleast_1d(np.asarray(told, dtype=object))[int(name[1:]) - 1]
    return None if value is None else float(value)


def _posterior(answers: Given, table: Float, first: Any, log_share: Float, t: Float) -> tuple[float, Float, Float]:
    """Log-likelihood, expected answers of each row at each node, and people, Σ θ, Σ θ² of each group."""
    row = first[answers.item] + answers.category
    count, moments, total = np.zeros(table.shape), np.zeros((log_share.shape[0], 3)), 0.0
    ends = np.diff(answers.start)
    for s in range(0, ends.size, CHUNK):
        e = min(s + CHUNK, ends.size)
        at = slice(int(answers.start[s]), int(answers.start[e]))
        # one line a person, one column a row of the table
        who = csr_matrix(
            (np.ones(at.stop - at.start), row[at], answers.start[s : e + 1] - answers.start[s]), (e - s, table.shape[0])
        )
        used = (answers.weight[s:e] > 0) & (ends[s:e] > 0)
        weight, group = np.where(used, answers.weight[s:e], 0.0), answers.group[s:e]
        log = who @ table + log_share[group]
        each = logsumexp(log, axis=1)
        total += float(weight @ each)
        post = np.exp(log - each[:, None]) * weight[:, None]
        count += who.T @ post
        for g in range(moments.shape[0]):
            here = post[group == g].sum(0)
            moments[g] += [here.sum(), here @ t, here @ t**2]
    return total, count, moments
