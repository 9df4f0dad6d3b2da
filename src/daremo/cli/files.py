"""The published gap as one flat table, a row a district."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write_gap_table(gap: dict[str, Any], path: Path) -> None:
    """Write ``gap.parquet``: the areas of ``gap --json``, with nested figures as ``left_behind_mean``, ``reason_skill`` …

    What is suppressed there (null) is suppressed here.
    """
    import polars as pl

    from daremo.kernel.results import write_whole

    rows: list[dict[str, Any]] = []
    for area in gap["areas"]:
        row: dict[str, Any] = {}
        for key, value in area.items():
            if isinstance(value, dict):
                stem = key.removesuffix("s") if key == "reasons" else key
                row.update({f"{stem}_{k}": v for k, v in value.items()})
            else:
                row[key] = value
        rows.append(row)
    names = list(dict.fromkeys(k for row in rows for k in row))
    frame = pl.DataFrame([{k: row.get(k) for k in names} for row in rows], infer_schema_length=None)
    write_whole(path, frame.drop([c for c in names if frame[c].dtype == pl.Null and c in _NESTED]).write_parquet)


#: Nested fields that are null as a whole where every area is suppressed.
_NESTED = ("left_behind", "reasons")
