"""A backbone as columns: nodes, links, demands, shared-risk groups and the areas that hang on it. No graph object.

Arrays are read only by custom: a changed network is a new one (`dataclasses.replace`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Mean radius of the Earth, km (IUGG).
EARTH_KM = 6371.0088
#: Role of a node where the wider network, exchanges and data centres are reached.
HUB = "hub"


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Nodes: exchanges, stations, data centres.

    Attributes
    ----------
    ids, names, areas, roles, owners, origins : tuple of str
        Identifier; name for people; area it stands in; role (``hub``, ``core``, ``access``, ``landing``, …);
        who owns it; country its equipment comes from. ``""`` = unknown.
    longitude, latitude : ndarray, shape (nodes,), degrees
        NaN = unknown.
    people : ndarray, shape (nodes,), people
        Residents it serves where no areas are given.
    services : tuple of tuple of str
        Essential services that are reached at the node, e.g. ``medical``, ``government``.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    longitude: Floats
    latitude: Floats
    areas: tuple[str, ...]
    roles: tuple[str, ...]
    people: Floats
    services: tuple[tuple[str, ...], ...]
    owners: tuple[str, ...]
    origins: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Links between nodes, several between the same two allowed.

    Attributes
    ----------
    ids, media, owners, origins : tuple of str
        Identifier; medium (``fibre``, ``submarine``, ``radio`` …); owner; country of the equipment.
    tail, head : ndarray of int, shape (links,)
        Node numbers of the two ends.
    capacity_gbps, back_gbps : ndarray, shape (links,), Gbit/s
        From tail to head, and from head to tail; 0 = closed in that direction.
    length_km : ndarray, shape (links,), km
        NaN = unknown.
    cost : ndarray, shape (links,), > 0
        Routing weight (length in km where nothing else is stated, else 1).
    built : ndarray of int, shape (links,), year
        0 = unknown.
    setup_cost : ndarray, shape (links,)
        Cost of opening the link at all, in the file's unit of money; 0 = none stated.
    modules : tuple of tuple of (float, float)
        Capacities (Gbit/s) that can be installed and what one costs.
    stated : ndarray of bool, shape (links,)
        Whether the capacity was stated; otherwise a unit was assumed.
    """

    ids: tuple[str, ...]
    tail: Ints
    head: Ints
    capacity_gbps: Floats
    back_gbps: Floats
    length_km: Floats
    cost: Floats
    media: tuple[str, ...]
    owners: tuple[str, ...]
    origins: tuple[str, ...]
    built: Ints
    setup_cost: Floats
    modules: tuple[tuple[tuple[float, float], ...], ...]
    stated: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Demands:
    """Traffic from node to node; a source of -1 means: from the nearest hub.

    Attributes
    ----------
    source, target : ndarray of int, shape (demands,)
    gbps : ndarray, shape (demands,), Gbit/s
    """

    source: Ints
    target: Ints
    gbps: Floats

    def __len__(self) -> int:
        return len(self.gbps)


@dataclass(frozen=True, slots=True)
class Group:
    """Links and nodes that fail together: one strait, duct, bridge or landing station.

    Attributes
    ----------
    id, name, kind : str
    links, nodes : tuple of int
        Numbers of the members.
    """

    id: str
    name: str
    kind: str
    links: tuple[int, ...]
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """Areas and the nodes they hang on; an area is connected while any of its nodes is.

    Attributes
    ----------
    ids, names : tuple of str
    people : ndarray, shape (areas,), people
    area, node : ndarray of int, shape (homes,)
        Area numbers and node numbers, a pair a home.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    people: Floats
    area: Ints
    node: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Directions of links in which something can flow.

    Attributes
    ----------
    tail, head : ndarray of int, shape (arcs,)
    capacity_gbps : ndarray, shape (arcs,), Gbit/s
        Greater than 0.
    link : ndarray of int, shape (arcs,)
        Link number; the arc runs from its tail to its head, or back where `back` is set.
    back : ndarray of bool, shape (arcs,)
    """

    tail: Ints
    head: Ints
    capacity_gbps: Floats
    link: Ints
    back: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.tail)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A backbone and what it carries.

    Attributes
    ----------
    name : str
    nodes, links, demands, areas
        See `Nodes`, `Links`, `Demands`, `Areas`.
    groups : tuple of Group
        Shared-risk groups.
    notes : tuple of str
        What was assumed while reading, in words.
    """

    name: str
    nodes: Nodes
    links: Links
    demands: Demands
    areas: Areas
    groups: tuple[Group, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def arcs(self) -> Arcs:
        """All directions with a capacity, links forwards first, then backwards."""
        li = self.links
        ahead, back = np.flatnonzero(li.capacity_gbps > 0), np.flatnonzero(li.back_gbps > 0)
        return Arcs(
            np.concatenate([li.tail[ahead], li.head[back]]),
            np.concatenate([li.head[ahead], li.tail[back]]),
            np.concatenate([li.capacity_gbps[ahead], li.back_gbps[back]]),
            np.concatenate([ahead, back]).astype(np.int64),
            np.concatenate([np.zeros(len(ahead), np.bool_), np.ones(len(back), np.bool_)]),
        )

    def hubs(self) -> Ints:
        """Numbers of the nodes with the role ``hub``."""
        return np.flatnonzero(np.array([r == HUB for r in self.nodes.roles], np.bool_)).astype(np.int64)

    def node_people(self) -> Floats:
        """People by node: those of the areas that hang on it (shared evenly among an area's homes).

        Returns
        -------
        ndarray, shape (nodes,), people
        """
        a = self.areas
        homes = np.bincount(a.area, minlength=len(a)) if len(a) else np.zeros(0)
        share = a.people[a.area] / homes[a.area]
        return np.bincount(a.node, weights=share, minlength=len(self.nodes)).astype(np.float64)


def without_demand(network: Network) -> Network:
    """The same network with nothing to carry."""
    none = np.zeros(0, np.int64)
    return replace(network, demands=Demands(none, none, np.zeros(0)))


def distance_km(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Great-circle distance by the haversine formula, element by element.

    Parameters
    ----------
    lon_a, lat_a, lon_b, lat_b : ndarray, degrees

    Returns
    -------
    ndarray, km
    """
    p, q = np.radians(lat_a), np.radians(lat_b)
    h = np.sin((q - p) / 2) ** 2 + np.cos(p) * np.cos(q) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))), np.float64)
