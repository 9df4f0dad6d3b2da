"""Freeze, protect and print the statistics of a period; recompute what was printed at any time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from daremo.web.apps.figures.lines import Line, Summary, lines, summary
from daremo.web.apps.figures.models import Release, Result
from daremo.web.apps.figures.protect import SMALLEST, Key, Sum, protect
from daremo.web.apps.figures.reached import STAGES, Reach, reached, withheld, worst
from daremo.web.apps.figures.source import areas, visits_of
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.days import span
from daremo.web.problems import conflict

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation

__all__ = [
    "Line", "Reach", "Summary", "gains", "keep_result", "lines", "make_release", "newest", "printed_again", "reached",
    "recomputed", "summary", "withheld", "worst",
]  # fmt: skip

ATTENDANCE = "attendance"


def counts_of(organisations: Sequence[int], first: date, last: date) -> dict[str, Any]:
    """Return what a release freezes: visits by area and life stage, by area and topic, rows in the order of codes."""
    begin, end = span(first, last)
    names = [area.code for area in areas()]
    stage_cells: dict[tuple[str, str], int] = {}
    mode_cells: dict[tuple[str, str], int] = {}
    for area, stage, mode, people in visits_of(organisations, begin, end).values_list(
        "area__code", "person__life_stage", "mode", "headcount"
    ):
        row = area or "unknown"
        column = stage if stage in STAGES else "unknown"
        stage_cells[row, column] = stage_cells.get((row, column), 0) + people
        mode_cells[row, mode] = mode_cells.get((row, mode), 0) + people
    rows = [*names, "unknown"]
    stages = [*STAGES, "unknown"]
    modes = ["point", "home", "phone", "group", "street"]
    return {
        "rows": rows,
        "tables": {
            "life_stage": {"columns": stages, "cells": [[stage_cells.get((r, c), 0) for c in stages] for r in rows]},
            "mode": {"columns": modes, "cells": [[mode_cells.get((r, c), 0) for c in modes] for r in rows]},
        },
    }


def _joined(counts: dict[str, Any]) -> tuple[dict[Key, int], list[Sum]]:
    """Return all cells and totals of the frozen tables, and the sums that tie them together."""
    rows = counts["rows"]
    values: dict[Key, int] = {}
    sums: list[Sum] = []
    for at, (name, table) in enumerate(sorted(counts["tables"].items())):
        for r, cells in zip(rows, table["cells"]):
            for c, value in zip(table["columns"], cells):
                values[name, r, c] = value
            total = sum(cells)
            if at and values["row", r] != total:
                raise ValueError(f"{name} {r}: {total} people, {values['row', r]} in another table")
            values["row", r] = total
            sums.append(Sum(("row", r), tuple((name, r, c) for c in table["columns"])))
        for j, c in enumerate(table["columns"]):
            values["column", name, c] = sum(cells[j] for cells in table["cells"])
            sums.append(Sum(("column", name, c), tuple((name, r, c) for r in rows)))
        sums.append(Sum(("all",), tuple(("column", name, c) for c in table["columns"])))
    values["all",] = sum(values["row", r] for r in rows)
    sums.append(Sum(("all",), tuple(("row", r) for r in rows)))
    return values, sums


def printed_of(counts: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    """Return what is printed: the same tables with totals, None where a count is withheld."""
    values, sums = _joined(counts)
    hidden = protect(values, sums, int(rule["smallest"]))

    def shown(key: Key) -> int | None:
        return None if key in hidden else values[key]

    rows = counts["rows"]
    return {
        "rows": rows,
        "totals": [shown(("row", r)) for r in rows],
        "all": shown(("all",)),
        "withheld": len(hidden),
        "tables": {
            name: {
                "columns": table["columns"],
                "cells": [[shown((name, r, c)) for c in table["columns"]] for r in rows],
                "totals": [shown(("column", name, c)) for c in table["columns"]],
            }
            for name, table in sorted(counts["tables"].items())
        },
    }


def _digest(counts: Any, rule: Any, printed: Any) -> str:
    told = json.dumps([counts, rule, printed], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def make_release(
    act: Act, organisation: Organisation, organisations: Sequence[int], first: date, last: date
) -> Release:
    """Freeze the attendance of a period and decide what of it is printed.

    Two releases never share a day unless they are of the same period: otherwise subtracting one from the other would
    tell what each withholds.

    Raises
    ------
    Conflict
        ``overlapping-release``.
    """
    from daremo.web.apps.journal.models import Event

    with transaction.atomic():
        near = Release.objects.filter(organisation=organisation, kind=ATTENDANCE, first__lte=last, last__gte=first)
        same = near.filter(first=first, last=last).order_by("id").first()
        if same is not None:
            return same
        if near.exists():
            raise conflict("overlapping-release", f"{first}–{last}")
        counts, rule = counts_of(organisations, first, last), {"smallest": SMALLEST}
        printed = printed_of(counts, rule)
        row = Release(
            organisation=organisation,
            kind=ATTENDANCE,
            first=first,
            last=last,
            made_at=act.now,
            until_event=Event.objects.aggregate(last=Max("id"))["last"] or 0,
            counts=counts,
            rule=rule,
            printed=printed,
            digest=_digest(counts, rule, printed),
        )
        return journal.save(act, "release.made", row)


def printed_again(release: Release) -> dict[str, Any]:
    """Return what the frozen counts and the rule give today; it must equal what was printed."""
    return printed_of(release.counts, release.rule)


def recomputed(release: Release) -> bool:
    """Whether the release still gives what it printed and nothing in it was altered."""
    return (
        printed_again(release) == release.printed
        and _digest(release.counts, release.rule, release.printed) == release.digest
    )


def keep_result(act: Act, kind: str, data: dict[str, Any]) -> Result:
    """Keep the headline of a gap or a plan (``gap.json``, ``plan.json``); the same file is kept once."""
    names = {
        "gap": ("people", "left_behind", "reasons", "areas", "sources", "region"),
        "plan": (
            "region", "budget_yen", "cost_yen", "people_freed", "people_freed_interval", "people_freed_bound",
            "gap_share", "gap_share_sited", "next_million", "actions", "points",
        ),
    }[kind]  # fmt: skip
    kept = {name: data[name] for name in names if name in data}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    found = Result.objects.filter(kind=kind, digest=digest).order_by("-id").first()
    return found or journal.save(act, "result.kept", Result(kind=kind, digest=digest, loaded_at=act.now, data=kept))


def newest(kind: str) -> Result | None:
    """Return the result loaded last, or None."""
    return Result.objects.filter(kind=kind).order_by("-loaded_at", "-id").first()


def gains(
    organisations: Sequence[int], first: date, last: date
) -> tuple[int, int, float | None, tuple[float, float] | None]:
    """Return (asked, answered, gain, 90 % interval): change in the share that does it alone or after a word.

    Of those who answered later and whose visit has an outcome before, in points of share; the interval is the normal
    approximation of a mean of paired differences. Without at least ten pairs no gain is told.
    """
    from daremo.web.apps.followups import services as followups

    rows = list(followups.results(list(organisations), first, last))
    pairs = [
        (r.alone_later >= 2) - (r.alone_before >= 2)
        for r in rows
        if r.alone_later is not None and r.alone_before is not None
    ]
    answered = sum(r.answered for r in rows)
    if len(pairs) < 10:
        return len(rows), answered, None, None
    mean = sum(pairs) / len(pairs)
    spread = (sum((p - mean) ** 2 for p in pairs) / (len(pairs) - 1) / len(pairs)) ** 0.5
    return len(rows), answered, mean, (mean - 1.645 * spread, mean + 1.645 * spread)
