"""``daremo assess gain``: did people gain between two checks, or is it chance?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daremo.cli.assess import options
from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.text import table
from daremo.kernel.errors import NoAnswer, UsageError

SHOWN = 40


@click.command(
    epilog=example(
        "daremo assess calibrate quiz.csv --ignore age --ignore town --model 2pl -o bank.json",
        "daremo assess gain bank.json before.csv after.csv --json",
    )
)
@click.argument("bank", type=click.Path(path_type=Path))
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option(
    "--areas", "area_file", type=click.Path(path_type=Path), help="CSV item,area[,competence] for a bank without areas."
)
@click.option("--rho", default=0.75, show_default=True, type=float, help="Correlation between areas.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the result as JSON.")
@verb
def gain(
    voice: Voice, bank: Path, before: Path, after: Path, area_file: Path | None, rho: float, out: Path | None
) -> int:
    """Compare each person's answers in BEFORE and AFTER (CSV or Parquet person,item,answer) under the items of BANK.

    A change is told as up or down only where chance makes it seldom (5 %, both directions together).
    """
    from daremo.assess.gain import gain as compare
    from daremo.assess.sitting import check_of

    items, areas, model = options.bank_items(bank, area_file)
    check = check_of(items, areas, model=model, rho=rho if len(areas) > 1 else 0.0)
    labels = {str(i["item"]): [str(c) for c in i.get("categories") or ()] for i in items}
    first, second = _sheets(before, labels), _sheets(after, labels)
    both = sorted(set(first) & set(second))
    if not both:
        fix = "person の番号をそろえてください"
        raise NoAnswer("nobody-twice", "前と後の両方に答えた人がいません", fix)
    prior = dict.fromkeys(areas, 0.0)
    progress, rows = voice.progress(), list[dict[str, Any]]()
    for n, person in enumerate(both):
        progress(n / len(both), person)
        sides = ({"prior": prior, "told": told} for told in (first[person], second[person]))
        rows.append({"person": person, **compare(check, *sides)})
    voice.hush()
    count = {v: sum(r["overall"]["verdict"] == v for r in rows) for v in ("up", "same", "down", "unknown")}
    told = {
        "people": rows,
        "count": count,
        "only_before": len(set(first) - set(second)),
        "only_after": len(set(second) - set(first)),
        "areas": list(areas),
        "model": model,
    }
    if out is not None:
        options.write_json(out, told)
    voice.answer(told)
    words = {
        "up": voice("伸びた", "up"),
        "same": voice("変わらない", "same"),
        "down": voice("下がった", "down"),
        "unknown": voice("分からない", "unknown"),
    }
    head = voice("人,変化,誤差,90%区間,言えること", "person,change,error,90% interval,verdict").split(",")
    shown = []
    for r in rows[:SHOWN]:
        o = r["overall"]
        known = o["gain"] is not None
        numbers = (
            [f"{o['gain']:+.2f}", f"{o['se']:.2f}", f"{o['low']:+.2f}–{o['high']:+.2f}"] if known else ["—", "", ""]
        )
        shown.append([r["person"], *numbers, words[o["verdict"]]])
    for line in table(head, shown, right=(1, 2)):
        voice.say(line)
    if len(rows) > SHOWN:
        more = len(rows) - SHOWN
        voice.say(voice(f"ほかに{more}人。--json か -o で全部見られます。", f"{more} more; --json or -o has them all."))
    voice.say(voice("、", ", ").join(f"{words[v]} {n}" for v, n in count.items() if n))
    return DONE


def _sheets(path: Path, labels: dict[str, list[str]]) -> dict[str, list[tuple[str, int]]]:
    """Each person's answers as categories of the bank, in order of the items."""
    from daremo.assess.read import frame_of

    frame = frame_of(path)
    if not {"person", "item", "answer"} <= set(frame.columns):
        raise UsageError("no-such-column", "列が足りません", "person,item,answer の3列にしてください", path.name)
    out: dict[str, dict[str, int]] = {}
    for n, (person, item, answer) in enumerate(frame.select("person", "item", "answer").iter_rows(), 2):
        if person in (None, "") or item in (None, "") or answer in (None, ""):
            continue
        known, where = labels.get(str(item)), f"{path.name} {n}"
        if known is None:
            raise UsageError(
                "bad-answer", f"問題「{item}」は問題の表にありません", "問題の名前を確かめてください", where
            )
        word = str(answer).strip()
        if known and word in known:
            category = known.index(word)
        elif not known and word.isdigit():
            category = int(word)
        else:
            raise UsageError("bad-answer", f"問題「{item}」にない答えです: {word}", "・".join(known), where)
        own = out.setdefault(str(person), {})
        if own.get(str(item), category) != category:
            raise UsageError(
                "answer-differs", f"「{person}」が「{item}」に違う答えをしています", "1行にしてください", where
            )
        own[str(item)] = category
    return {p: sorted(told.items()) for p, told in out.items()}
