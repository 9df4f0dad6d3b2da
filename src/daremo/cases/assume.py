"""Every default about people and money, by life stage. Nothing else in `cases` holds a number about people."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.assume import Assumption, AssumptionTable
from daremo.region.model import STAGES

__all__ = ["FILES", "Assumption", "Assumptions", "defaults"]

#: Tables of this package that hold assumptions, in the order they are read.
FILES = ("assumptions", "plan_assumptions")


class Assumptions(AssumptionTable):
    """The table of a case: values for everybody or by life stage."""

    FIX: ClassVar[str] = "daremo assumptions で名前を確かめてください"

    def by_stage(self, key: str) -> NDArray[np.float64]:
        """Central values for the six life stages, shape (6,); a row for ``all`` or ``65+`` fills where a stage has none."""
        return np.array([self._stage_row(key, g).value for g in STAGES])

    def range_by_stage(self, key: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Low and high for the six life stages, each of shape (6,)."""
        rows = [self._stage_row(key, g) for g in STAGES]
        return np.array([r.low for r in rows]), np.array([r.high for r in rows])

    def _stage_row(self, key: str, stage: str) -> Assumption:
        older = STAGES.index(stage) >= STAGES.index("65-74")
        for name in (stage, "65+" if older else "all", "all"):
            if (key, name) in self:
                return self.row(key, name)
        return self.row(key, stage)


def defaults() -> Assumptions:
    """The table that ships with daremo."""
    return Assumptions.shipped("daremo.cases", *FILES)
