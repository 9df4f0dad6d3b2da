"""Did somebody answer as such a person would? lz*: answers that surprise, corrected for the ability having been estimated.

Source: Snijders, Psychometrika 66, 2001 (lz*); Sinharay, Psychometrika 81, 2016 (ordered answers and mixed tests).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.assess.curves import log_table
from daremo.assess.layout import layout_of
from daremo.assess.model import Answers, Calibration

Float = NDArray[np.float64]
#: Below this an answer sheet is strange (5 % of people who answer honestly), from so many answers on.
STRANGE, LEAST = -1.645, 8


@dataclass(frozen=True, slots=True)
class PersonFit:
    """Fit of each person.

    Attributes
    ----------
    people : tuple of str
    lz : ndarray, shape (persons,)
        lz*, about standard normal where the model holds; low = strange. NaN below `LEAST` answers.
    infit : ndarray, shape (persons,)
        Mean square of the points around their expectation, weighted by information; about 1.
    """

    people: tuple[str, ...]
    lz: Float
    infit: Float

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form: how many were looked at, and the strange ones, strangest first."""
        strange = np.flatnonzero(self.lz < STRANGE)
        rows = strange[np.argsort(self.lz[strange], kind="stable")].tolist()
        return {
            "looked_at": int(np.isfinite(self.lz).sum()),
            "strange": [
                {"person": self.people[i] if self.people else str(i + 1), "lz": float(self.lz[i]), "infit": float(self.infit[i])}
                for i in rows
            ],
        }  # fmt: skip


def person_fit(answers: Answers, found: Calibration) -> PersonFit:
    """Fit of every person of a calibration.

    Returns
    -------
    PersonFit
    """
    lay = layout_of(answers, found.model)
    t, h = np.linspace(-6, 6, 241), 1e-4
    log_p, up, down = (np.empty((lay.rows, t.size)) for _ in range(3))
    for shift, out in ((0.0, log_p), (h, up), (-h, down)):
        log_table(lay.kind, lay.n_cat, lay.first, found.parts, t + shift, out)
    p, slope = np.exp(log_p), (up - down) / (2 * h)
    point = np.concatenate([np.arange(k) for k in lay.n_cat]).astype(float)[:, None]

    def over(x: Float) -> Float:
        return np.asarray(np.add.reduceat(x, lay.first))

    item = np.repeat(np.arange(lay.n_cat.size), lay.n_cat)
    odd = log_p - over(p * log_p)[item]
    far = point - over(p * point)[item]
    parts_j = [over(p * odd * odd), over(p * odd * slope), over(p * slope * slope), over(p * far * far)]
    parts_r = [odd, slope, far * far]
    # between two nodes everything is linear
    at = np.clip((found.mu - t[0]) / (t[1] - t[0]), 0, t.size - 1.001)
    person = np.repeat(np.arange(answers.n_persons), np.diff(answers.start))
    q, part = at.astype(int)[person], (at - at.astype(int))[person]
    row = lay.first[answers.item] + answers.category

    def summed(table: Float, line: NDArray[Any]) -> Float:
        value = table[line, q] * (1 - part) + table[line, q + 1] * part
        return np.asarray(np.bincount(person, value, answers.n_persons))

    v_odd, both, v_slope, v_far = (summed(x, answers.item) for x in parts_j)
    s_odd, s_slope, s_far = (summed(x, row) for x in parts_r)
    enough = np.diff(answers.start) >= LEAST
    with np.errstate(invalid="ignore", divide="ignore"):
        tied = both / v_slope
        lz = (s_odd - tied * s_slope) / np.sqrt(v_odd - tied * both)
        infit = s_far / v_far
    return PersonFit(answers.people, np.where(enough, lz, np.nan), np.where(enough, infit, np.nan))
