"""Shrink a covering question without changing its optimum, and write down every step so that it can be replayed.

A row that follows from a stricter row is dropped; a place whose rows another place covers for no more money is dropped;
places that a row cannot do without are opened. Each step is exact for what is left at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.covering.problem import Problem

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Kinds of step: row a follows from row b; place a is no better than place b; row a needs all its places.
ROW, PLACE, ALL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Reduced:
    """What is left of a question.

    Attributes
    ----------
    row_left, place_left : ndarray of bool, shape (rows,), (places,), mask
    need : ndarray of int64, shape (rows,)
        What rows still ask for.
    opened : ndarray of bool, shape (places,), mask
    steps : ndarray of int64, shape (steps, 3)
        (kind, a, b), in order.
    impossible : int
        A row that cannot be satisfied, or −1.
    """

    row_left: Mask
    place_left: Mask
    need: Int
    opened: Mask
    steps: Int
    impossible: int


def reduce(problem: Problem) -> Reduced:
    """Shrink until nothing changes."""
    row_start, row_place = problem.start, problem.place
    place_start, place_row = turned(row_start, row_place, problem.n_places)
    n_rows, n_places = problem.n_rows, problem.n_places
    room = 2 * (n_rows + n_places) + 8
    steps = np.zeros((room, 3), np.int64)
    row_left = np.ones(n_rows, np.bool_)
    place_left = ~problem.never
    need = problem.need.copy()
    opened = np.zeros(n_places, np.bool_)
    count, impossible = _reduce(
        row_start, row_place, place_start, place_row, problem.most, problem.cost, problem.must,
        row_left, place_left, need, opened, steps,
    )  # fmt: skip
    return Reduced(row_left, place_left, need, opened, steps[:count].copy(), int(impossible))


def only_must(problem: Problem) -> Reduced:
    """The question as it was asked, with nothing done but opening the places that must be open."""
    opened = problem.must.copy()
    need = problem.need - np.add.reduceat(np.r_[opened[problem.place], False].astype(np.int64), problem.start[:-1])
    need = np.where(np.diff(problem.start) > 0, need, problem.need)
    none = np.zeros((0, 3), np.int64)
    return Reduced(problem.most | (need > 0), ~problem.never & ~opened, need, opened, none, -1)


def turned(start: Int, place: Int, n_places: int) -> tuple[Int, Int]:
    """The same entries by place: start (places + 1,) and row index of each entry (entries,), ascending."""
    row = np.repeat(np.arange(start.size - 1), np.diff(start))
    order = np.argsort(place, kind="stable")
    begin = np.zeros(n_places + 1, np.int64)
    np.cumsum(np.bincount(place, minlength=n_places), out=begin[1:])
    return begin, row[order]


@njit(cache=True, nogil=True)
def _open(j, place_start, place_row, most, row_left, place_left, need, opened, row_size):  # type: ignore[no-untyped-def]
    """Open place j: its rows need one less, satisfied ones leave."""
    opened[j] = True
    place_left[j] = False
    for k in range(place_start[j], place_start[j + 1]):
        i = place_row[k]
        row_size[i] -= 1
        if row_left[i]:
            need[i] -= 1
            if need[i] <= 0 and not most[i]:
                row_left[i] = False


@njit(cache=True, nogil=True)
def _part_of(a0, a1, b0, b1, item, left):  # type: ignore[no-untyped-def]
    """Whether the live items of a are all among those of b (both ascending)."""
    q = b0
    for k in range(a0, a1):
        x = item[k]
        if not left[x]:
            continue
        while q < b1 and item[q] < x:
            q += 1
        if q == b1 or item[q] != x:
            return False
        q += 1
    return True


@njit(cache=True, nogil=True)
def _drop_rows(row_start, row_place, place_start, place_row, most, row_left, place_left, need, row_size, place_size, fresh, steps, count):  # type: ignore[no-untyped-def]  # fmt: skip
    """Drop every row that holds the places of a row asking no less; `fresh` rows shrank since the last time."""
    for i in range(row_left.size):
        if not row_left[i] or most[i] or not fresh[i]:
            continue
        rare = -1
        for k in range(row_start[i], row_start[i + 1]):
            j = row_place[k]
            if place_left[j] and (rare < 0 or place_size[j] < place_size[rare]):
                rare = j
        if rare < 0:
            continue
        for k in range(place_start[rare], place_start[rare + 1]):
            o = place_row[k]
            if o == i or not row_left[o] or most[o] or need[o] > need[i] or row_size[o] < row_size[i]:
                continue
            if _part_of(row_start[i], row_start[i + 1], row_start[o], row_start[o + 1], row_place, place_left):
                row_left[o] = False
                steps[count, 0], steps[count, 1], steps[count, 2] = 0, o, i
                count += 1
                for q in range(row_start[o], row_start[o + 1]):
                    place_size[row_place[q]] -= 1
    return count


@njit(cache=True, nogil=True)
def _drop_places(row_start, row_place, place_start, place_row, cost, plain, row_left, place_left, row_size, place_size, fresh, steps, count):  # type: ignore[no-untyped-def]  # fmt: skip
    """Drop every place whose rows another place holds for no more money; both in plain rows asking for one only."""
    for j in range(place_left.size):
        if not place_left[j] or not fresh[j]:
            continue
        rare = -1
        single = True
        for k in range(place_start[j], place_start[j + 1]):
            i = place_row[k]
            if row_left[i]:
                single = single and plain[i] < 2
                if plain[i] < 2 and (rare < 0 or row_size[i] < row_size[rare]):
                    rare = i
        if rare < 0 or not single:
            continue
        for k in range(row_start[rare], row_start[rare + 1]):
            o = row_place[k]
            if o == j or not place_left[o] or cost[o] > cost[j] or place_size[o] < place_size[j]:
                continue
            fits = True
            for q in range(place_start[o], place_start[o + 1]):
                if row_left[place_row[q]] and plain[place_row[q]] == 3:
                    fits = False
                    break
            if fits and _part_of(
                place_start[j], place_start[j + 1], place_start[o], place_start[o + 1], place_row, row_left
            ):
                place_left[j] = False
                steps[count, 0], steps[count, 1], steps[count, 2] = 1, j, o
                count += 1
                for q in range(place_start[j], place_start[j + 1]):
                    row_size[place_row[q]] -= 1
                break
    return count


@njit(cache=True, nogil=True)
def _sizes(start, item, left, size):  # type: ignore[no-untyped-def]
    """Live items of each line."""
    for i in range(size.size):
        s = 0
        for k in range(start[i], start[i + 1]):
            s += left[item[k]]
        size[i] = s


@njit(cache=True, nogil=True)
def _essential(row_start, row_place, place_start, place_row, most, row_left, place_left, need, opened, row_size, steps, count):  # type: ignore[no-untyped-def]  # fmt: skip
    """Open the places of rows that need all they have; (steps, a row that has too few or −1)."""
    for i in range(row_left.size):
        if most[i]:
            if row_left[i] and need[i] < 0:
                return count, i
            continue
        if not row_left[i]:
            continue
        if row_size[i] < need[i]:
            return count, i
        if row_size[i] == need[i]:
            steps[count, 0], steps[count, 1] = 2, i
            count += 1
            for k in range(row_start[i], row_start[i + 1]):
                j = row_place[k]
                if place_left[j]:
                    _open(j, place_start, place_row, most, row_left, place_left, need, opened, row_size)
    return count, -1


@njit(cache=True, nogil=True)
def _reduce(row_start, row_place, place_start, place_row, most, cost, must, row_left, place_left, need, opened, steps):  # type: ignore[no-untyped-def]  # fmt: skip
    """All steps until nothing changes; (steps written, impossible row or −1)."""
    n_rows, n_places = row_left.size, place_left.size
    row_size, place_size = np.zeros(n_rows, np.int64), np.zeros(n_places, np.int64)
    old_row, old_place = np.full(n_rows, -1, np.int64), np.full(n_places, -1, np.int64)
    plain = np.zeros(n_rows, np.int64)
    for i in range(n_rows):
        if need[i] <= 0 and not most[i]:
            row_left[i] = False
    for j in range(n_places):
        if must[j]:
            _open(j, place_start, place_row, most, row_left, place_left, need, opened, row_size)
    count = 0
    while True:
        before = count
        _sizes(row_start, row_place, place_left, row_size)
        count, impossible = _essential(
            row_start, row_place, place_start, place_row, most, row_left, place_left, need, opened, row_size, steps, count
        )  # fmt: skip
        if impossible >= 0:
            return count, impossible
        _sizes(row_start, row_place, place_left, row_size)
        _sizes(place_start, place_row, row_left, place_size)
        count = _drop_rows(
            row_start, row_place, place_start, place_row, most, row_left, place_left, need, row_size, place_size,
            row_size != old_row, steps, count,
        )  # fmt: skip
        old_row[:] = row_size
        for i in range(n_rows):
            plain[i] = 3 if most[i] else need[i]
            plain[i] = min(plain[i], 2) if not most[i] else 3
        _sizes(place_start, place_row, row_left, place_size)
        count = _drop_places(
            row_start, row_place, place_start, place_row, cost, plain, row_left, place_left, row_size, place_size,
            place_size != old_place, steps, count,
        )  # fmt: skip
        old_place[:] = place_size
        if count == before:
            return count, -1
