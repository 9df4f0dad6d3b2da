"""How much rests on one supplier, one country, one version: shares, Herfindahl index, and what falls with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from daremo.trust.exposure.cascade import Failure, _told
from daremo.trust.exposure.graph import Graph
from daremo.trust.exposure.model import Component, plain_vendor


@dataclass(frozen=True, slots=True)
class Concentration:
    """Shares by name, largest first, and their Herfindahl index (sum of squares, 0 to 1; unknown left out).

    Attributes
    ----------
    unknown_share : float
        Share of the things counted for which nothing is known.
    """

    of: str
    shares: tuple[tuple[str, float], ...]
    herfindahl: float
    unknown_share: float


def concentration(of: str, names: Iterable[str]) -> Concentration:
    """Shares and Herfindahl index of a list of names, one for each thing counted."""
    counts: dict[str, int] = defaultdict(int)
    for name in names:
        counts[name] += 1
    total = sum(counts.values())
    unknown = counts.pop("", 0)
    known = total - unknown
    shares = tuple(sorted(((n, c / known) for n, c in counts.items()), key=lambda s: (-s[1], s[0])))
    return Concentration(of, shares, sum(s * s for _, s in shares), unknown / total if total else 0.0)


def of_components(components: Iterable[Component]) -> tuple[Concentration, ...]:
    """Suppliers, countries, and versions of software, counted once for each asset that holds them."""
    listed = sorted(set(components))
    suppliers = {(c.asset, plain_vendor(c.supplier)) for c in listed}
    countries = {(c.asset, c.country) for c in listed}
    versions = {(c.asset, c.label if c.version else "") for c in listed}
    pairs = (("supplier", suppliers), ("country", countries), ("version", versions))
    return tuple(concentration(of, (name for _, name in sorted(seen))) for of, seen in pairs)


def together(graph: Graph, residents: float = float("inf")) -> tuple[tuple[str, str, Failure], ...]:
    """What stops when all nodes of one supplier, country, or product and version fail at once, worst first."""
    shared: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, n in enumerate(graph.nodes):
        for of, name in (
            ("supplier", n.supplier), ("country", n.country), ("version", f"{n.product} {n.version}".strip()),
        ):  # fmt: skip
            if name:
                shared[of, name].append(i)
    out = []
    for (of, name), places in sorted(shared.items()):
        stopped = np.zeros((len(graph.nodes), 1), np.bool_)
        stopped[places, 0] = True
        down = graph.down(stopped)[:, 0]
        out.append((of, name, _told(graph, tuple(graph.nodes[i].node for i in places), down, residents)))
    return tuple(sorted(out, key=lambda x: (-x[2].high_people, -len(x[2].services), x[0], x[1])))
