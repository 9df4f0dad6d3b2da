"""A proof that was altered proves nothing it should not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.reach.centre import centre
from daremo.reach.covering.assemble import certificate_of
from daremo.reach.covering.certificate import Certificate
from daremo.reach.covering.check import Refused, asked, proved_bound
from daremo.reach.covering.known import Known
from daremo.reach.covering.parts import components, rest_of
from daremo.reach.covering.problem import problem_of
from daremo.reach.covering.reduce import reduce
from daremo.reach.covering.search import greedy
from daremo.reach.covering.verify import verify_centre, verify_everybody
from daremo.reach.everybody import EverybodyAnswer, cover_everybody
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs
from tests.reach.covering.maps import scattered

NOBODY = Conditions()


def solved(pairs: Pairs, cost: np.ndarray | None, region: int) -> Certificate:
    """A certificate with a step, a cut and a branch here and there, of whole parts (region 0) or of regions."""
    problem = problem_of(pairs, 1, cost, NOBODY)
    left = reduce(problem)
    proofs, borders = [], []
    for part in components(rest_of(problem, left)):
        is_open = greedy(part, part.cost.astype(float))
        known = Known(part, is_open, int(part.cost[is_open].sum()))
        known.start(problem.scale, rounds=1, seed=1, stop=0.0)
        if region:
            known.divide(region)
            for plot in known.plots:
                plot.work(problem.scale, rounds=1, seed=1, nodes=20, late=lambda: False)
            proofs += [p.proof for p in known.plots if p.proof is not None]
            borders += [known.border] if known.border is not None else []
        else:
            known.branch(nodes=20, late=lambda: False)
            proofs.append(known.whole)
    return certificate_of(problem.n_rows, problem.scale, left.steps, proofs, borders)


def proved(pairs: Pairs, cost: np.ndarray, certificate: Certificate) -> float:
    return float(proved_bound(asked(pairs, np.ones(pairs.n_demand, np.int64), NOBODY), cost, certificate))


MAPS = [scattered(s, 300, 130, 8.0, r) for s, r in ((0, 1.5), (1, 2.0))]
COSTS = [np.ones(130), np.random.default_rng(5).integers(1, 6, 130).astype(float), np.random.default_rng(6).random(130)]
WORK = [
    (m, c, solved(m, c, region), cover_everybody(m, cost_p=c).value)
    for m, c, region in itertools.product(MAPS, COSTS, (0, 40))
]


def test_the_proofs_of_this_file_have_steps_trees_cuts_and_borders():
    proofs = [c for _, _, c, _ in WORK]
    assert all(len(c.steps) for c in proofs) and any(c.border_item.size for c in proofs)
    assert any(len(c.parts) > 1 for c in proofs) and any(c.cut_row.size for c in proofs)
    assert any((p.branch >= 0).any() for c in proofs for p in c.parts)


def test_a_proof_with_regions_comes_near_the_optimum():
    for pairs, cost, certificate, best in WORK:
        assert 0.85 * best < proved(pairs, cost, certificate) <= best * (1 + 1e-12)


ARRAYS = ("steps", "cut_start", "cut_row", "border_item", "border_price")
PART_ARRAYS = ("place", "branch", "leaf_start", "leaf_item", "leaf_price")


def changed(array: np.ndarray, draw: st.DrawFn) -> np.ndarray:
    """One number another one, one left out, one twice, or all in another order."""
    if array.size == 0:
        return array
    k, how = draw(st.integers(0, array.shape[0] - 1)), draw(st.integers(0, 4))
    out = array.copy()
    if how == 0:
        flat = out.reshape(-1)
        flat[draw(st.integers(0, flat.size - 1))] = draw(st.integers(-2, 500))
    elif how == 1:
        flat = out.reshape(-1)
        at, by = draw(st.integers(0, flat.size - 1)), draw(st.sampled_from([-1, 1, 2**33, 2**40, -(2**35), 2**62]))
        flat[at] = min(2**62, int(flat[at]) + by)
    elif how == 2:
        out = np.delete(out, k, axis=0)
    elif how == 3:
        out = np.insert(out, k, array[k], axis=0)
    else:
        out = out[::-1].copy()
    return out


@st.composite
def alterations(draw: st.DrawFn) -> tuple[int, Certificate]:
    """A proof with one to three things altered."""
    k = draw(st.integers(0, len(WORK) - 1))
    certificate = WORK[k][2]
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()) or not certificate.parts:
            name = draw(st.sampled_from(ARRAYS))
            certificate = replace(certificate, **{name: changed(getattr(certificate, name), draw)})
        else:
            parts = list(certificate.parts)
            at = draw(st.integers(0, len(parts) - 1))
            name = draw(st.sampled_from(PART_ARRAYS))
            parts[at] = replace(parts[at], **{name: changed(getattr(parts[at], name), draw)})
            if draw(st.integers(0, 9)) == 0:
                parts.append(parts[at])
            certificate = replace(certificate, parts=tuple(parts))
    return k, certificate


@settings(max_examples=800, deadline=None)
@given(alterations())
def test_no_altered_proof_proves_more_than_the_optimum(altered):
    k, certificate = altered
    pairs, cost, _, best = WORK[k]
    try:
        bound = proved(pairs, cost, certificate)
    except Refused:
        return
    assert bound <= best * (1 + 1e-12)


def answer() -> tuple[EverybodyAnswer, Pairs]:
    pairs = scattered(3, 260, 120, 8.0, 1.5)
    return cover_everybody(pairs), pairs


@pytest.mark.parametrize(
    "alter",
    [
        lambda a: {"open": a.open[1:]},
        lambda a: {"open": (*a.open, 120)},
        lambda a: {"value": a.value - 1, "bound": a.bound - 1},
        lambda a: {"bound": a.bound + 1, "value": a.value + 1},
        lambda a: {"unreachable": (*a.unreachable, 259)},
        lambda a: {"short": (0,)},
        lambda a: {"served_by": np.roll(a.served_by, 1)},
        lambda a: {"certificate": replace(a.certificate, parts=())},
        lambda a: {"certificate": replace(a.certificate, scale=a.certificate.scale * 1.5)},
        lambda a: {"certificate": replace(a.certificate, steps=a.certificate.steps[1:])},
    ],
)
def test_an_altered_answer_is_refused(alter):
    good, pairs = answer()
    assert verify_everybody(good, pairs) == ()
    assert verify_everybody(replace(good, **alter(good)), pairs) != ()


def test_an_answer_to_another_question_is_refused():
    good, pairs = answer()
    assert verify_everybody(good, pairs, radius=1.0) != ()
    assert verify_everybody(good, pairs, cost_p=np.full(120, 2.0)) != ()
    assert verify_everybody(good, pairs, conditions=Conditions(never=good.open[:1])) != ()


@pytest.mark.parametrize(
    "alter",
    [
        lambda a: {"value": a.value * 0.99, "bound": a.bound * 0.99},
        lambda a: {"bound": a.value, "low": a.low * 1.01},
        lambda a: {"certificate": None},
        lambda a: {"worst": (a.worst + 1) % 60},
        lambda a: {"low": a.high},
        lambda a: {"open": tuple(range(34))},
    ],
)
def test_an_altered_centre_is_refused(alter):
    pairs = scattered(3, 60, 34, 6.0, 9.0)
    good = centre(pairs, 4)
    assert good.certificate is not None and verify_centre(good, pairs, 4) == ()
    assert verify_centre(replace(good, **alter(good)), pairs, 4) != ()
