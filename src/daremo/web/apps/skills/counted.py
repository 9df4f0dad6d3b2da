"""What answers without names say: of each item for its authors, as tables for researchers and for the next plan.

Tables hold no person: rows stand in an order of their own, the district and the life stage stand only where at least
`SMALLEST` rows share them, and a table with fewer rows than that is not written at all.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from math import erf, sqrt
from typing import Any

import numpy as np
from django.apps import apps
from django.core.cache import cache as kept
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from daremo.assess.content.live import Live, live
from daremo.assess.content.read import content
from daremo.assess.content.records import Item
from daremo.web.apps.skills.forms import region_stage
from daremo.web.apps.skills.measure import ALONE_FROM
from daremo.web.apps.skills.models import AnonymousSheet

SMALLEST = 5
#: Most of the sittings that see one question, share; and over how many sittings that is looked at.
EXPOSURE, LEAST_SEEN, LATEST = 0.35, 100, 500
MOST = 50_000
"""Sheets looked at, the newest."""


def _sheets(rows: QuerySet[AnonymousSheet]) -> list[AnonymousSheet]:
    return list(rows.select_related("area").order_by("-month", "-pk")[:MOST])


def resting() -> tuple[str, ...]:
    """Return the questions that more than `EXPOSURE` of the latest sittings were asked; none before `LEAST_SEEN` sittings."""
    found: tuple[str, ...] | None = kept.get("skills.resting")
    if found is None:
        latest = AnonymousSheet.objects.order_by("-pk").values_list("answers", flat=True)[:LATEST]
        seen = Counter(name for answers in latest for name, _ in answers)
        enough = len(latest) >= LEAST_SEEN
        found = tuple(sorted(n for n, times in seen.items() if times > EXPOSURE * len(latest))) if enough else ()
        kept.set("skills.resting", found, 600)
    return found


def scores_of(sheets: Iterable[AnonymousSheet], item: Item) -> tuple[list[float], list[float], list[float]]:
    """Return score (share of the highest), ability and its error of everybody who answered an item."""
    score, mean, sd = [], [], []
    for sheet in sheets:
        for name, answer in sheet.answers:
            if name != item.item:
                continue
            try:
                told = item.score(answer) / (item.categories - 1)
            except ValueError:
                continue
            area = sheet.profile.get(str(item.area)) or _general(sheet)
            score.append(told)
            mean.append(float(area[0]))
            sd.append(float(area[1]))
    return score, mean, sd


def _general(sheet: AnonymousSheet) -> tuple[float, float]:
    told = [(float(m), float(s)) for m, s in sheet.profile.values()]
    if not told:
        return 0.0, 1.0
    return sum(m for m, _ in told) / len(told), sum(s for _, s in told) / len(told)


def live_of(rows: QuerySet[AnonymousSheet], items: Sequence[Item]) -> dict[str, Live]:
    """Return the live figures of each item from the sheets of these rows."""
    sheets = _sheets(rows)
    by_item: dict[str, list[AnonymousSheet]] = {item.item: [] for item in items}
    for sheet in sheets:
        for name, _answer in sheet.answers:
            if name in by_item:
                by_item[name].append(sheet)
    found = {}
    for item in items:
        score, mean, sd = (np.array(v, float) for v in scores_of(by_item[item.item], item))
        found[item.item] = live(
            score, mean, sd, prior_b=item.prior_b, prior_sd=item.prior_b_sd, slope=item.prior_a
        )  # fmt: skip
    return found


def answers_table(rows: QuerySet[AnonymousSheet]) -> str | None:
    """Return one line an answer, as ``daremo assess calibrate`` and ``areas`` read it; None below `SMALLEST` sittings.

    Columns: person (a number of this table only), item, answer (its score), area, stage, mode, language, month. What people
    say of themselves is left out: it calibrates nothing.
    """
    sheets = _sheets(rows)
    if len(sheets) < SMALLEST:
        return None
    sheets.sort(key=lambda s: salted_hmac("daremo.skills.export", str(s.pk)).hexdigest())
    shown = _shown_cells(sheets)
    tasks = {name: item for name, item in content().items.items() if item.kind != "self"}
    told: list[list[str]] = []
    for number, sheet in enumerate(sheets, 1):
        about = [*shown[sheet.pk], sheet.mode, sheet.language, sheet.month.strftime("%Y-%m")]
        for name, answer in sheet.answers:
            if name in tasks:
                told.append([str(number), name, str(tasks[name].score(answer)), *about])
    return _csv(["person", "item", "answer", "area", "stage", "mode", "language", "month"], told)


def _shown_cells(sheets: Sequence[AnonymousSheet]) -> dict[int, tuple[str, str]]:
    """Return district and life stage of each sheet; what fewer than `SMALLEST` share is left empty.

    The district goes first: of a small cell only the life stage is told, and of a small life stage nothing.
    """
    full = {s.pk: (s.area.code if s.area else "", region_stage(s.life_stage)) for s in sheets}
    cells = Counter(full.values())
    half = {pk: (area if cells[(area, stage)] >= SMALLEST else "", stage) for pk, (area, stage) in full.items()}
    left = Counter(half.values())
    return {pk: (area, stage if left[(area, stage)] >= SMALLEST else "") for pk, (area, stage) in half.items()}


def residents_table() -> str:
    """Return all residents by district and life stage, as ``daremo assess areas --residents`` reads them."""
    rows = []
    for area in apps.get_model("places", "Area")._default_manager.order_by("code"):
        rows += [[area.code, region_stage(stage), str(n)] for stage, n in area.people.items()]
    return _csv(["area", "stage", "people"], rows)


def survey_table(rows: QuerySet[AnonymousSheet], today: date) -> str | None:
    """Return the region's table ``survey.csv`` for the barrier ``skill``, which ``daremo gap`` reads; None where too few.

    In each district and life stage, how many of those who answered cannot yet do it alone: the sum of everybody's chance to lie below the level, rounded. Cells below `SMALLEST` are told for the whole region.
    """
    cells: dict[tuple[str, str], list[float]] = {}
    for sheet in _sheets(rows):
        mean, sd = _general(sheet)
        below = 0.5 * (1 + erf((ALONE_FROM - mean) / sd / sqrt(2)))
        stage = "all" if sheet.life_stage == "unknown" else region_stage(sheet.life_stage)
        cells.setdefault((sheet.area.code if sheet.area else "", stage), []).append(below)
    whole: dict[tuple[str, str], list[float]] = {}
    for (area, stage), chances in cells.items():
        whole.setdefault((area if len(chances) >= SMALLEST else "", stage), []).extend(chances)
    told = [
        [area, stage, "skill", str(round(sum(c))), str(len(c)), today.isoformat(), "力だめし（名前のない答え）"]
        for (area, stage), c in sorted(whole.items())
        if len(c) >= SMALLEST
    ]
    columns = ["area_id", "life_stage", "barrier", "has_barrier", "answers", "date", "source"]
    return _csv(columns, told) if told else None


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
