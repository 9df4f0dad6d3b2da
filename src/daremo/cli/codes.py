"""Every code that an error or a finding can carry, with its meaning (``problem_codes.csv``, ``codes.csv``)."""

from __future__ import annotations

import functools
from importlib import resources

from daremo.kernel.tables import rows_of

#: Packages that explain codes of their own, and the table in which they do.
EXPLAINED = (
    ("daremo.region", "problem_codes"),
    ("daremo.reach", "problem_codes"),
    ("daremo.assess", "problem_codes"),
    ("daremo.trust", "problem_codes"),
    ("daremo.network", "problem_codes"),
    ("daremo.cases", "problem_codes"),
    ("daremo.report", "problem_codes"),
    ("daremo.web", "problem_codes"),
    ("daremo.cli", "codes"),
)


@functools.cache
def codes() -> dict[str, dict[str, str]]:
    """Rows ``code, ja, en, fix`` by code; a package without such a table has no codes of its own."""
    return {
        r["code"]: r
        for package, table in EXPLAINED
        if (resources.files(package) / "tables" / f"{table}.csv").is_file()
        for r in rows_of(package, table)
    }


def meaning(code: str) -> str:
    """What a code means, in English; ``""`` for an unknown one."""
    row = codes().get(code)
    return row["en"] if row else ""
