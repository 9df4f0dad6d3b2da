"""Learning from past bookings how many come and how far they go, and how sure that is.

The expected number in a slot is uptake × what the people around would bring, with the decay of distance; the number
who came is negative binomial, near Poisson where counts vary no more; a full slot says only that at least so many
wished to come. Log uptake and log half-distance have normal priors, so that few bookings move them little and none
leave them as they are. Source: maximum a posteriori (Nelder-Mead); standard errors from the curvature there
(Laplace's approximation; Tierney and Kadane 1986, JASA 81).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.stats import nbinom, poisson

from daremo.kernel.errors import UsageError
from daremo.reach.staffing.attendance import attendance, units_of
from daremo.reach.staffing.question import Behaviour, HoursQuestion

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Spread of counts that stands for Poisson (variance = mean + mean² × this), its prior, and doubt about half-distances.
NO_SPREAD, SPREAD_PRIOR, SPREAD_DOUBT, HALF_DOUBT = 1e-8, 0.2, 1.0, 0.4
#: Slots below which the answer says that it rests on the prior.
FEW = 10


@dataclass(frozen=True, slots=True)
class Bookings:
    """Past slots, each array of shape (slots,).

    Attributes
    ----------
    place : ndarray of int, index
    slot : ndarray of int
        Which slot (date and time) it was; only for the record.
    booked, came : ndarray of int, people
    capacity : ndarray of int, people
    """

    place: Int
    slot: Int
    booked: Int
    came: Int
    capacity: Int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the bookings say.

    Attributes
    ----------
    behaviour : Behaviour
        With the calibrated uptake, half-distances and doubt.
    uptake_factor, half_factor : float
        Calibrated over prior (medians).
    uptake_error, half_error : float
        Standard errors of their logarithms.
    spread : float
        Counts vary by mean + spread × mean²; 0 = Poisson.
    show_share : float
        Of those who booked, who came.
    slots : int
        Slots that were used.
    from_prior : bool
        There were none or so few that the prior decides.
    told : str
        The same in a Japanese sentence.
    """

    behaviour: Behaviour
    uptake_factor: float
    half_factor: float
    uptake_error: float
    half_error: float
    spread: float
    show_share: float
    slots: int
    from_prior: bool
    told: str


def bookings(
    place: ArrayLike, slot: ArrayLike, booked: ArrayLike, came: ArrayLike, capacity: ArrayLike, n_places: int
) -> Bookings:
    """Past slots from columns of equal length, each of shape (slots,): index, number, people, people, people.

    Raises
    ------
    UsageError
        Columns of unlike length, negative numbers, unknown places.
    """
    columns = [np.asarray(c, float) for c in (place, slot, booked, came, capacity)]
    if len({c.shape for c in columns}) != 1 or columns[0].ndim != 1:
        raise UsageError("bad-bookings", "予約の表の列の長さがちがいます", "すべての列を同じ長さにしてください")
    whole = all(np.isfinite(c).all() and (c >= 0).all() and (c == np.rint(c)).all() for c in columns)
    if not whole or (columns[0].size and columns[0].max() >= n_places):
        raise UsageError(
            "bad-bookings", "予約の表に使えない数があります", "0以上の整数と、ある施設の番号を入れてください"
        )
    return Bookings(*(c.astype(np.int64) for c in columns))


