"""Words of a problem by its code, from ``tables/problem_codes.csv``."""

from __future__ import annotations

from daremo.kernel.tables import rows_of


def words(code: str) -> tuple[str, str]:
    """What happened, and what to do now, in Japanese."""
    row = next(r for r in rows_of("daremo.trust", "problem_codes") if r["code"] == code)
    return row["ja"], row["fix"]
