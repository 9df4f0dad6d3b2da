"""A small covering question handed whole to HiGHS: exact, but with a bound that nobody else can follow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from daremo.reach.highs import one_thread

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of places with a least (or largest) number each; places are numbered from 0 without gaps.

    Attributes
    ----------
    start : ndarray of int64, shape (rows + 1,)
    place : ndarray of int64, shape (entries,), index
    need : ndarray of int64, shape (rows,)
    most : ndarray of bool, shape (rows,), mask
    cost : ndarray, shape (places,)
        Any unit; may be negative.
    """

    start: Int
    place: Int
    need: Int
    most: Mask
    cost: Float


@dataclass(frozen=True, slots=True)
class Told:
    """What HiGHS says: open places (None: found none), its bound, and whether it says that nothing satisfies the rows."""

    open: Int | None
    bound: float
    impossible: bool


def highs(rows: Rows, *, whole: bool, time_limit_s: float = math.inf, seed: int = 1) -> highspy.Highs:
    """The rows as a silent one-thread HiGHS model, ready to run."""
    h = one_thread()
    for name, value in (
        ("output_flag", False), ("threads", 1), ("random_seed", seed), ("time_limit", time_limit_s),
        ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.0), ("mip_feasibility_tolerance", 1e-7),
    ):  # fmt: skip
        h.setOptionValue(name, value)
    m, n = rows.need.size, rows.cost.size
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, m
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = rows.cost, np.zeros(n), np.ones(n)
    lp.row_lower_ = np.where(rows.most, -highspy.kHighsInf, rows.need.astype(float))
    lp.row_upper_ = np.where(rows.most, rows.need.astype(float), highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = rows.start, rows.place
    lp.a_matrix_.value_ = np.ones(rows.place.size)
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * n
    h.passModel(lp)
    return h


def solve_rows(
    rows: Rows, *, time_limit_s: float = math.inf, seed: int = 1, start: Int | None = None, slack: float = 0.0
) -> Told:
    """Solve to the end, or to the time limit.

    Parameters
    ----------
    rows : Rows
    start : ndarray of int64, shape (open,), index, optional
        Open places of a known solution.
    slack : float
        Ends when the best solution is proved not to be worse than the optimum by more than this.
    """
    h = highs(rows, whole=True, time_limit_s=time_limit_s, seed=seed)
    if start is not None:
        h.setSolution(start.size, start.astype(np.int32), np.ones(start.size))
    h.setOptionValue("mip_abs_gap", slack)
    h.run()
    status, info = h.getModelStatus(), h.getInfo()
    found = info.primal_solution_status == 2
    chosen = np.flatnonzero(np.asarray(h.getSolution().col_value) > 0.5) if found else None
    return Told(chosen, float(info.mip_dual_bound), status == highspy.HighsModelStatus.kInfeasible)
