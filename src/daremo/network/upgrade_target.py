"""Targets of availability inside a plan: areas that stay connected in sampled disasters, by the links that are opened.

A plan opens candidate links; in each sampled disaster some of them live. An area that today's links leave cut off is connected
again only if some live candidate leaves the part of the network that still reaches a hub, and some enters the part that still
reaches the area: two cuts, true of every plan. HiGHS chooses over those found so far; what its choice leaves cut off gives more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numba import njit
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from daremo.kernel.errors import Infeasible, UsageError
from daremo.network.availability import scenario_words
from daremo.network.build import problem
from daremo.network.fail_kernel import Words, spread
from daremo.network.hazards import Hazard
from daremo.network.model import Floats, Ints, Network
from daremo.network.upgrade_cuts import Choice, Mask

FULL = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Target:
    """What must hold over sampled disasters.

    Attributes
    ----------
    hazards : tuple of Hazard
    available_share : float, 0..1
        Share of disasters (by their rates) that leave an area connected to a hub, at least.
    residents_share : float, 0..1
        Share of residents who live in areas that reach `available_share`, at least; 1 = every area.
    hours_year : float, hours/year
        Hours without a hub by resident and year, at most; infinite = not asked.
    scenarios : int
        Disasters sampled of each hazard, rounded up to whole words of 64.
    seed : int
    outage_share : float, 0..1
        Chance that any node or link is out for everyday reasons when a disaster strikes.
    """

    hazards: tuple[Hazard, ...]
    available_share: float = 0.0
    residents_share: float = 1.0
    hours_year: float = float("inf")
    scenarios: int = 512
    seed: int = 1
    outage_share: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Sampled disasters: bit s of word w of a row says that the component lives in scenario 64 w + s.

    Attributes
    ----------
    node_up, link_up : ndarray of uint64, shapes (nodes, words), (links, words)
    share, hours : ndarray, shape (64 × words,)
        What a scenario counts in availability, and in hours lost a year.
    """

    node_up: Words
    link_up: Words
    share: Floats
    hours: Floats


