"""Calibrate from a Parquet file that is never in memory as a whole: each pass reads it chunk by chunk and adds up.

Chunks may be worked through one after another, in threads, or on other machines (`workers`); their sums are added in the
order of the file, so that all give the same. Besides the sums only a few numbers a person are kept: window, weight, group.

Source: Bock and Aitkin 1981; map and reduce of its expectation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.assess.calibrate import (
    GUESS_PRIOR,
    LARGE,
    LEAST,
    MANY,
    TENTH,
    Fit,
    climb_fit,
    fitting,
    known_errors,
    prepared,
    refined,
    standing,
    told,
)  # fmt: skip
from daremo.assess.expect import UNSEEN
from daremo.assess.groups import with_people
from daremo.assess.model import Calibration, Model
from daremo.assess.parts import Mapper, Part, Sums, Task, row_of
from daremo.assess.source import File, Source
from daremo.kernel.results import Progress, silent

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Job:
    """One chunk: its first row in the file, and of each of its people window, weight and pattern."""

    first: int
    mu: Float
    sd: Float
    weight: Float
    pattern: Int


@dataclass(frozen=True, slots=True)
class Work:
    """Reads a chunk and does a task with it; gives the sums and the people's new windows. Plain data, may be sent away."""

    file: File
    first_j: Int
    rows: int
    task: Task

    def __call__(self, job: Job) -> tuple[Sums, Float, Float]:
        answers = replace(self.file.read(job.first), weight=job.weight, group=job.pattern)
        part = Part(answers, row_of(answers, self.first_j, self.rows), job.mu.copy(), job.sd.copy())
        return self.task(part), part.mu, part.sd


@dataclass(slots=True, kw_only=True)
class Streamed(Fit):
    """A fit whose answers stay in their file; `weight` and `pattern`, shape (rows of the file,), 0 for those left out."""

    file: File
    weight: Float
    pattern: Int
    mapper: Mapper

    def over(self, task: Task) -> Iterable[Sums]:
        """What a task makes of each chunk, in the order of the file."""
        work = Work(self.file, self.layout.first, self.layout.rows, task)
        here = [slice(first, first + self.file.chunk) for first in self.file.chunks]
        jobs = (Job(h.start, self.mu[h], self.sd[h], self.weight[h], self.pattern[h]) for h in here)
        for h, (sums, mu, sd) in zip(here, self.mapper(work, jobs), strict=True):
            self.mu[h], self.sd[h] = mu, sd
            yield sums


def calibrate_stream(
    source: Source,
    model: Model = "2pl",
    *,
    errors: str = "auto",
    guess_prior: tuple[float, float] = GUESS_PRIOR,
    tolerance: float | None = None,
    most: int = 500,
    node_count: int = 61,
    anchors: Sequence[Mapping[str, Any]] = (),
    mapper: Mapper = map,
    progress: Progress = silent,
    cpu_clock: Callable[[], float] = time.process_time,
) -> Calibration:
    """Fit a model to a file chunk by chunk; as `calibrate`, whose answer it gives.

    Parameters
    ----------
    source : Source
        From `source.open_source`, with groups, weights and covariates.
    mapper : callable
        ``mapper(function, jobs)`` gives results in order; `map`, a pool's (``ThreadPoolExecutor(2).map``), or one of `workers`.

    Raises
    ------
    UsageError
    """
    begun = cpu_clock()
    known_errors(errors)
    large = source.answers > LARGE
    people, small = with_people(source.people, LEAST) if len(source.people.groups) > 1 else (source.people, ())
    made = prepared(people, model, guess_prior, node_count, large, anchors)
    pattern, weight = np.zeros(source.weight.size, np.int64), source.weight.copy()
    weight[source.weight > 0] = people.weight
    pattern[source.weight > 0] = made.answers.group
    n = source.weight.size
    fit = Streamed(
        made.answers, made.layout, made.row, made.t, np.zeros(n), np.full(n, UNSEEN), made.prior, large, made.latent,
        made.centre, file=source.file, weight=weight, pattern=pattern, mapper=mapper,
    )  # fmt: skip
    x = fit.first_guess(float(1 / (1 + np.exp(-guess_prior[0]))))
    if large and source.people.n_persons > MANY:
        some = thinned(fit, TENTH)
        x = climb_fit(some, x, 1, 1e-3, most, progress).x
        fit = replace(fit, t=fitting(some))
    done, found, value, change = refined(fit, x, tolerance or standing(large), most, progress)
    return told(done, model, found, value, change, errors, begun, cpu_clock, small)


def thinned(fit: Streamed, step: int) -> Fit:
    """The same fit of every `step`-th person, in memory."""
    a = replace(fit.file.read_some(step), weight=fit.weight[::step].copy(), group=fit.pattern[::step].copy())
    a = replace(a, groups=fit.answers.groups)
    n = a.n_persons
    return Fit(
        a, fit.layout, row_of(a, fit.layout.first, fit.layout.rows), fit.t, np.zeros(n), np.full(n, UNSEEN), fit.prior,
        fit.large, fit.latent, fit.centre,
    )  # fmt: skip
