"""Read the JSON of a verb of `daremo network`: which verb it was, whether every value can be, and what is kept of it.

Only the columns that a page shows are kept. What tells an attacker where to strike (cases of failure, what they cut off,
which component matters most) is kept apart from the rest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from daremo.web.problems import refusal

MOST_BYTES = 8_000_000
#: Areas of the whole country by small district would be 200,000; a desk serves a town or a prefecture.
MOST_ROWS = 20_000
#: Rounding of sums and shares in files.
SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number between two bounds; with `null` it may be missing."""

    least: float = 0.0
    most: float = 1e15
    null: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A text of at most so many letters, without control characters; with `null` it may be missing."""

    most: int = 120
    null: bool = False


@dataclass(frozen=True, slots=True)
class Yes:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of objects or plain values; with `optional` it may be missing."""

    row: Any
    most: int = MOST_ROWS
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """An object with named fields; others are left out. `wanted` fields must be there, the rest may."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ByName:
    """An object whose names are free."""

    row: Any
    most: int = 50


SHARE, MAYBE = Number(0, 1), Number(0, 1, null=True)
NUMBER, MAYBE_NUMBER = Number(), Number(null=True)
WORDS = Words()
SOURCES = Rows(Columns({"source": Words(200), "date": Words(40)}), 50)
NOTES = Rows(Words(400), 200)

SHAPES: dict[str, Columns] = {
    "gaps": Columns(
        {
            "region": WORDS, "people": NUMBER, "without": NUMBER, "without_low": NUMBER, "without_high": NUMBER,
            "unknown": NUMBER,
            "below": Rows(Columns({"down_mbps": NUMBER, "people": NUMBER}), 20),
            "inequality": ByName(Columns({"gini": MAYBE_NUMBER, "theil": MAYBE_NUMBER, "between_share": MAYBE_NUMBER})),
            "areas": Rows(Columns({
                "area": Words(40), "name": WORDS, "people": NUMBER, "share": MAYBE, "low": MAYBE, "high": MAYBE,
                "without": MAYBE_NUMBER, "technology": Words(20, null=True), "down_mbps": MAYBE_NUMBER,
                "contradicted": Rows(Words(20), 20), "sources": SOURCES,
            })),
            "cells": Rows(Columns({
                "area": Words(40), "technology": Words(20), "claimed": MAYBE, "share": SHARE, "tests": NUMBER,
                "challenges": NUMBER, "contradicted": Yes(), "sources": SOURCES,
            }), 10 * MOST_ROWS),
            "assumptions": Columns({"need_down_mbps": NUMBER, "price_share": SHARE}),
        }
    ),
    "load": Columns(
        {
            "network": WORDS, "nodes": NUMBER, "links": NUMBER, "demand_gbps": NUMBER, "utilisation": NUMBER,
            "bound": NUMBER, "gap_share": Number(-SLACK, 1),
            "binding_links": Rows(Columns({
                "link": WORDS, "from": WORDS, "to": WORDS, "capacity_gbps": NUMBER, "price_share": Number(0, 1 + SLACK),
                "add_gbps": NUMBER, "lower_by": MAYBE_NUMBER, "lower_by_at_most": NUMBER,
            }), 1_000),
            "unserved": Rows(Columns({"from": WORDS, "to": WORDS, "demand_gbps": NUMBER})),
            "today": ByName(Columns({"utilisation": NUMBER, "link": Words(null=True)})),
            "further_hubs": Rows(Columns({"hub": WORDS, "utilisation": NUMBER}), 1_000, optional=True),
            "notes": NOTES,
        }
    ),
    "availability": Columns(
        {
            "network": WORDS, "scenarios": Number(1), "interval_level": SHARE,
            "hazards": Rows(Columns({"hazard": WORDS, "name": WORDS, "events_year": NUMBER}), 1_000),
            "areas": Rows(Columns({
                "area": Words(40), "name": WORDS, "people": NUMBER, "availability": SHARE, "low": SHARE, "high": SHARE,
                "hours_lost_year": Number(0, 8_785),
            })),
            "hours_lost_resident_year": Number(0, 8_785, null=True),
            "importance": Rows(Columns({"component": WORDS, "kind": Words(20), "person_hours_year": NUMBER}), 1_000),
            "notes": NOTES,
        }
    ),
    "upgrade": Columns(
        {
            "network": WORDS, "cost": NUMBER, "bound": NUMBER, "gap_share": Number(-SLACK, 1), "proved": Yes(),
            "utilisation": NUMBER, "most_utilisation": NUMBER, "cases": NUMBER, "worst_case": Words(400, null=True),
            "install": Rows(Columns({
                "link": WORDS, "from": WORDS, "to": WORDS, "module_gbps": NUMBER, "modules": NUMBER, "cost": NUMBER,
                "new_link": Yes(), "setup_cost": NUMBER,
            })),
            "cut_off": Rows(Columns({"case": Words(400), "demand_gbps": NUMBER})),
            "upkeep": Columns({
                "years": Rows(Number(1900, 2300), 200), "upkeep": Rows(NUMBER, 200), "renewal": Rows(NUMBER, 200),
            }, optional=True),
            "notes": NOTES,
        }
    ),
    "access": Columns(
        {
            "value": NUMBER, "bound": NUMBER, "gap_share": Number(-SLACK, 1), "value_low": NUMBER, "value_high": NUMBER,
            "premises": NUMBER,
            "by_technology": ByName(Columns({"areas": NUMBER, "premises": NUMBER, "cost_yen": NUMBER})),
            "areas": Rows(Columns({
                "area_id": Words(40), "name": WORDS, "kind": Words(20), "technology": Words(20), "premises": NUMBER,
                "mbps": NUMBER, "cost_yen": NUMBER, "yen_premises": NUMBER,
            })),
            "notes": Rows(Columns({"ja": Words(400), "en": Words(400)}), 200),
        }
    ),
    "fail": Columns(
        {
            "network": WORDS, "rerouting": Words(20), "cases": NUMBER, "cut_off_cases": NUMBER,
            "cut_off": Rows(Columns({
                "kind": Words(20), "broken": Rows(WORDS, 50), "nodes": Rows(WORDS), "areas": Rows(Words(40)),
                "people": NUMBER, "lost_gbps": NUMBER,
            })),
            "worst_utilisation": NUMBER, "whole_utilisation": NUMBER, "overloaded_cases": NUMBER,
            "worst": Rows(Columns({
                "kind": Words(20), "broken": Rows(WORDS, 50), "utilisation": NUMBER, "link": Words(null=True),
                "lost_gbps": NUMBER,
            }), 1_000),
            "ends": Rows(Columns({"link": WORDS, "from": WORDS, "to": WORDS}), optional=True),
            "notes": NOTES,
        }
    ),
}  # fmt: skip

#: A field that the answer of no other verb has.
MARKS = {
    "fail": "cut_off_cases", "upgrade": "install", "load": "binding_links", "availability": "importance",
    "gaps": "cells", "access": "by_technology",
}  # fmt: skip

#: What only `failures.see` may read; the rest of such an answer is for planners.
CRITICAL: dict[str, tuple[str, ...]] = {
    "fail": tuple(name for name in SHAPES["fail"].fields if name not in ("network", "rerouting")),
    "availability": ("importance",),
    "upgrade": ("worst_case", "cut_off"),
}

#: (field, other field): the first is never more than the second.
ORDERED: dict[str, tuple[tuple[str, str], ...]] = {
    "gaps": (("without_low", "without"), ("without", "without_high"), ("without", "people")),
    "load": (("bound", "utilisation"),),
    "upgrade": (("bound", "cost"),),
    "access": (("bound", "value"),),
    "fail": (("cut_off_cases", "cases"), ("overloaded_cases", "cases")),
}
ORDERED_ROWS: dict[str, tuple[tuple[str, str], ...]] = {
    "gaps": (("low", "share"), ("share", "high"), ("without", "people")),
    "availability": (("low", "availability"), ("availability", "high")),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that was read: the verb, what planners see, what only `failures.see` opens."""

    kind: str
    data: dict[str, Any]
    critical: dict[str, Any]


