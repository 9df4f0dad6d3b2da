"""``daremo assumptions``: every default as a row, and how to change one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.text import table
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.cases.assume import Assumptions


@click.command(epilog=example("daremo assumptions uptake", "daremo assumptions --certainty E --json"))
@click.argument("words", nargs=-1)
@click.option("--certainty", type=click.Choice(list("ABCDE")), help="Only these: A read in the source … E assumed.")
@verb
def assumptions(voice: Voice, words: tuple[str, ...], certainty: str | None) -> None:
    """List every default with value, range, source and certainty; WORDS narrow the list by name."""
    from daremo.cases.assume import defaults

    rows = [
        r
        for r in defaults()
        if all(w in f"{r.key} {r.ja} {r.life_stage}" for w in words) and (certainty is None or certainty in r.certainty)
    ]
    voice.answer({"assumptions": [r.as_dict() for r in rows]})
    head = voice(
        "名前,だれ,値,低い,高い,単位,確かさ,ことば", "key,stage,value,low,high,unit,certainty,in Japanese"
    ).split(",")
    body = [[r.key, r.life_stage, f"{r.value:g}", f"{r.low:g}", f"{r.high:g}", r.unit, r.certainty, r.ja] for r in rows]
    for line in table(head, body, right=(2, 3, 4)):
        voice.say(line)
    voice.say(
        voice(
            f"{len(rows)}行。変えるには: daremo gap・plan に --assume 名前:だれ=値（出典は --json）",
            f"{len(rows)} rows. To change one: daremo gap/plan --assume KEY:STAGE=VALUE (sources with --json)",
        )
    )


def assumed(changes: tuple[str, ...]) -> Assumptions:
    """The defaults with ``KEY[:STAGE]=VALUE`` changes applied; without a stage every row of that key changes.

    Raises
    ------
    UsageError
        Where a change is not written so, or names no assumption.
    """
    from daremo.cases.assume import defaults

    rows = defaults()
    new: dict[tuple[str, str], float] = {}
    for change in changes:
        name, _, written = change.partition("=")
        key, _, stage = name.partition(":")
        try:
            value = float(written.replace(",", ""))
            if value != value or value in (float("inf"), float("-inf")):
                raise ValueError
        except ValueError:
            raise UsageError(
                "bad-assume",
                f"--assume {change} が読めません",
                "--assume 名前:だれ=値 の形で書いてください",
                "--assume",
            ) from None
        hit = [(r.key, r.life_stage) for r in rows if r.key == key and stage in ("", r.life_stage)]
        if not hit:
            raise UsageError(
                "unknown-assumption",
                f"{name} という前提はありません",
                "daremo assumptions で名前を確かめてください",
                "--assume",
            )
        new.update(dict.fromkeys(hit, value))
    return rows.replaced(new) if new else rows
