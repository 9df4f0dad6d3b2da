"""What hours cost and hold at each place, counted in whole steps, and the conditions on the set, ready for loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import Infeasible
from daremo.reach.staffing.question import HoursQuestion, Standard
from daremo.reach.staffing.queue import most_offered, most_wishes

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: A price in yen is a whole number of this many parts at least; sums below it are rounding of floats.
YEN_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Terms:
    """Costs and capacity by place; one unit = one step of hours a week, all year.

    Attributes
    ----------
    fixed_yen_p, unit_yen_p, visit_yen_p : ndarray, shape (places,), yen a year, a unit, a visit
    unit_visits_p : ndarray, shape (places,), visits a year
        What one unit can serve within the standard of waiting.
    unit_full_p : ndarray, shape (places,), visits a year
        What one unit would serve if desks were never idle (classes: no seat empty).
    unit_least_p : ndarray, shape (places,), visits a year
        Fewest a unit must serve to be worth its staff.
    least_units, most_units : int
    can_p, must_p : ndarray of bool, shape (places,), mask
        May be open at all; is open anyway.
    budget_yen : float
    most_open : int
    organisation_p, quota_p : ndarray of int, shape (places,), index
        −1 = none.
    most_organisation, least_quota : int
    apart_start, apart_place : ndarray of int
        For each place those it must not be open with, in compressed rows: shapes (places + 1,), (entries,).
    """

    fixed_yen_p: Float
    unit_yen_p: Float
    visit_yen_p: Float
    unit_visits_p: Float
    unit_full_p: Float
    unit_least_p: Float
    least_units: int
    most_units: int
    can_p: Bool
    must_p: Bool
    budget_yen: float
    most_open: int
    organisation_p: Int
    most_organisation: int
    quota_p: Int
    least_quota: int
    apart_start: Int
    apart_place: Int

    @property
    def n_places(self) -> int:
        return int(self.fixed_yen_p.size)


def hour_visits(standard: Standard, desks: int, seats: int) -> tuple[float, float]:
    """Visits an open hour within the standard of waiting, and with nobody ever idle.

    Examples
    --------
    >>> round(hour_visits(Standard(visit_min=30, wait_min=0, wait_risk_share=0.25), 1, 0)[0], 6)
    0.5
    """
    if seats > 0:
        sessions = 60 / standard.slot_min
        return most_wishes(seats, standard.wait_risk_share) * sessions, seats * sessions
    a = most_offered(desks, standard.visit_min, standard.wait_min, standard.wait_risk_share, standard.visit_spread)
    return a * 60 / standard.visit_min, desks * 60 / standard.visit_min


def terms_of(q: HoursQuestion) -> Terms:
    """The question's terms.

    Raises
    ------
    Infeasible
        Conditions that cannot hold together; a standard of waiting and of load that no place can meet together.
    """
    s, c, n = q.standard, q.conditions, q.n_places
    year_h = s.step_h * s.weeks_year
    kinds: dict[tuple[int, int], tuple[float, float]] = {}
    for desks, seats in zip(q.desks_p.tolist(), q.seats_p.tolist(), strict=True):
        if (desks, seats) not in kinds:
            kinds[desks, seats] = hour_visits(s, desks, seats)
    both = np.array([kinds[k] for k in zip(q.desks_p.tolist(), q.seats_p.tolist(), strict=True)]).reshape(n, 2)
    unit_visits, unit_full = both[:, 0] * year_h, both[:, 1] * year_h
    least = s.least_load_share * unit_full
    must, never = np.zeros(n, bool), np.zeros(n, bool)
    must[list(c.must)], never[list(c.never)] = True, True
    if (must & never).any():
        raise Infeasible(
            "must-and-never", "かならず開く施設が、開かない施設にも入っています", "どちらか一方にしてください"
        )
    possible = least <= unit_visits
    if n and not (possible | never).any() and not must.any():
        top = float((unit_visits / unit_full).max())
        raise Infeasible(
            "load-against-wait",
            f"待ち時間の基準を守ると、窓口は {top:.0%} までしか混めません",
            f"最低の利用率を {top:.2f} より小さくするか、待ち時間の基準をゆるめてください",
        )
    start, other = _apart_rows(c.apart, n)
    for p in np.flatnonzero(must):
        if must[other[start[p] : start[p + 1]]].any():
            raise Infeasible(
                "must-apart", "かならず開く施設どうしが近すぎます", "離す距離を小さくするか、一方を外してください"
            )
    owner = np.full(n, -1, np.int64) if c.organisation_p is None else np.asarray(c.organisation_p, np.int64)
    most_org = n if c.most_per_organisation is None else int(c.most_per_organisation)
    held = np.bincount(owner[must & (owner >= 0)]) if (must & (owner >= 0)).any() else np.zeros(1, np.int64)
    if held.max(initial=0) > most_org:
        raise Infeasible(
            "must-organisation",
            f"かならず開く施設が、一つの団体に {int(held.max())} か所あります",
            f"団体あたりの上限を {int(held.max())} 以上にしてください",
        )
    most_open = n if q.most_places is None else min(q.most_places, n)
    if int(must.sum()) > most_open:
        raise Infeasible(
            "must-too-many",
            f"かならず開く施設が {int(must.sum())} か所あります",
            f"施設の数を {int(must.sum())} 以上にしてください",
        )
    least_units = max(1, int(np.ceil(s.least_hours_week / s.step_h - 1e-9)))
    unit_yen = q.hour_yen_p * year_h
    floor_yen = float((q.fixed_yen_p + least_units * unit_yen)[must].sum())
    if floor_yen > q.budget_yen + YEN_SLACK:
        raise Infeasible(
            "must-too-dear",
            f"かならず開く施設だけで {floor_yen:,.0f} 円かかります",
            f"予算を {floor_yen:,.0f} 円以上にするか、かならず開く施設をへらしてください",
        )
    most_units = int(np.floor(s.most_hours_week / s.step_h + 1e-9))
    # no more money than everything costs: keeps sums finite
    everything = float((q.fixed_yen_p + most_units * (unit_yen + unit_visits * q.visit_yen_p)).sum()) + 1.0
    return Terms(
        q.fixed_yen_p,
        unit_yen,
        q.visit_yen_p,
        unit_visits,
        unit_full,
        least,
        least_units,
        most_units,
        must | (possible & ~never),
        must,
        min(q.budget_yen, everything),
        most_open,
        owner,
        most_org,
        np.full(n, -1, np.int64) if c.quota_p is None else np.asarray(c.quota_p, np.int64),
        int(c.least_per_quota) if c.quota_p is not None else 0,
        start,
        other,
    )


def _apart_rows(apart: Int, n: int) -> tuple[Int, Int]:
    pairs = np.asarray(apart, np.int64).reshape(-1, 2)
    both = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    start = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(both[:, 0], minlength=n), out=start[1:])
    return start, np.ascontiguousarray(both[:, 1])
