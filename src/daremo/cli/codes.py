"""Every code that an error or a finding can carry, with its meaning in English (``tables/codes.csv``)."""

from __future__ import annotations

import functools

from daremo.kernel.tables import rows_of


@functools.cache
def codes() -> dict[str, dict[str, str]]:
    """Rows of ``codes.csv`` by code."""
    return {r["code"]: r for r in rows_of("daremo.cli", "codes")}


def meaning(code: str) -> str:
    """What a code means, in English; ``""`` for an unknown one."""
    row = codes().get(code)
    return row["en"] if row else ""
