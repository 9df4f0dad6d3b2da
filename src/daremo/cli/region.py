"""``daremo region build|check|template``: from files as downloaded to a region that can be trusted."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.cli.frame import DONE, INPUT, Voice, example, problem_lines, verb
from daremo.cli.text import table
from daremo.kernel.errors import InputError, UsageError

if TYPE_CHECKING:
    from daremo.region.build import BuildResult


@click.group()
def region() -> None:
    """Build, check and fill in a region: who lives where, and which places there are."""


@region.command(
    epilog=example(
        "daremo region build downloads -o region",
        "daremo region build downloads --map data.csv=population -o region --force",
    )
)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder of the region.")
@click.option("--map", "kinds", multiple=True, metavar="FILE=KIND", help="Read FILE as KIND, whatever it looks like.")
@click.option("--name", help="Name of the region; else the municipality's.")
@click.option(
    "--accept-licence",
    is_flag=True,
    help="Read data whose licence forbids some uses; you have checked that yours is allowed.",
)
@click.option("--strict", is_flag=True, help="Write nothing when any row could not be used.")
@click.option("--parquet", is_flag=True, help="Write Parquet tables instead of CSV.")
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def build(
    voice: Voice,
    sources: tuple[Path, ...],
    out: Path,
    kinds: tuple[str, ...],
    name: str | None,
    accept_licence: bool,
    strict: bool,
    parquet: bool,
    force: bool,
) -> int:
    """Read files or folders of any mixture of known formats, each recognised by its content.

    Every file is listed: recognised as what, rows used, rejected, questions. Good rows are used, the others told.
    """
    from daremo.region.build import build as build_region
    from daremo.region.model import save

    refuse_foreign(out, force=force)
    mapped = dict(_mapping(k) for k in kinds)
    result = build_region(sources, kinds=mapped, accept_licence=accept_licence, name=name, progress=voice.progress())
    voice.hush()
    errors = [p for p in result.problems if p.severity == "error"]
    if not result.usable or (strict and errors):
        _show_files(voice, result)
        raise InputError(errors or list(result.problems))
    with whole_folder(out, force=force) as folder:
        today = datetime.datetime.now(tz=datetime.UTC).astimezone().date()
        save(result.region, folder, format="parquet" if parquet else "csv", built=today)
    region_ = result.region
    voice.answer(
        {
            "folder": str(out),
            "name": region_.name,
            "code": region_.code,
            "digest": region_.digest,
            "files": list(result.files),
            "people": region_.people_total(),
            "people_65plus": region_.people_65plus(),
            "areas": region_.areas.height,
            "places": region_.places.height,
            "islands": region_["islands"].height,
            "problems": [p.as_dict() for p in result.problems],
        }
    )
    _show_files(voice, result)
    for line in problem_lines(result.problems, voice):
        voice.say(line)
    voice.say(
        voice(
            f"\n{region_.name}: {region_.people_total():,.0f}人（65歳以上 {region_.people_65plus():,.0f}人）、"
            f"{region_.areas.height}地区、施設 {region_.places.height}か所 → {out}\n次: daremo region check {out}",
            f"\n{region_.name}: {region_.people_total():,.0f} people ({region_.people_65plus():,.0f} aged 65+), "
            f"{region_.areas.height} districts, {region_.places.height} places → {out}\nNext: daremo region check {out}",
        )
    )
    return DONE


def _mapping(written: str) -> tuple[str, str]:
    file, _, kind = written.rpartition("=")
    if not file or not kind:
        raise UsageError(
            "bad-map", f"--map {written} が読めません", "--map ファイル名=種類 の形で書いてください", "--map"
        )
    return file, kind


def _show_files(voice: Voice, result: BuildResult) -> None:
    """File → recognised as → rows used, rejected, questions."""
    head = voice(
        "ファイル,読みとった種類,使った行,使わない行,質問", "file,recognised as,rows used,rejected,questions"
    ).split(",")
    rows = [
        [f["file"], f["kind"], f"{f['rows_used']:,}", f"{f['rows_rejected']:,}", f"{f.get('questions', 0):,}"]
        for f in result.files
    ]
    for line in table(head, rows, right=(2, 3, 4), widest=56):
        voice.say(line)
    notes = [f"  {f['file']}: {f['note']}" for f in result.files if f.get("note") and not f["rows_used"]]
    if notes:
        voice.say(voice("\n使わなかったファイル:", "\nFiles not used:"))
        for line in notes:
            voice.say(line)
    voice.say()


@region.command(epilog=example("daremo region check region", "daremo region check region --against region-2025 --json"))
@click.argument("folder", metavar="REGION", type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), help="An older edition, to find jumps and lost districts.")
@verb
def check(voice: Voice, folder: Path, against: Path | None) -> int:
    """Look for what cannot be right: totals, one-sided jumps, garbled names, stray coordinates, duplicates.

    Exit code 3 where something is an error; warnings and questions alone leave 0.
    """
    from daremo.region.check import check as look
    from daremo.region.model import load

    region_ = load(folder)
    findings = look(region_, load(against) if against else None)
    voice.answer({"name": region_.name, "digest": region_.digest, "findings": [p.as_dict() for p in findings]})
    for line in problem_lines(findings, voice):
        voice.say(line)
    errors = sum(p.severity == "error" for p in findings)
    voice.say(
        voice(
            f"{region_.name}: {region_.areas.height}地区・{region_.places.height}施設を調べ、気になる点は{len(findings)}件"
            f"（直すもの {errors}件）でした。",
            f"{region_.name}: {region_.areas.height} districts and {region_.places.height} places looked at, "
            f"{len(findings)} findings ({errors} to be corrected).",
        )
    )
    return INPUT if errors else DONE


@region.command(epilog=example("daremo region template places -o places.xlsx"))
@click.argument("kind")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The Excel file.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@verb
def template(voice: Voice, kind: str, out: Path, force: bool) -> None:
    """Write an Excel template for KIND (areas, people, places, lines, services …) with Japanese headings."""
    from daremo.region.template import write_template

    if out.exists() and not force:
        raise UsageError(
            "file-exists",
            "同じ名前のファイルがあります",
            "-o に別の名前を指定するか、--force を付けてください",
            str(out),
        )
    written: Any = write_template(kind, out) or out
    voice.answer({"file": str(written), "kind": kind})
    voice.say(
        voice(
            f"ひな形を作りました → {written}\n書きこんだら: daremo region build {written} … -o region",
            f"Template written → {written}\nWhen filled in: daremo region build {written} … -o region",
        )
    )
