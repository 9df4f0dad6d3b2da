"""Which failures stop the essential services of residents, for how many: each node alone, and pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.results import Progress, silent
from daremo.trust.exposure.bounded import refused
from daremo.trust.exposure.graph import Graph

MOST_PAIRED_NODES = 1500
MOST_PAIRS_SHOWN = 200
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Failure:
    """What stops when something fails.

    Attributes
    ----------
    failed : tuple of str
        Nodes that failed by themselves.
    services : tuple of str
        Services that no longer work.
    low_people, high_people : float
        Residents without at least one of them: at least those of the largest, at most all of them added up
        (never more than the residents).
    """

    failed: tuple[str, ...]
    services: tuple[str, ...]
    low_people: float
    high_people: float


def _watched(graph: Graph) -> list[int]:
    return [i for i, n in enumerate(graph.nodes) if n.kind == "service"]


def failure(graph: Graph, failed: tuple[str, ...], residents: float = float("inf")) -> Failure:
    """What stops when the named nodes fail together."""
    stopped = np.zeros((len(graph.nodes), 1), np.bool_)
    stopped[[graph.index(n) for n in failed], 0] = True
    return _told(graph, failed, graph.down(stopped)[:, 0], residents)


def _told(graph: Graph, failed: tuple[str, ...], down: NDArray[np.bool_], residents: float) -> Failure:
    gone = [graph.nodes[i] for i in _watched(graph) if down[i]]
    counts = [n.people for n in gone]
    low = max(counts, default=0.0)
    return Failure(failed, tuple(n.node for n in gone), low, max(low, min(sum(counts), residents)))


def _rank(f: Failure) -> tuple[float, float, int, tuple[str, ...]]:
    return (-f.high_people, -f.low_people, -len(f.services), f.failed)


def singles(graph: Graph, residents: float = float("inf")) -> tuple[Failure, ...]:
    """Each node that stops a service other than itself, worst first."""
    down = graph.down(np.eye(len(graph.nodes), dtype=np.bool_))
    told = [_told(graph, (n.node,), down[:, i], residents) for i, n in enumerate(graph.nodes)]
    return tuple(sorted((f for f in told if set(f.services) - set(f.failed)), key=_rank))


def doubles(
    graph: Graph, residents: float = float("inf"), most: int = MOST_PAIRS_SHOWN, progress: Progress = silent
) -> tuple[Failure, ...]:
    """Pairs that stop a service which neither stops alone (failed redundancy), worst first, at most `most`.

    Raises
    ------
    InputError
        ``exposure-graph-large`` above `MOST_PAIRED_NODES` nodes.
    """
    n = len(graph.nodes)
    if n > MOST_PAIRED_NODES:
        raise refused("exposure-graph-large", "", n)
    watched = _watched(graph)
    alone = graph.down(np.eye(n, dtype=np.bool_))[watched]
    first, second = np.triu_indices(n, 1)
    found: list[Failure] = []
    for start in range(0, len(first), _CHUNK):
        progress(start / len(first), "")
        a, b = first[start : start + _CHUNK], second[start : start + _CHUNK]
        stopped = np.zeros((n, len(a)), np.bool_)
        stopped[a, np.arange(len(a))] = stopped[b, np.arange(len(a))] = True
        down = graph.down(stopped)
        more = (down[watched] & ~(alone[:, a] | alone[:, b])).any(axis=0)
        for k in np.flatnonzero(more):
            pair = (graph.nodes[a[k]].node, graph.nodes[b[k]].node)
            found.append(_told(graph, pair, down[:, k], residents))
        found = sorted(found, key=_rank)[:most]
    return tuple(found)
