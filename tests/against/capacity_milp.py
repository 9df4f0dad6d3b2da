"""The textbook model of the capacitated p-median for other programs, written from its definition alone."""

from __future__ import annotations

import highspy
import numpy as np
import pyscipopt


def by_highs(cost, demand, capacity, p, limit_s=60.0):
    """(value, bound) by HiGHS."""
    n, places = cost.shape
    h = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("time_limit", limit_s), ("mip_rel_gap", 0.0)):
        h.setOptionValue(name, value)
    binary = highspy.HighsVarType.kInteger
    y = [h.addVariable(ub=1.0, type=binary) for _ in range(places)]
    x = [[h.addVariable(ub=1.0, obj=float(cost[d, j]), type=binary) for j in range(places)] for d in range(n)]
    for d in range(n):
        h.addConstr(sum(x[d]) == 1.0)
        for j in range(places):
            h.addConstr(x[d][j] <= y[j])
    for j in range(places):
        h.addConstr(
            sum(float(demand[d]) * x[d][j] for d in range(n)) <= float(np.broadcast_to(capacity, places)[j]) * y[j]
        )
    h.addConstr(sum(y) <= float(p))
    h.run()
    info = h.getInfo()
    return info.objective_function_value, info.mip_dual_bound


def by_scip(cost, demand, capacity, p, limit_s=60.0):
    """(value, bound) by SCIP."""
    n, places = cost.shape
    m = pyscipopt.Model()
    m.hideOutput()
    m.setParam("limits/time", limit_s)
    y = [m.addVar(vtype="B") for _ in range(places)]
    x = [[m.addVar(vtype="B", obj=float(cost[d, j])) for j in range(places)] for d in range(n)]
    for d in range(n):
        m.addCons(pyscipopt.quicksum(x[d]) == 1)
        for j in range(places):
            m.addCons(x[d][j] <= y[j])
    for j in range(places):
        room = float(np.broadcast_to(capacity, places)[j])
        m.addCons(pyscipopt.quicksum(float(demand[d]) * x[d][j] for d in range(n)) <= room * y[j])
    m.addCons(pyscipopt.quicksum(y) <= p)
    m.optimize()
    return (m.getObjVal() if m.getNSols() else float("inf")), m.getDualbound()


def by_spopt(cost, demand, capacity, p, limit_s=60.0):
    """(value, bound) by spopt's capacitated p-median with HiGHS; needs the extra ``bench``.

    spopt weighs costs with demand, so each row is divided by its demand first.
    """
    import pulp
    from spopt.locate import PMedian

    n, places = cost.shape
    model = PMedian.from_cost_matrix(
        cost / np.asarray(demand, float)[:, None],
        np.asarray(demand, float),
        p_facilities=p,
        facility_capacities=np.broadcast_to(np.asarray(capacity, float), places),
        fulfill_predefined_fac=False,
    )
    solved = model.solve(pulp.HiGHS(msg=False, timeLimit=limit_s, threads=1))
    value = pulp.value(solved.problem.objective)
    proved = value if solved.problem.status == 1 and solved.problem.sol_status == 1 else float("nan")
    return value, proved
