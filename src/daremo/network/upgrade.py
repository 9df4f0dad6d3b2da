"""The cheapest modules, links and hubs with which everything is carried, whole and broken, and what no plan undercuts.

A plan is whole modules on links. What it must fulfil is a set of inequalities in the modules alone: cuts rounded up to whole
modules, and prices from the min-max routing (all that is needed, by the Japanese theorem). HiGHS chooses over those found so
far, which bounds every plan from below; routing says what the choice breaks. Plans are made whole by adding where it binds
and taken back where it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from scipy.sparse.csgraph import shortest_path

from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.results import Progress, silent
from daremo.kernel.watch import Watch
from daremo.network.build import problem
from daremo.network.demand import gathered, resolved
from daremo.network.highs import one_thread
from daremo.network.load import split_by_path
from daremo.network.master import Engine
from daremo.network.model import Arcs, Demands, Floats, Ints, Network
from daremo.network.upgrade_cuts import (
    ALL_NODES,
    Case,
    Choice,
    Row,
    all_sides,
    contracted,
    cut_rows,
    few_sides,
    metric_row,
)

#: A link without anything counts as so much of its smallest module while prices are looked for, so that it has a price.
SLIVER = 1e-3
#: Utilisation above the allowed one by this share is still allowed: the tolerance of the routing's linear programs.
FITS = 1e-7
#: Flows stand beside the modules in networks of up to so many nodes times arcs.
MOST_FLOWS = 20_000
#: Rounds of cuts by contraction in one look, rows added in one look, looks without progress before the search for cuts ends.
LOOKS, ROWS, PATIENCE = 300, 60, 6


@dataclass(frozen=True, slots=True, eq=False)
class Upgrade:
    """What to install.

    Attributes
    ----------
    network : Network
        With the modules installed.
    choice : Choice
    modules : ndarray of int, shape (columns,)
        How many of each.
    cost, bound : float, money
        No plan that carries every case costs less than `bound`.
    utilisation : float
        Largest over all cases.
    most : float
        The allowed one.
    cases : int
        Including the whole network.
    worst_case : str
    cut_off : tuple of (case, Gbit/s)
        Demand that no candidate could carry in a case, left out of it.
    rows : int
        Inequalities found.
    proved : bool
        Whether no cheaper plan exists.
    seconds : float, wall seconds
    """

    network: Network
    choice: Choice
    modules: Ints
    cost: float
    bound: float
    utilisation: float
    most: float
    cases: int
    worst_case: str
    cut_off: tuple[tuple[str, float], ...]
    rows: int
    proved: bool
    seconds: float

    @property
    def gap_share(self) -> float:
        """(cost − bound) / cost."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        ids, li, c = self.network.nodes.ids, self.network.links, self.choice
        bought = np.flatnonzero(self.modules)
        had = (c.ahead > 0) | (c.back > 0)
        return {
            "network": self.network.name,
            "cost": self.cost,
            "bound": self.bound,
            "gap_share": self.gap_share,
            "proved": self.proved,
            "utilisation": self.utilisation,
            "most_utilisation": self.most,
            "cases": self.cases,
            "worst_case": self.worst_case,
            "install": [
                {
                    "link": li.ids[c.link[k]],
                    "from": ids[li.tail[c.link[k]]],
                    "to": ids[li.head[c.link[k]]],
                    "module_gbps": float(c.gbps[k]),
                    "modules": int(self.modules[k]),
                    "cost": float(c.cost[k] * self.modules[k]),
                    "new_link": not bool(had[c.link[k]]),
                    "setup_cost": float(c.setup[c.link[k]]),
                }
                for k in bought
            ],
            "cut_off": [{"case": name, "demand_gbps": gbps} for name, gbps in self.cut_off],
            "rows": self.rows,
            "notes": list(self.network.notes),
        }


