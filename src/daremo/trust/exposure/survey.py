"""Everything together: assets, advisories and graph in, one answer out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.results import Progress, silent
from daremo.trust.exposure.advisories import read_advisories
from daremo.trust.exposure.assets import read_assets
from daremo.trust.exposure.bounded import unpacked
from daremo.trust.exposure.cascade import MOST_PAIRED_NODES, MOST_PAIRS_SHOWN, Failure, doubles, singles
from daremo.trust.exposure.concentration import Concentration, of_components, together
from daremo.trust.exposure.graph import Graph
from daremo.trust.exposure.match import match
from daremo.trust.exposure.model import Advisory, Component, Finding
from daremo.trust.exposure.order import Task, tasks


@dataclass(frozen=True, slots=True)
class Exposure:
    """Findings and tasks, concentration, and what stops the services of residents."""

    components: tuple[Component, ...]
    advisories: int
    findings: tuple[Finding, ...]
    tasks: tuple[Task, ...]
    concentration: tuple[Concentration, ...]
    singles: tuple[Failure, ...]
    doubles: tuple[Failure, ...]
    together: tuple[tuple[str, str, Failure], ...]
    unplaced: tuple[str, ...]
    pairs: bool
    problems: tuple[Problem, ...]

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {
            "components": len(self.components),
            "advisories": self.advisories,
            "complete": not any(p.severity == "error" for p in self.problems),
            "findings": [{**asdict(f), "component": asdict(f.component)} for f in self.findings],
            "tasks": [asdict(t) for t in self.tasks],
            "concentration": [asdict(c) for c in self.concentration],
            "single_failures": [asdict(f) for f in self.singles],
            "double_failures": [asdict(f) for f in self.doubles],
            "pairs": {"examined": self.pairs, "shown_at_most": MOST_PAIRS_SHOWN},
            "together": [{"of": of, "name": name, **asdict(f)} for of, name, f in self.together],
            "assets_without_node": list(self.unplaced),
            "problems": [p.as_dict() for p in self.problems],
        }


def read_all_assets(files: Iterable[tuple[str, bytes]]) -> tuple[Component, ...]:
    """Components of many files; none may be bad, since an asset left out is a weakness not seen.

    Raises
    ------
    InputError
        With the problems of every file.
    """
    found: set[Component] = set()
    bad: list[Problem] = []
    for name, data in sorted(files):
        try:
            for inner, text in unpacked(data, name):
                found |= set(read_assets(text, inner))
        except InputError as e:
            bad += e.problems
    if bad:
        raise InputError(bad)
    return tuple(sorted(found))


def read_all_advisories(
    files: Iterable[tuple[str, bytes]], progress: Progress = silent
) -> tuple[tuple[Advisory, ...], frozenset[str], tuple[Problem, ...]]:
    """Advisories of many files; one that cannot be read is told, the others are used."""
    found: set[Advisory] = set()
    exploited: set[str] = set()
    bad: list[Problem] = []
    listed = sorted(files)
    for n, (name, data) in enumerate(listed):
        progress(n / len(listed), name)
        try:
            for inner, text in unpacked(data, name):
                try:
                    some, known = read_advisories(text, inner)
                    found |= set(some)
                    exploited |= known
                except InputError as e:
                    bad += e.problems
        except InputError as e:
            bad += e.problems
    return tuple(sorted(found, key=lambda a: (a.id, a.file, repr(a)))), frozenset(exploited), tuple(bad)


def survey(
    components: tuple[Component, ...], advisories: tuple[Advisory, ...], exploited: frozenset[str] = frozenset(),
    graph: Graph | None = None, residents: float = float("inf"), problems: tuple[Problem, ...] = (),
    progress: Progress = silent,
) -> Exposure:  # fmt: skip
    """Match, order, and look for what stops the services of residents.

    Parameters
    ----------
    residents : float
        All residents (people): no count of several services together exceeds it.
    """
    findings = match(components, advisories, exploited, progress)
    nodes = {n.node for n in graph.nodes} if graph else set()
    unplaced = tuple(sorted({c.node for c in components} - nodes)) if graph else ()
    pairs = graph is not None and len(graph.nodes) <= MOST_PAIRED_NODES
    return Exposure(
        components,
        len(advisories),
        findings,
        tasks(findings, graph, residents),
        of_components(components),
        singles(graph, residents) if graph else (),
        doubles(graph, residents, progress=progress) if graph and pairs else (),
        together(graph, residents) if graph else (),
        unplaced,
        pairs,
        problems,
    )
