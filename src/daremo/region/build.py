"""From files as downloaded to a region: every file recognised or explained, every problem told."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.results import Progress, silent
from daremo.region.licences import look_up
from daremo.region.model import Region, assemble, table_schema
from daremo.region.readers.files import GivenFile, opened, walk
from daremo.region.readers.found import Found, PlaceRow
from daremo.region.readers.gather import Gathered, gather
from daremo.region.readers.one_file import read_file
from daremo.region.readers.own_tables import join_own
from daremo.region.readers.same_place import merge_places
from daremo.region.readers.town import place_rows, sort_out_places

_UNREAD = ("unknown", "unreadable", "empty", "ignore", "shapefile_part", "manifest")


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What `build` gives.

    Attributes
    ----------
    region : Region
        The region; without rows in ``areas`` or ``places`` where nothing told of them (see `usable`).
    files : tuple of dict
        For each file: ``file, kind, rows_used, rows_rejected, questions, note, licence, sha256``.
    problems : tuple of Problem
        Every problem of every file, then those of the whole.
    """

    region: Region
    files: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...]

    @property
    def usable(self) -> bool:
        """Whether areas, people and places are all there, so that the region can be saved, loaded and planned for."""
        return not any(self.region[t].is_empty() for t in ("areas", "people", "places"))


def build(
    sources: Sequence[Path],
    *,
    kinds: Mapping[str, str] = {},
    accept_licence: bool = False,
    name: str | None = None,
    progress: Progress = silent,
) -> BuildResult:
    """Read files and folders of any mixture into a region.

    Parameters
    ----------
    sources : sequence of Path
        Files, folders and zip archives.
    kinds : mapping of str to str
        Kind of a file where the user tells it, by the file's name or path.
    accept_licence : bool
        Read data sets that may not be used commercially too.
    name : str, optional
        Name of the region; by default the municipality's.
    progress : Progress
        Told of each file.

    Returns
    -------
    BuildResult
        Never raises for what stands in a file: see its `problems`.
    """
    given, missing = walk([Path(s) for s in sources])
    problems = [
        Problem("no-such-file", "ファイルもフォルダーもありません", "名前を確かめてください", str(p)) for p in missing
    ]
    found, where = _read_all(given, kinds, accept_licence, progress)
    problems += _unused_kinds(kinds, where)
    progress(0.8, "地区をまとめています")
    got = gather(found)
    progress(0.9, "施設をまとめています")
    places, questions = sort_out_places(found, got)
    merged_places, merged = merge_places(places, got.city)
    _add_islands_of_places(got, merged_places)
    tables: dict[str, list[dict[str, Any]]] = {
        "areas": got.areas,
        "people": got.people,
        "places": place_rows(merged_places),
        "islands": got.islands,
        "events": _events(found),
    }
    tables, own_problems = join_own(tables, found)
    _count(found, got, merged_places, merged)
    _set_licences(found, where, got.city)
    all_problems = [*problems, *(p for f in found for p in f.problems), *got.problems, *questions, *own_problems]
    all_problems += _whole(tables, found)
    region, late = _assembled(name or got.city or "地域", got.code, tables, found)
    all_problems += late
    questions_of = Counter(p.file for p in all_problems if p.severity == "question")
    files = tuple(
        {
            "file": f.file,
            "kind": f.kind,
            "rows_used": f.rows_used,
            "rows_rejected": f.rows_rejected,
            "questions": questions_of[f.file],
            "note": f.note,
            "licence": f.licence,
            "sha256": f.sha256,
        }
        for f in found
    )
    progress(1.0, "できました")
    return BuildResult(region, files, tuple(all_problems))


def _add_islands_of_places(got: Gathered, places: Sequence[PlaceRow]) -> None:
    """Islands that have a place but no district of their own."""
    named = {r["island"] for r in got.islands}
    there = {p.island for p in places} - named
    got.islands += [i.as_row() for i in got.known if i.island in there]


def _read_all(
    given: Sequence[GivenFile], kinds: Mapping[str, str], accept: bool, progress: Progress
) -> tuple[list[Found], dict[str, GivenFile]]:
    """Read every file and every member of every archive; a file met twice is read once."""
    found: list[Found] = []
    where: dict[str, GivenFile] = {}
    first: dict[str, Found] = {}
    for i, g in enumerate(given):
        progress(0.8 * i / max(len(given), 1), g.label)
        try:
            members = list(opened(g))
        except (OSError, zipfile.BadZipFile, ValueError) as e:
            f = Found(g.label, "unreadable")
            reason = "大きすぎます" if str(e) == "too large" else "圧縮ファイルがこわれているようです"
            f.tell(
                "unreadable-file", f"読めませんでした。{reason}", "ファイルを開いて確かめ、保存しなおして入れてください"
            )
            found.append(f)
            where[g.label] = g
            continue
        for m in members:
            f = read_file(m, _kind_for(m, kinds), accept)
            where[m.label] = m
            twin = first.get(f.sha256)
            if twin is not None and f.kind not in _UNREAD:
                f = Found(m.label, twin.kind, sha256=f.sha256, note=f"「{twin.file}」とまったく同じファイルです。")
            elif f.sha256:
                first[f.sha256] = f
            found.append(f)
    return found, where


