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
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.branch import Grown
from daremo.reach.doors.node import Node, Prices
from daremo.reach.doors.question import Doors
from daremo.reach.doors.regions import Regional

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FORM = "daremo-doors-1"


def encode(q: Doors, proof: Grown | Regional) -> dict[str, Any]:
    """The certificate of a search over the whole question, or of searches in its regions.

    Parameters
    ----------
    q : Doors
        The whole question.
    proof : Grown or Regional
        Begun with nothing decided but what `solve.state_of` decides, and with a layout.

    Returns
    -------
    dict
        Plain numbers, strings and lists, fit for JSON.
    """
    assert proof.is_open is not None
    none = np.zeros(0, np.int64)
    shared, whole = _shared(0.0, none, none, np.zeros(q.limits.count)), (np.arange(q.n_places), np.arange(q.n_demand))
    if isinstance(proof, Grown):
        bound = max(proof.bound, proof.value)
        regions = [{"place": None, "tree": _tree(proof.root, bound, *whole, q.limits.count)}]
    elif _sum_of_regions(q, proof) > proof.certified:
        bound = max(proof.certified, proof.value)
        regions = [{"place": None, "tree": _tree(_leaf(q, proof), bound, *whole, q.limits.count)}]
    else:
        bound = max(proof.certified, proof.value)
        border = np.flatnonzero(proof.border)
        shared = _shared(proof.price, border, proof.u[border], proof.v)
        regions = []
        for r in proof.regions:
            assert r.grown is not None
            tree = _tree(r.grown.root, max(r.grown.bound, r.grown.value), r.places, r.demand, 0)
            regions.append({"place": pack(np.diff(r.places, prepend=0)), "tree": tree})
    body: dict[str, Any] = {
        "form": FORM,
        "scale": q.scale,
        "cost_scale": q.cost_scale,
        "value": int(proof.value),
        "bound": int(bound),
        "open": pack(np.flatnonzero(proof.is_open)),
        "shared": shared,
        "regions": regions,
    }
    body["seal"] = seal(body)
    return body


def _sum_of_regions(q: Doors, r: Regional) -> float:
    """What the trees of the regions prove together; infinite where there are none."""
    grown = [g.grown for g in r.regions if g.grown is not None]
    shared = float(r.u[r.border].sum()) + r.price * q.budget + float(r.v @ q.limits.most)
    return shared + sum(max(g.bound, g.value) for g in grown) if grown else np.inf


def _shared(price: float, demand: Int, u: Float | Int, v: Float) -> dict[str, Any]:
    """Prices that all regions share."""
    return {"price": int(price), "demand": pack(np.diff(demand, prepend=0)), "u": pack(u), "v": pack(v)}


def _leaf(q: Doors, r: Regional) -> Node:
    """The prices of a whole question that was not divided, as a tree of one part."""
    prices = Prices(r.u.astype(np.int64), r.v.astype(np.int64))
    nothing = np.zeros(q.n_places, np.int8)
    return Node(nothing, nothing, r.bound, prices, int(r.price), np.zeros(q.n_places))


def pack(values: Iterable[float] | Int | Float) -> dict[str, Any]:
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


def _tree(root: Node, bound: float, place: Int, demand: Int, n_limits: int) -> dict[str, Any]:
    """One tree in preorder, as columns; what is below `bound` anyway is left out."""
    columns: dict[str, list[Int]] = {k: [] for k in ("demand", "u", "limit", "v", "decided")}
    single: dict[str, list[int]] = {
        k: [] for k in ("parts", "place", "price", "prices", "limits", "stages", "stage_price", "shut", "opened")
    }
    nothing = np.zeros(demand.size, np.int64), np.zeros(n_limits, np.int64)
    stack: list[tuple[Node, Int, Int]] = [(root, *nothing)]
    while stack:
        node, above_u, above_v = stack.pop()
        parts = () if node.bound <= bound else node.parts
        u = node.prices.u
        v = node.prices.v if n_limits else above_v
        moved, limits = np.flatnonzero(u != above_u), np.flatnonzero(v != above_v)
        columns["demand"].append(np.diff(demand[moved], prepend=0))
        columns["u"].append((u - above_u)[moved])
        columns["limit"].append(limits)
        columns["v"].append((v - above_v)[limits])
        for price, shut, opened in node.fixes:
            single["stage_price"].append(int(price))
            single["shut"].append(shut.size)
            single["opened"].append(opened.size)
            columns["decided"] += [place[shut], place[opened]]
        single["parts"].append(len(parts))
        single["place"].append(int(place[node.place]) if len(parts) == 2 else -1)
        single["price"].append(int(node.price))
        single["prices"].append(moved.size)
        single["limits"].append(limits.size)
        single["stages"].append(len(node.fixes))
        stack += [(part, u, v) for part in reversed(parts)]
    joined = {k: np.concatenate(v) if v else np.zeros(0, np.int64) for k, v in columns.items()}
    return {**{k: pack(v) for k, v in single.items()}, **{k: pack(v) for k, v in joined.items()}}