def upgrade(
    network: Network,
    *,
    most: float = 0.8,
    failures: Sequence[str] = (),
    gap: float = 0.0,
    watch: Watch | None = None,
    seed: int = 1,
    progress: Progress = silent,
) -> Upgrade:
    """The cheapest modules with which no link is used above `most`, whole and after each failure.

    Parameters
    ----------
    network : Network
        Links with ``modules`` may be widened; those without capacity are candidates and cost their ``setup_cost`` as well.
        A capacity that was not stated counts as none.
    most : float
        Largest utilisation, > 0.
    failures : sequence of str
        Of ``links``, ``nodes``, ``groups``: each breaks alone.
    gap : float
        Stop at (cost − bound) / cost ≤ gap.
    watch : Watch, optional
        When to end; then the best so far is returned.

    Raises
    ------
    UsageError
        ``no-modules``, ``bad-utilisation``, ``bad-failures``.
    Infeasible
        ``no-path``: some demand that no candidate carries with nothing broken.
    """
    if not 0 < most < np.inf:
        raise _usage("bad-utilisation", most)
    if set(failures) - {"links", "nodes", "groups"}:
        raise _usage("bad-failures", " ".join(failures))
    if not any(network.links.modules):
        raise _usage("no-modules", network.name)
    return _Search(network, most, tuple(failures), gap, watch or Watch(60.0), seed, progress).run()


def _usage(code: str, value: object) -> UsageError:
    told = problem(code, {})
    return UsageError(code, told.message, told.fix, str(value))


def choice_of(network: Network) -> Choice:
    """What may be installed on which link."""
    li = network.links
    columns = [(k, gbps, cost) for k, kinds in enumerate(li.modules) for gbps, cost in kinds]
    link, gbps, cost = (np.array(v) for v in zip(*columns, strict=True)) if columns else (np.zeros(0),) * 3
    have = li.stated
    return Choice(
        link.astype(np.int64), gbps.astype(float), cost.astype(float), li.tail, li.head,
        np.where(have, li.capacity_gbps, 0.0), np.where(have, li.back_gbps, 0.0),
        np.where(have & ((li.capacity_gbps > 0) | (li.back_gbps > 0)), 0.0, li.setup_cost),
    )  # fmt: skip


