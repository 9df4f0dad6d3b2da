"""Trips along streets: points set beside them, the cheapest way between, and what is cut off, said plainly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.travel.dijkstra import grouped, many_to_many
from daremo.reach.travel.pairs import Pairs, pairs_of
from daremo.reach.travel.sphere import checked_degrees
from daremo.reach.travel.streets import Beside, Streets, beside

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Short = NDArray[np.int32]

#: Walking speed from a door to the street (km/h), where trips are in minutes.
OFF_STREET_KM_H = 4.0


@dataclass(frozen=True, slots=True)
class StreetTrips:
    """Trips along streets and how they came about.

    Attributes
    ----------
    pairs : Pairs
        In the unit of the streets, the way from door to street included.
    demand, places : Beside
        Where demand points and places stand.
    piece_d, piece_p : ndarray of int32, shape (d,), (p,), index
        Connected piece of the streets, 0 = the largest; −1 = beside no street.
    n_pieces : int
    """

    pairs: Pairs
    demand: Beside
    places: Beside
    piece_d: NDArray[np.int32]
    piece_p: NDArray[np.int32]
    n_pieces: int

    @property
    def cut_off(self) -> Index:
        """Demand points beside a piece of the streets where no place stands, index."""
        return np.flatnonzero((self.piece_d >= 0) & ~np.isin(self.piece_d, self.piece_p))

    def as_dict(self) -> dict[str, Any]:
        """What a person should know before she trusts the trips."""
        on = self.demand.edge_i >= 0
        off = self.demand.off_km_i[on]
        return {
            "trips": self.pairs.n_trips,
            "pieces": self.n_pieces,
            "off_street_demand": self.demand.far.tolist(),
            "off_street_places": self.places.far.tolist(),
            "cut_off_demand": self.cut_off.tolist(),
            "unreachable": self.pairs.unreachable().tolist(),
            "to_street_km_median": float(np.median(off)) if off.size else None,
            "to_street_km_most": float(off.max()) if off.size else None,
        }


def pairs_by_street(
    streets: Streets,
    latitude_d: ArrayLike,
    longitude_d: ArrayLike,
    latitude_p: ArrayLike,
    longitude_p: ArrayLike,
    *,
    limit: float,
    snap: Literal["edge", "node"] = "edge",
    most_snap_km: float = 1.0,
    only_largest: bool = False,
    off_street_km_h: float = OFF_STREET_KM_H,
) -> StreetTrips:
    """Every trip from a demand point to a place that costs at most `limit` along the streets.

    Parameters
    ----------
    latitude_d, longitude_d : array_like, shape (d,), degrees
    latitude_p, longitude_p : array_like, shape (p,), degrees
    limit : float, unit of `streets`
        A trip of exactly this cost counts.
    snap : {"edge", "node"}
        Whether a point stands at the nearest spot of a street or at the nearest node.
    most_snap_km : float, km
        Points farther from every street are listed and have no trips.
    only_largest : bool
        Only use the largest connected piece.
    off_street_km_h : float, km an hour
        Speed between door and street, for streets in minutes.

    Raises
    ------
    UsageError
        Where coordinates, limit or speed cannot be used.

    Source
    ------
    Dijkstra (1959), Numerische Mathematik 1, 269-271; searched from the smaller side, each search ended at the limit.

    Examples
    --------
    >>> from daremo.reach.travel.streets import streets_of
    >>> line = streets_of([34, 34, 34], [134.0, 134.01, 134.02], [0, 1], [1, 2], [1.0, 1.0])
    >>> pairs_by_street(line, [34], [134.0], [34], [134.015], limit=2).pairs.cost.round(6).tolist()
    [1.5]
    """
    if not limit >= 0 or np.isnan(limit):
        raise UsageError("bad-parameter", f"道のりの上限 {limit} は使えません", "0以上の数を入れてください")
    if not 0 < off_street_km_h < np.inf:
        raise UsageError("bad-parameter", f"速さ {off_street_km_h} km/h は使えません", "0より大きい数を入れてください")
    home, place = checked_degrees(latitude_d, longitude_d), checked_degrees(latitude_p, longitude_p)
    lat, lon = np.concatenate([home.lat, place.lat]), np.concatenate([home.lon, place.lon])
    n_d = home.lat.size
    both = beside(streets, lat, lon, snap=snap, most_km=most_snap_km, only_largest=only_largest)
    demand, places = both.part(0, n_d), both.part(n_d, lat.size)
    per_km = 1.0 if streets.unit == "km" else 60 / off_street_km_h
    pairs = _trips(streets, demand, places, limit, per_km)
    piece = streets.pieces()
    return StreetTrips(
        pairs,
        demand,
        places,
        _piece_of(piece, streets, demand),
        _piece_of(piece, streets, places),
        int(piece.max(initial=-1)) + 1,
    )


def _piece_of(piece_n: Short, streets: Streets, at: Beside) -> Short:
    """Piece of each point; −1 beside no street."""
    if streets.n_edges == 0:
        return np.full(at.edge_i.size, -1, np.int32)
    found: Short = np.where(at.edge_i >= 0, piece_n[streets.tail_e[at.edge_i]], -1).astype(np.int32)
    return found


def _trips(streets: Streets, demand: Beside, places: Beside, limit: float, per_km: float) -> Pairs:
    """All trips within the limit, searched from the side with fewer points."""
    n_d, n_p = demand.edge_i.size, places.edge_i.size
    backwards = n_p < n_d
    arcs = _arcs(streets, backwards)
    leave = _footholds(streets, demand, per_km, leaving=True)
    arrive = _footholds(streets, places, per_km, leaving=False)
    source, target = (arrive, leave) if backwards else (leave, arrive)
    n_sources, n_targets = (n_p, n_d) if backwards else (n_d, n_p)
    source_start, source_order = grouped(source.point, n_sources)
    target_start, target_order = grouped(target.node, streets.n_nodes)
    s, t, cost = many_to_many(
        *arcs,
        source_start,
        source.node[source_order],
        source.cost[source_order],
        target_start,
        target.point[target_order],
        target.cost[target_order],
        n_targets,
        limit,
    )
    d, p = (t, s) if backwards else (s, t)
    d_same, p_same, cost_same = _same_street(streets, demand, places, per_km)
    near = cost_same <= limit
    return pairs_of(
        np.concatenate([d, d_same[near]]),
        np.concatenate([p, p_same[near]]),
        np.concatenate([cost, cost_same[near]]),
        n_d,
        n_p,
        streets.unit,
    )


def _arcs(streets: Streets, backwards: bool) -> tuple[Index, Short, Floats]:
    """Allowed arcs in compressed rows by the node they leave, or by the node they enter."""
    tail = np.concatenate([streets.tail_e, streets.head_e])
    head = np.concatenate([streets.head_e, streets.tail_e])
    cost = np.concatenate([streets.along_e, streets.against_e])
    allowed = np.isfinite(cost)
    tail, head, cost = tail[allowed], head[allowed], cost[allowed]
    leave, enter = (head, tail) if backwards else (tail, head)
    start, order = grouped(leave, streets.n_nodes)
    return start, enter[order], cost[order]


@dataclass(frozen=True, slots=True)
class _Footholds:
    """Points joined to nodes: point, node and cost of each joint."""

    point: Short
    node: Short
    cost: Floats


def _footholds(streets: Streets, at: Beside, per_km: float, *, leaving: bool) -> _Footholds:
    """From each point to both ends of its street, as far as driving or walking there is allowed."""
    point = np.flatnonzero(at.edge_i >= 0)
    edge, share, off = at.edge_i[point], at.share_i[point], at.off_km_i[point] * per_km
    to_tail, to_head = (
        (streets.against_e[edge], streets.along_e[edge])
        if leaving
        else (streets.along_e[edge], streets.against_e[edge])
    )
    # at a node itself nothing is driven, whatever is allowed
    tail_cost = off + _part(share, to_tail)
    head_cost = off + _part(1 - share, to_head)
    node = np.concatenate([streets.tail_e[edge], streets.head_e[edge]])
    cost = np.concatenate([tail_cost, head_cost])
    able = np.isfinite(cost)
    return _Footholds(np.concatenate([point, point]).astype(np.int32)[able], node[able], cost[able])


def _part(share: Floats, cost: Floats) -> Floats:
    """Cost of a share of an edge; nothing of a forbidden edge is free."""
    out = np.zeros(share.size)
    some = share > 0
    out[some] = share[some] * cost[some]
    return out


def _same_street(streets: Streets, demand: Beside, places: Beside, per_km: float) -> tuple[Index, Index, Floats]:
    """Trips between points beside one and the same edge, along it without a node between."""
    start, order = grouped(
        np.where(places.edge_i >= 0, places.edge_i, streets.n_edges).astype(np.int32), streets.n_edges + 1
    )
    on = np.flatnonzero(demand.edge_i >= 0)
    first, count = start[demand.edge_i[on]], start[demand.edge_i[on] + 1] - start[demand.edge_i[on]]
    d = np.repeat(on, count)
    p = order[np.repeat(first - np.r_[0, np.cumsum(count)[:-1]], count) + np.arange(int(count.sum()))]
    way = places.share_i[p] - demand.share_i[d]
    edge = demand.edge_i[d]
    along = np.where(way >= 0, _part(way, streets.along_e[edge]), _part(-way, streets.against_e[edge]))
    return d, p, along + (demand.off_km_i[d] + places.off_km_i[p]) * per_km
