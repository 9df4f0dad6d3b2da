"""Groups that are too small to have a mean and spread of their own: left out, and said.

Source: none.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from daremo.assess.model import Answers
from daremo.kernel.errors import Problem
from daremo.kernel.tables import rows_of

#: A spread below this is taken for one that the answers cannot tell from 0.
FLAT = 0.05


def warning(code: str, column: str, value: str) -> Problem:
    """A doubt that stands in the table of problem codes."""
    words = next(r for r in rows_of("daremo.assess", "problem_codes") if r["code"] == code)
    return Problem(code, words["ja"], words["fix"], "", None, column, value, "warning")


def with_people(answers: Answers, least: int) -> tuple[Answers, tuple[Problem, ...]]:
    """Leave out groups of fewer than `least` people (their weights become 0), and say so."""
    total = float(answers.weight.sum())
    counted = answers.count == round(total)
    unit = answers.weight if counted else (answers.weight > 0).astype(float)
    size = np.bincount(answers.group, unit, len(answers.groups))
    kept = size >= least
    if kept.all():
        return answers, ()
    told = tuple(warning("empty-group", answers.groups[g], f"{size[g]:g}") for g in np.flatnonzero(~kept))
    new, stays = np.cumsum(kept) - 1, kept[answers.group]
    return replace(
        answers,
        weight=np.where(stays, answers.weight, 0.0),
        group=np.where(stays, new[answers.group], 0),
        groups=tuple(g for g, k in zip(answers.groups, kept, strict=True) if k),
        count=round(float(unit[stays].sum())),
    ), told
