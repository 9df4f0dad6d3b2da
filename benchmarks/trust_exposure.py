"""Exposure and assurance beside plain ways: CPU seconds of one process.

``python benchmarks/trust_exposure.py``. The peers: univers' own ``VersionRange`` (is a version inside?), networkx
(what does one failure cut off?), and the chooser's own brute force in plain Python. Prints recall and precision of
matching on the labelled set of the tests, with and without what spoils it.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import networkx as nx
from univers.version_range import VersionRange
from univers.versions import SemverVersion

from daremo.trust.assurance import read, verify
from daremo.trust.assurance.choose import choose
from daremo.trust.exposure.cascade import doubles, singles
from daremo.trust.exposure.graph import Graph, Need, Node
from daremo.trust.exposure.match import match
from daremo.trust.exposure.model import Advisory, Affected, Component, Interval
from daremo.trust.exposure.purls import from_purl
from daremo.trust.exposure.survey import read_all_advisories
from daremo.trust.exposure.versions import held
from tests.trust.exposure.labelled import Case, cases, files

PEOPLE = {"school": 6e3, "youth": 5e3, "working": 25e3, "65-74": 9e3, "75-84": 8e3, "85+": 4e3}


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and what it gave."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def component(c: Case, version: str | None = None, *, typed: bool = True) -> Component:
    """The inventory line of a case; without its address where `typed` is False."""
    seen = from_purl(c.purl) if c.purl and typed else None
    asset = f"{c.name}@{c.version}"
    if seen is None:
        return Component(asset, "", "generic", "", c.name, c.version if version is None else version)
    return Component(asset, "", *seen[:3], seen[3] if version is None else version, seen[4], seen[5])


def quality() -> None:
    """Recall and precision on the labelled set: clean, without addresses, with versions lost."""
    made = cases(seed=11, a_kind=25)
    advisories, _, _ = read_all_advisories(files(made))
    true = {f"{c.name}@{c.version}" for c in made if c.truth}
    chance = random.Random(1)
    lost = [component(c, "" if chance.random() < 0.2 else None) for c in made]
    sets = {
        "clean": [component(c) for c in made],
        "no package addresses": [component(c, typed=False) for c in made],
        "a fifth of versions lost": lost,
    }
    for name, components in sets.items():
        used, found = seconds(lambda cs=components: match(cs, advisories))  # type: ignore[misc]
        flagged = {f.component.asset for f in found}
        sure = {f.component.asset for f in found if f.state == "affected"}
        print(
            f"labelled set, {name}: {len(made):,} pairs, recall {len(true & flagged) / len(true):.4f}, precision of all "
            f"flagged {len(true & flagged) / len(flagged):.4f}, of 'affected' "
            f"{len(true & sure) / max(len(sure), 1):.4f} ({len(sure):,}), {used:.2f} CPU s"
        )


def inside() -> None:
    """Checks of one version against one range a CPU second, ours and univers'."""
    chance = random.Random(2)
    versions = [f"{chance.randrange(9)}.{chance.randrange(30)}.{chance.randrange(30)}" for _ in range(4000)]
    theirs = VersionRange.from_string("vers:npm/>=1.2.3|<4.0.0|>=5.1.0|<6.2.0")
    ours = Affected("npm", "", "x", intervals=(Interval("1.2.3", "4.0.0"), Interval("5.1.0", "6.2.0")))
    a, mine = seconds(lambda: [held("npm", v, ours) == "yes" for v in versions])
    b, other = seconds(lambda: [SemverVersion(v) in theirs for v in versions])
    assert mine == other
    print(
        f"versions inside a range: {len(versions) / a:,.0f} a CPU s, univers {len(versions) / b:,.0f} ({b / a:.1f} times)"
    )


def many() -> None:
    """A prefecture's inventory against a year of advisories."""
    chance = random.Random(3)
    components = [
        Component(f"a{n // 50}", "", "npm", "", f"p{chance.randrange(20_000)}", f"1.{chance.randrange(40)}.0")
        for n in range(100_000)
    ]
    advisories = [
        Advisory(
            f"A-{n}",
            (),
            "",
            5.0,
            False,
            (
                Affected(
                    "npm",
                    "",
                    f"p{chance.randrange(20_000)}",
                    intervals=(Interval(None, f"1.{chance.randrange(40)}.0"),),
                ),
            ),
        )
        for n in range(20_000)
    ]
    used, found = seconds(lambda: match(components, advisories))
    print(f"matching 100,000 components with 20,000 advisories: {used:.1f} CPU s, {len(found):,} findings")


def falls() -> None:
    """Every single and double failure of a graph of 300 nodes; networkx for single failures without alternatives."""
    chance = random.Random(4)
    nodes = tuple(Node(f"n{i:03}", "service" if i >= 270 else "system", "", "", 100.0 + i) for i in range(300))

    def need(i: int) -> Need | None:
        picks = tuple(chance.randrange(i) for _ in range(3)) if i > 5 else ()
        return ("and", (picks[0], ("or", picks[1:]))) if picks else None

    graph = Graph(nodes, tuple(need(i) for i in range(300)))
    used, found = seconds(lambda: (singles(graph), doubles(graph)))
    print(
        f"all failures of 300 nodes (300 single, 44,850 pairs): {used:.2f} CPU s, {len(found[0])} + {len(found[1])} stop services"
    )
    plain = Graph(nodes, tuple(tuple_need(chance, i) for i in range(300)))
    mine, ours = seconds(lambda: {f.failed[0]: set(f.services) - set(f.failed) for f in singles(plain)})
    other = nx.DiGraph()
    other.add_nodes_from(range(300))
    other.add_edges_from((leaf, i) for i, n in enumerate(plain.needs) if isinstance(n, tuple) for leaf in n[1])

    def peer() -> dict[str, set[str]]:
        cut = {nodes[i].node: {nodes[k].node for k in nx.descendants(other, i) if k >= 270} for i in range(300)}
        return {k: v for k, v in cut.items() if v}

    theirs, cut = seconds(peer)
    assert cut == ours
    print(
        f"single failures, needs without alternatives: {mine:.3f} CPU s, networkx {theirs:.3f} ({theirs / mine:.1f} times), same answer"
    )


def tuple_need(chance: random.Random, i: int) -> Need | None:
    """A need of two nodes below."""
    return ("and", (chance.randrange(i), chance.randrange(i))) if i > 5 else None


def chooser() -> None:
    """All combinations of methods: ours, and plain Python on a fiftieth of them."""
    question = read.question(read.shipped_json("evacuation"), PEOPLE)
    used, decision = seconds(lambda: choose(question))
    names = [m.method for m in decision.methods]
    chance = random.Random(5)
    some = [tuple(n for n in names if chance.random() < 0.5) for _ in range(30)]
    plain, _ = seconds(lambda: [verify.recomputed(decision, s) for s in some])
    whole = plain / len(some) * decision.examined
    print(
        f"chooser: {decision.examined:,} combinations of {len(names)} methods, front of {len(decision.front)}, {used:.2f} CPU s; "
        f"plain Python {whole:,.0f} s from {len(some)} of them ({whole / used:,.0f} times); dominating {decision.dominating}"
    )


if __name__ == "__main__":
    for part in (quality, inside, many, falls, chooser):
        part()
