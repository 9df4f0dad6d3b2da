"""``daremo assess dif``: items that are harder for one group than for equally able people of the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from daremo.cli.assess import options
from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.text import table

if TYPE_CHECKING:
    from daremo.assess.dif import Dif
    from daremo.assess.model import Model

SHOWN = 40


@click.command(epilog=example("daremo assess dif quiz.csv --group age --ignore town --json"))
@options.reading
@options.model
@click.option("--group", required=True, metavar="COLUMN", help="Column with the group of each person, e.g. age band.")
@click.option("--reference", default="", metavar="GROUP", help="Group that others are compared with (the largest).")
@click.option(
    "--alpha",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Largest share of false findings among all findings.",
)
@click.option(
    "--least", default=50, show_default=True, type=click.IntRange(10), help="People a group and item must have."
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the result as JSON.")
@verb
def dif(
    voice: Voice,
    answers: Path,
    model: str,
    group: str,
    reference: str,
    alpha: float,
    least: int,
    out: Path | None,
    **asked: Any,
) -> int:
    """Find items of ANSWERS that are unfair to a group: score tests of all items in all groups, effects in ETS classes.

    Groups may differ in ability. What is found gets a curve of its own in that group and the rest is tested again.
    """
    from daremo.assess.dif import dif as find
    from daremo.assess.dif import warm

    read = options.read(answers, asked, model=model, group=group)
    chosen = cast("Model", model)
    progress = voice.progress()
    warm(read, chosen)
    found = find(read, chosen, reference=reference, alpha=alpha, least=least, progress=progress)
    voice.hush()
    told = found.as_dict()
    if out is not None:
        options.write_json(out, told)
    voice.answer(told)
    _show(voice, found, told)
    return DONE


def _show(voice: Voice, found: Dif, told: dict[str, Any]) -> None:
    flagged = told["flagged"]
    voice.say(
        voice(
            f"{told['persons']:,}人、{len(found.items)}問×{len(found.groups)}グループの{told['tests']:,}通りを比べました"
            f"（{found.cpu_seconds:.2f}秒）。",
            f"{told['tests']:,} comparisons of {len(found.items)} items in {len(found.groups)} groups, "
            f"{told['persons']:,} people ({found.cpu_seconds:.2f} s).",
        )
    )
    for g in told["groups"]:
        voice.say(
            voice(
                f"  {g['group']}: 力の平均 {g['mean']:+.2f}、ばらつき {g['sd']:.2f}",
                f"  {g['group']}: mean ability {g['mean']:+.2f}, sd {g['sd']:.2f}",
            )
        )
    if not flagged:
        voice.say(
            voice("グループによって働きが違う問題は、見つかりませんでした。", "No item works differently in any group.")
        )
    else:
        head = voice("問題,グループ,むずかしさの差,誤差,区分,読み方", "item,group,delta,se,class,meaning").split(",")
        rows = [
            [x["item"], x["group"], f"{x['delta']:+.2f}", f"{x['se']:.2f}", x["class"], _meaning(voice, x)]
            for x in flagged[:SHOWN]
        ]
        for line in table(head, rows, right=(2, 3), widest=44):
            voice.say(line)
        voice.say(
            voice(
                "差はETSデルタ（マイナス＝同じ力の人より、そのグループにはむずかしい）。A=わずか、B=中くらい、C=大きい。",
                "Delta is ETS delta (below 0 = harder for the group than for equally able people). A negligible, B moderate, C large.",
            )
        )
    for line in problem_lines(found.problems, voice, 8):
        voice.say(line)


def _meaning(voice: Voice, x: dict[str, Any]) -> str:
    harder = x["delta"] < 0
    if x["class"] == "A":
        return voice("差はわずか。そのまま使える", "small; can stay")
    word = voice("むずかしい" if harder else "やさしい", "harder" if harder else "easier")
    act = (
        voice("言葉と絵を見なおす", "look at words and picture")
        if x["class"] == "B"
        else voice("外すか作りなおす", "drop or rewrite")
    )
    return f"{word}。{act}" if voice.lang == "ja" else f"{word}; {act}"
