"""Streets as a graph: nodes with coordinates, edges with a cost in each direction, and points set beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from daremo.kernel.errors import UsageError
from daremo.reach.travel.sphere import EARTH_KM, along_km, checked_degrees, on_sphere

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Unit = Literal["km", "min"]


@dataclass(frozen=True, slots=True)
class Streets:
    """A street graph.

    Attributes
    ----------
    latitude_n, longitude_n : ndarray, shape (nodes,), degrees
    tail_e, head_e : ndarray of int32, shape (edges,), index
    along_e, against_e : ndarray, shape (edges,), `unit`
        Cost from tail to head and from head to tail; infinite where that is not allowed.
    unit : {"km", "min"}
    """

    latitude_n: Floats
    longitude_n: Floats
    tail_e: NDArray[np.int32]
    head_e: NDArray[np.int32]
    along_e: Floats
    against_e: Floats
    unit: Unit

    @property
    def n_nodes(self) -> int:
        return int(self.latitude_n.size)

    @property
    def n_edges(self) -> int:
        return int(self.tail_e.size)

    def pieces(self) -> NDArray[np.int32]:
        """Connected piece of each node, shape (nodes,), index; one-way streets count as ways both ways, 0 is the largest."""
        n = self.n_nodes
        if n == 0:
            return np.zeros(0, np.int32)
        links = coo_array((np.ones(self.n_edges, np.int8), (self.tail_e, self.head_e)), shape=(n, n))
        count, piece = connected_components(links, directed=False)
        size = np.bincount(piece, minlength=count)
        rank = np.empty(count, np.int32)
        # pieces of one size in the order of their first node, so that the same streets give the same numbers
        rank[np.lexsort((np.arange(count), -size))] = np.arange(count)
        ranked: NDArray[np.int32] = rank[piece]
        return ranked


def streets_of(
    latitude_n: ArrayLike,
    longitude_n: ArrayLike,
    tail_e: ArrayLike,
    head_e: ArrayLike,
    along_e: ArrayLike,
    against_e: ArrayLike | None = None,
    *,
    unit: Unit = "km",
) -> Streets:
    """Streets from arrays, checked.

    Parameters
    ----------
    latitude_n, longitude_n : array_like, shape (nodes,), degrees
    tail_e, head_e : array_like of int, shape (edges,), index
    along_e, against_e : array_like, shape (edges,), `unit`
        Cost in each direction; infinite = not allowed. Default: the same both ways.

    Raises
    ------
    UsageError
        Where a node does not exist or a cost is negative or missing.
    """
    at = checked_degrees(latitude_n, longitude_n)
    tail, head = np.asarray(tail_e, np.int64), np.asarray(head_e, np.int64)
    along = np.asarray(along_e, float)
    against = along if against_e is None else np.asarray(against_e, float)
    if not (tail.shape == head.shape == along.shape == against.shape and tail.ndim == 1):
        raise UsageError("bad-streets", "道路の表の列の長さがちがいます", "道路ごとに両端と長さを1つずつ入れてください")
    ends = np.concatenate([tail, head])
    if ends.size and (ends.min() < 0 or ends.max() >= at.lat.size):
        raise UsageError("bad-streets", "道路の表に、ない交差点の番号があります", "交差点の番号を確かめてください")
    if not ((along >= 0).all() and (against >= 0).all()):
        raise UsageError("bad-streets", "道路の長さに、負の数か数でない値があります", "0以上の数を入れてください")
    return Streets(at.lat, at.lon, tail.astype(np.int32), head.astype(np.int32), along, against, unit)


@dataclass(frozen=True, slots=True)
class Beside:
    """Points set beside streets.

    Attributes
    ----------
    edge_i : ndarray of int64, shape (points,), index
        Nearest edge; −1 where none is near enough.
    share_i : ndarray, shape (points,), share
        How far along that edge, from tail (0) to head (1); exactly 0 or 1 at a node.
    off_km_i : ndarray, shape (points,), km
        Straight distance to the street; infinite where none is near enough.
    """

    edge_i: Index
    share_i: Floats
    off_km_i: Floats

    def part(self, first: int, end: int) -> Beside:
        """Points from `first` until before `end`."""
        return Beside(self.edge_i[first:end], self.share_i[first:end], self.off_km_i[first:end])

    @property
    def far(self) -> Index:
        """Points with no street near enough, index, ascending."""
        return np.flatnonzero(self.edge_i < 0)


def beside(
    streets: Streets,
    latitude: ArrayLike,
    longitude: ArrayLike,
    *,
    snap: Literal["edge", "node"] = "edge",
    most_km: float = 1.0,
    only_largest: bool = False,
) -> Beside:
    """Set points at the nearest spot of the streets, or at the nearest node.

    Parameters
    ----------
    latitude, longitude : array_like, shape (points,), degrees
    snap : {"edge", "node"}
    most_km : float, km
        Points farther from every street stay off it, and are listed.
    only_largest : bool
        Only set points beside the largest connected piece.

    Raises
    ------
    UsageError
        Where coordinates are no degrees, or `most_km` is negative.
    """
    at = checked_degrees(latitude, longitude)
    if not most_km >= 0:
        raise UsageError("bad-radius", f"道路までの距離の上限 {most_km} km は使えません", "0以上の数を入れてください")
    if snap not in ("edge", "node"):
        raise UsageError("bad-snap", f"「{snap}」という結びつけ方はありません", "edge か node を選んでください")
    may = np.isfinite(streets.along_e) | np.isfinite(streets.against_e)
    usable = np.flatnonzero(may & (streets.pieces()[streets.tail_e] == 0) if only_largest else may)
    n = at.lat.size
    if usable.size == 0 or n == 0:
        return Beside(np.full(n, -1), np.zeros(n), np.full(n, math.inf))
    finder = _at_edge if snap == "edge" else _at_node
    edge, share, off = finder(streets, usable, at.lat, at.lon)
    far = off > most_km
    return Beside(np.where(far, -1, edge), np.where(far, 0.0, share), np.where(far, math.inf, off))


def _at_node(streets: Streets, usable: Index, lat: Floats, lon: Floats) -> tuple[Index, Floats, Floats]:
    """Nearest end of a usable edge; of ends at one spot the node listed first."""
    ends = np.zeros(streets.n_nodes, bool)
    ends[streets.tail_e[usable]] = ends[streets.head_e[usable]] = True
    nodes = np.flatnonzero(ends)
    # a tree cut at the middle of each box is quicker to grow than one cut at medians, and as quick to ask
    xyz = on_sphere(streets.latitude_n[nodes], streets.longitude_n[nodes])
    tree = cKDTree(xyz, balanced_tree=False, compact_nodes=False)
    chord, found = tree.query(on_sphere(lat, lon))
    edge_of, share_of = np.full(streets.n_nodes, -1), np.zeros(streets.n_nodes)
    edge_of[streets.head_e[usable]], share_of[streets.head_e[usable]] = usable, 1.0
    edge_of[streets.tail_e[usable]], share_of[streets.tail_e[usable]] = usable, 0.0
    node = nodes[np.asarray(found)]
    return edge_of[node], share_of[node], 2 * EARTH_KM * np.arcsin(np.clip(np.asarray(chord) / 2, 0, 1))


def _at_edge(streets: Streets, usable: Index, lat: Floats, lon: Floats) -> tuple[Index, Floats, Floats]:
    """Nearest spot of a usable edge, edges being straight on a plane around the middle of the points."""
    middle = float(np.median(lat))
    x_n, y_n = _on_plane(streets.latitude_n, streets.longitude_n, middle)
    x, y = _on_plane(lat, lon, middle)
    tail, head = streets.tail_e[usable], streets.head_e[usable]
    ends = np.stack([np.stack([x_n[tail], y_n[tail]], -1), np.stack([x_n[head], y_n[head]], -1)], 1)
    tree = shapely.STRtree(shapely.linestrings(ends))
    asked, found = tree.query_nearest(shapely.points(x, y), all_matches=True)
    # of edges equally near the one listed first: sort by point, then edge, and take each point's first
    order = np.lexsort((found, asked))
    asked, found = asked[order], found[order]
    first = np.flatnonzero(np.r_[True, asked[1:] != asked[:-1]])
    pick = found[first]
    a, b = ends[pick, 0], ends[pick, 1]
    way = b - a
    long2 = (way**2).sum(-1)
    here = np.stack([x, y], -1)
    share = np.clip(np.divide(((here - a) * way).sum(-1), long2, out=np.zeros_like(long2), where=long2 > 0), 0, 1)
    spot = a + share[:, None] * way
    # the plane only chooses the spot; how far it is, the sphere says
    off = _apart_km(here, spot, middle)
    return usable[pick], share, off


def _on_plane(lat: Floats, lon: Floats, middle: float) -> tuple[Floats, Floats]:
    """Kilometres east and north on a plane that is true at latitude `middle`."""
    scale = math.radians(1) * EARTH_KM
    return lon * scale * math.cos(math.radians(middle)), lat * scale


def _apart_km(here: Floats, there: Floats, middle: float) -> Floats:
    """Great-circle distance of points given on the plane, one by one, shape (points,), km."""
    scale = math.radians(1) * EARTH_KM
    spread = scale * math.cos(math.radians(middle))
    a = on_sphere(here[:, 1] / scale, here[:, 0] / spread)
    b = on_sphere(there[:, 1] / scale, there[:, 0] / spread)
    return along_km(a, b)
