"""What to do first: residents affected × severity × exploited × exposed, each factor said aloud."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daremo.trust.exposure.cascade import failure
from daremo.trust.exposure.graph import Graph
from daremo.trust.exposure.model import UNKNOWN_SEVERITY, Finding

#: Factors; ours, not a standard's.
EXPLOITED, EXPOSED, POSSIBLE, STANDBY = 3.0, 2.0, 0.3, 0.1
#: Days to act by, for (exploited, exposed); ours. Severity of 7 and more halves the last.
DAYS = {(True, True): 2, (True, False): 7, (False, True): 14, (False, False): 60}


@dataclass(frozen=True, slots=True)
class Task:
    """One weakness in one asset, with why it stands where it stands.

    Attributes
    ----------
    advisories : tuple of str
        Identifiers of the same weakness from all publishers, joined by their aliases.
    people : float
        Residents of services that stop if the asset fails (people, at most).
    common : tuple of str
        Services that stop if every asset with this weakness fails at once: redundancy of the same make is none.
    common_people : float
        Residents of those (people, at most).
    standby_people : float
        Residents of services that rest on it but have another way.
    score : float
        (the greater of people and common people + 0.1 standby + 1) × severity / 10 × factors.
    """

    asset: str
    organisation: str
    advisories: tuple[str, ...]
    title: str
    components: tuple[str, ...]
    state: str
    severity: float
    severity_known: bool
    exploited: bool
    exposed: bool
    stops: tuple[str, ...]
    rests: tuple[str, ...]
    people: float
    common: tuple[str, ...]
    common_people: float
    standby_people: float
    score: float
    days: int
    fixed: tuple[str, ...]
    todo: tuple[str, ...]


def weaknesses(findings: Iterable[Finding]) -> dict[str, str]:
    """Each identifier with the first identifier of its weakness: advisories that share an alias are one."""
    parent: dict[str, str] = {}

    def root(x: str) -> str:
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for f in findings:
        for alias in f.aliases:
            a, b = sorted((root(f.advisory), root(alias)))
            parent[b] = a
    return {x: root(x) for x in list(parent)}


def tasks(findings: Iterable[Finding], graph: Graph | None = None, residents: float = float("inf")) -> tuple[Task, ...]:
    """One task for each weakness in each asset, first things first; the same for any order of findings."""
    listed = list(findings)
    one = weaknesses(listed)
    grouped: dict[tuple[str, str, str], list[Finding]] = {}
    for f in listed:
        key = (one.get(f.advisory, f.advisory), f.component.organisation, f.component.asset)
        grouped.setdefault(key, []).append(f)
    reach: dict[str, tuple[tuple[str, ...], tuple[str, ...], float, float]] = {}
    for f in listed:
        node = f.component.node
        if node not in reach:
            reach[node] = _reach(graph, node, residents)
    nodes: dict[str, set[str]] = {}
    for (weakness, _, _), those in grouped.items():
        nodes.setdefault(weakness, set()).update(f.component.node for f in those if f.state == "affected")
    known = {n.node for n in graph.nodes} if graph else set()
    common: dict[str, tuple[tuple[str, ...], float]] = {}
    for weakness, hit in nodes.items():
        placed = tuple(sorted(hit & known))
        fall = failure(graph, placed, residents) if graph and len(placed) > 1 else None
        common[weakness] = (fall.services, fall.high_people) if fall else ((), 0.0)
    out = [_task(those, reach, common[key[0]]) for key, those in sorted(grouped.items())]
    return tuple(sorted(out, key=lambda t: (-t.score, t.organisation, t.asset, t.advisories)))


def _reach(graph: Graph | None, node: str, residents: float) -> tuple[tuple[str, ...], tuple[str, ...], float, float]:
    """Services that stop with a node, those that rest on it but go on, and the residents of both."""
    if graph is None or node not in {n.node for n in graph.nodes}:
        return (), (), 0.0, 0.0
    stopped = failure(graph, (node,), residents)
    at = graph.index(node)
    rests = [
        n for i, n in enumerate(graph.nodes)
        if n.kind == "service" and n.node not in stopped.services and at in graph.beneath(i)
    ]  # fmt: skip
    return (
        stopped.services,
        tuple(n.node for n in rests),
        stopped.high_people,
        min(sum(n.people for n in rests), residents),
    )


def _task(
    those: list[Finding],
    reach: dict[str, tuple[tuple[str, ...], tuple[str, ...], float, float]],
    common: tuple[tuple[str, ...], float],
) -> Task:
    those = sorted(those, key=lambda f: (f.state, f.advisory, f.component))
    first = those[0]
    known = [f.severity for f in those if f.severity is not None]
    severity = max(known) if known else UNKNOWN_SEVERITY
    exploited, exposed = any(f.exploited for f in those), any(f.component.exposed for f in those)
    state = "affected" if any(f.state == "affected" for f in those) else "possible"
    found = [reach[n] for n in sorted({f.component.node for f in those})]
    people, standby = max(r[2] for r in found), max(r[3] for r in found)
    if not any(f.state == "affected" for f in those):
        common = ((), 0.0)
    score = (max(people, common[1]) + STANDBY * standby + 1.0) * severity / 10.0
    score *= (
        (EXPLOITED if exploited else 1.0) * (EXPOSED if exposed else 1.0) * (POSSIBLE if state == "possible" else 1.0)
    )
    days = DAYS[exploited, exposed]
    return Task(
        first.component.asset, first.component.organisation,
        tuple(sorted({f.advisory for f in those})), first.title, tuple(sorted({f.component.label for f in those})), state,
        severity, bool(known), exploited, exposed,
        tuple(sorted({s for r in found for s in r[0]})), tuple(sorted({s for r in found for s in r[1]})),
        people, common[0], common[1], standby, round(score, 6), days // 2 if days == 60 and severity >= 7 else days,
        tuple(sorted({x for f in those for x in f.fixed})), tuple(sorted({x for f in those for x in f.todo})),
    )  # fmt: skip
