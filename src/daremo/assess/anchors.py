"""Items whose curves are known from elsewhere: read from a bank, put into the slots of a model, and held there.

Source: fixed-parameter calibration, Kim, J. Educational Measurement 43, 2006.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.assess.curves import GRADED, GUESSING, NOMINAL
from daremo.assess.layout import Layout
from daremo.assess.model import Answers
from daremo.kernel.errors import InputError, UsageError

Float = NDArray[np.float64]


def read_anchors(path: Path) -> list[dict[str, Any]]:
    """Items with known curves: JSON as ``daremo assess calibrate -o`` writes it, or CSV ``item,a,d`` (``d1,d2,…``; ``g``).

    Raises
    ------
    UsageError
        ``bad-anchors``.
    """
    from daremo.assess.read import frame_of

    fix = "calibrate -o で作った表か、item・a・d（d1・d2…）の列があるCSVを渡してください"
    try:
        if path.suffix.lower() == ".json":
            told = json.loads(path.read_text(encoding="utf-8"))
            return [dict(i) for i in (told["items"] if isinstance(told, dict) else told)]
        frame = frame_of(path)
        steps = [c for c in frame.columns if c == "d" or (c[:1] == "d" and c[1:].isdigit())]
        out = []
        for row in frame.iter_rows(named=True):
            d = [float(row[c]) for c in steps if row[c] not in (None, "")]
            one: dict[str, Any] = {"item": str(row["item"]), "a": float(row["a"]), "d": d}
            out.append(one | ({"g": float(row["g"])} if row.get("g") not in (None, "") else {}))
        return out
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError) as e:
        raise UsageError("bad-anchors", "固定する問題の表が読めません", fix, str(path)) from e


def held_by(answers: Answers, layout: Layout, anchors: Sequence[Mapping[str, Any]]) -> tuple[NDArray[np.bool_], Float]:
    """Which items are held, shape (items,), and their slots, shape (items, slots).

    Raises
    ------
    UsageError
        ``bad-anchors`` where none is among the items, one is there twice, or its values do not fit the model or the categories.
    """
    place = {name: j for j, name in enumerate(answers.items)}
    held, values = np.zeros(len(place), bool), np.zeros(layout.free.shape)
    for one in anchors:
        j = place.get(str(one.get("item", "")))
        if j is None:
            continue
        name, k = answers.items[j], int(layout.n_cat[j])
        if held[j]:
            raise UsageError("bad-anchors", f"問題「{name}」が2回あります", "1つだけにしてください", name)
        own = _slots(one, int(layout.kind[j]), k)
        labels = one.get("categories")
        if (
            own is None
            or ((layout.shared or layout.level) and own[0] != 1)
            or (labels and tuple(labels) != answers.labels[j])
        ):
            fix = "モデル・段階の数・答えの書き方をそろえてください"
            raise UsageError("bad-anchors", f"問題「{name}」の固定の値が、回答の{k}通りの答えに合いません", fix, name)
        held[j], values[j, : own.size] = True, own
    if not held.any():
        fix = "問題の名前をそろえてください"
        raise UsageError("bad-anchors", "固定する問題が、回答の中に1つもありません", fix)
    return held, values


def _slots(one: Mapping[str, Any], kind: int, k: int) -> Float | None:
    """Slots of one item, or None where its values do not fit."""
    try:
        d = np.atleast_1d(np.asarray(one["d"], float))
        slopes = np.asarray(one.get("slopes") or [], float)
        g = float(one.get("g") or 0.0)
        a = float(one["a"])
    except (KeyError, TypeError, ValueError):
        return None
    if d.shape != (k - 1,) or (kind == NOMINAL and slopes.shape != (k - 1,)) or (g > 0) != (kind == GUESSING):
        return None
    if kind == NOMINAL:
        out = np.r_[slopes[-1], d, slopes[:-1]]
    else:
        out = np.r_[a, d, np.log(g / (1 - g))] if kind == GUESSING and g < 1 else np.r_[a, d]
    falls = kind != GRADED or bool((np.diff(d) < 0).all())
    return out if falls and bool((np.abs(out) < 30).all()) else None
