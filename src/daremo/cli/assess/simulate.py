"""``daremo assess simulate``: how long an adaptive check takes, and whether its errors are honest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.text import percent, table
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.assess.bank import Abilities, Bank

#: The five areas of DigComp, by number.
AREAS = ("1", "2", "3", "4", "5")


@click.command(
    epilog=example(
        "daremo assess simulate --people 1000 --json",
        "daremo assess simulate --people 1000 --se 0.5 --self-report 0.65 --least-per-area 0 --easy 1",
    )
)
@click.argument("bank", required=False, type=click.Path(path_type=Path))
@click.option(
    "--areas", "area_file", type=click.Path(path_type=Path), help="CSV item,area[,competence] for a bank without areas."
)
@click.option("--people", default=5_000, show_default=True, type=click.IntRange(1, 1_000_000), help="Simulated people.")
@click.option("--rho", default=0.75, show_default=True, type=float, help="Correlation between areas.")
@click.option("--mean", default=0.0, show_default=True, type=float, help="Mean ability of the simulated people.")
@click.option("--se", default=0.4, show_default=True, type=click.FloatRange(0), help="An area is done at this error.")
@click.option(
    "--cuts", default="", metavar="X,Y", help="Limits between levels; an area is also done when one is sure (p ≥ .9)."
)
@click.option("--most", default=40, show_default=True, type=click.IntRange(1), help="Items at most.")
@click.option("--least-per-area", default=1, show_default=True, type=click.IntRange(0), help="Items an area at least.")
@click.option("--most-per-competence", default=1_000, show_default=True, type=click.IntRange(1), help="Items at most.")
@click.option("--easy", default=2, show_default=True, type=click.IntRange(0), help="Easy items to begin with (p ≈ .8).")
@click.option("--top", default=3, show_default=True, type=click.IntRange(1), help="Choose among so many of the best.")
@click.option("--exposure", default=0.35, show_default=True, type=float, help="Most people that see one item, share.")
@click.option("--self-report", default=0.0, show_default=True, type=float, help="Correlation of a self-report.")
@click.option("--items", default=250, show_default=True, type=click.IntRange(5), help="Made-up items, without BANK.")
@click.option("--slope", default=1.8, show_default=True, type=float, help="Mean slope of made-up items.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed, the same people.")
@verb
def simulate(
    voice: Voice, bank: Path | None, area_file: Path | None, people: int, items: int, slope: float, seed: int,
    rho: float, mean: float, self_report: float, cuts: str, **rules: Any,
) -> int:  # fmt: skip
    """Let simulated people sit an adaptive check with the items of BANK (from calibrate -o, or CSV item,area,a,d).

    Without BANK, a made-up bank of five areas is used. Errors are told by tenths of people, by estimate and by true ability.
    """
    from daremo.assess.adapt import Rules
    from daremo.assess.adapt import simulate as sit

    try:
        limits = tuple(float(x) for x in cuts.split(",")) if cuts else ()
    except ValueError as e:
        raise UsageError("bad-rules", "区切りが読めません", "--cuts -1,0.5 のように書いてください", "--cuts") from e
    own, made = _bank(bank, area_file, rho, mean, items, slope)
    chosen = Rules(cuts=limits, least=min(3, rules["most"]), **rules)
    found = sit(made, own, chosen, people, seed=seed, self_report=self_report)
    told = {
        **found.as_dict(),
        "items": len(made.items),
        "areas": list(own.areas),
        "rho": rho,
        "self_report": self_report,
        "rules": {
            "se": chosen.se,
            "most": chosen.most,
            "exposure": chosen.exposure,
            "easy": chosen.easy,
            "top": chosen.top,
        },
        "bank": str(bank) if bank is not None else "made up",
        "seed": seed,
    }
    voice.answer(told)
    _show(voice, told)
    return DONE


def _bank(
    path: Path | None, area_file: Path | None, rho: float, mean: float, items: int, slope: float
) -> tuple[Abilities, Bank]:
    from daremo.assess.bank import abilities, bank_of, made_up_items

    if path is None:
        own = abilities(AREAS, rho=rho, mean_k=[mean] * len(AREAS))
        return own, bank_of(made_up_items(items, AREAS, mean_slope=slope), own)
    listed, model = _listed(path)
    area_of, competence_of = _areas(area_file)
    for i in listed:
        i.setdefault("area", area_of.get(str(i.get("item")), ""))
    names = sorted({str(area_of.get(str(i.get("item")), i["area"])) for i in listed})
    own = abilities(names, rho=rho if len(names) > 1 else 0.0, mean_k=[mean] * len(names))
    return own, bank_of(listed, own, model=model, area_of=area_of, competence_of=competence_of)


def _listed(path: Path) -> tuple[list[dict[str, Any]], str]:
    from daremo.assess.read import frame_of

    if path.suffix.lower() != ".json":
        return [{k: v for k, v in r.items() if v is not None} for r in frame_of(path).iter_rows(named=True)], "grm"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return [dict(i) for i in told["items"]], str(told.get("model", "2pl"))
    except (OSError, ValueError, KeyError, TypeError) as e:
        fix = "daremo assess calibrate -o で作った表を渡してください"
        raise UsageError("bad-bank", "問題の表が読めません", fix, str(path)) from e


def _areas(path: Path | None) -> tuple[dict[str, str], dict[str, str]]:
    from daremo.assess.read import frame_of

    if path is None:
        return {}, {}
    frame = frame_of(path)
    if "item" not in frame.columns or "area" not in frame.columns:
        raise UsageError("no-area", "分野の表に列が足りません", "item,area の2列にしてください", str(path))
    rows = list(frame.iter_rows(named=True))
    groups = {str(r["item"]): str(r["competence"]) for r in rows if r.get("competence")}
    return {str(r["item"]): str(r["area"]) for r in rows}, groups


def _show(voice: Voice, told: dict[str, Any]) -> None:
    voice.say(
        voice(
            f"{told['people']:,}人が受けると、平均 {told['items_mean']:.1f}問（10人に9人は {told['items_p90']:.0f}問まで）。"
            f"誤差は本当 {told['true_error']:.3f}、伝える値 {told['reported_se']:.3f}。",
            f"{told['people']:,} people need {told['items_mean']:.1f} items on average ({told['items_p90']:.0f} for nine in ten). "
            f"True error {told['true_error']:.3f}, reported {told['reported_se']:.3f}.",
        )
    )
    voice.say(
        voice(
            f"いちばん出た問題は {percent(told['highest_exposure'])} の人に。1秒に {told['decisions_per_second']:,.0f}問を選びました。",
            f"The hottest item was seen by {percent(told['highest_exposure'])}. {told['decisions_per_second']:,.0f} choices a second.",
        )
    )
    head = voice("10分の1ごと（低い順）,本当の誤差,伝える誤差,比", "tenth (lowest first),true,reported,ratio").split(
        ","
    )
    rows = [
        [str(n), f"{d['true_error']:.3f}", f"{d['reported_se']:.3f}", f"{d['ratio']:.2f}"]
        for n, d in enumerate(told["deciles_by_estimate"], 1)
    ]
    for line in table(head, rows, right=(1, 2, 3)):
        voice.say(line)
    voice.say(
        voice(
            "推定の低い順に分けています。本当の力で分けると、両端の人は真ん中に寄って見えます（--json の deciles_by_truth）。",
            "By estimate. By true ability, people at both ends look nearer to the middle (deciles_by_truth in --json).",
        )
    )
