"""Lists of places: what each is comes from its name, then the list's other columns and rows, the file's name last."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict

from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE
from daremo.region.readers import cells
from daremo.region.readers.found import Found, PlaceRow
from daremo.region.readers.points import read_point
from daremo.region.readers.recognise import LIST_KINDS
from daremo.region.readers.sheet import Sheet

#: Rows with different names at one point from which on a person is asked.
SAME_POINT_ROWS = 5
#: What a file's own name hints at, asked only when neither names nor columns say anything.
_FILE_HINTS = (
    ("library", "library"),
    ("community_center", "community_centre"),
    ("school", "school"),
    ("welfare_facility", "care_facility"),
    ("welfare", "welfare_centre"),
    ("hall", "hall"),
    ("post", "post_office"),
    ("library", "library"),
    ("図書館", "library"),
    ("公民館", "community_centre"),
    ("集会", "hall"),
    ("郵便", "post_office"),
)


@functools.cache
def _words() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((r["kind"], re.compile(r["pattern"], re.I)) for r in rows_of(PACKAGE, "place_words"))


def kind_of_name(name: str) -> str:
    """Kind of a place told by its name, or "" where it tells nothing.

    What stands in brackets says where a place is, not what it is, so it is read only when the rest says nothing.
    """
    whole = cells.flat(name)
    bare = re.sub(r"[(「\[].*?[)」\]]", "", whole)
    for text in (bare, whole):
        hits = [(m.end(), -i, kind) for i, (kind, p) in enumerate(_words()) for m in p.finditer(text)]
        if not hits:
            continue
        kinds = {k for *_, k in hits}
        if "school" in kinds and "university" in kinds:
            return "school"
        # a name says last what the thing is; where two patterns end together the earlier in the table wins
        for first in ("support_centre", "elderly_centre", "care_facility", "welfare_centre"):
            if first in kinds:
                return first
        return max(hits)[2]
    return ""


def read_places(sheet: Sheet, found: Found, kind: str, forced: str = "") -> None:
    """Read a list of places; `kind` is the recognised kind of the list, `forced` a kind of place a person gave."""
    own = forced or LIST_KINDS.get(kind, "")
    rows = list(sheet.lines())
    guessed = [own or _kind(sheet, row) for _, row in rows]
    told = Counter(k for k in guessed if k)
    usual = told.most_common(1)[0][0] if told and told.most_common(1)[0][1] * 2 > len(rows) else ""
    fallback = usual or _file_hint(sheet.file) or "public_facility"
    unnamed = 0
    seen: dict[tuple[str, float, float], int] = {}
    for (n, row), guess in zip(rows, guessed, strict=True):
        name = cells.one_line(sheet.cell(row, "name"))
        if not name:
            found.rows_rejected += 1
            found.tell("missing-name", "名前が空です", "施設の名前を入れてください", n, sheet.heading("name"))
            continue
        if "\ufffd" in name:
            found.tell(
                "mojibake-name",
                "名前が文字化けしています",
                "文字コードを確かめて保存しなおしてください",
                n,
                sheet.heading("name"),
                name,
                "warning",
            )
        lat, lon = read_point(sheet, found, row, n)
        if lat is None or lon is None:
            found.rows_rejected += 1
            continue
        key = (cells.plain_name(name), round(lat, 5), round(lon, 5))
        if key in seen:
            found.rows_rejected += 1
            found.tell(
                "duplicate-place",
                f"{seen[key]}行めと同じ施設です。1行にしました",
                "どちらか1行を消してください",
                n,
                sheet.heading("name"),
                name,
                "warning",
            )
            continue
        seen[key] = n
        unnamed += not guess
        found.places.append(
            PlaceRow(
                name,
                guess or fallback,
                lat,
                lon,
                sheet.file,
                n,
                _address(sheet, row),
                cells.one_line(sheet.cell(row, "phone")),
                cells.opening_hours(*(sheet.cell(row, f) for f in ("days", "start_time", "end_time", "hours_note"))),
                cells.step_free(sheet.cell(row, "step_free")),
                cells.one_line(sheet.cell(row, "organisation")),
                kind,
            )
        )
        _mark(sheet, found, row, n)
    if unnamed:
        found.add_note(f"名前から種類が分からない{unnamed}行は「{fallback}」としました。")
    _ask_same_points(found, sheet)


def _kind(sheet: Sheet, row: list[str]) -> str:
    """Kind of one row by its name, then by its columns of kind and service."""
    by_name = kind_of_name(sheet.cell(row, "name"))
    if by_name:
        return by_name
    for field in ("kind_text", "service"):
        if hit := kind_of_name(sheet.cell(row, field)):
            return hit
    return ""


def _file_hint(file: str) -> str:
    low = file.lower()
    return next((k for word, k in _FILE_HINTS if word in low), "")


def _address(sheet: Sheet, row: list[str]) -> str:
    """Address in one line; parts in several columns are joined, a whole address in the city column is kept."""
    whole = cells.one_line(sheet.cell(row, "address"))
    if whole:
        return whole
    city = cells.one_line(sheet.cell(row, "city"))
    details = [cells.one_line(row[i]) for i in sheet.fields.get("address_detail", ())]
    return "".join([cells.one_line(sheet.cell(row, "pref")), city, *details]) if any(details) or len(city) > 8 else ""


def _mark(sheet: Sheet, found: Found, row: list[str], n: int) -> None:
    """Tell of a mark in the step-free column that is neither yes nor no."""
    text = cells.flat(sheet.cell(row, "step_free"))
    if text in ("△", "▲"):
        found.tell(
            "unclear-mark",
            "△は「はい」とも「いいえ」とも読めません。分からないとしました",
            "○か×で書いてください",
            n,
            sheet.heading("step_free"),
            text,
            "question",
        )


def _ask_same_points(found: Found, sheet: Sheet) -> None:
    """Ask once for each point that many places share."""
    at: dict[tuple[float, float], list[PlaceRow]] = defaultdict(list)
    for p in found.places:
        at[p.latitude, p.longitude].append(p)
    for (lat, lon), group in at.items():
        if len(group) >= SAME_POINT_ROWS:
            found.tell(
                "same-coordinate",
                f"{len(group)}件が同じ緯度・経度です（{group[0].name} ほか）",
                "住所と合っているか確かめてください",
                group[0].row,
                sheet.heading("latitude"),
                f"{lat},{lon}",
                "question",
            )