def read(content: bytes) -> Told:
    """Return what a file says.

    Raises
    ------
    UsageError
        ``lines-too-large``, ``lines-not-json``, ``lines-unknown`` (none of the six verbs), ``lines-bad-value`` with the
        place of the first value that cannot be, ``lines-crossed`` where two values contradict each other.
    """
    if len(content) > MOST_BYTES:
        raise refusal("lines-too-large")
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refusal("lines-not-json", str(error)[:80] if isinstance(error, json.JSONDecodeError) else "") from None
    if not isinstance(value, dict):
        raise refusal("lines-unknown")
    kind = next((kind for kind, mark in MARKS.items() if mark in value), "")
    if not kind:
        raise refusal("lines-unknown")
    kept = _kept(SHAPES[kind], value, "")
    _check_order(kind, kept)
    if kind == "gaps":
        kept["cells"] = [cell for cell in kept["cells"] if cell["contradicted"]]
    apart = CRITICAL.get(kind, ())
    return Told(kind, {k: v for k, v in kept.items() if k not in apart}, {k: kept[k] for k in apart})


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _kept(shape: Any, value: Any, where: str) -> Any:
    """Return the part of a value that its shape names; refuse what cannot be."""
    if isinstance(shape, Columns):
        if not isinstance(value, dict):
            raise refusal("lines-bad-value", where)
        out = {}
        for name, inner in shape.fields.items():
            place = f"{where}.{name}" if where else name
            if name not in value:
                if getattr(inner, "optional", False):
                    continue
                raise refusal("lines-bad-value", place)
            out[name] = _kept(inner, value[name], place)
        return out
    if isinstance(shape, (Rows, ByName)):
        if not isinstance(value, list if isinstance(shape, Rows) else dict) or len(value) > shape.most:
            raise refusal("lines-bad-value", where)
        if isinstance(value, dict):
            return {_kept(WORDS, k, where): _kept(shape.row, v, f"{where}.{k}"[:120]) for k, v in value.items()}
        return [_kept(shape.row, one, f"{where}[{n}]") for n, one in enumerate(value)]
    if value is None and getattr(shape, "null", False):
        return None
    if not _fits(shape, value):
        raise refusal("lines-bad-value", where)
    return value