def sampled(network: Network, target: Target, *, fresh: bool = False, plus: tuple[int, int] = (0, 0)) -> Sample:
    """Draw the disasters of a target.

    Parameters
    ----------
    network : Network
        With the links that the hazards were read for, candidates among them.
    fresh : bool
        Others than those that the plan was chosen by.
    plus : (int, int)
        Nodes and links at the end that nothing breaks.
    """
    hazards = [h for h in target.hazards if h.events_year > 0]
    words = (target.scenarios + 63) // 64
    rate = np.array([h.events_year for h in hazards])
    seed = target.seed + (7_919 if fresh else 0)
    parts = [
        scenario_words(network, h, words, seed, outage_share=target.outage_share, stratum=k)
        for k, h in enumerate(hazards)
    ]
    nodes, links = (np.concatenate([p[i] for p in parts], axis=1) for i in (0, 1))
    more = [np.full((k, nodes.shape[1]), FULL, np.uint64) for k in plus]
    each = 64 * words
    return Sample(
        np.concatenate([nodes, more[0]]), np.concatenate([links, more[1]]),
        np.repeat(rate / rate.sum() / each, each),
        np.repeat([h.events_year * h.repair_hours / each for h in hazards], each),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _reached(node_up, link_up, tail, head, link, start):  # type: ignore[no-untyped-def]
    """Nodes that live arcs lead to from live starts, word by word."""
    out = np.zeros_like(node_up)
    reached = np.empty(node_up.shape[0], np.uint64)
    for w in range(node_up.shape[1]):
        reached[:] = np.uint64(0)
        for s in start:
            reached[s] = node_up[s, w]
        spread(reached, node_up[:, w].copy(), link_up[:, w].copy(), tail, head, link)
        out[:, w] = reached
    return out


def bits(words: Words) -> Mask:
    """Words as booleans, shape (rows, 64 × words)."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little").astype(bool)


class Kept:
    """A target for one choice: what a plan's open links reach, and the rows it must fulfil.

    Parameters
    ----------
    network : Network
    choice : Choice
    target : Target
    sample : Sample

    Raises
    ------
    UsageError
        ``no-hub``, ``no-hazards``, ``bad-target``.
    Infeasible
        ``target-out-of-reach``: not even with every candidate opened.
    """

    def __init__(self, network: Network, choice: Choice, target: Target, sample: Sample):
        c, a = choice, network.areas
        self._c, self._t, self._s, self._n = c, target, sample, len(network.nodes)
        self._hubs = network.hubs()
        self.people = a.people if a.people.sum() > 0 else np.ones(len(a))
        self._area, self._node = a.area, a.node
        can = np.bincount(c.link, minlength=len(c.tail)) > 0
        #: Links that modules open in a direction that has nothing yet.
        self.candidates = np.flatnonzero(can & ((c.ahead <= 0) | (c.back <= 0)))
        none, every = np.zeros(len(c.tail), bool), can
        now, best = self.connected(none), self.connected(every)
        self._fixed, self._open_to = now, best & ~now
        self._refuse_if_out_of_reach(network, best)
        self._columns()
        self._rows: dict[bytes, tuple[int, Ints]] = {}
        self.refused(none)

    # --- what holds -------------------------------------------------------------------------------------------------

    def opened(self, x: Floats) -> Mask:
        """Links on which a plan installs something; shape (links,)."""
        return np.bincount(self._c.link, weights=x, minlength=len(self._c.tail)) > 0.5

    def _arcs(self, opened: Mask) -> tuple[Ints, Ints, Ints]:
        c = self._c
        ahead, back = np.flatnonzero((c.ahead > 0) | opened), np.flatnonzero((c.back > 0) | opened)
        return np.r_[c.tail[ahead], c.head[back]], np.r_[c.head[ahead], c.tail[back]], np.r_[ahead, back]

    def reached(self, opened: Mask) -> Words:
        """Nodes that reach a hub, shape (nodes, words)."""
        s = self._s
        return np.asarray(_reached(s.node_up, s.link_up, *self._arcs(opened), self._hubs))

    def connected(self, opened: Mask) -> Mask:
        """Areas with a hub, shape (areas, scenarios)."""
        home = bits(self.reached(opened))[self._node]
        out = np.zeros((len(self.people), home.shape[1]), bool)
        np.logical_or.at(out, self._area, home)
        return out

    def told(self, connected: Mask) -> tuple[Floats, float, float]:
        """Availability by area, share of residents in areas that reach the target, hours lost by resident and year."""
        available = connected @ self._s.share
        good = available >= self._t.available_share - 1e-9
        whole = float(self.people.sum())
        return available, float(self.people @ good) / whole, float(self.people @ (~connected @ self._s.hours)) / whole

    def short(self, x: Floats) -> float:
        """How far a plan is from the target, as a share; 0 where it holds."""
        available, residents, hours = self.told(self.connected(self.opened(x)))
        t = self._t
        lack = max(0.0, hours / t.hours_year - 1) if np.isfinite(t.hours_year) and t.hours_year > 0 else 0.0
        if t.hours_year == 0 and hours > 1e-12:
            lack = 1.0 + hours
        if residents < t.residents_share - 1e-9:
            # also what the areas still lack, so that a step in the right way shows
            lack += t.residents_share - residents + float(np.maximum(t.available_share - available, 0.0).sum())
        return lack if lack > 1e-9 else 0.0

    def _refuse_if_out_of_reach(self, network: Network, best: Mask) -> None:
        available, residents, hours = self.told(best)
        t = self._t
        if residents >= t.residents_share - 1e-9 and hours <= t.hours_year + 1e-12:
            return
        ids = network.areas.ids
        worst = [f"{ids[d]} {available[d]:.4f}" for d in np.argsort(available, kind="stable")[:5]]
        told = problem("target-out-of-reach", {})
        said = f"{told.message}: {', '.join(worst)}; {residents:.4f}; {hours:.4f} h"
        raise Infeasible("target-out-of-reach", said, told.fix, network.name)

    # --- rows -------------------------------------------------------------------------------------------------------

    def _columns(self) -> None:
        """A column for each kind of area and disaster that a plan may decide: those that look alike share one."""
        d, s = np.nonzero(self._open_to)
        of: dict[object, int] = {}
        looks = {j: self._look_of(j) for j in np.unique(s).tolist()}
        nodes = bits(self._s.node_up)
        homes = [self._node[self._area == i] for i in range(len(self.people))]
        column = np.zeros(len(d), np.int64)
        for at, (i, j) in enumerate(zip(d.tolist(), s.tolist(), strict=True)):
            look, part = looks[j]
            mine = homes[i][nodes[homes[i], j]]
            column[at] = of.setdefault((look, frozenset(part[mine].tolist())), len(of))
        self.count = len(of)
        first = np.unique(column, return_index=True)[1]
        self._at_area, self._at_scenario = d[first], s[first]
        self._share = np.zeros((len(self.people), self.count))
        np.add.at(self._share, (d, column), self._s.share[s])
        self._hours = np.zeros(self.count)
        np.add.at(self._hours, column, self.people[d] / self.people.sum() * self._s.hours[s])

    def _look_of(self, j: int) -> tuple[bytes, Ints]:
        """What a scenario leaves to decide: live candidates between parts of the network; and each node's part."""
        c, e = self._c, self.candidates
        live = bits(self._s.link_up[:, j // 64, None])[:, j % 64]
        nodes = bits(self._s.node_up[:, j // 64, None])[:, j % 64]
        alive = live & nodes[c.tail] & nodes[c.head]
        if ((c.ahead > 0) != (c.back > 0)).any():
            # one-way links: parts are not enough to tell who reaches whom
            return np.packbits(np.r_[live, nodes]).tobytes(), np.arange(self._n)
        there = np.flatnonzero(alive & (c.ahead > 0))
        table = csr_matrix((np.ones(len(there)), (c.tail[there], c.head[there])), shape=(self._n, self._n))
        part = connected_components(table, directed=False)[1].astype(np.int64)
        part[np.isin(part, part[self._hubs[nodes[self._hubs]]])] = -1
        # parts by their first node, so that equal scenarios look equal
        _, first, of = np.unique(part, return_index=True, return_inverse=True)
        part = np.where(part < 0, -1, first[of])
        a, b = part[c.tail[e]], part[c.head[e]]
        some = alive[e] & (a != b)
        return np.r_[e[some], np.minimum(a, b)[some], np.maximum(a, b)[some]].tobytes(), part

    def refused(self, opened: Mask) -> int:
        """Take the two cuts of every column that these open links leave cut off; how many are new."""
        if not self.count:
            return 0
        hub_side = bits(self.reached(opened))
        cut = np.flatnonzero(~self.connected(opened)[self._at_area, self._at_scenario])
        live, nodes = bits(self._s.link_up), bits(self._s.node_up)
        c, e, new = self._c, self.candidates, 0
        for k in cut.tolist():
            j, d = int(self._at_scenario[k]), int(self._at_area[k])
            lives = live[e, j] & nodes[c.tail[e], j] & nodes[c.head[e], j]
            for side in (hub_side[:, j], self._leads_to(d, j, opened, live[:, j], nodes[:, j])):
                row = e[lives & (side[c.tail[e]] != side[c.head[e]])]
                key = np.int64(k).tobytes() + row.tobytes()
                if key not in self._rows:
                    self._rows[key] = (k, row)
                    new += 1
        return new

    def _leads_to(self, d: int, j: int, opened: Mask, live: Mask, nodes: Mask) -> Mask:
        """Nodes from which live arcs lead to an area's homes in a scenario."""
        tail, head, link = self._arcs(opened)
        some = live[link] & nodes[tail] & nodes[head]
        tail, head = tail[some], head[some]
        side = np.zeros(self._n, bool)
        side[self._node[self._area == d]] = True
        side &= nodes
        while True:
            more = side.copy()
            more[tail[side[head]]] = True
            if np.array_equal(more, side):
                return side
            side = more

    def join(self, h: highspy.Highs, whole: bool) -> None:
        """Put the target into a programme whose first columns are the modules: open links, columns of areas, areas that reach it."""
        c, t, e = self._c, self._t, self.candidates
        y = h.getNumCol()
        z, good = y + len(e), y + len(e) + self.count
        areas = len(self.people) if t.available_share > 0 else 0
        h.addVars(
            len(e) + self.count + areas, np.zeros(len(e) + self.count + areas), np.ones(len(e) + self.count + areas)
        )
        place = np.full(len(c.tail), -1)
        place[e] = y + np.arange(len(e))
        inf = highspy.kHighsInf
        for link in e.tolist():
            mine = np.flatnonzero(c.link == link)
            h.addRow(
                -inf, 0.0, len(mine) + 1, np.r_[place[link], mine].astype(np.int32), np.r_[1.0, -np.ones(len(mine))]
            )
        for k, row in self._rows.values():
            h.addRow(-inf, 0.0, len(row) + 1, np.r_[z + k, place[row]].astype(np.int32), np.r_[1.0, -np.ones(len(row))])
        if areas:
            people = float(self.people.sum())
            fixed = self._fixed @ self._s.share
            if t.residents_share >= 1:
                for d in range(areas):
                    h.changeColBounds(good + d, 1.0, 1.0)
            else:
                at = np.arange(good, good + areas, dtype=np.int32)
                if whole:
                    h.changeColsIntegrality(areas, at, np.full(areas, highspy.HighsVarType.kInteger))
                h.addRow(t.residents_share - 1e-9, inf, areas, at, self.people / people)
            for d in range(areas):
                some = np.flatnonzero(self._share[d])
                at = np.r_[z + some, good + d].astype(np.int32)
                h.addRow(-float(fixed[d]) - 1e-9, inf, len(at), at, np.r_[self._share[d][some], -t.available_share])
        if np.isfinite(t.hours_year):
            lost = float(self.people @ (~self._fixed @ self._s.hours)) / float(self.people.sum())
            at = np.arange(z, z + self.count, dtype=np.int32)
            h.addRow(lost - t.hours_year - 1e-12, inf, self.count, at, self._hours)


def checked(target: Target, network: Network) -> None:
    """Refuse a target that says nothing or cannot be asked."""
    t = target
    if not len(network.hubs()):
        fix = "局の表の role に hub を1つ以上書いてください"
        raise UsageError("no-hub", "つながる先の局（hub）がありません", fix, network.name)
    shares: Sequence[float] = (t.available_share, t.residents_share)
    if not all(0 <= v <= 1 for v in shares) or not t.hours_year >= 0 or t.scenarios < 1:
        told = problem("bad-target", {})
        raise UsageError(
            "bad-target", told.message, told.fix, f"{t.available_share} {t.residents_share} {t.hours_year}"
        )
    if not any(h.events_year > 0 for h in t.hazards):
        raise UsageError(
            "no-hazards", "年に1回以上の割合で起きる災害がありません", "events_year を入れてください", "--hazards"
        )
