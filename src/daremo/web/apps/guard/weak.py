"""Known weaknesses of an organisation's machines: what was handed in becomes duties in the order of what to do first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from daremo.kernel.errors import Problem
from daremo.trust.exposure.exercise import Exercise, exercise
from daremo.trust.exposure.graph import Graph, read_graph
from daremo.trust.exposure.model import Component
from daremo.trust.exposure.order import Task
from daremo.trust.exposure.survey import read_all_advisories, read_all_assets, survey
from daremo.web.apps.guard.identity import STAGES

#: Names of files handed in say the format only: what people call their files is not kept.
Files = Sequence[tuple[str, bytes]]
MOST_COMPONENTS, MOST_SERVICES_BYTES = 50_000, 1_000_000


def read_components(files: Files) -> list[dict[str, Any]]:
    """Return the components of inventories and SBOMs as they are kept.

    Raises
    ------
    InputError
        With the problems of every file.
    """
    return [asdict(one) for one in read_all_assets(files)]


def components_of(kept: Iterable[Mapping[str, Any]]) -> tuple[Component, ...]:
    """Return components as the engine takes them."""
    names = {f.name for f in fields(Component)}
    made: list[dict[str, Any]] = [
        {k: tuple(v) if isinstance(v, list) else v for k, v in one.items() if k in names} for one in kept
    ]
    return tuple(Component(**one) for one in made)


def graph_of(services: str, people: Mapping[str, float] | None = None) -> Graph | None:
    """Return the dependency graph of a table, None where there is none.

    Raises
    ------
    InputError
        With every row that cannot be used.
    """
    if not services.strip():
        return None
    counted = dict.fromkeys((*STAGES, "all"), 0.0) | dict(people or {})  # where nobody counted, shares come to nobody
    return read_graph(services.encode(), "services.csv", counted)


def found_in(
    kept: Sequence[Mapping[str, Any]], services: str, advisories: Files, people: Mapping[str, float]
) -> tuple[list[tuple[Task, list[str]]], int, tuple[Problem, ...], dict[str, list[str]]]:
    """Return tasks with all names of their weakness, the number of advisories, those not read, names of services.

    Parameters
    ----------
    people : mapping of str to float
        Residents by life stage, and ``all`` (people); empty where nobody counted.
    """
    listed, exploited, problems = read_all_advisories(advisories)
    graph = graph_of(services, people)
    found = survey(components_of(kept), listed, exploited, graph, people.get("all") or float("inf"))
    names: dict[str, set[str]] = {}
    for one in found.findings:
        names.setdefault(one.advisory, {one.advisory}).update(one.aliases)
    tasks = [(task, sorted(set().union(*(names[a] for a in task.advisories)))) for task in found.tasks]
    services_named = {n.node: [n.ja, n.en] for n in graph.nodes} if graph is not None else {}
    return tasks, found.advisories, problems, services_named


def told_of(task: Task, names: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return what of a task is kept beside its columns; services in both languages."""
    return {
        "components": list(task.components)[:20],
        "fixed": list(task.fixed)[:20],
        "todo": [line[:300] for line in task.todo[:10]],
        "stops": [names.get(one, [one, one]) for one in task.stops[:50]],
        "common": [names.get(one, [one, one]) for one in task.common[:50]],
        "severity_known": task.severity_known,
    }


def exercise_of(
    services: str, duties: Iterable[tuple[str, Sequence[str], str]], people: Mapping[str, float], scenario: int
) -> Exercise:
    """Return a tabletop exercise about the organisation's own services and its open weaknesses.

    Parameters
    ----------
    duties : iterable of (asset, identifiers, organisation)

    Raises
    ------
    InputError
        ``exposure-no-services`` where there is no table or nothing in it stops a service.
    """
    graph = graph_of(services, people) or Graph((), ())
    tasks = [
        Task(
            asset=asset, organisation=organisation, advisories=tuple(ids), title="", components=(), state="affected",
            severity=0.0, severity_known=False, exploited=False, exposed=False, stops=(), rests=(), people=0.0,
            common=(), common_people=0.0, standby_people=0.0, score=0.0, days=0, fixed=(), todo=(),
        )
        for asset, ids, organisation in duties
    ]  # fmt: skip
    return exercise(graph, tasks, people.get("all") or float("inf"), scenario)