def calibrate(
    question: HoursQuestion, past: Bookings, slots_year: ArrayLike, open_places: ArrayLike | None = None
) -> Calibration:
    """Uptake and half-distance from past bookings, drawn towards the question's own (its prior).

    Parameters
    ----------
    question : HoursQuestion
        Its behaviour is the prior: medians, and `uptake_doubt` for log uptake.
    past : Bookings
    slots_year : array_like, shape (places,), slots a year
        How many slots each place then offered a year.
    open_places : array_like of int, index, optional
        Places open then; otherwise those with slots.

    Raises
    ------
    UsageError
        A place with bookings that offered no slots.
    """
    prior = question.behaviour
    offered = np.asarray(slots_year, float)
    if offered.shape != (question.n_places,) or (past.place.size and not (offered[past.place] > 0).all()):
        raise UsageError(
            "bad-slots",
            "施設ごとの年間の回数が予約の表と合いません",
            "予約のある施設に、0より大きい回数を入れてください",
        )
    then = np.unique(past.place) if open_places is None else np.asarray(open_places, np.int64)
    open_p = np.zeros(question.n_places, bool)
    open_p[then] = True
    doubt = max(prior.uptake_doubt, 1e-3)
    if not past.place.size:
        return _told(prior, np.zeros(2), np.array([doubt, HALF_DOUBT]), 0.0, math.nan, 0)

    def mean_s(log_factors: Float) -> Float:
        b = replace(prior, half_g=prior.half_g * math.exp(log_factors[1]))
        came_p, _ = attendance(units_of(replace(question, behaviour=b)), open_p)
        mean: Float = math.exp(log_factors[0]) * came_p[past.place] / offered[past.place]
        return np.maximum(mean, 1e-9)

    def cost(x: Float) -> float:
        spread = math.exp(min(x[2], 5.0))
        fit = _log_likelihood(mean_s(x), past.came, past.capacity, spread)
        prior_part = (
            (x[0] / doubt) ** 2 + (x[1] / HALF_DOUBT) ** 2 + ((x[2] - math.log(SPREAD_PRIOR)) / SPREAD_DOUBT) ** 2
        )
        return float(-fit + 0.5 * prior_part)

    found = minimize(
        cost,
        np.array([0.0, 0.0, math.log(SPREAD_PRIOR)]),
        method="Nelder-Mead",
        options={"xatol": 1e-5, "fatol": 1e-8, "maxiter": 4_000},
    )
    x = np.asarray(found.x, float)
    error = np.sqrt(np.diag(np.linalg.inv(_curvature(cost, x))))
    show = float(past.came.sum() / past.booked.sum()) if past.booked.sum() else math.nan
    return _told(prior, x[:2], error[:2], math.exp(x[2]), show, int(past.place.size))


def _log_likelihood(mean: Float, came: Int, capacity: Int, spread: float) -> float:
    """Log-likelihood of the counts; a full slot says only that at least so many wished to come."""
    full = (came >= capacity) & (capacity > 0)
    if spread <= NO_SPREAD:
        each = np.where(full, poisson.logsf(came - 1, mean), poisson.logpmf(came, mean))
    else:
        shape = 1 / spread
        chance = shape / (shape + mean)
        each = np.where(full, nbinom.logsf(came - 1, shape, chance), nbinom.logpmf(came, shape, chance))
    return float(np.maximum(each, -700.0).sum())


def _curvature(cost: Callable[[Float], float], x: Float) -> Float:
    """Second derivatives at the optimum by central differences."""
    n, step = x.size, 1e-3
    second = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            a, b = np.eye(n)[i] * step, np.eye(n)[j] * step
            second[i, j] = (cost(x + a + b) - cost(x + a - b) - cost(x - a + b) + cost(x - a - b)) / (4 * step**2)
    return (second + second.T) / 2 + 1e-9 * np.eye(n)


def _told(prior: Behaviour, x: Float, error: Float, spread: float, show: float, slots: int) -> Calibration:
    uptake, half = (float(f) for f in np.exp(x))
    few = slots < FEW
    source = "実績がないため、前提の値のままです" if not slots else f"実績{slots}回分から求めました"
    if slots and few:
        source = f"実績が{slots}回分と少ないため、おもに前提の値によります"
    return Calibration(
        replace(
            prior,
            uptake_g=np.minimum(prior.uptake_g * uptake, 1.0),
            half_g=prior.half_g * half,
            uptake_doubt=float(error[0]),
        ),
        uptake,
        half,
        float(error[0]),
        float(error[1]),
        spread,
        show,
        slots,
        few,
        f"{source}。利用する割合は前提の{uptake:.2f}倍、半分が来る距離は{half:.2f}倍です。",
    )
