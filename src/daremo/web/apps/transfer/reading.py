"""One file of places from bytes to records: tasted, recognised by its headings, read by its layout."""

from __future__ import annotations

import struct
import zipfile

import python_calamine

from daremo.region.readers.files import taste
from daremo.region.readers.sheet import Sheet, decode, sheet_from_grid, text_grid, workbook_grids
from daremo.web.apps.transfer import events, french, inclusion, municipal
from daremo.web.apps.transfer.records import Reading
from daremo.web.problems import refusal

MOST_ROWS = 100_000


def read_file(name: str, data: bytes) -> Reading:
    """Return what a file of places says.

    Raises
    ------
    UsageError
        ``bad-file``: it cannot be opened; ``unknown-layout``: it is none of the layouts that the desk reads.
    """
    try:
        kind = taste(data)
        if kind == "json":
            return inclusion.read(data)
        if kind == "workbook":
            grids = workbook_grids(data)
        elif kind == "text":
            grids = [("", text_grid(decode(data)[0]))]
        else:
            raise refusal("bad-file", name)
    except (ValueError, KeyError, TypeError, OSError, struct.error, zipfile.BadZipFile, python_calamine.CalamineError):
        raise refusal("bad-file", name) from None
    return _read_grids(name, grids)


def _read_grids(name: str, grids: list[tuple[str, list[list[str]]]]) -> Reading:
    sheets: list[Sheet] = []
    for title, grid in grids:
        if len(grid) > MOST_ROWS:
            raise refusal("bad-file", f"{len(grid)} > {MOST_ROWS}")
        heads = [cell.strip() for cell in grid[0]] if grid else []
        if french.is_french(heads):
            rows = [
                (number, dict(zip(heads, [*row, *[""] * (len(heads) - len(row))])))
                for number, row in enumerate(grid[1:], 2)
                if any(cell.strip() for cell in row)
            ]
            return french.read(rows)
        sheet = sheet_from_grid(name, title, grid)
        if sheet is not None:
            sheets.append(sheet)
    for sheet in sheets:
        if municipal.is_municipal(sheet):
            return municipal.read(sheet)
        if events.is_events(sheet):
            return events.read(sheet)
    raise refusal("unknown-layout", name)
