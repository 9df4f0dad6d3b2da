"""``daremo network fail``: everything breaks in turn."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.mute import mute_libraries
from daremo.cli.network import line_maps, options
from daremo.cli.text import people, percent, table
from daremo.kernel.errors import UsageError

SHOWN = 10


@click.command(
    epilog=example(
        "daremo network fail town --json",
        "daremo network fail --topohub sndlib/germany50 --kind link --kind pair --rerouting ecmp --map germany.svg",
    )
)
@options.network
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(["link", "pair", "node", "group"]),
    help="What breaks: a link, two links at once, a node, a shared-risk group; repeatable (default: all).",
)  # fmt: skip
@click.option(
    "--rerouting", type=click.Choice(["single", "ecmp", "optimal"]), default="single", show_default=True,
    help="How traffic finds its way round: one shortest path, all equally cheap ones, or as well as can be (no pairs).",
)  # fmt: skip
@click.option("--resume", type=click.Path(path_type=Path), help="Folder that keeps finished parts; go on from there.")
@click.option("--shown", default=1000, show_default=True, type=click.IntRange(1), help="Cases in cut_off of --json.")
@click.option("--map", "drawing", type=click.Path(path_type=Path), help="Draw a map (.svg, or .html that moves).")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the answer as JSON.")
@verb
def fail(
    voice: Voice,
    kinds: tuple[str, ...],
    rerouting: str,
    resume: Path | None,
    shown: int,
    drawing: Path | None,
    out: Path | None,
    **asked: Any,
) -> int:
    """Break every link, pair of links, node and shared-risk group of REGION: who is cut off, and what is over-used."""
    from daremo.network.fail import KINDS
    from daremo.network.fail import fail as break_all

    found, problems = options.read_told(asked)
    line_maps.check(drawing, found)
    wanted = kinds or tuple(k for k in KINDS if not (k == "pair" and rerouting == "optimal"))
    kept = _Kept(resume, _question(found, wanted, rerouting)) if resume is not None else None
    progress = voice.progress()
    start = time.process_time()
    with mute_libraries():
        answer = break_all(
            found, wanted, rule=rerouting, done=kept.parts() if kept else None, keep=kept.keep if kept else None,
            progress=progress,
        )  # fmt: skip
    told = answer.as_dict(shown=shown) | {
        "cpu_seconds": round(time.process_time() - start, 4),
        "problems": [p.as_dict() for p in problems],
    }
    if out is not None:
        options.write_answer(out, told)
    if drawing is not None:
        line_maps.write_map(drawing, line_maps.fail_view(answer, told, voice))
    voice.hush()
    voice.answer(told)
    _show(voice, told)
    for line in problem_lines(problems, voice, 8):
        voice.say(line)
    return DONE


def _question(found: Any, kinds: tuple[str, ...], rerouting: str) -> str:
    """Digest of what is asked, so that parts of another question are never taken."""
    from daremo.kernel.results import canonical, sha256
    from daremo.network.write import to_json

    return sha256(canonical([to_json(found), sorted(kinds), rerouting]))


class _Kept:
    """Finished parts in a folder, a file each."""

    def __init__(self, folder: Path, question: str):
        mark = folder / "question.txt"
        if mark.is_file() and mark.read_text(encoding="ascii").strip() != question:
            fix = "別のフォルダーを指定するか、空にしてください"
            raise UsageError("resume-other", "別の計算の途中経過が入っています", fix, str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(question + "\n", encoding="ascii")
        self._folder = folder

    def parts(self) -> dict[int, dict[str, Any]]:
        import numpy as np

        out = {}
        for path in sorted(self._folder.glob("part_*.npz")):
            with np.load(path, allow_pickle=False) as z:
                out[int(path.stem.removeprefix("part_"))] = dict(z)
        return out

    def keep(self, number: int, part: dict[str, Any]) -> None:
        import numpy as np

        from daremo.kernel.results import write_whole

        def fill(path: Path) -> None:
            with path.open("wb") as file:
                np.savez(file, **part)

        write_whole(self._folder / f"part_{number:06d}.npz", fill)


def _show(voice: Voice, told: dict[str, Any]) -> None:
    voice.say(
        voice(
            f"{told['network']}: {told['cases']:,}通りに壊しました。だれかが切り離されるのは{told['cut_off_cases']:,}通り、"
            f"いちばん混む回線の使用率は {percent(told['worst_utilisation'])}（壊れなければ {percent(told['whole_utilisation'])}）、"
            f"100%を超えるのは{told['overloaded_cases']:,}通りです。",
            f"{told['network']}: {told['cases']:,} cases; {told['cut_off_cases']:,} cut somebody off; the worst utilisation is "
            f"{percent(told['worst_utilisation'])} (whole: {percent(told['whole_utilisation'])}); {told['overloaded_cases']:,} overload a link.",
        )
    )
    if told["cut_off"]:
        voice.say(voice("\n切り離されるところ:", "\nCut off:"))
        head = voice("壊れるもの,局,地区,人,失う Gbps", "broken,nodes,areas,people,lost Gbit/s").split(",")
        rows = [
            [" + ".join(c["broken"]), str(len(c["nodes"])), str(len(c["areas"])), people(c["people"]), f"{c['lost_gbps']:,.1f}"]
            for c in told["cut_off"][:SHOWN]
        ]  # fmt: skip
        for line in table(head, rows, right=(1, 2, 3, 4)):
            voice.say(line)
    voice.say(voice("\n混むところ:", "\nOver-used:"))
    head = voice("壊れるもの,混む回線,使用率", "broken,link,utilisation").split(",")
    rows = [[" + ".join(c["broken"]), c["link"] or "—", percent(c["utilisation"])] for c in told["worst"][:SHOWN]]
    for line in table(head, rows, right=(2,)):
        voice.say(line)
    for note in told["notes"]:
        voice.say(voice("仮定: ", "Assumed: ") + note)
