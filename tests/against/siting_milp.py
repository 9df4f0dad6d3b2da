"""A siting question as a mixed-integer programme for SCIP, written from the description of `Siting` alone.

Everybody of a unit uses the open option that draws most of them; an option serves all who come, or all that its units
can, and everybody alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyscipopt

from daremo.reach.sited.model import Siting


def programme(
    s: Siting, *, gap_share: float = 0.0, time_limit_s: float = 30.0, free_choice: bool = False
) -> tuple[pyscipopt.Model, list[Any]]:
    """The programme, ready to be solved, and its variables "option is open".

    With `free_choice` the programme says itself who uses which option and who is served: fewer rows, an easier question
    whose optimum is no smaller.
    """
    m = pyscipopt.Model("siting")
    m.hideOutput()
    m.setParam("limits/gap", gap_share)
    m.setParam("limits/time", time_limit_s)
    m.setParam("numerics/feastol", 1e-8)
    options = range(s.n_options)
    open_ = [m.addVar(vtype="B") for _ in options]
    units = [m.addVar(vtype="I", ub=int(s.max_units_o[o])) for o in options]
    share = [m.addVar(ub=1) for _ in options]
    full = [m.addVar(vtype="B") for _ in options]
    pieces = [m.addVar(vtype="I", ub=float(np.floor(c + 1e-9))) for c in s.extra_cap_j]
    served: dict[tuple[int, int], Any] = {}
    for u in range(s.n_units):
        liked = sorted((o for o in options if s.draw_uo[u, o] > 0), key=lambda o: (-s.draw_uo[u, o], o))
        uses = {o: m.addVar(vtype="B") for o in liked}
        for rank, o in enumerate(liked):
            served[u, o] = m.addVar(ub=1)
            m.addCons(uses[o] <= open_[o])
            m.addCons(served[u, o] <= uses[o])
            if free_choice:
                continue
            m.addCons(pyscipopt.quicksum(uses[x] for x in liked[: rank + 1]) >= open_[o])
            m.addCons(served[u, o] <= share[o])
            m.addCons(served[u, o] >= share[o] - (1 - uses[o]))
        if liked:
            m.addCons(pyscipopt.quicksum(uses.values()) <= 1)
    for o in options:
        m.addCons(units[o] >= int(s.min_units_o[o]) * open_[o])
        m.addCons(units[o] <= int(s.max_units_o[o]) * open_[o])
        m.addCons(share[o] <= open_[o])
        load = pyscipopt.quicksum(float(s.load_uo[u, x]) * v for (u, x), v in served.items() if x == o)
        room = float(s.unit_load_o[o]) * units[o]
        m.addCons(load <= room)
        if s.fair > 0:  # without floors nobody gains from serving fewer
            m.addCons(room - load <= float(s.unit_load_o[o] * s.max_units_o[o]) * full[o])
            m.addCons(share[o] >= full[o] - (1 - open_[o]))

    def total(weight_uo: Any, units_of: Any = None) -> Any:
        return pyscipopt.quicksum(
            float(weight_uo[u, o]) * v for (u, o), v in served.items() if units_of is None or units_of[u]
        )

    def bought(weight_j: Any) -> Any:
        return pyscipopt.quicksum(float(w) * e for w, e in zip(weight_j, pieces, strict=True))

    money = pyscipopt.quicksum(float(s.fixed_yen_o[o]) * open_[o] + float(s.unit_yen_o[o]) * units[o] for o in options)
    m.addCons((money + bought(s.extra_yen_j)) * 1e-5 <= s.budget_yen * 1e-5)
    if s.linked >= 0:
        m.addCons(pieces[s.linked] <= total(s.lend_uo))
    if s.fair > 0:
        everybody = total(s.draw_uo) + bought(s.extra_help_j)
        for k in range(s.n_communities):
            helped = total(s.draw_uo, s.community_u == k) + bought(s.extra_help_j * (s.extra_community_j == k))
            need = float(s.need_u[s.community_u == k].sum() / s.need_u.sum())
            m.addCons(helped - s.fair * need * everybody >= 0)
            m.addCons(helped >= float(s.least_k[k]))
    m.setObjective(total(s.gain_uo) + bought(s.extra_gain_j) + s.base, "maximize")
    return m, open_
