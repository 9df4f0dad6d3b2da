"""``daremo trust exposure``: which assets are weak, which services of residents fall with them, what to do first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.text import table
from daremo.cli.trust.given import problem
from daremo.cli.trust.residents import residents
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.trust.exposure.graph import Graph
    from daremo.trust.exposure.survey import Exposure

SHOWN = 12


@click.command(
    epilog=example(
        "daremo trust exposure --sample security",
        "daremo trust exposure security/assets --advisories security/advisories --services security/services.csv --json",
        "daremo trust exposure security/assets --advisories security/advisories --services security/services.csv -o report",
    )
)
@click.argument("assets", required=False, type=click.Path(path_type=Path))
@click.option("--advisories", type=click.Path(path_type=Path), help="File or folder: CSAF 2.0, OSV, exploited list.")
@click.option(
    "--services", type=click.Path(path_type=Path), help="CSV of the dependency graph: node, kind, needs, people."
)
@click.option("--region", type=click.Path(path_type=Path), help="REGION whose residents are counted (use_share).")
@click.option("--scenario", type=click.IntRange(0), default=0, show_default=True, help="Exercise: n-th worst failure.")
@click.option(
    "--after", type=click.Path(path_type=Path), help="Filled-in observations.csv: write the after-action record."
)
@click.option("--held", metavar="DATE", help="Day of the exercise, YYYY-MM-DD (with --after).")
@click.option("--sample", type=click.Path(path_type=Path), help="Only write sample files into this folder.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for tables, report, exercise and record.")
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def exposure(
    voice: Voice, assets: Path | None, advisories: Path | None, services: Path | None, region: Path | None, scenario: int,
    after: Path | None, held: str | None, sample: Path | None, out: Path | None, force: bool,
) -> int:  # fmt: skip
    """Match ASSETS with advisories, and say what to do first.

    ASSETS is a file or folder of SBOMs (CycloneDX, SPDX) and CSV inventories. With --services: which services of
    residents stop, for how many, by single and double failures; how much hangs on one supplier, country or version; and
    a tabletop exercise from the own graph. Without --region, 100,000 residents of the national age structure.
    """
    from daremo.kernel.results import write_json
    from daremo.trust.exposure import survey as s
    from daremo.trust.exposure.graph import read_graph
    from daremo.trust.exposure.told import markdown, tables

    if sample is not None:
        return _samples(voice, sample, force)
    if assets is None or advisories is None:
        raise UsageError("usage", "ASSETS と --advisories", "daremo trust exposure --help")
    if out is not None:
        refuse_foreign(out, force=force)
    progress = voice.progress()
    components = s.read_all_assets(_files(assets, (".json", ".xml", ".csv", ".gz", ".zip")))
    listed, exploited, problems = s.read_all_advisories(_files(advisories, (".json", ".gz", ".zip")), progress)
    people, source = residents(region)
    everybody = sum(people.values())
    graph = read_graph(_bytes(services), services.name, {**people, "all": everybody}) if services else None
    found = s.survey(components, listed, exploited, graph, everybody, problems, progress)
    voice.hush()
    told: dict[str, Any] = {**found.as_dict(), "people_source": source}
    made = _exercise(graph, found, everybody, scenario, after, held, told)
    if out is not None:
        with whole_folder(out, force=force) as folder:
            write_json(folder / "exposure.json", told)
            for name, text in tables(found).items():
                (folder / name).write_text(text, encoding="utf-8")
            for lang in ("ja", "en"):
                (folder / f"report.{lang}.md").write_text(markdown(found, graph, lang), encoding="utf-8")
            for name, text in made.items():
                (folder / name).write_text(text, encoding="utf-8")
    voice.answer(told)
    _show(voice, found, graph, out)
    return DONE


def _exercise(
    graph: Graph | None, found: Exposure, everybody: float, scenario: int, after: Path | None, held: str | None,
    told: dict[str, Any],
) -> dict[str, str]:  # fmt: skip
    """Texts of the exercise and of the after-action record by file name; what they say goes into `told`."""
    import datetime
    from dataclasses import asdict

    from daremo.trust.exposure import exercise as x

    if graph is None:
        if after is not None:
            raise problem("exposure-no-services", str(after))
        return {}
    if not found.singles and not found.doubles and after is None:
        return {}
    made = x.exercise(graph, found.tasks, everybody, scenario)
    told["exercise"] = asdict(made)
    out = {"observations.csv": x.observations_template(made)}
    for lang in ("ja", "en"):
        out[f"exercise.{lang}.md"] = x.exercise_markdown(made, lang, leader=False)
        out[f"exercise-leader.{lang}.md"] = x.exercise_markdown(made, lang)
    if after is not None:
        try:
            day = datetime.date.fromisoformat(held or "")
        except ValueError as e:
            raise problem("bad-date", "--held", value=held or "") from e
        told["after_action"] = x.after_action(made, _bytes(after), after.name, day)
        out |= {f"after-action.{lang}.md": x.after_markdown(told["after_action"], lang) for lang in ("ja", "en")}
    return out


def _samples(voice: Voice, sample: Path, force: bool) -> int:
    from daremo.trust.exposure.sample import sample_files

    files = sample_files()
    with whole_folder(sample, force=force) as folder:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    voice.answer({"folder": str(sample), "files": sorted(files)})
    then = f"daremo trust exposure {sample}/assets --advisories {sample}/advisories --services {sample}/services.csv"
    voice.say(
        voice(f"見本（架空の町）を{sample}に作りました。次: {then}", f"Sample files are in {sample}. Next: {then}")
    )
    return DONE


def _bytes(path: Path) -> bytes:
    from daremo.trust.exposure.bounded import MOST_BYTES

    try:
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as e:
        raise problem("exposure-no-files", str(path)) from e


def _files(place: Path, suffixes: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """Names and bytes of a file, or of all files below a folder with one of the suffixes."""
    from daremo.trust.exposure.bounded import MOST_FILES

    if place.is_file():
        return [(place.name, _bytes(place))]
    found = sorted(p for p in place.rglob("*") if p.is_file() and p.suffix.lower() in suffixes and p.name[0] != ".")
    if not found:
        raise problem("exposure-no-files", str(place))
    if len(found) > MOST_FILES:
        raise problem("exposure-too-large", str(place), value=f"{len(found):,} files")
    return [(p.relative_to(place).as_posix(), _bytes(p)) for p in found]


def _show(voice: Voice, found: Exposure, graph: Graph | None, out: Path | None) -> None:
    from daremo.trust.exposure.told import reasons

    lang = voice.lang
    names = {n.node: (n.ja if lang == "ja" else n.en) for n in graph.nodes} if graph else {}

    def named(nodes: tuple[str, ...]) -> str:
        return voice("・", ", ").join(names.get(n, n) for n in nodes) or "—"

    affected = sum(t.state == "affected" for t in found.tasks)
    voice.say(
        voice(
            f"部品{len(found.components):,}・勧告{found.advisories:,}: 直すこと{affected}件、確かめること{len(found.tasks) - affected}件。",
            f"{len(found.components):,} components, {found.advisories:,} advisories: {affected} to repair, "
            f"{len(found.tasks) - affected} to look at.",
        )
    )
    head = voice("日以内,資産,弱点,止まるもの,理由", "days,asset,weakness,stops,why").split(",")
    rows = [
        [str(t.days), names.get(t.asset, t.asset), t.advisories[0], named(t.stops), reasons(t, lang)]
        for t in found.tasks[:SHOWN]
    ]
    for line in table(head, rows, right=(0,), widest=50):
        voice.say(line)
    if found.singles:
        voice.say()
        head = voice(
            "止まると,止まるサービス,困る人（多ければ）", "if it fails,services that stop,people at most"
        ).split(",")
        worst = [*found.singles[:6], *found.doubles[:4]]
        rows = [[named(f.failed), named(f.services), f"{f.high_people:,.0f}"] for f in worst]
        for line in table(head, rows, right=(2,), widest=60):
            voice.say(line)
    for c in found.concentration:
        if c.shares:
            of = voice({"supplier": "供給者", "country": "国", "version": "版"}[c.of], c.of)
            top = f"{c.shares[0][0]} {c.shares[0][1]:.0%}"
            voice.say(
                voice(
                    f"{of}のかたより {c.herfindahl:.2f}（最大 {top}）",
                    f"{of}: Herfindahl {c.herfindahl:.2f} (largest {top})",
                )
            )
    if found.unplaced:
        listed = ", ".join(found.unplaced[:8])
        voice.say(voice(f"依存の表にない資産: {listed}", f"Assets not in the dependency table: {listed}"))
    for line in problem_lines(found.problems, voice, 8):
        voice.say(line)
    if out is not None:
        voice.say(voice(f"表・報告・演習: {out}", f"Tables, report and exercise: {out}"))
