"""A decision computed again by other means: person types in plain loops, every combination, pairwise dominance."""

from __future__ import annotations

from itertools import chain, combinations, product

from daremo.trust.assurance.choose import Decision
from daremo.trust.assurance.model import ATTRIBUTES, Combination
from daremo.trust.assurance.people import holdings
from daremo.trust.assurance.read import groups


def recomputed(decision: Decision, names: tuple[str, ...]) -> Combination | None:
    """The figures of one combination from scratch; None where a group that can be served has no way."""
    offered = [r for r in decision.routes if all(m in names for m in r.methods)]
    for group, _, _, lacks in groups():
        has = set(ATTRIBUTES) - lacks
        if group not in decision.unserved and not any(need <= has for r in offered for need in r.needs):
            return None
    low = sum(m.fixed_yen[0] for m in decision.methods if m.method in names) * decision.question.years
    high = sum(m.fixed_yen[1] for m in decision.methods if m.method in names) * decision.question.years
    shut = 0.0
    for stage, count in decision.question.people.items():
        for flags in product((False, True), repeat=len(ATTRIBUTES)):
            people = count
            for attribute, flag in zip(ATTRIBUTES, flags):
                share = holdings()[attribute, stage][0]
                people *= share if flag else 1.0 - share
            has = {a for a, flag in zip(ATTRIBUTES, flags) if flag}
            fits = [r for r in offered if any(need <= has for need in r.needs)]
            if not fits:
                shut += people
                continue
            cheapest = min(fits, key=lambda r: (r.mid_yen, r.methods))
            low += people * cheapest.person_yen[0]
            high += people * cheapest.person_yen[1]
    residual = max((r.residual_points for r in offered), default=0.0)
    return Combination(tuple(names), (low + high) / 2, shut, residual, low, high)


def every_combination(decision: Decision) -> list[Combination]:
    """All combinations that serve every group, by brute force; meant for a handful of methods."""
    names = [m.method for m in decision.methods]
    sets = chain.from_iterable(combinations(names, k) for k in range(len(names) + 1))
    return [c for s in sets if (c := recomputed(decision, s)) is not None]


def problems(decision: Decision) -> list[str]:
    """What does not hold of a decision: figures of the chosen and of the front, dominance within the front."""
    out = []
    for c in (decision.chosen, *decision.front):
        again = recomputed(decision, c.methods)
        if again is None:
            out.append(f"{'+'.join(c.methods)}: a group has no way")
            continue
        for key in ("cost_yen", "shut_out_people", "residual_points"):
            a, b = getattr(c, key), getattr(again, key)
            if abs(a - b) > 1e-5 + 1e-9 * abs(b):
                out.append(f"{'+'.join(c.methods)}: {key} {a} is {b}")
    out += [
        f"{'+'.join(a.methods)} dominates {'+'.join(b.methods)}"
        for a, b in product(decision.front, repeat=2)
        if a.dominates(b)
    ]
    if decision.chosen not in decision.front:
        out.append("the chosen combination is not on the front")
    return out