def _kind_for(file: GivenFile, kinds: Mapping[str, str]) -> str:
    """Kind the user gave for a file, by label, path or bare name."""
    names = (file.label, str(file.path or ""), Path(file.label).name)
    return next((kinds[n] for n in names if n in kinds), "")


def _unused_kinds(kinds: Mapping[str, str], where: Mapping[str, GivenFile]) -> list[Problem]:
    """A problem for each kind given for a file that is not there."""
    names = {n for g in where.values() for n in (g.label, str(g.path or ""), Path(g.label).name)}
    return [
        Problem(
            "map-unused",
            f"--map で指定された「{k}」が見つかりません",
            "ファイルの名前を確かめてください",
            k,
            severity="warning",
        )
        for k in kinds
        if k not in names
    ]


def _events(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Events of all files, each once, numbered."""
    seen: set[tuple[str, ...]] = set()
    out: list[dict[str, Any]] = []
    for f in found:
        used = 0
        for e in f.events:
            key = tuple("".join(str(e[k] or "").split()) for k in ("name", "date_text", "place_name"))
            if key not in seen:
                seen.add(key)
                out.append({"event_id": f"event-{len(out) + 1:04d}", **e})
                used += 1
        if f.events:
            f.rows_used += used
            if used < len(f.events):
                f.add_note(f"{len(f.events) - used}件はほかの表と同じ行事です。")
    return out


def _count(found: Sequence[Found], got: Gathered, places: Sequence[PlaceRow], merged: Counter[str]) -> None:
    """Rows that came to stand in the region, by file."""
    kept = Counter(p.file for p in places if p.own is None)
    for f in found:
        f.rows_used += kept[f.file]
        if f.kind not in ("mesh",):
            f.rows_used += got.used[f.file]
        if merged[f.file]:
            f.add_note(f"{merged[f.file]}件はほかの一覧と同じ施設なので、1件にまとめました。")


def _set_licences(found: Sequence[Found], where: Mapping[str, GivenFile], city: str) -> None:
    """Licence and owner of municipal files: by a licence text beside or above them, else by the catalogue."""
    texts = [
        (where[f.file].folder, str(Path(f.file).parent), f.licence)
        for f in found
        if f.kind == "licence_text" and f.licence
    ]
    catalogue = next((f.licence for f in found if f.kind == "catalogue" and f.licence), "")
    for f in found:
        if f.dataset in ("mesh", "small_area", "osm") and not f.licence and (terms := look_up(f.dataset, None)):
            f.licence, f.owner = terms.licence, terms.owner
        if f.kind in _UNREAD or f.dataset:
            continue
        f.owner = f.owner or ("" if f.kind.startswith("own:") else city)
        folder, parent = where[f.file].folder, str(Path(f.file).parent)
        near = [t for t in texts if t[0] == folder and (t[1] == "." or parent == t[1] or parent.startswith(t[1] + "/"))]
        if not f.licence:
            f.licence = max(near, key=lambda t: len(t[1]))[2] if near else catalogue


def _whole(tables: Mapping[str, list[dict[str, Any]]], found: Sequence[Found]) -> list[Problem]:
    """What is missing in the region as a whole."""
    out = []
    if not tables["areas"] or not tables["people"]:
        out.append(
            Problem(
                "no-areas",
                "地区と人口の表が見つかりませんでした",
                "地区別・年齢別の人口か、e-Statの地域メッシュ統計を入れてください",
            )
        )
    if not tables["places"]:
        out.append(
            Problem(
                "no-places",
                "施設の一覧がありません。相談の場所を選べないので、計画はまだ作れません",
                "公共施設・学校・図書館などの一覧を足してください",
            )
        )
    unsure = [f for f in found if f.rows_used and not f.licence and not f.kind.startswith("own:")]
    if unsure:
        out.append(
            Problem(
                "licence-missing",
                f"{len(unsure)}個のファイルのライセンスが分かりません",
                "公表する前に、配布ページの利用条件を確かめてください",
                unsure[0].file,
                severity="question",
            )
        )
    return out


def _assembled(
    name: str, code: str, tables: Mapping[str, list[dict[str, Any]]], found: Sequence[Found]
) -> tuple[Region, list[Problem]]:
    """The region; tables that do not fit their schema are left out and told about."""
    problems: list[Problem] = []
    frames: dict[str, pl.DataFrame] = {}
    for table, rows in tables.items():
        if not rows:
            continue
        schema = table_schema(table)
        try:
            frames[table] = schema.frame([{c: r.get(c) for c in schema.names} for r in rows])
        except InputError as e:
            problems += [replace(p, severity="error") for p in e.problems]
    sources = tuple(
        {
            "file": f.file,
            "kind": f.kind,
            "title": f.title or f.kind,
            "owner": f.owner,
            "licence": f.licence,
            "date": f.date,
            "rows_used": f.rows_used,
            "rows_rejected": f.rows_rejected,
            "sha256": f.sha256,
        }
        for f in found
        if f.rows_used
    )
    notes = tuple(f"{f.file}: {f.note}" for f in found if f.note)
    full = {t: frames.get(t, table_schema(t).empty()) for t in frames.keys() | {"areas", "people", "places"}}
    try:
        return assemble(name, code, full, sources, notes, allow_empty=True), problems
    except InputError as e:
        return assemble(name, code, {}, sources, notes, allow_empty=True), [*problems, *e.problems]
