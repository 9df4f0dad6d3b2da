"""``daremo assess paper``: a two-stage check on paper and the table that scores it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from daremo.cli.assess import options
from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.text import percent, table
from daremo.kernel.errors import UsageError


@click.command(
    epilog=example(
        "daremo assess calibrate quiz.csv --ignore age --ignore town --model 2pl -o bank.json",
        "daremo assess paper bank.json --first 1 --then 1 --json",
    )
)
@click.argument("bank", type=click.Path(path_type=Path))
@click.option(
    "--areas", "area_file", type=click.Path(path_type=Path), help="CSV item,area[,competence] for a bank without areas."
)
@click.option("--rho", default=0.75, show_default=True, type=float, help="Correlation between areas.")
@click.option("--first", default=5, show_default=True, type=click.IntRange(1), help="Items of the first form.")
@click.option("--then", default=7, show_default=True, type=click.IntRange(1), help="Items of each second form.")
@click.option(
    "--cuts", default="-0.5,0.5", show_default=True, metavar="X,Y", help="Limits: not yet / with somebody / alone."
)
@click.option("--closed", multiple=True, metavar="ITEM", help="Item that paper cannot ask.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write forms and table as JSON.")
@verb
def paper(
    voice: Voice, bank: Path, area_file: Path | None, rho: float, first: int, then: int, cuts: str,
    closed: tuple[str, ...], out: Path | None,
) -> int:  # fmt: skip
    """Choose from BANK a first form for everybody and three second forms, and say what each pair of sums means."""
    from daremo.assess.paper import paper_forms
    from daremo.assess.sitting import SCREENING, check_of

    try:
        limits = tuple(float(x) for x in cuts.split(","))
    except ValueError as e:
        raise UsageError("bad-rules", "区切りが読めません", "--cuts=-0.5,0.5 のように書いてください", "--cuts") from e
    items, areas, model = options.bank_items(bank, area_file)
    check = check_of(
        items, areas, model=model, rho=rho if len(areas) > 1 else 0.0, rules=replace(SCREENING, cuts=limits)
    )
    told: dict[str, Any] = paper_forms(check, first=first, then=then, closed=closed).as_dict()
    told |= {"areas": list(areas), "cuts": list(limits)}
    if out is not None:
        options.write_json(out, told)
    voice.answer(told)
    voice.say(voice("はじめの用紙: ", "First form: ") + ", ".join(told["routing"]))
    names = {
        "easy": voice("やさしい用紙", "easy"),
        "middle": voice("ふつうの用紙", "middle"),
        "hard": voice("むずかしい用紙", "hard"),
    }
    for form, chosen in told["second"].items():
        points = [n for n, f in enumerate(told["route"]) if f == form]
        sent = voice(f"（はじめの点数 {_span(points)}）", f" (first score {_span(points)})")
        voice.say(f"{names[form]}{sent}: " + ", ".join(chosen))
    head = voice(
        "用紙,はじめ,つぎ,人の割合,力,誤差,ひとりで,だれかと,まだ",
        "form,first,second,people,ability,error,alone,with,not yet",
    ).split(",")
    rows = [
        [
            names[form], str(r["routing"]), str(r["second"]), percent(r["share"]), f"{r['mean']:+.2f}", f"{r['se']:.2f}",
            percent(r["alone"]), percent(r["with"]), percent(r["not_yet"]),
        ]
        for form, scored in told["score"].items()
        for r in scored
    ]  # fmt: skip
    for line in table(head, rows, right=tuple(range(1, 9))):
        voice.say(line)
    return DONE


def _span(points: list[int]) -> str:
    if not points:
        return "—"
    return str(points[0]) if len(points) == 1 else f"{points[0]}–{points[-1]}"
