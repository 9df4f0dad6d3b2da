"""What plans of modules must fulfil: the cases, the routing of a plan in each, and the rows that a plan breaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from scipy.sparse.csgraph import shortest_path

from daremo.kernel.errors import Infeasible
from daremo.kernel.results import Progress
from daremo.kernel.watch import Watch
from daremo.network.build import problem
from daremo.network.demand import gathered, resolved
from daremo.network.hubs import CONTENT
from daremo.network.load import split_by_path
from daremo.network.master import Engine
from daremo.network.model import Arcs, Demands, Floats, Ints, Network
from daremo.network.upgrade_cuts import (
    ALL_NODES,
    Case,
    Choice,
    Row,
    all_sides,
    cut_rows,
    few_sides,
    metric_row,
    rounded,
)
from daremo.network.upgrade_hunt import Hunter
from daremo.network.upgrade_room import Room
from daremo.network.upgrade_target import Kept, Sample, Target

#: A link without anything counts as so much of its smallest module while prices are looked for, so that it has a price.
SLIVER = 1e-3
#: Flows stand beside the modules in networks of up to so many nodes times arcs.
MOST_FLOWS = 40_000
#: Utilisation above the allowed one by this share is still allowed: the tolerance of the routing's linear programs.
FITS = 1e-7
#: Rows added in one look, cases hunted in one look, looks without progress before the search for cuts ends.
ROWS, HUNTED, PATIENCE = 60, 6, 6
#: Prices are worth a row when routing is known to this share.
PRICED = 1e-3


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


class Search:
    """One search: rows found so far, the best plan, the bound."""

    def __init__(
        self, network: Network, most: float, failures: tuple[str, ...], gap: float, watch: Watch, seed: int,
        progress: Progress, target: Target | None = None, sample: Sample | None = None,
    ) -> None:  # fmt: skip
        self.enough = most * (1 + FITS)
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
        self._order = list(range(len(self.cases)))
        self._every = all_sides(self.n) if self.n <= ALL_NODES else few_sides(c.tail, c.head, self.n)
        self.small = self.n <= ALL_NODES
        self.flows = 0 < len(self.arcs) * self.n <= MOST_FLOWS and bool(self.cases[0].demand.any())
        self.room = Room(c, self.arcs, self.cases[0].demand, most) if self.flows else None
        self._hunter, self._hunts = Hunter(c, self.n, most), 1_000_003 * seed
        self.rows: list[Row] = []
        self._matrix, self._least = csr_matrix((0, len(c.link))), np.zeros(0)
        self.seen: set[bytes] = set()
        self.best: NDArray[np.float64] | None = None
        self.cost = np.inf
        self.bound = 0.0
        self.target = None if target is None or sample is None else Kept(network, c, target, sample)
        # capacity of which no more is missed than the digits of a linear programme
        self.crumb = 1e-7 * float(c.gbps.min(initial=1.0))

    # --- cases ------------------------------------------------------------------------------------------------------

    def _cases(self, failures: tuple[str, ...]) -> tuple[list[Case], list[Engine], list[tuple[str, float]]]:
        """The whole network and each failure; cases with the same demand share an engine and a matrix."""
        c, network = self.choice, self.network
        whole = resolved(network)
        names: list[tuple[str, Ints, Ints]] = [("", np.zeros(0, np.int64), np.zeros(0, np.int64))]
        one = np.arange(1)
        if "links" in failures:
            names += [
                (network.links.ids[k], one + k, one[:0])
                for k in np.flatnonzero(self.may)
                if network.links.media[k] != CONTENT
            ]
        if "nodes" in failures:
            names += [
                (network.nodes.ids[v], one[:0], one + v) for v in range(self.n) if network.nodes.ids[v] != CONTENT
            ]
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

    def _routed(self, k: int, x: Floats, *, sliver: bool, exact: bool = True) -> tuple[float, Row | None]:
        """Least worst utilisation of one case under a plan, and the row of its prices where it is too much.

        Without `exact` it is only known on which side of the allowed one it lies, or prices to `PRICED`.
        """
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
        gap, enough = (1e-8, None) if exact else (PRICED if sliver else 1e-8, None if sliver else self.enough)
        engine, room = self.engines[k], np.where(capacity > 0, capacity, 1.0)
        found = engine.solve(room, shut, gap=gap, enough=enough)
        if not exact and found.bound <= self.enough < found.utilisation:
            found = engine.solve(room, shut, gap=1e-8)
        carried = float(case.demand.sum()) - found.lost_gbps
        if found.lost_gbps > 1e-9 * max(carried, 1.0):
            return np.inf, None
        if found.utilisation <= self.enough:
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

    def _fits(self, x: Floats) -> bool:
        """Whether no row forbids a plan and every case is carried."""
        if self._missing(x).max(initial=0.0) > 1e-9 or (self.target is not None and self.target.short(x) > 0):
            return False
        return self._refusing(x) is None

    def _refusing(self, x: Floats) -> int | None:
        """A case that a plan does not carry; it is asked first next time."""
        for k in list(self._order):
            if self._in_room(k):
                refuses = self._lacks(k, x)[0] > self.crumb
            else:
                refuses = self._routed(k, x, sliver=False, exact=False)[0] > self.enough
            if refuses:
                self._order.remove(k)
                self._order.insert(0, k)
                return k
        return None

    def _carried(self, x: Floats) -> bool:
        """Whether every case is carried by the routing that the answer is told with."""
        return all(self._routed(k, x, sliver=False, exact=False)[0] <= self.enough for k in self._order)

    def _in_room(self, k: int) -> bool:
        """Whether a case has the demand whose flows stand in the room."""
        return self.room is not None and self.cases[k].demand is self.cases[0].demand

    def _lacks(self, k: int, x: Floats) -> tuple[float, Floats]:
        """Capacity that a case lacks under a plan, and its prices by room."""
        assert self.room is not None
        c = self.choice
        add = c.added(x)
        return self.room.lacks(c.ahead + add, c.back + add, self.cases[k].closed, np.isfinite(self.least_module))

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

    def _look(self, x: Floats, *, prices: bool = True) -> int:
        """Find rows that `x` breaks: of the target, cuts, and prices where there are none; how many."""
        if (
            self.target is not None
            and np.abs(x - np.rint(x)).max(initial=0.0) < 1e-6
            and self.target.short(np.rint(x)) > 0
        ):
            new = self.target.refused(self.target.opened(np.rint(x)))
            if new:
                return new
        found = list(cut_rows(self.choice, self.cases, self._every, x, self.most))
        if not self.small:
            others = self.rng.permutation(np.arange(1, len(self.cases)))[:HUNTED].tolist()
            for k in (0, *others):
                self._hunts += 1
                found += self._hunter.rows(self.cases[k], x, self._hunts)
        new = 0
        for row in sorted(found, key=lambda r: -r.deep(x)):
            new += self._take(row)
            if new >= ROWS:
                break
        if new or not prices:
            return new
        for k in list(self._order):
            new += self._price(k, x)
            if new >= 20 or self.watch.late(0.95):
                break
        return new

    def _price(self, k: int, x: Floats) -> int:
        """Take the prices of a case that `x` breaks, as they are and rounded; how many rows."""
        if self.room is not None and self._in_room(k):
            lacks, price = self._lacks(k, x)
            return self._take_both(self.room.row(price, self.cases[k].closed), x) if lacks > self.crumb else 0
        return self._take_both(self._routed(k, x, sliver=True, exact=False)[1], x)

    def _take_both(self, row: Row | None, x: Floats) -> int:
        """Keep a row of prices that `x` breaks, and the same rounded; how many are new."""
        if row is None:
            return 0
        whole = rounded(row, x)
        new = 0 if row.short(x) <= 1e-7 else int(self._take(row))
        return new + (0 if whole is None else int(self._take(whole)))


def _no_path(network: Network, gone: Demands) -> Infeasible:
    ids = network.nodes.ids
    told = problem("no-path", {})
    pairs = "、".join(f"{ids[s]} → {ids[t]}" for s, t in zip(gone.source[:5], gone.target[:5], strict=True))
    return Infeasible(
        "no-path", f"{len(gone)}件の需要に、候補を足しても道がありません: {pairs}", told.fix, network.name
    )
