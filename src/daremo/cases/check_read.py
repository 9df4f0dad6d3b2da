"""Read what is to be checked: the desk's later answers, or a panel of areas; every problem is told at once."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem

ANSWERS = ("person", "days", "alone_before", "alone_later", "answered")
PANEL = ("area", "period", "outcome", "begins")
Rows = list[dict[str, Any]]


def recognised(path: Path) -> tuple[str, Rows]:
    """Return ``answers`` or ``panel`` and the rows, by the columns of the file.

    Raises
    ------
    InputError
        ``unknown-table``: neither; ``unreadable-file``: not text in UTF-8 (a BOM is fine), or JSON that is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip()[:1] in "{[":
            told = json.loads(text)
            rows = told["results"] if isinstance(told, dict) else told
            rows = [dict(row) for row in rows]
        else:
            rows = list(csv.DictReader(text.splitlines()))
    except (UnicodeDecodeError, ValueError, KeyError, TypeError):
        raise InputError(
            [
                Problem(
                    "unreadable-file",
                    "このファイルは読めません",
                    "UTF-8 の CSV か、窓口が書き出した JSON を使ってください",
                    file=path.name,
                )
            ]
        ) from None
    names = set(rows[0]) if rows else set()
    if set(ANSWERS) <= names:
        return "answers", rows
    if set(PANEL) <= names:
        return "panel", rows
    raise InputError(
        [
            Problem(
                "unknown-table",
                "列の名前が、どちらの表とも合いません",
                f"{'・'.join(ANSWERS)}、または {'・'.join(PANEL)} の列を入れてください",
                file=path.name,
                row=1,
            )
        ]
    )


def answers_of(rows: Rows, path: Path) -> Rows:
    """Return the answers with numbers and truth values in place of words.

    Raises
    ------
    InputError
        Values that are not what the column holds, all of them.
    """
    problems: list[Problem] = []
    made: Rows = []
    for at, row in enumerate(rows, 2):
        told: dict[str, Any] = {"person": str(row["person"]), "action": str(row.get("action") or "")}
        for name, least, most in (("days", 1, 400), ("alone_before", 0, 3), ("alone_later", 0, 3)):
            told[name] = _whole(row.get(name), name, least, most, at, path, problems, empty=name != "days")
        for name in ("answered", "still_doing"):
            told[name] = _truth(row.get(name), name, at, path, problems, empty=name == "still_doing")
        made.append(told)
    if problems:
        raise InputError(problems)
    return made


def _whole(
    value: Any, name: str, least: int, most: int, at: int, path: Path, problems: list[Problem], *, empty: bool
) -> int | None:
    if value is None or value == "":
        if not empty:
            problems.append(
                Problem("empty-value", "値がありません", f"{least}〜{most} の整数を入れてください", path.name, at, name)
            )
        return None
    text = str(value).strip()
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        problems.append(
            Problem(
                "not-whole",
                f"{least}〜{most} の整数ではありません",
                "値を直してください",
                path.name,
                at,
                name,
                text[:40],
            )
        )
        return None
    return int(text)


def _truth(value: Any, name: str, at: int, path: Path, problems: list[Problem], *, empty: bool) -> bool | None:
    known = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
    text = str(value if value is not None else "").strip().lower()
    if text in known:
        return known[text]
    if text == "" and empty:
        return None
    problems.append(
        Problem("not-yes-no", "true か false ではありません", "値を直してください", path.name, at, name, text[:40])
    )
    return None


def panel_of(rows: Rows, path: Path) -> tuple[list[str], NDArray[np.float64], list[int | None], NDArray[np.float64]]:
    """Return area names, outcome (areas, periods), the column in which help began, and weights.

    Periods are put in the order of their text (``2026-04`` before ``2026-10``); ``begins`` is one of them, or empty.

    Raises
    ------
    InputError
        Cells that are missing or double, values that are no numbers, an area with two beginnings: all of them.
    """
    problems: list[Problem] = []
    periods = sorted({str(r["period"]) for r in rows})
    at_of = {p: n for n, p in enumerate(periods)}
    names = list(dict.fromkeys(str(r["area"]) for r in rows))
    outcome = np.full((len(names), len(periods)), np.nan)
    begins: dict[str, str] = {}
    weight = np.ones(len(names))
    index = {name: n for n, name in enumerate(names)}
    for at, row in enumerate(rows, 2):
        area, period = str(row["area"]), at_of[str(row["period"])]
        value = _number(row["outcome"])
        if value is None:
            problems.append(
                Problem(
                    "not-a-number",
                    "数ではありません",
                    "値を入れてください",
                    path.name,
                    at,
                    "outcome",
                    str(row["outcome"])[:40],
                )
            )
            continue
        if np.isfinite(outcome[index[area], period]):
            problems.append(
                Problem(
                    "double-cell",
                    "同じ地区と時期が2回あります",
                    "どちらかを消してください",
                    path.name,
                    at,
                    "period",
                    str(row["period"]),
                )
            )
        outcome[index[area], period] = value
        begin = str(row["begins"] or "")
        if begins.setdefault(area, begin) != begin:
            problems.append(
                Problem(
                    "two-beginnings",
                    "この地区の始まりが2つあります",
                    "一つにしてください",
                    path.name,
                    at,
                    "begins",
                    begin,
                )
            )
        if begin and begin not in at_of and begin <= periods[-1]:
            problems.append(
                Problem(
                    "unknown-period",
                    "始まりの時期が表にありません",
                    "表にある時期か、空にしてください",
                    path.name,
                    at,
                    "begins",
                    begin,
                )
            )
        given = _number(row.get("weight") if row.get("weight") not in (None, "") else 1)
        if given is None or given <= 0:
            problems.append(
                Problem(
                    "not-a-number",
                    "重みが0より大きい数ではありません",
                    "人数などを入れてください",
                    path.name,
                    at,
                    "weight",
                    str(row.get("weight"))[:40],
                )
            )
        else:
            weight[index[area]] = given
    for name in names:
        for label, value in zip(periods, outcome[index[name]], strict=True):
            if not np.isfinite(value) and len(problems) < 200:
                problems.append(
                    Problem(
                        "missing-cell",
                        f"{name} の {label} がありません",
                        "足すか、その地区をすべて消してください",
                        path.name,
                    )
                )
    if problems:
        raise InputError(problems)
    return names, outcome, [at_of.get(begins[n]) if begins[n] else None for n in names], weight


def _number(value: Any) -> float | None:
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if np.isfinite(found) else None
