"""Which counts are not printed, so that none below the threshold is seen, nor found by adding and subtracting.

Every published table is cells and sums of cells; tables that share a total are protected together. Whatever is hidden
is checked as somebody would attack it who knows all that is printed: the least and the most that a hidden cell can be
(two linear programs) must lie at least the threshold apart. In one two-way table the programs are exact for whole
numbers (transport constraints are totally unimodular); in linked tables they are a necessary check.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

Key = Hashable
SMALLEST = 5
"""People: a count from 1 to 4 is never printed."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A printed total and the cells that add up to it."""

    total: Key
    parts: tuple[Key, ...]


def cross(name: str, rows: Sequence[str], columns: Sequence[str]) -> list[Sum]:
    """Return the sums of a two-way table: cells (name, row, column); totals ("row", row), ("column", name, column), ("all",).

    Row totals carry no table name: tables over the same rows share them.
    """
    sums = [Sum(("row", r), tuple((name, r, c) for c in columns)) for r in rows]
    sums += [Sum(("column", name, c), tuple((name, r, c) for r in rows)) for c in columns]
    sums.append(Sum(("all",), tuple(("row", r) for r in rows)))
    return sums


def interval(key: Key, values: Mapping[Key, int], hidden: Sequence[Key], sums: Sequence[Sum]) -> tuple[float, float]:
    """Return the least and the most (people) that a hidden cell can be, given all printed ones."""
    touched = _component(key, set(hidden), sums)
    names = {k: i for i, k in enumerate(sorted(touched, key=repr))}
    rows: list[int] = []
    columns: list[int] = []
    data: list[float] = []
    right: list[float] = []
    for s in sums:
        inside = [p for p in s.parts if p in names]
        if not inside and s.total not in names:
            continue
        known = sum(values[p] for p in s.parts if p not in names) - (0 if s.total in names else values[s.total])
        at = len(right)
        for p in inside:
            rows.append(at)
            columns.append(names[p])
            data.append(1.0)
        if s.total in names:
            rows.append(at)
            columns.append(names[s.total])
            data.append(-1.0)
        right.append(-float(known))
    matrix = csr_matrix((data, (rows, columns)), shape=(len(right), len(names)))
    ends = []
    for sign in (1.0, -1.0):
        cost = np.zeros(len(names))
        cost[names[key]] = sign
        # scipy takes a sparse matrix here; its stubs do not say so
        found = linprog(cost, A_eq=cast(Any, matrix), b_eq=np.array(right), bounds=(0, None), method="highs")
        ends.append(sign * float(cast(Any, found.fun)) if found.status == 0 else sign * -np.inf)
    return ends[0], ends[1]


def _component(key: Key, hidden: set[Key], sums: Sequence[Sum]) -> set[Key]:
    """Return the hidden cells that a chain of sums ties to this one."""
    seen, todo = {key}, [key]
    where: dict[Key, list[Sum]] = {}
    for s in sums:
        for k in (s.total, *s.parts):
            if k in hidden:
                where.setdefault(k, []).append(s)
    while todo:
        for s in where.get(todo.pop(), ()):
            for k in (s.total, *s.parts):
                if k in hidden and k not in seen:
                    seen.add(k)
                    todo.append(k)
    return seen


def column(values: Sequence[int], smallest: int = SMALLEST) -> tuple[list[int], bool]:
    """Return which of some counts (people) and whether their total are not printed, when they stand in one sum only.

    The exact rule of :func:`protect` without its programs: a hidden count lies between 0 and the sum of all hidden ones,
    so that sum must reach the threshold; the smallest printed counts join until it does, the total last.
    """
    hidden = {n for n, v in enumerate(values) if 0 < v < smallest}
    rest = sorted((v, n) for n, v in enumerate(values) if v >= smallest)
    bare = bool(hidden) and (len(hidden) == 1 or sum(values[n] for n in hidden) < smallest)
    if bare and rest:
        hidden.add(rest[0][1])
        bare = False
    return sorted(hidden), bare or 0 < sum(values) < smallest


def protect(values: Mapping[Key, int], sums: Sequence[Sum], smallest: int = SMALLEST) -> frozenset[Key]:
    """Return the cells and totals that are not printed.

    Parameters
    ----------
    values : mapping of key to int, people
        Every cell and every total; totals must be the sums of their parts.
    sums : sequence of Sum
        What is printed beside its total.
    smallest : int, people
        Counts from 1 to ``smallest - 1`` are hidden; a hidden cell must stay uncertain by at least ``smallest``.

    Raises
    ------
    ValueError
        A total is not the sum of its parts.

    Source
    ------
    Primary and complementary cell suppression with an audit by linear programs: Hundepool, A. et al. (2012),
    Statistical Disclosure Control, Wiley, ch. 4.
    """
    for s in sums:
        if values[s.total] != sum(values[p] for p in s.parts):
            raise ValueError(
                f"{s.total!r}: {values[s.total]} is not the sum {sum(values[p] for p in s.parts)} of its parts"
            )
    hidden = {k for k, v in values.items() if 0 < v < smallest}
    safe: set[Key] = set()
    while True:
        bare = None
        for key in sorted(hidden, key=lambda k: (values[k], repr(k))):
            if key in safe:
                continue
            low, high = interval(key, values, tuple(hidden), sums)
            if high - low >= smallest - 1e-6:
                safe.add(key)
                continue
            bare = key
            break
        if bare is None:
            return frozenset(hidden)
        more = _next_to_hide(bare, values, hidden, sums)
        if more is None:
            # nothing beside it is printed: whatever ties it down lies further away
            open_cells = [k for k in values if k not in hidden and values[k]]
            if not open_cells:
                return frozenset(hidden)
            more = min(open_cells, key=lambda k: (values[k], repr(k)))
        hidden.add(more)


def _next_to_hide(key: Key, values: Mapping[Key, int], hidden: set[Key], sums: Sequence[Sum]) -> Key | None:
    """Return the printed cell to hide next: in the tightest sum of the bare cell, the smallest that helps, totals last."""
    best: tuple[int, int, int, str] | None = None
    chosen: Key | None = None
    totals = {s.total for s in sums}
    for s in sums:
        cells = (s.total, *s.parts)
        if key not in cells:
            continue
        alone = sum(k in hidden for k in cells) == 1
        for k in cells:
            if k in hidden or (values[k] == 0 and k != s.total):
                continue
            elsewhere = any(
                o is not s and k in (o.total, *o.parts) and any(h in hidden for h in (o.total, *o.parts)) for o in sums
            )
            rank = (0 if alone else 1, 1 if k in totals else 0, 0 if elsewhere else 1, f"{values[k]:012d}{k!r}")
            if best is None or rank < best:
                best, chosen = rank, k
    return chosen


def found_out(
    values: Mapping[Key, int], hidden: frozenset[Key], sums: Sequence[Sum], smallest: int = SMALLEST
) -> list[Key]:
    """Return printed small counts and hidden cells that the printed ones give away; empty when the tables are safe."""
    shown = [k for k, v in values.items() if k not in hidden and 0 < v < smallest]
    tight = []
    for key in hidden:
        low, high = interval(key, values, tuple(hidden), sums)
        if high - low < smallest - 1e-6:
            tight.append(key)
    return [*shown, *sorted(tight, key=repr)]
