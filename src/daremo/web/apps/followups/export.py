"""The answers after thirty and ninety days as files, described by ``tables/results.schema.json`` (Table Schema)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from importlib.resources import files
from typing import Any

from daremo.web.apps.followups.services import Result

COLUMNS = tuple(f.name for f in fields(Result))


def schema() -> dict[str, Any]:
    """Return the Table Schema of the results."""
    text = (files("daremo.web.apps.followups") / "tables" / "results.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def plain(rows: Iterable[Result]) -> list[dict[str, Any]]:
    """Return the results without the desk's own numbers: persons are counted 1, 2, 3 … anew in each file."""
    numbers: dict[int, int] = {}
    made = []
    for row in rows:
        told = {name: getattr(row, name) for name in COLUMNS}
        told["person"] = numbers.setdefault(row.person, len(numbers) + 1)
        told["visit_day"] = row.visit_day.isoformat()
        told["topics"] = list(row.topics)
        made.append(told)
    return made


def as_json(rows: Iterable[Result], first: date, last: date) -> bytes:
    """Return ``{"schema": …, "first": …, "last": …, "results": […]}`` in UTF-8."""
    told = {"schema": schema(), "first": first.isoformat(), "last": last.isoformat(), "results": plain(rows)}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def as_csv(rows: Iterable[Result]) -> bytes:
    """Return the results as CSV (UTF-8, RFC 4180); topics are separated by ``|``, what is not known is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in plain(rows):
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "|".join(value) if isinstance(value, list) else value
