"""What a search proved, as a plain dictionary that an independent checker can walk: ``daremo.reach.verify``.

A certificate holds whole numbers only: prices, what they decide, and the tree of parts. A part's prices are written as
differences to those of the part above it. Bounds of single parts are left out; the checker works them out from prices.

Form (``daremo-doors-1``): ``scale`` and ``cost_scale`` turn the caller's worths and costs into whole numbers; ``value``
and ``bound`` are in whole units; ``shared`` holds a price of budget, prices ``v`` of limits and ``u`` of demand points
on a border; ``regions`` holds for each region its places (null = all) and its tree; ``seal`` is a fingerprint of
everything above it. With several regions the shared prices pay for budget and limits; with one, each part of its tree
has prices of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.branch import Grown, Node
from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FORM = "daremo-doors-1"


@dataclass(frozen=True, slots=True)
class Shared:
    """Whole prices that all regions share.

    Attributes
    ----------
    price : int
        Of one unit of budget.
    u : ndarray of int64, shape (demand,)
        Of demand points on a border; 0 elsewhere.
    v : ndarray of int64, shape (limits,)
        Of limits.
    """

    price: int
    u: Int
    v: Int


@dataclass(frozen=True, slots=True)
class Region:
    """A search in one region.

    Attributes
    ----------
    place : ndarray of int64, shape (places of the region,), index
        Where each of its places stands in the whole question.
    demand : ndarray of int64, shape (demand of the region,), index
        The same for its demand points.
    root : Node
    bound : float
        What the search in this region proved.
    """

    place: Int
    demand: Int
    root: Node
    bound: float


def encode(q: Doors, grown: Grown) -> dict[str, Any]:
    """The certificate of one search over the whole question.

    Parameters
    ----------
    q : Doors
    grown : Grown
        A search that found a layout, begun with nothing decided but what must and must not be open.

    Returns
    -------
    dict
        Plain numbers, strings and lists; as JSON about 2 bytes a demand point and part.
    """
    region = Region(np.arange(q.n_places), np.arange(q.n_demand), grown.root, max(grown.bound, grown.value))
    nothing = Shared(0, np.zeros(q.n_demand, np.int64), np.zeros(q.limits.count, np.int64))
    assert grown.is_open is not None
    return _certificate(q, np.flatnonzero(grown.is_open), grown.value, max(grown.bound, grown.value), nothing, [region])


def encode_regions(
    q: Doors, shared: Shared, regions: Sequence[Region], opened: Int, value: float, bound: float
) -> dict[str, Any]:
    """The certificate of searches in regions.

    Parameters
    ----------
    q : Doors
        The whole question.
    regions : sequence of Region
        Every place that may open is in exactly one; their questions have fees for budget and limits, neither budget
        nor limits of their own, and worths less the shared prices.
    opened : ndarray of int64, shape (open,), index
    value, bound : float
        Worth of this layout and the sum of all bounds, in whole units.
    """
    return _certificate(q, opened, value, bound, shared, regions)


def pack(values: Iterable[int] | Int) -> dict[str, Any]:
    """Whole numbers as text: narrowest width, little end first, squeezed, base64."""
    a = np.asarray(values, np.int64)
    for kind in ("<i1", "<i2", "<i4", "<i8"):
        narrow = a.astype(kind)
        if (narrow == a).all():
            break
    return {"n": int(a.size), "as": kind, "z": base64.b64encode(zlib.compress(narrow.tobytes(), 6)).decode("ascii")}


def seal(body: dict[str, Any]) -> str:
    """Fingerprint of everything in a certificate but the seal itself."""
    plain = {k: v for k, v in body.items() if k != "seal"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _certificate(
    q: Doors, opened: Int, value: float, bound: float, shared: Shared, regions: Sequence[Region]
) -> dict[str, Any]:
    border = np.flatnonzero(shared.u)
    alone = len(regions) == 1
    body: dict[str, Any] = {
        "form": FORM,
        "scale": q.scale,
        "cost_scale": q.cost_scale,
        "value": int(value),
        "bound": int(bound),
        "open": pack(np.sort(opened)),
        "shared": {
            "price": int(shared.price),
            "demand": pack(np.diff(border, prepend=0)),
            "u": pack(shared.u[border]),
            "v": pack(shared.v),
        },
        "regions": [
            {"place": None if alone and r.place.size == q.n_places else pack(np.diff(r.place, prepend=0)),
             "tree": _tree(r, q.n_demand, q.limits.count if alone else 0)}
            for r in regions
        ],
    }  # fmt: skip
    body["seal"] = seal(body)
    return body


def _tree(region: Region, n_demand: int, n_limits: int) -> dict[str, Any]:
    """One tree in preorder, as columns."""
    columns: dict[str, list[Int]] = {k: [] for k in ("demand", "u", "limit", "v", "decided")}
    single: dict[str, list[int]] = {
        k: [] for k in ("parts", "place", "price", "prices", "limits", "stages", "stage_price", "shut", "opened")
    }
    nothing = np.zeros(region.demand.size, np.int64), np.zeros(n_limits, np.int64)
    stack: list[tuple[Node, Int, Int]] = [(region.root, *nothing)]
    while stack:
        node, above_u, above_v = stack.pop()
        parts = () if node.bound <= region.bound else node.parts
        empty = not np.isfinite(node.bound)
        u = above_u if empty else node.prices.u
        v = above_v if empty or not n_limits else node.prices.v
        moved, limits = np.flatnonzero(u != above_u), np.flatnonzero(v != above_v)
        columns["demand"].append(np.diff(region.demand[moved], prepend=0))
        columns["u"].append((u - above_u)[moved])
        columns["limit"].append(limits)
        columns["v"].append((v - above_v)[limits])
        for price, shut, opened in node.fixes:
            single["stage_price"].append(int(price))
            single["shut"].append(shut.size)
            single["opened"].append(opened.size)
            columns["decided"] += [region.place[shut], region.place[opened]]
        single["parts"].append(len(parts))
        single["place"].append(int(region.place[node.place]) if len(parts) == 2 else -1)
        single["price"].append(int(node.price))
        single["prices"].append(moved.size)
        single["limits"].append(limits.size)
        single["stages"].append(len(node.fixes))
        stack += [(part, u, v) for part in reversed(parts)]
    joined = {k: np.concatenate(v) if v else np.zeros(0, np.int64) for k, v in columns.items()}
    return {**{k: pack(v) for k, v in single.items()}, **{k: pack(v) for k, v in joined.items()}}
