"""A bank on day one: experts' guesses moved by as many answers as there are, with errors that say how few those are.

Slope and difficulty of each item are found where guess and answers together are likeliest (MAP); the distances between the
steps of an item stay as guessed. Ability is standard normal.

Source: Mislevy, Psychometrika 51, 1986 (Bayes modal estimation); errors by Louis 1982, item by item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, logsumexp

from daremo.assess.model import Answers
from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
#: Spread of experts' log-slopes around the truth (shared/research §5), moves that no longer count, nodes.
SLOPE_SD, STILL = 0.35, 1e-6
NODES = np.linspace(-5.5, 5.5, 67)


def updated_bank(
    answers: Answers, experts: Sequence[Mapping[str, Any]], *, slope_sd: float = SLOPE_SD, apart: float = 0.8, most: int = 500
) -> list[dict[str, Any]]:  # fmt: skip
    """Items as guessed and answered.

    Parameters
    ----------
    answers : Answers
        Categories written as scores from 0; items of which there is no answer need not be there.
    experts : sequence of dict
        ``item, a, b, b_sd``, and ``categories`` (2) where there are more.
    slope_sd : float
        Standard deviation of the logarithm of a guessed slope.
    apart : float, ability
        Distance between the steps of an item.

    Returns
    -------
    list of dict
        The experts' rows in their order with ``a, se_a, b, b_sd, d, answers`` renewed; as `bank.bank_of` takes them.

    Raises
    ------
    UsageError
        ``bad-bank`` where a guess or a category cannot be used, or an answered item is not among the experts'.
    """
    place = {str(e["item"]): j for j, e in enumerate(experts)}
    try:
        k = np.array([int(e.get("categories") or 2) for e in experts])
        first = np.array([[np.log(float(e["a"])), float(e["b"])] for e in experts])
        spread = np.array([[slope_sd, float(e["b_sd"])] for e in experts])
        score = [[0 if not x.isdigit() else int(x) for x in labels] for labels in answers.labels]
        where = np.array([place[name] for name in answers.items], np.int64)
    except (KeyError, TypeError, ValueError) as e:
        fix = "問題ごとに a・b・b_sd を数で書き、答えは0からの点にしてください"
        raise UsageError("bad-bank", "専門家の見積もりが使えません", fix) from e
    over = any(max(s) >= k[j] for s, j in zip(score, where, strict=True) if s)
    if over or not np.isfinite(first).all() or not (np.isfinite(spread).all() and (spread > 0).all()) or (k < 2).any():
        raise UsageError("bad-bank", "専門家の見積もりが使えません", "a と b_sd は0より大きい数にしてください")
    top = int(k.max())
    points = np.zeros((len(score), max((len(s) for s in score), default=1)), np.int64)
    for n, s in enumerate(score):
        points[n, : len(s)] = s
    row = where[answers.item] * top + points[answers.item, answers.category]
    who = csr_matrix((np.ones(row.size), row, answers.start), (answers.n_persons, len(k) * top))
    steps = apart * (np.arange(1, top)[None, :] - k[:, None] / 2)
    par = first.copy()
    for _ in range(most):
        post, count = _expected(who, _log_curves(par, k, steps), answers.weight)
        after = _improved(par, count, k, steps, first, spread)
        move = float(np.abs(after - par).max(initial=0.0))
        par = after
        if move < STILL:
            break
    cov = _covariance(par, k, steps, spread, who, answers.weight)
    seen = np.asarray(count.sum((1, 2)))
    out = []
    for j, guess in enumerate(experts):
        a, b = float(np.exp(par[j, 0])), float(par[j, 1])
        d = [-a * (b + float(steps[j, n])) for n in range(int(k[j]) - 1)]
        out.append(
            {
                **guess, "a": a, "se_a": float(a * np.sqrt(cov[j, 0, 0])), "b": b, "b_sd": float(np.sqrt(cov[j, 1, 1])),
                "d": d[0] if len(d) == 1 else d, "answers": round(float(seen[j])),
            }
        )  # fmt: skip
    return out


def _log_curves(par: Float, k: NDArray[Any], steps: Float) -> Float:
    """Graded curves, shape (items, categories, nodes); categories an item has not are impossible."""
    items, top = par.shape[0], steps.shape[1] + 1
    x = np.exp(par[:, 0])[:, None, None] * (NODES[None, None, :] - par[:, 1][:, None, None] - steps[:, :, None])
    x = np.where((np.arange(1, top)[None, :] < k[:, None])[:, :, None], x, -np.inf)
    edge = np.full((items, 1, NODES.size), np.inf)
    x = np.concatenate([edge, x, -edge], 1)
    up, down = x[:, :-1], x[:, 1:]
    # sigma(u) − sigma(v) = sigma(u) sigma(−v) (1 − exp(v − u))
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.where(np.isfinite(up) & np.isfinite(down), -np.expm1(down - up), 1.0)
    return np.asarray(np.log(np.maximum(expit(up) * expit(-down) * gap, 1e-300)))


def _expected(who: Any, log_p: Float, weight: Float) -> tuple[Float, Float]:
    """Each person's posterior, shape (people, nodes), and expected answers, shape (items, categories, nodes)."""
    log = who @ log_p.reshape(-1, NODES.size) - 0.5 * NODES**2
    post = np.exp(log - logsumexp(log, axis=1, keepdims=True))
    return post, np.asarray(who.T @ (post * weight[:, None])).reshape(log_p.shape)


