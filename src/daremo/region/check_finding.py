"""What every check shares: how a finding is written, and how names and points are compared."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.errors import Problem, Severity
from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE, table_schema

#: One district or place as a dict of its columns.
Row = Mapping[str, Any]
#: Findings of one code in one file that are listed one by one; the rest are counted.
LISTED = 20


@functools.cache
def _fixes() -> dict[str, str]:
    return {r["code"]: r["fix"] for r in rows_of(PACKAGE, "problem_codes")}


def finding(
    code: str,
    message: str,
    table: str,
    row: Row | None = None,
    *,
    column: str = "",
    value: object = "",
    severity: Severity = "warning",
    fix: str = "",
) -> Problem:
    """A finding about a table, or about one of its rows, with the fix its code documents unless another is given.

    The file and row are those of the source where the table knows them, else the table's own name and no row.
    """
    source = str((row or {}).get("source") or table)
    number = (row or {}).get("source_row")
    heading = table_schema(table)[column].ja if column and column in table_schema(table).names else column
    shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return Problem(code, message, fix or _fixes()[code], source, number, heading, shown, severity)


def shortened(problems: Iterable[Problem]) -> list[Problem]:
    """The same findings; beyond `LISTED` of one code in one file, the rest become one line with their number."""
    out: list[Problem] = []
    for (code, file), group in groupby(problems, key=lambda p: (p.code, p.file)):
        same = list(group)
        out += same[:LISTED]
        if len(same) > LISTED:
            more = len(same) - LISTED
            message = f"同じことが、ほかに{more}件あります。"
            out.append(Problem(code, message, same[0].fix, file, None, same[0].column, "", same[0].severity))
    return out


def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as dicts."""
    return list(frame.iter_rows(named=True))


def plain_name(name: str | None) -> str:
    """A name for comparing: NFKC, without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name or ""))


def some_names(found: Sequence[Row], most: int = 5) -> str:
    """「あ」「い」ほか3か所: names for a sentence."""
    shown = "".join(f"「{r['name']}」" for r in found[:most])
    return shown + (f"ほか{len(found) - most}か所" if len(found) > most else "")


def kilometres(
    latitude: Sequence[float], longitude: Sequence[float], centre: float | None = None
) -> NDArray[np.float64]:
    """Points on a local plane.

    Returns
    -------
    ndarray, shape (points, 2), km
        East and north; within 1 % for a region up to a few hundred kilometres across.
    """
    lat, lon = np.asarray(latitude, dtype=np.float64), np.asarray(longitude, dtype=np.float64)
    middle = centre if centre is not None else (float(np.median(lat)) if len(lat) else 35.0)
    return np.stack([lon * 111.32 * np.cos(np.radians(middle)), lat * 110.95], axis=1)
