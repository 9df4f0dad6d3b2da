"""Passes over the answers as tasks: each works through some people and gives sums, which are then added up.

A task is plain data, so that it may run here, in a thread, or on another machine; whoever gives it people and adds up
(`calibrate.Fit`: all at once; `stream.Streamed`: chunk by chunk) decides where.

Source: Bock and Aitkin 1981; its expectation is a sum over people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.assess.expect import count_rows, expect, likelihood_twice, rows_of
from daremo.assess.model import Answers

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: What a task gives: arrays that are added up over parts.
Sums = tuple[Float, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """People who are worked through at once; their windows `mu` and `sd`, shape (persons,), are renewed in place."""

    answers: Answers
    row: NDArray[Any]
    mu: Float
    sd: Float


Task = Callable[[Part], Sums]
#: ``mapper(function, jobs)`` gives results in the order of the jobs.
Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


def row_of(answers: Answers, first: Int, rows: int) -> NDArray[Any]:
    """Table row of each answer, shape (answers,), in as few bytes as it takes."""
    out: NDArray[Any] = np.empty(answers.item.size, np.int16 if rows < 2**15 else np.int32)
    rows_of(answers.item, answers.category, first, out)
    return out


def added(parts: Iterable[Sums]) -> Sums:
    """Sums over parts, in their order."""
    total: Sums = ()
    for part in parts:
        total = tuple(a + b for a, b in zip(total, part, strict=True)) if total else part
    return total


@dataclass(frozen=True, slots=True)
class Tallying:
    """Weighted answers of each row, shape (rows,); people and rows of people with an answer; Σ (answers of a person)²."""

    rows: int

    def __call__(self, part: Part) -> Sums:
        a = part.answers
        per = np.diff(a.start)[a.weight > 0].astype(float)
        there = (np.diff(a.start) > 0) & (a.weight > 0)
        people = np.array([float(a.weight[there].sum()), float(there.sum()), float((per**2).sum())])
        return np.asarray(count_rows(a.start, part.row, a.weight, self.rows)), people


@dataclass(frozen=True, slots=True)
class Expecting:
    """Log-likelihood, expected counts, shape (rows, padded nodes), and moments, shape (patterns, 3)."""

    table: Float
    prior: Float
    t: Float
    half: float
    step: int = 1

    def __call__(self, part: Part) -> Sums:
        a = part.answers
        count, moments = np.zeros(self.table.shape), np.zeros((self.prior.shape[0], 3))
        value = expect(
            a.start, part.row, self.table, self.prior, a.group, a.weight, self.t, part.mu, part.sd, self.half, self.step,
            count, moments,
        )  # fmt: skip
        return np.array([value]), count, moments


@dataclass(frozen=True, slots=True)
class Checking:
    """Log-likelihood on all nodes and on every second one, shape (2,)."""

    table: Float
    prior: Float
    t: Float
    half: float

    def __call__(self, part: Part) -> Sums:
        a = part.answers
        return (
            np.array(
                likelihood_twice(
                    a.start, part.row, self.table, self.prior, a.group, a.weight, self.t, part.mu, part.sd, self.half
                )
            ),
        )
