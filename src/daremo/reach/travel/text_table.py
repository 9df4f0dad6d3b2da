"""A comma-separated file as columns of text, however it was saved: UTF-8 with or without mark, CP932, ragged rows."""

from __future__ import annotations

import io
import unicodedata

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.region.readers.sheet import decode


def text_columns(data: bytes) -> pl.DataFrame:
    """All cells as text without surplus space, blank as ``""``, headings in lower case; an empty file has no columns.

    Examples
    --------
    >>> text_columns("Stop_ID , 名前\\r\\n １,あ\\r\\n2\\r\\n".encode("cp932")).rows()
    [('１', 'あ'), ('2', '')]
    """
    text = decode(data)[0].replace("\x00", "")
    if not text.strip():
        return pl.DataFrame()
    frame = pl.read_csv(
        io.BytesIO(text.encode()),
        infer_schema=False,
        truncate_ragged_lines=True,
    )
    heads = [unicodedata.normalize("NFKC", c).strip().lower() for c in frame.columns]
    seen: dict[str, int] = {}
    names = []
    for head in heads:
        seen[head] = seen.get(head, 0) + 1
        names.append(head if seen[head] == 1 else f"{head} {seen[head]}")
    frame = frame.rename(dict(zip(frame.columns, names)))
    return frame.select(pl.all().fill_null("").str.strip_chars(" \t\r\u3000"))


def as_numbers(column: pl.Series) -> NDArray[np.float64]:
    """Numbers of a column of text, shape (rows,); NaN where blank or no number, full-width digits understood."""
    quick = column.cast(pl.Float64, strict=False)
    odd = quick.is_null() & (column != "")
    if odd.any():
        plain = pl.Series(
            [unicodedata.normalize("NFKC", x).replace(",", "") for x in column.to_list()], dtype=pl.String
        )
        quick = plain.cast(pl.Float64, strict=False)
    return quick.fill_null(float("nan")).to_numpy().astype(np.float64)
