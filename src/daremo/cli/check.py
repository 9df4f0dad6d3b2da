"""``daremo check``: did the help work?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.text import percent, table


@click.command(epilog=example("daremo check answers.csv", "daremo check areas.csv --json"))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--days",
    type=click.Choice(["30", "90"]),
    default="30",
    show_default=True,
    help="Which question of the desk's answers.",
)
@click.option(
    "--draws",
    default=1000,
    show_default=True,
    type=click.IntRange(100, 100_000),
    help="Bootstrap draws behind every interval.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@verb
def check(voice: Voice, file: Path, days: str, draws: int, seed: int) -> None:
    """See what became of those who were helped, from FILE.

    FILE is the desk's export of later answers (CSV or JSON, one row a question), or a panel with the columns area,
    period, outcome, begins and, if wanted, weight: what changed in areas where help began at different times.
    """
    from daremo.cases.check import effect, gains
    from daremo.cases.check_read import answers_of, panel_of, recognised

    kind, rows = recognised(file)
    if kind == "answers":
        found = gains(answers_of(rows, file), days=int(days), draws=draws, seed=seed)
        voice.answer({"kind": "gains", "days": int(days), "gains": [g.as_dict() for g in found], "seed": seed})
        _show_gains(voice, [g.as_dict() for g in found], days)
        return
    names, outcome, begins, weight = panel_of(rows, file)
    told = effect(outcome, begins, weight, draws=draws, seed=seed).as_dict()
    voice.answer({"kind": "effect", "areas": len(names), **told, "seed": seed})
    _show_effect(voice, told)


def _points(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:+.1f}"


def _show_gains(voice: Voice, rows: list[dict[str, Any]], days: str) -> None:
    whole = rows[0] if rows else None
    if whole is None or whole["gain"] is None:
        voice.say(
            voice(
                "前と後の両方がわかる人が10人に足りません。まだ、効いたとは言えません。",
                "Fewer than ten people have an outcome before and later: nothing can be said yet.",
            )
        )
    else:
        voice.say(
            voice(
                f"{days}日後、ひとりでできる人は {percent(whole['before_share'], 0)} から {percent(whole['later_share'], 0)} になりました"
                f"（{_points(whole['gain'])}ポイント、90%の幅 {_points(whole['low'])}～{_points(whole['high'])}）。",
                f"{days} days later {percent(whole['later_share'], 0)} do it alone, before {percent(whole['before_share'], 0)} "
                f"({_points(whole['gain'])} points, 90 % interval {_points(whole['low'])} to {_points(whole['high'])}).",
            )
        )
        voice.say(
            voice(
                f"答えのない {whole['asked'] - whole['answered']}人がどうであっても、{_points(whole['worst'])}～{_points(whole['best'])}ポイントの間です。",
                f"Whatever the {whole['asked'] - whole['answered']} without an answer would say: {_points(whole['worst'])} to {_points(whole['best'])} points.",
            )
        )
    body = [
        [
            g["action"] or voice("全体", "all"), str(g["asked"]), str(g["answered"]), _points(g["gain"]),
            f"{_points(g['low'])}–{_points(g['high'])}", f"{_points(g['worst'])}–{_points(g['best'])}",
            "—" if g["still_share"] is None else percent(g["still_share"], 0),
        ]
        for g in rows
    ]  # fmt: skip
    head = voice(
        "すること,聞いた人,答えた人,ふえ方,90%の幅,答えのない人をふくむ幅,つづけている",
        "action,asked,answered,gain,90 % interval,bounds with those silent,still doing",
    )
    voice.say()
    voice.say("\n".join(table(head.split(","), body, right=range(1, 7))))


def _show_effect(voice: Voice, told: dict[str, Any]) -> None:
    voice.say(
        voice(
            f"手助けが始まった {told['areas_helped']}地区で、{told['effect']:+.3f} 変わりました（90%の幅 {told['low']:+.3f}～{told['high']:+.3f}）。",
            f"In {told['areas_helped']} areas where help began the outcome changed by {told['effect']:+.3f} (90 % interval {told['low']:+.3f} to {told['high']:+.3f}).",
        )
    )
    if told["trend_p"] is not None:
        calm = told["trend_p"] >= 0.1
        voice.say(
            voice(
                f"始まる前の差: {'目だちません' if calm else 'あります。くらべ方を疑ってください'}（p={told['trend_p']:.2f}）",
                f"Differences before the beginning: {'none to speak of' if calm else 'there are; doubt the comparison'} (p={told['trend_p']:.2f})",
            )
        )
    body = [[f"{r['since']:+d}", f"{r['effect']:+.3f}", f"{r['low']:+.3f}–{r['high']:+.3f}"] for r in told["by_time"]]
    voice.say()
    voice.say(
        "\n".join(
            table(
                voice("始まってからの時期,効きめ,90%の幅", "periods since,effect,90 % interval").split(","),
                body,
                right=range(3),
            )
        )
    )
