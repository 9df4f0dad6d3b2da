"""``daremo assess verify``: check a calibration with a program of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from daremo.cli.assess import options
from daremo.cli.frame import DONE, INPUT, Voice, example, verb
from daremo.kernel.errors import UsageError

FAULTS = {
    "items-differ": ("回答の問題と、問題の表の問題が違います。", "The items of the answers are not those of the bank."),
    "categories-differ": (
        "答えの種類が、問題の表と違います。",
        "The categories of the answers are not those of the bank.",
    ),
    "log-likelihood": ("対数尤度が、書かれた値になりません。", "The log-likelihood is not the one told."),
    "not-a-maximum": ("いちばんよい値になっていません。", "The parameters are not the best ones."),
}


@click.command(
    epilog=example(
        "daremo assess calibrate quiz.csv --ignore age --ignore town --model 2pl -o bank.json",
        "daremo assess verify quiz.csv bank.json --ignore age --ignore town --json",
    )
)
@options.reading
@click.argument("bank", type=click.Path(path_type=Path))
@verb
def verify(voice: Voice, answers: Path, bank: Path, **asked: Any) -> int:
    """Check that BANK (from calibrate -o) is the best fit to ANSWERS: likelihood and gradient computed anew.

    Shares no code with calibrate. Give the same options for reading as calibrate had.
    """
    from daremo.assess.verify import verify as check

    try:
        told = json.loads(bank.read_text(encoding="utf-8"))
        model, group = str(told["model"]), str(told.get("group") or "")
    except (OSError, ValueError, KeyError, TypeError) as e:
        fix = "daremo assess calibrate -o で作った表を渡してください"
        raise UsageError("bad-bank", "問題の表が読めません", fix, str(bank)) from e
    if told.get("covariates"):
        fix = "属性なしで調べた表を渡してください"
        raise UsageError("bad-bank", "属性（--covariates）を使った結果は、この確かめではまだ扱えません", fix, str(bank))
    found = check(told, options.read(answers, asked, model=model, group=group))
    voice.answer(found.as_dict())
    if not found.faults:
        voice.say(
            voice(
                f"確かめました。対数尤度 {found.log_likelihood:,.4f}（書かれた値 {found.told:,.4f}）、"
                f"いちばん動く値も標準誤差の {found.away:.4f} 倍しか動きません（{found.worst}）。",
                f"It holds: log-likelihood {found.log_likelihood:,.4f} (told {found.told:,.4f}); no parameter is more than "
                f"{found.away:.4f} standard errors from its best value ({found.worst}).",
            )
        )
        return DONE
    for fault in found.faults:
        voice.say(voice(*FAULTS[fault]))
    return INPUT
