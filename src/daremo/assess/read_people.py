"""What a file says of people besides their answers: covariates as numbers, words as 0 and 1 beside the first word."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Float = NDArray[np.float64]
#: A column of words has at most so many different ones.
MOST_WORDS = 30


def covariates_of(
    frame: pl.DataFrame, columns: Sequence[str], order: Callable[[str], object], too_many: Callable[[str, int], None]
) -> tuple[Float, tuple[str, ...]]:
    """Numbers of each row, shape (rows, covariates), NaN where a column is blank; and names, ``sex=女`` for a word.

    Parameters
    ----------
    order : callable
        Key that puts words in order; the first word is what others are measured from.
    too_many : callable
        Told the column and the number of words where there are more than `MOST_WORDS`; the column is then left out.
    """
    parts: list[Float] = []
    names: list[str] = []
    for column in columns:
        s = frame[column]
        if s.dtype.is_numeric() or s.dtype == pl.Boolean:
            x = s.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(float)
            parts.append(np.where(np.isfinite(x), x, np.nan))
            names.append(column)
            continue
        text = [unicodedata.normalize("NFKC", str(v)).strip() if v is not None else "" for v in s.to_list()]
        words = sorted(set(text) - {""}, key=lambda w: (order(w), w))
        value = {w: _number(w) for w in words}
        if all(v is not None for v in value.values()):
            parts.append(np.array([np.nan if not w else value[w] for w in text], float))
            names.append(column)
            continue
        if len(words) > MOST_WORDS:
            too_many(column, len(words))
            continue
        code = {w: k for k, w in enumerate(words)}
        at = np.array([code.get(w, -1) for w in text])
        for k, word in enumerate(words[1:], 1):
            parts.append(np.where(at < 0, np.nan, (at == k).astype(float)))
            names.append(f"{column}={word}")
    if not parts:
        return np.zeros((frame.height, 0)), ()
    return np.stack(parts, 1), tuple(names)


def _number(text: str) -> float | None:
    try:
        x = float(text)
    except ValueError:
        return None
    return x if np.isfinite(x) else None