def _worth(par: Float, count: Float, k: NDArray[Any], steps: Float, first: Float, spread: Float) -> Float:
    """Expected log-likelihood and log-prior of each item, shape (items,)."""
    return np.asarray((count * _log_curves(par, k, steps)).sum((1, 2)) - 0.5 * (((par - first) / spread) ** 2).sum(1))


def _bent(par: Float, count: Float, k: NDArray[Any], steps: Float, first: Float, spread: Float) -> tuple[Float, Float]:
    """Slope and curvature of `_worth`, shape (items, 2) and (items, 2, 2), by differences."""
    h, e = 1e-4, np.eye(2)

    def f(move: Float) -> Float:
        return _worth(par + h * move, count, k, steps, first, spread)

    slope = np.stack([(f(e[m]) - f(-e[m])) / (2 * h) for m in range(2)], 1)
    bend = np.empty((par.shape[0], 2, 2))
    for m in range(2):
        for n in range(2):
            up, down = f(e[m] + e[n]) + f(-e[m] - e[n]), f(e[m] - e[n]) + f(e[n] - e[m])
            bend[:, m, n] = (up - down) / (4 * h * h)
    return slope, bend


def _improved(par: Float, count: Float, k: NDArray[Any], steps: Float, first: Float, spread: Float) -> Float:
    """One Newton step of every item that never lowers its worth."""
    slope, bend = _bent(par, count, k, steps, first, spread)
    value, vector = np.linalg.eigh(-bend)
    value = np.maximum(np.abs(value), 0.5 / spread.max() ** 2)
    move = np.einsum("jab,jb,jcb,jc->ja", vector, 1 / value, vector, slope)
    move *= np.minimum(1.0, 1.0 / np.maximum(np.abs(move).max(1, keepdims=True), 1e-12))
    now, part = _worth(par, count, k, steps, first, spread), np.ones((par.shape[0], 1))
    for _ in range(8):
        worse = _worth(par + part * move, count, k, steps, first, spread) < now - 1e-9
        if not worse.any():
            break
        part[worse] /= 2
    part[worse] = 0.0
    return np.asarray(par + part * move)


def _covariance(par: Float, k: NDArray[Any], steps: Float, spread: Float, who: Any, weight: Float) -> Float:
    """Posterior covariance of (log a, b) of each item, shape (items, 2, 2): what is complete less what is unseen."""
    log_p = _log_curves(par, k, steps)
    post, count = _expected(who, log_p, weight)
    bend = _bent(par, count, k, steps, par, spread)[1]
    h, e = 1e-4, np.eye(2)
    score = np.stack([(_log_curves(par + h * x, k, steps) - _log_curves(par - h * x, k, steps)) / (2 * h) for x in e])
    top = log_p.shape[1]
    rows = who.tocsc()
    for j in range(par.shape[0]):
        for c in range(top):
            people = rows.indices[rows.indptr[j * top + c] : rows.indptr[j * top + c + 1]]
            if not people.size:
                continue
            s, w, p = score[:, j, c], weight[people], post[people]
            mean = p @ s.T
            square = np.einsum("q,aq,bq->ab", w @ p, s, s)
            bend[j] += square - (mean * w[:, None]).T @ mean
    # never surer than complete data, never less sure than the guess
    need, guess = -bend, np.einsum("jm,mn->jmn", 1 / spread**2, np.eye(2))
    value, vector = np.linalg.eigh((need - guess + (need - guess).transpose(0, 2, 1)) / 2)
    need = guess + np.einsum("jab,jb,jcb->jac", vector, np.maximum(value, 0.0), vector)
    return np.asarray(np.linalg.inv(need))
