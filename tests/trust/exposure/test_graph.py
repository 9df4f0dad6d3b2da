"""Cascades against brute force, order of work, concentration, exercises."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from daremo.kernel.errors import InputError
from daremo.trust.exposure import exercise as x
from daremo.trust.exposure.cascade import doubles, failure, singles
from daremo.trust.exposure.concentration import concentration, of_components, together
from daremo.trust.exposure.graph import Graph, Need, Node, parse_needs, read_graph
from daremo.trust.exposure.match import match
from daremo.trust.exposure.model import Component, Finding
from daremo.trust.exposure.order import tasks
from daremo.trust.exposure.sample import SERVICES, sample_files
from daremo.trust.exposure.survey import read_all_advisories, read_all_assets, survey

PEOPLE = {"all": 1000.0, "school": 100.0, "75-84": 120.0, "working": 500.0}


def town() -> Graph:
    return read_graph(SERVICES.encode(), "services.csv", PEOPLE)


def random_graph(seed: int, circles: bool = True) -> Graph:
    chance = random.Random(seed)
    n = chance.randrange(4, 9)

    def need(i: int, deep: int) -> Need:
        if deep == 2 or chance.random() < 0.5:
            return chance.randrange(n if circles else i)
        return (chance.choice(["and", "or"]), tuple(need(i, deep + 1) for _ in range(chance.randrange(1, 4))))

    nodes = tuple(
        Node(f"n{i}", "service" if i >= n - 3 else "system", f"n{i}", f"n{i}", float(i * 10)) for i in range(n)
    )
    return Graph(nodes, tuple(need(i, 0) if i and chance.random() < 0.8 else None for i in range(n)))


def plainly_down(graph: Graph, stopped: set[int]) -> set[int]:
    """Nodes that fail, by repeating "fails if its need is not met" one node at a time."""

    def met(need: Need, down: set[int]) -> bool:
        if isinstance(need, int):
            return need not in down
        return (all if need[0] == "and" else any)(met(n, down) for n in need[1])

    down = set(stopped)
    while True:
        more = [i for i, need in enumerate(graph.needs) if i not in down and need is not None and not met(need, down)]
        if not more:
            return down
        down.add(more[0])


def test_every_failure_of_one_or_two_nodes_is_that_of_brute_force():
    for seed in range(40):
        graph = random_graph(seed)
        names = [n.node for n in graph.nodes]
        alone = {i: plainly_down(graph, {i}) for i in range(len(names))}
        found = {f.failed: set(f.services) for f in singles(graph)}
        for i, down in alone.items():
            want = {names[k] for k in down if graph.nodes[k].kind == "service"}
            assert found.get((names[i],), set()) == (want if want - {names[i]} else set()), seed
        pairs = {f.failed: set(f.services) for f in doubles(graph)}
        for i, j in itertools.combinations(range(len(names)), 2):
            down = plainly_down(graph, {i, j})
            services = {names[k] for k in down if graph.nodes[k].kind == "service"}
            new = services - {names[k] for k in alone[i] | alone[j]}
            assert pairs.get((names[i], names[j]), set()) == (services if new else set()), seed


def test_redundant_controllers_stop_the_water_only_together():
    graph = town()
    assert failure(graph, ("water-plc",)).services == ()
    both = failure(graph, ("water-plc", "water-plc-2"), 1000.0)
    assert both.services == ("water",) and both.high_people == 1000.0
    assert ("water-plc", "water-plc-2") in {f.failed for f in doubles(graph)}


def test_people_of_several_services_lie_between_the_largest_and_the_sum_and_never_exceed_the_residents():
    graph = town()
    for f in (*singles(graph, 1000.0), *doubles(graph, 1000.0)):
        counts = [n.people for n in graph.nodes if n.node in f.services]
        assert max(counts) == f.low_people <= f.high_people == min(sum(counts), 1000.0)


def test_needs_bind_and_before_or_and_bad_ones_are_refused():
    places = {"a": 0, "b": 1, "c d": 2}
    assert parse_needs('a & b | "c d"', places) == ("or", (("and", (0, 1)), 2))
    assert parse_needs('a & (b | "c d")', places) == ("and", (0, ("or", (1, 2))))
    assert parse_needs("", places) is None
    for bad in ("a &", "& a", "(a", "a)", "a b", "z", "(" * 40 + "a" + ")" * 40, "a & " * 400 + "a", "a ! b", "()"):
        with pytest.raises(ValueError, match=".*"):
            parse_needs(bad, places)


def test_every_bad_row_of_the_dependency_table_is_named():
    text = "node,kind,needs,people,essential\na,service,b,1,yes\na,system,,,\n,system,,,\nc,planet,,,\nd,system,zz,-1,maybe\ne,service,,1e400,no\n"
    with pytest.raises(InputError) as e:
        read_graph(text.encode(), "s.csv")
    assert {(p.row, p.column) for p in e.value.problems} == {
        (2, "needs"), (3, "node"), (4, "node"), (5, "kind"), (6, "needs"), (6, "people"), (6, "essential"), (7, "people"),
    }  # fmt: skip


def test_the_graph_is_the_same_for_any_order_of_rows():
    head, *rows = SERVICES.strip().split("\n")
    random.Random(4).shuffle(rows)
    assert read_graph("\n".join([head, *rows]).encode(), "s", PEOPLE) == town()


def everything() -> tuple[tuple[Component, ...], tuple[Finding, ...]]:
    files = {n: t.encode() for n, t in sample_files().items()}
    assets = read_all_assets([(n, d) for n, d in files.items() if n.startswith("assets")])
    advisories, exploited, problems = read_all_advisories([(n, d) for n, d in files.items() if n.startswith("adv")])
    assert problems == ()
    return assets, match(assets, advisories, exploited)


def test_the_weakness_that_is_exploited_and_exposed_comes_right_after_the_water_and_a_repaired_component_not_at_all():
    _, findings = everything()
    water, _, first, *_ = tasks(findings, town(), 1000.0)
    assert water.common == ("water",)  # a thousand people without water outweigh ninety without school messages
    assert first.asset == "school-portal" and first.exploited and first.exposed and first.days == 2
    assert not any(f.component.name == "sample-forms" for f in findings)


def test_two_controllers_of_one_make_are_no_redundancy_against_one_weakness():
    _, findings = everything()
    found = {t.asset: t for t in tasks(findings, town(), 1000.0)}
    assert found["water-plc"].stops == () and found["water-plc"].common == ("water",)
    assert found["water-plc"].score > 1000 * 0.7


def test_the_order_of_work_is_the_same_for_any_order_of_findings():
    _, findings = everything()
    mixed = list(findings)
    for seed in range(5):
        random.Random(seed).shuffle(mixed)
        assert tasks(mixed, town(), 1000.0) == tasks(findings, town(), 1000.0)


def test_each_factor_raises_the_score():
    _, findings = everything()
    f = next(f for f in findings if f.component.asset == "clinic-karte")
    (base,) = tasks([f], town())
    changes = [
        replace(f, exploited=True),
        replace(f, severity=10.0),
        replace(f, component=replace(f.component, exposed=True)),
    ]
    assert all(tasks([c], town())[0].score > base.score for c in changes)
    assert tasks([replace(f, state="possible")], town())[0].score < base.score
    (unknown,) = tasks([replace(f, severity=None)], town())
    assert not unknown.severity_known and unknown.severity == 5.0


def test_advisories_that_share_an_alias_are_one_task():
    _, findings = everything()
    f = next(f for f in findings if f.component.asset == "clinic-karte")
    twins = [replace(f, advisory=f"P-{n}", aliases=(f"L-{n}", f"L-{n + 1}")) for n in range(5)]
    (one,) = tasks(twins)
    assert one.advisories == tuple(f"P-{n}" for n in range(5))


def test_the_herfindahl_index_is_the_sum_of_squared_shares():
    found = concentration("supplier", ["a"] * 3 + ["b"] + [""])
    assert found.shares == (("a", 0.75), ("b", 0.25)) and found.unknown_share == 0.2
    assert found.herfindahl == pytest.approx(0.75**2 + 0.25**2)
    assert concentration("x", ["a", "a"]).herfindahl == 1.0 and concentration("x", []).herfindahl == 0.0


def test_what_falls_with_one_supplier_is_what_falls_with_all_its_nodes():
    graph = town()
    for of, name, f in together(graph, 1000.0):
        key = {"supplier": lambda n: n.supplier, "country": lambda n: n.country, "version": lambda n: f"{n.product} {n.version}".strip()}[of]  # fmt: skip
        nodes = tuple(n.node for n in graph.nodes if key(n) == name)
        assert f.failed == nodes and f == failure(graph, nodes, 1000.0)
    assets, _ = everything()
    assert {c.of for c in of_components(assets)} == {"supplier", "country", "version"}


def test_an_exercise_tells_the_own_graph_and_is_the_same_each_time():
    _, findings = everything()
    todo = tasks(findings, town(), 1000.0)
    made = x.exercise(town(), todo, 1000.0)
    assert made == x.exercise(town(), todo, 1000.0)
    assert made.first.failed[0] in {t.asset for t in todo} and made.second is not None
    assert x.exercise(town(), todo, 1000.0, 1).first != made.first
    minutes = [i.minutes for i in made.injects]
    assert minutes == sorted(minutes) and len(made.injects) >= 8
    for lang in ("ja", "en"):
        mine, leader = x.exercise_markdown(made, lang, leader=False), x.exercise_markdown(made, lang)
        at = 0 if lang == "ja" else 1
        assert all(i.ask[at] in mine and i.expect[at] in leader and i.expect[at] not in mine for i in made.injects)
        assert "{" not in leader and made.injects[1].text[at] in leader


def test_an_exercise_says_that_nobody_counted_rather_than_that_nobody_is_affected():
    counted = x.exercise(town(), (), 1000.0)
    assert any("影響は多ければ" in i.text[0] and "up to" in i.text[1] for i in counted.injects)
    nobody = Graph(tuple(dataclasses.replace(n, people=0.0) for n in town().nodes), town().needs)
    made = x.exercise(nobody, (), 0.0)
    assert not any("0人" in i.text[0] or "up to 0" in i.text[1] for i in made.injects)
    assert any("まだ数えていない" in i.text[0] and "not counted" in i.text[1] for i in made.injects)


def test_an_exercise_without_any_failure_is_refused():
    lonely = Graph((Node("a", "service", "a", "a"),), (None,))
    with pytest.raises(InputError) as e:
        x.exercise(lonely)
    assert e.value.code == "exposure-no-services"


def test_the_after_action_record_counts_what_was_met_in_time_and_what_has_no_owner():
    made = x.exercise(town(), (), 1000.0)
    text = "inject,minutes,decision,met,gap,owner,due\n1,5,told the CISO,yes,,,\n2,200,cut off,yes,,,\n3,,,no,no paper forms,Sato,2027-01-31\n4,50,,no,no key at hand,,\n"
    told = x.after_action(made, text.encode(), "o.csv", datetime.date(2026, 12, 1))
    assert (told["observed"], told["met"], told["in_time"]) == (4, 2, 1)
    assert told["without_owner"] == [4] and told["not_observed"] == [5, 6, 7, 8, 9]
    assert "Sato" in x.after_markdown(told, "en") and "2027-01-31" in x.after_markdown(told)
    for bad in (
        "inject,met\n99,yes\n",
        "inject,met\n1,yes\n1,no\n",
        "inject,met\n1,perhaps\n",
        "inject,due\n1,soon\n",
        "inject,minutes\n1,-3\n",
    ):
        with pytest.raises(InputError) as e:
            x.after_action(made, bad.encode(), "o.csv", datetime.date(2026, 12, 1))
        assert e.value.problems[0].code == "exposure-after"
    empty = x.after_action(made, x.observations_template(made).encode(), "o.csv", datetime.date(2026, 12, 1))
    assert empty["met"] == 0 and empty["observed"] == len(made.injects)


def test_a_circle_of_needs_works_until_something_stops_it():
    graph = read_graph(b"node,kind,needs,people\na,service,b,5\nb,system,a & c,\nc,utility,,\n", "s.csv")
    assert not graph.down(np.zeros((3, 1), np.bool_)).any()
    assert failure(graph, ("c",)).services == ("a",)


def test_a_survey_names_assets_that_the_graph_does_not_know():
    assets, _ = everything()
    strange = replace(assets[0], asset="attic", node="attic")
    assert survey((*assets, strange), (), graph=town()).unplaced == ("attic",)