class _Search:
    """One search: rows found so far, the best plan, the bound."""

    def __init__(
        self, network: Network, most: float, failures: tuple[str, ...], gap: float, watch: Watch, seed: int,
        progress: Progress,
    ) -> None:  # fmt: skip
        self.network, self.most, self.gap, self.watch, self.progress = network, most, gap, watch, progress
        self.n, self.rng = len(network.nodes), np.random.default_rng(seed)
        self.choice = c = choice_of(network)
        m = len(c.tail)
        self.least_module = np.full(m, np.inf)
        np.minimum.at(self.least_module, c.link, c.gbps)
        self.may = (self.least_module < np.inf) | (c.ahead > 0) | (c.back > 0)
        nominal = np.where(np.isfinite(self.least_module), self.least_module, 1.0)
        self.arcs = Arcs(
            np.r_[c.tail, c.head], np.r_[c.head, c.tail],
            np.r_[np.where(c.ahead > 0, c.ahead, nominal), np.where(c.back > 0, c.back, nominal)],
            np.r_[np.arange(m), np.arange(m)], np.r_[np.zeros(m, bool), np.ones(m, bool)],
        )  # fmt: skip
        self.cases, self.engines, self.cut_off = self._cases(failures)
        self.rows: list[Row] = []
        self._matrix, self._least = csr_matrix((0, len(c.link))), np.zeros(0)
        self.seen: set[bytes] = set()
        self.best: NDArray[np.float64] | None = None
        self.cost = np.inf
        self.bound = 0.0

    # --- cases ------------------------------------------------------------------------------------------------------

    def _cases(self, failures: tuple[str, ...]) -> tuple[list[Case], list[Engine], list[tuple[str, float]]]:
        """The whole network and each failure; cases with the same demand share an engine and a matrix."""
        c, network = self.choice, self.network
        whole = resolved(network)
        names: list[tuple[str, Ints, Ints]] = [("", np.zeros(0, np.int64), np.zeros(0, np.int64))]
        one = np.arange(1)
        if "links" in failures:
            names += [(network.links.ids[k], one + k, one[:0]) for k in np.flatnonzero(self.may)]
        if "nodes" in failures:
            names += [(network.nodes.ids[v], one[:0], one + v) for v in range(self.n)]
        if "groups" in failures:
            names += [(g.id, np.array(g.links, np.int64), np.array(g.nodes, np.int64)) for g in network.groups]
        cases, engines, lost = [], [], []
        kept: dict[bytes, tuple[Floats, Engine]] = {}
        for name, links, nodes in names:
            closed = ~self.may
            closed[links] = True
            closed |= np.isin(c.tail, nodes) | np.isin(c.head, nodes)
            alive = ~np.isin(whole.source, nodes) & ~np.isin(whole.target, nodes)
            demands = Demands(whole.source[alive], whole.target[alive], whole.gbps[alive])
            some = np.flatnonzero(~np.r_[closed, closed])
            open_arcs = Arcs(*(getattr(self.arcs, f)[some] for f in ("tail", "head", "capacity_gbps", "link", "back")))
            carried, gone = split_by_path(demands, open_arcs, self.n)
            if len(gone):
                if not name:
                    raise _no_path(network, gone)
                lost.append((name, float(gone.gbps.sum())))
            table = np.zeros((self.n, self.n))
            np.add.at(table, (carried.source, carried.target), carried.gbps)
            key = table.tobytes()
            if key not in kept:
                kept[key] = (table, Engine(self.arcs, self.n, gathered(carried, self.n)))
            cases.append(Case(name, closed, kept[key][0]))
            engines.append(kept[key][1])
        return cases, engines, lost

    # --- routing ----------------------------------------------------------------------------------------------------

    def _routed(self, k: int, x: Floats, *, sliver: bool) -> tuple[float, Row | None]:
        """Least worst utilisation of one case under a plan, and the row of its prices where it is too much."""
        c, case = self.choice, self.cases[k]
        add = c.added(x)
        ahead, back = c.ahead + add, c.back + add
        shut = np.r_[case.closed, case.closed]
        capacity = np.r_[ahead, back]
        # what may be widened keeps a sliver, so that its price is known; what may not is shut where it is empty
        wide = np.isfinite(self.least_module)
        least = np.where(wide, SLIVER * np.where(wide, self.least_module, 0.0), 0.0) if sliver else np.zeros(len(wide))
        capacity = np.maximum(capacity, np.r_[least, least])
        shut |= capacity <= 0
        if not sliver and not self._connected(k, shut):
            return np.inf, None
        found = self.engines[k].solve(np.where(capacity > 0, capacity, 1.0), shut, gap=1e-8)
        carried = float(case.demand.sum()) - found.lost_gbps
        if found.lost_gbps > 1e-9 * max(carried, 1.0):
            return np.inf, None
        if found.utilisation <= self.most * (1 + FITS):
            return found.utilisation, None
        price = found.price_a
        m = len(ahead)
        asked = found.bound * float(price @ np.where(shut, 0.0, capacity))
        has = float(price[:m] @ np.where(case.closed, 0.0, c.ahead) + price[m:] @ np.where(case.closed, 0.0, c.back))
        row = metric_row(c, np.where(case.closed, 0.0, price[:m] + price[m:]), has, asked, self.most)
        return found.utilisation, row

    def _connected(self, k: int, shut: NDArray[np.bool_]) -> bool:
        """Whether every demand of a case has a path."""
        some = np.flatnonzero(~shut)
        table = csr_matrix((np.ones(len(some)), (self.arcs.tail[some], self.arcs.head[some])), shape=(self.n, self.n))
        far = shortest_path(table, unweighted=True)
        return bool(np.isfinite(far[self.cases[k].demand > 0]).all())

    def _worst(self, x: Floats) -> tuple[float, int]:
        """Largest utilisation over all cases, exactly, and the case; ends at the first that is too much."""
        worst, at = 0.0, 0
        for k in self._order:
            u, _ = self._routed(k, x, sliver=False)
            if u > worst:
                worst, at = u, k
            if u > self.most * (1 + FITS):
                self._order.remove(k)
                self._order.insert(0, k)
                return u, k
        return worst, at

    # --- rows -------------------------------------------------------------------------------------------------------

    def _missing(self, x: Floats) -> Floats:
        """By how much a plan falls short of each row, as a share of what the row asks; shape (rows,)."""
        done = len(self._least)
        if done < len(self.rows):
            new = self.rows[done:]
            start = np.cumsum([0, *(len(r.column) for r in new)])
            more = csr_matrix(
                (np.concatenate([r.coefficient for r in new]), np.concatenate([r.column for r in new]), start),
                shape=(len(new), len(self.choice.link)),
            )
            self._matrix = vstack([self._matrix, more], format="csr")
            self._least = np.r_[self._least, [r.least for r in new]]
        return (self._least - self._matrix @ x) / np.maximum(np.abs(self._least), 1e-12)

    def _take(self, row: Row) -> bool:
        """Keep a row that is new."""
        key = row.column.tobytes() + np.round(row.coefficient, 9).tobytes() + np.float64(round(row.least, 9)).tobytes()
        if key in self.seen or not len(row.column):
            return False
        self.seen.add(key)
        self.rows.append(row)
        return True

    def _look(self, x: Floats) -> int:
        """Find rows that `x` breaks: cuts first, prices where there are none; how many."""
        c = self.choice
        found: list[Row] = []
        if self.n <= ALL_NODES:
            found += cut_rows(c, self.cases, self._every, x, self.most)
        else:
            found += cut_rows(c, self.cases, self._every, x, self.most)
            weight = np.maximum(c.ahead, c.back) + c.added(x)
            for look in range(LOOKS):
                # heavy links first, and by and by anyhow
                blurred = weight ** (1 - look / LOOKS) * self.rng.uniform(0.1, 1.0, len(weight))
                found += cut_rows(c, self.cases, contracted(c, blurred, self.n), x, self.most)
                if len(found) >= 5 * ROWS:
                    break
        new = 0
        for row in sorted(found, key=lambda r: -r.deep(x)):
            new += self._take(row)
            if new >= ROWS:
                break
        if new:
            return new
        for k in range(len(self.cases)):
            _, row = self._routed(k, x, sliver=True)
            if row is not None and row.short(x) > 1e-7:
                new += self._take(row)
            if new >= 20 or self.watch.late(0.95):
                break
        return new

    # --- the programme ----------------------------------------------------------------------------------------------

    def _programme(self, whole: bool) -> highspy.Highs:
        """HiGHS over modules (and newly opened links), with every row so far."""
        c = self.choice
        h = one_thread()
        fee = np.flatnonzero(c.setup > 0)
        count, extra = len(c.link), len(fee)
        # no plan needs more of a module on a link than carries everything
        total = max(float(case.demand.sum()) for case in self.cases)
        top = np.ceil(total / self.most / c.gbps) + 1
        h.addVars(count + extra, np.zeros(count + extra), np.r_[top, np.ones(extra)])
        h.changeColsCost(count + extra, np.arange(count + extra, dtype=np.int32), np.r_[c.cost, c.setup[fee]])
        if whole:
            kinds = np.full(count + extra, highspy.HighsVarType.kInteger)
            h.changeColsIntegrality(count + extra, np.arange(count + extra, dtype=np.int32), kinds)
        for at, k in enumerate(fee):
            mine = np.flatnonzero(c.link == k)
            for j in mine:
                h.addRow(-highspy.kHighsInf, 0.0, 2, np.array([j, count + at], np.int32), np.array([1.0, -top[j]]))
        self._fee_at = {int(k): count + at for at, k in enumerate(fee)}
        if self._flows:
            self._route(h, count + extra)
        self._put(h, self.rows)
        return h

    def _route(self, h: highspy.Highs, first: int) -> None:
        """Add the flows of the whole network, a commodity a root: the relaxation then needs no prices of that case.

        Source: flows gathered by source, as in Jones et al. 1993 (what routing solves by trees, here beside the modules).
        """
        c, case = self.choice, self.cases[0]
        at = np.flatnonzero(case.demand)
        roots = gathered(Demands(at // self.n, at % self.n, case.demand.ravel()[at]), self.n)
        m, a = len(roots), len(self.arcs)
        shut = np.r_[case.closed, case.closed]
        top = np.where(shut, 0.0, highspy.kHighsInf)
        h.addVars(m * a, np.zeros(m * a), np.tile(top, m))
        rows, columns, values = [], [], []
        r, arc = np.divmod(np.arange(m * a), a)
        sign = np.where(roots.inward[r], -1.0, 1.0)
        for end, s in ((self.arcs.head, 1.0), (self.arcs.tail, -1.0)):
            rows.append(r * self.n + end[arc])
            columns.append(first + r * a + arc)
            values.append(s * sign)
        keep = np.tile(np.arange(self.n), m) != np.repeat(roots.node, self.n)
        load = m * self.n + arc
        rows.append(load)
        columns.append(first + np.arange(m * a))
        values.append(np.ones(m * a))
        of = self.arcs.link
        for j in range(len(c.link)):
            mine = np.flatnonzero(of == c.link[j])
            rows.append(m * self.n + mine)
            columns.append(np.full(len(mine), j))
            values.append(np.full(len(mine), -self.most * c.gbps[j]))
        table = csr_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(m * self.n + a, first + m * a)
        )  # fmt: skip
        need = roots.demand.ravel()
        low = np.r_[need, np.full(a, -highspy.kHighsInf)]
        high = np.r_[need, self.most * np.r_[c.ahead, c.back]]
        some = np.flatnonzero(np.r_[keep, np.ones(a, bool)])
        table, low, high = table[some], low[some], high[some]
        h.addRows(
            len(some), low, high, table.nnz, table.indptr[:-1].astype(np.int32), table.indices.astype(np.int32), table.data
        )  # fmt: skip

    def _put(self, h: highspy.Highs, rows: list[Row]) -> None:
        c = self.choice
        for r in rows:
            h.addRow(r.least, highspy.kHighsInf, len(r.column), r.column.astype(np.int32), r.coefficient)
            # where all of a row lies on links that are not opened yet, one of them must be
            links = np.unique(c.link[r.column])
            if r.least > 1e-6 and all(int(k) in self._fee_at for k in links):
                at = np.array([self._fee_at[int(k)] for k in links], np.int32)
                h.addRow(1.0, highspy.kHighsInf, len(at), at, np.ones(len(at)))

    def run(self) -> Upgrade:
        """Rows by the relaxation, plans from it, then whole numbers until routing agrees."""
        self._order = list(range(len(self.cases)))
        self._flows = len(self.arcs) * self.n <= MOST_FLOWS
        self._every = (
            all_sides(self.n) if self.n <= ALL_NODES else few_sides(self.choice.tail, self.choice.head, self.n)
        )
        self._relax()
        # rows that the relaxation does not meet with equality go: fewer rows, faster branching
        proved = self._whole()
        best = self.best
        assert best is not None
        worst, at = self._worst_of_all(best)
        c = self.choice
        li = replace(
            self.network.links, capacity_gbps=c.ahead + c.added(best), back_gbps=c.back + c.added(best),
            stated=np.ones(len(c.tail), bool),
        )  # fmt: skip
        bound = min(self.bound, self.cost)
        return Upgrade(
            replace(self.network, links=li), c, np.rint(best).astype(np.int64), self.cost, bound, worst, self.most,
            len(self.cases), self.cases[at].name, tuple(self.cut_off), len(self.rows), proved, self.watch.seconds,
        )  # fmt: skip

    def _worst_of_all(self, x: Floats) -> tuple[float, int]:
        told = [self._routed(k, x, sliver=False)[0] for k in range(len(self.cases))]
        return max(told), int(np.argmax(told))

    def _relax(self) -> None:
        """Rows until the relaxation breaks none, or brings little more."""
        h = self._programme(False)
        idle, before, solved = 0, 0.0, 0
        while not self.watch.late(0.35):
            h.run()
            x = np.asarray(h.getSolution().col_value)[: len(self.choice.link)]
            self.bound = max(self.bound, float(h.getInfo().objective_function_value) * (1 - 1e-9))
            solved += 1
            self._tell("relax")
            done = len(self.rows)
            if not self._look(x):
                break
            idle = idle + 1 if self.bound <= before * (1 + 1e-5) else 0
            before = max(before, self.bound)
            if idle > PATIENCE:
                break
            self._put(h, self.rows[done:])
        self._dive(h)
        self._tell("dive")

    def _dive(self, h: highspy.Highs) -> None:
        """A plan from the relaxation: raise what is nearly whole, solve again, until all is whole and carried."""
        count = len(self.choice.link)
        floor = np.zeros(count)
        for _ in range(20 * count):
            h.run()
            if self.watch.late(0.85):
                break
            x = np.asarray(h.getSolution().col_value)[:count]
            part = x - np.floor(x + 1e-6)
            if part.max() <= 1e-6:
                done = len(self.rows)
                x = np.rint(x)
                if self._worst(x)[0] <= self.most * (1 + FITS) or not self._look(x):
                    self._made_whole(x)
                    break
                self._put(h, self.rows[done:])
                continue
            up = part >= min(0.85, float(part.max()))
            floor[up] = np.maximum(floor[up], np.ceil(x[up] - 1e-6))
            at = np.flatnonzero(up).astype(np.int32)
            top = np.full(len(at), highspy.kHighsInf)
            h.changeColsBounds(len(at), at, floor[at], top)
        else:
            self._made_whole(np.ceil(x - 1e-6))
        if self.best is None:
            self._made_whole(np.ceil(x - 1e-6))
        h.changeColsBounds(count, np.arange(count, dtype=np.int32), np.zeros(count), np.full(count, highspy.kHighsInf))

    def _whole(self) -> bool:
        """Whole numbers over the rows; whatever routing refuses gives new rows. Returns whether the best is proved."""
        count = len(self.choice.link)
        while True:
            if self.cost - self.bound <= max(self.gap * self.cost, 1e-9 * self.cost):
                return self.cost - self.bound <= 1e-9 * self.cost
            if self.watch.late(0.97):
                return False
            h = self._programme(True)
            h.setOptionValue("time_limit", max(0.5, self.watch.left_s))
            h.setOptionValue("mip_rel_gap", max(1e-9, 0.5 * self.gap))
            if self.best is not None:
                opened = np.array([float(self.best[self.choice.link == k].sum() > 0) for k in self._fee_at])
                at = np.arange(count + len(opened), dtype=np.int32)
                h.setSolution(len(at), at, np.r_[self.best, opened])
            h.run()
            low = float(h.getInfo().mip_dual_bound)
            if np.isfinite(low):
                self.bound = max(self.bound, low * (1 - 1e-9))
            self._tell("whole")
            value = h.getSolution().col_value
            if len(value) < count:
                return False
            x = np.rint(np.asarray(value)[:count])
            ended = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
            u, _ = self._worst(x)
            if u <= self.most * (1 + FITS):
                self._keep(x)
                if ended and self.gap == 0:
                    return True
                if ended and self.cost - self.bound <= self.gap * self.cost:
                    return False
                if ended:
                    continue
                return False
            if not self._look(x):
                # nothing new to say of it but that this very plan is not enough: some module more
                return False
            self._made_whole(x)

    # --- plans ------------------------------------------------------------------------------------------------------

    def _keep(self, x: Floats) -> None:
        money = self.choice.money(x)
        if money < self.cost - 1e-9:
            self.best, self.cost = x.copy(), money

    def _made_whole(self, x: Floats) -> None:
        """A plan from whole numbers that may carry too little: add where it binds, then take back what is not needed."""
        c = self.choice
        x = x.copy()
        for _ in range(50 + 4 * int(len(c.link))):
            missing = self._missing(x)
            if len(missing) and missing.max() > 1e-9:
                row = self.rows[int(missing.argmax())]
                gain = row.coefficient
                column = row.column
            else:
                u, k = self._worst(x)
                if u <= self.most * (1 + FITS):
                    break
                _, found = self._routed(k, x, sliver=True)
                if found is None:
                    # only a link without anything carries it: open the cheapest that leads on
                    empty = np.flatnonzero(c.added(x)[c.link] + c.ahead[c.link] + c.back[c.link] <= 0)
                    column, gain = empty, np.ones(len(empty))
                else:
                    self._take(found)
                    column, gain = found.column, found.coefficient
            if not len(column):
                return
            opened = np.bincount(c.link, weights=x, minlength=len(c.tail)) > 0
            price = c.cost[column] + np.where(opened[c.link[column]], 0.0, c.setup[c.link[column]])
            x[column[int(np.argmin(price / gain))]] += 1
        else:
            return
        self._taken_back(x)

    def _taken_back(self, x: Floats) -> None:
        """Take modules away, dearest first, while everything is still carried."""
        c = self.choice
        self._keep(x)
        moved = True
        while moved and not self.watch.late(0.9):
            moved = False
            saved = [(c.money(x) - c.money(_less(x, k)), int(k)) for k in np.flatnonzero(x > 0)]
            for gain, k in sorted(saved, key=lambda t: (-t[0], t[1])):
                if gain <= 0 or self.watch.late(0.9):
                    continue
                y = _less(x, k)
                if (self._missing(y) > 1e-9).any():
                    continue
                if self._worst(y)[0] <= self.most * (1 + FITS):
                    x, moved = y, True
        self._keep(x)

    def _tell(self, step: str) -> None:
        cost = "—" if self.best is None else f"{self.cost:,.6g}"
        self.progress(-1.0, f"{step}: {cost} ≥ {self.bound:,.6g}, {len(self.rows)}")


def _less(x: Floats, k: Any) -> Floats:
    y = x.copy()
    y[k] -= 1
    return y


def _no_path(network: Network, gone: Demands) -> Infeasible:
    ids = network.nodes.ids
    told = problem("no-path", {})
    pairs = "、".join(f"{ids[s]} → {ids[t]}" for s, t in zip(gone.source[:5], gone.target[:5], strict=True))
    return Infeasible(
        "no-path", f"{len(gone)}件の需要に、候補を足しても道がありません: {pairs}", told.fix, network.name
    )