def _fits(shape: Any, value: Any) -> bool:
    if isinstance(shape, Yes):
        return isinstance(value, bool)
    if isinstance(shape, Words):
        return isinstance(value, str) and len(value) <= shape.most and not any(map(_strange, value))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # whole numbers of any length are compared before they are made floats
    return shape.least <= value <= shape.most and math.isfinite(value)


def _strange(letter: str) -> bool:
    """Whether a letter is a control character or half of one that UTF-8 cannot write."""
    return ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) <= 0xDFFF


def _check_order(kind: str, kept: dict[str, Any]) -> None:
    for small, large in ORDERED.get(kind, ()):
        _ordered(kept, small, large, "")
    seen: set[str] = set()
    for n, row in enumerate(kept.get("areas", ())):
        if row.get("area") in seen:
            raise refusal("lines-bad-value", f"areas[{n}].area")
        if "area" in row:
            seen.add(row["area"])
        for small, large in ORDERED_ROWS.get(kind, ()):
            _ordered(row, small, large, f"areas[{n}].")


def _ordered(row: Mapping[str, Any], small: str, large: str, where: str) -> None:
    a, b = row[small], row[large]
    if a is not None and b is not None and a > b + SLACK * max(1.0, abs(b)):
        raise refusal("lines-crossed", f"{where}{small} > {large}")
