"""Every way that meets the needed levels, built from the methods the service may use."""

from __future__ import annotations

from itertools import product

from daremo.trust.assurance.levels import points
from daremo.trust.assurance.model import Method, Question, Route


def routes(question: Question, listed: tuple[Method, ...], ial: int, aal: int) -> tuple[Route, ...]:
    """One method that meets both levels, or one that proves and one that authenticates; cheapest first.

    Parameters
    ----------
    ial, aal : int
        Needed levels, 0 to 3.
    """
    may = [m for m in listed if m.method not in question.exclude and set(m.channels) & set(question.channels)]
    found = [_route(question, (m,), aal) for m in may if m.ial >= ial and m.aal >= aal]
    if ial > 0 and aal > 0:
        provers = [m for m in may if m.ial >= ial]
        keys = [m for m in may if m.ial == 0 and m.aal >= aal]
        found += [_route(question, (p, a), aal) for p, a in product(provers, keys)]
    return tuple(sorted(found, key=lambda r: (r.mid_yen, r.methods)))


def _route(question: Question, parts: tuple[Method, ...], aal: int) -> Route:
    proves, keeps = parts[0], parts[-1]
    acts = question.acts_a_year_person * question.years if aal > 0 else 0.0
    yen = tuple(sum(m.enrol_yen[i] for m in parts) + keeps.act_yen[i] * acts for i in (0, 1))
    needs = {frozenset().union(*chosen) for chosen in product(*(m.needs for m in parts))}
    minimal = tuple(sorted((n for n in needs if not any(o < n for o in needs)), key=sorted))
    impersonated, taken = points(question)
    residual = proves.impersonation_share * impersonated + keeps.takeover_share * taken
    return Route(tuple(m.method for m in parts), minimal, (yen[0], yen[1]), residual)
